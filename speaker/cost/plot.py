"""A bar chart as a PNG file, drawn dot by dot: enough for the days of a month, without a drawing library."""

import struct
import zlib
from collections.abc import Mapping
from math import floor, log10
from typing import Final

import numpy as np
import numpy.typing as npt

Canvas = npt.NDArray[np.uint8]
"""Shape (height, width, 3): red, green and blue, 0-255."""

Rgb = tuple[int, int, int]

WIDTH: Final = 960
HEIGHT: Final = 420
LEFT: Final = 110
RIGHT: Final = 24
TOP: Final = 64
BOTTOM: Final = 44
"""The chart's size and the margins around its bars, in dots."""

PAPER: Final = (255, 255, 255)
INK: Final = (40, 40, 40)
FAINT: Final = (225, 225, 225)
BAR: Final = (38, 110, 180)
LIMIT: Final = (200, 60, 50)

SMALLEST_USD: Final = 0.0001
"""A month whose dearest day costs less is drawn as one that was free."""

_LINES: Final = 4
"""About how many lines stand above the ground line."""

_SIGNS: Final = {
    "0": (7, 5, 5, 5, 7), "1": (2, 6, 2, 2, 7), "2": (7, 1, 7, 4, 7), "3": (7, 1, 3, 1, 7), "4": (5, 5, 7, 1, 1),
    "5": (7, 4, 7, 1, 7), "6": (7, 4, 7, 5, 7), "7": (7, 1, 2, 2, 2), "8": (7, 5, 7, 5, 7), "9": (7, 5, 7, 1, 7),
    ".": (0, 0, 0, 0, 2), "-": (0, 0, 7, 0, 0), "$": (3, 6, 7, 3, 6), "/": (1, 1, 2, 4, 4),
}  # fmt: skip
"""Each sign as five rows of three dots, the left one 4, the right one 1."""


def bar_chart(usd: Mapping[int, float], title: str, limit_usd: float | None = None) -> bytes:
    """A PNG file with a bar for each day, and a line at the budget if it is in sight.

    ``title`` may hold digits and the signs ``$ . - /``; any other leaves a gap.
    """
    canvas: Canvas = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8)
    most = max(usd.values(), default=0.0)
    if limit_usd is not None and limit_usd <= 2 * most:
        most = max(most, limit_usd)
    step = _step(most)
    top = step * max(1, -(-most // step))
    scale = (HEIGHT - TOP - BOTTOM) / top
    for level in np.arange(0, top + step / 2, step):
        y = HEIGHT - BOTTOM - round(level * scale)
        canvas[y, LEFT : WIDTH - RIGHT] = FAINT
        _write(canvas, LEFT - 8, y - 5, f"${level:.{_decimals(step)}f}", align_right=True)
    _bars(canvas, usd, scale)
    if limit_usd is not None and limit_usd <= top:
        y = HEIGHT - BOTTOM - round(limit_usd * scale)
        canvas[y - 1 : y + 1, LEFT : WIDTH - RIGHT] = LIMIT
    canvas[HEIGHT - BOTTOM, LEFT : WIDTH - RIGHT] = INK
    _write(canvas, LEFT, 20, title, dots=4)
    return png(canvas)


def _bars(canvas: Canvas, usd: Mapping[int, float], scale: float) -> None:
    place = (WIDTH - LEFT - RIGHT) / max(1, len(usd))
    ground = HEIGHT - BOTTOM
    for index, (day, amount) in enumerate(usd.items()):
        left, right = round(LEFT + (index + 0.15) * place), round(LEFT + (index + 0.85) * place)
        canvas[ground - round(amount * scale) : ground, left:right] = BAR
        label = str(day)
        _write(canvas, (left + right) // 2 - _width(label, 2) // 2, ground + 10, label)


def _step(most: float) -> float:
    """A round distance between lines: 1, 2 or 5 times a power of ten."""
    if most < SMALLEST_USD:
        return 0.01
    rough = most / _LINES
    power = 10.0 ** floor(log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)


def _decimals(step: float) -> int:
    return max(2, -floor(log10(step) + 1e-9))


def _width(text: str, dots: int) -> int:
    return dots * (4 * len(text) - 1)


def _write(canvas: Canvas, x: int, y: int, text: str, *, dots: int = 2, align_right: bool = False) -> None:
    """Signs with their upper left corner at (x, y), or the upper right one."""
    at = x - _width(text, dots) if align_right else x
    for sign in text:
        for row, bits in enumerate(_SIGNS.get(sign, ())):
            for column in range(3):
                if bits >> (2 - column) & 1:
                    canvas[y + row * dots : y + (row + 1) * dots, at + column * dots : at + (column + 1) * dots] = INK
        at += 4 * dots


def png(canvas: Canvas) -> bytes:
    """An image as a PNG file."""
    height, width, _ = canvas.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), canvas.reshape(height, -1)], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
