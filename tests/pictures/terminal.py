"""What commands print, as pictures of a terminal. The commands run here and now, on a terminal of their own."""

import asyncio
import os
import pty
import re
import sys
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

COLUMNS: Final = 112

HANGING: Final = 25
"""Columns before the text of the doctor's lines; what does not fit goes on below it."""

_UP: Final = "\x1b[1A"
"""The cursor goes up: the line above is written anew."""

_THEME: Final = TerminalTheme(
    (27, 31, 36), (225, 228, 232),
    [(27, 31, 36), (249, 117, 131), (133, 232, 157), (255, 234, 127), (121, 184, 255), (179, 146, 240), (57, 197, 207),
     (209, 213, 218)],
)  # fmt: skip


async def printed(folder: Path, *command: str) -> str:
    """What ``speaker`` prints to a terminal, colours included. ``folder`` is its home, and is called ``~`` in it."""
    outer, inner = pty.openpty()
    home = {
        "HOME": str(folder),
        "COLUMNS": str(COLUMNS),
        "TERM": "xterm-256color",
        "XDG_STATE_HOME": str(folder / "state"),
    }
    try:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "speaker", *command, stdout=inner, stderr=inner, stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, **home},
        )  # fmt: skip
        os.close(inner)
        out = await asyncio.to_thread(_everything, outer)
        await running.wait()
    finally:
        os.close(outer)
    return out.decode().replace(str(folder), "~")


def _everything(terminal: int) -> bytes:
    out = bytearray()
    try:
        while piece := os.read(terminal, 4096):
            out += piece
    except OSError:  # the other end is closed: this is how a terminal says it
        pass
    return bytes(out)


def terminal_picture(command: str, output: str) -> str:
    """An SVG that stands alone: what was typed, and what came of it."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(f"$ {command}"))
    for one in _lines(output):
        _print_hanging(console, Text.from_ansi(one))
    svg = console.export_svg(title="", theme=_THEME, unique_id="terminal")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # fonts that would have to be fetched
    return svg.replace("Fira Code, monospace", "'DejaVu Sans Mono', Menlo, Consolas, monospace")


def _lines(output: str) -> list[str]:
    """Lines as they stand in the end: what was written over or wiped away is gone."""
    lines: list[str] = []
    for one in output.split("\n"):
        if _UP in one and lines:
            lines.pop()
        last = one.rstrip("\r").rsplit("\r", 1)[-1]
        lines.append(re.sub(r"\x1b\[\??\d*[A-HJKfhl]", "", last))
    return "\n".join(lines).strip("\n").split("\n")


def _print_hanging(console: Console, line: Text) -> None:
    head, rest = line[:HANGING], line[HANGING:]
    for index, piece in enumerate(rest.wrap(console, COLUMNS - HANGING) or [Text()]):
        console.print(Text.assemble(head if index == 0 else " " * HANGING, piece))
