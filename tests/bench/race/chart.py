"""The medians as bars: every figure on a scale of its own."""

from collections.abc import Sequence
from typing import Final

from tests.bench.race.figures import ASLEEP, AWAKE, Figure, Outcome
from tests.pictures.svg import BLUE, FAINT, GREEN, GREY, INK, ORANGE, box, line, picture, text

WIDTH: Final = 960
COLOURS: Final = (BLUE, GREEN, ORANGE, FAINT, GREY)
LEFT, RIGHT = 392, 880
STEP: Final = 15
BESIDE: Final = frozenset({"slipped", "memory_shared"})
"""What the table tells to be exact."""


def both_charts(awake: Outcome, asleep: Outcome) -> str:
    """One picture of both tables."""
    parts: list[str] = []
    told: list[str] = []
    y = 0.0
    for title, outcome, figures in (("Awake", awake, AWAKE), ("Asleep", asleep, ASLEEP)):
        if outcome.values:
            drawn, y = _chart(title, outcome, figures, y)
            parts += drawn
            told.append(f"{title}: {_described(outcome, figures)}")
    return picture(WIDTH, round(y + 8), parts, ". ".join(told))


def _chart(title: str, outcome: Outcome, figures: Sequence[Figure], top: float) -> tuple[list[str], float]:
    names = list(outcome.values)
    parts = [text(16, top + 30, f"{title}: less is better", size=17, weight=600)]
    x = 16.0
    for name, colour in zip(names, COLOURS, strict=False):
        parts += [box(x, top + 46, 12, 12, colour, round_px=2), text(x + 18, top + 57, name, fill=FAINT)]
        x += 40 + 7.2 * len(name)
    y = top + 76
    for one in figures:
        bars = [(outcome.median(name, one.key), colour) for name, colour in zip(names, COLOURS, strict=False)]
        measured = [(value, colour) for value, colour in bars if value is not None]
        if measured and one.key not in BESIDE:
            parts += _bars(one, measured, y)
            y += STEP * len(measured) + 12
    parts.append(line(LEFT, top + 70, LEFT, y - 6, GREY))
    return parts, y


def _bars(figure: Figure, measured: Sequence[tuple[float, str]], y: float) -> list[str]:
    most = max(1e-9, *(value for value, _ in measured), 1e-9)
    label = f"{figure.label}, {figure.unit}" if figure.unit else figure.label
    parts = [text(LEFT - 12, y + 7 + STEP * len(measured) / 2 - 3, label, size=12, anchor="end")]
    for index, (value, colour) in enumerate(measured):
        top, width = y + STEP * index, (RIGHT - LEFT) * max(0.0, value) / most
        parts.append(box(LEFT, top, max(1.5, width), STEP - 3, colour, round_px=2))
        parts.append(text(LEFT + width + 6, top + 10, f"{value:,.{figure.digits}f}", size=11, fill=INK))
    return parts


def _described(outcome: Outcome, figures: Sequence[Figure]) -> str:
    rows = []
    for one in figures:
        values = [(name, outcome.median(name, one.key)) for name in outcome.values]
        told = [f"{name} {value:,.{one.digits}f}" for name, value in values if value is not None]
        if told and one.key not in BESIDE:
            rows.append(f"{one.label}: {', '.join(told)}")
    return "; ".join(rows)
