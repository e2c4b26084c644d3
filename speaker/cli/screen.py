"""What a person sees: tables, colours and progress on a terminal; in a pipe the same words as plain lines."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

STYLES: Final = {
    "good": "green", "skipped": "yellow", "failed": "bold red", "name": "bold", "quiet": "dim", "warning": "yellow",
}  # fmt: skip
"""What a piece of text is: how it looks."""

_PIPE_COLUMNS: Final = 10_000
"""Nothing is broken or cut for those who read lines."""


class Screen:
    """Standard output or standard error. NO_COLOR and TERM=dumb are obeyed."""

    def __init__(self, file: IO[str] | None = None) -> None:
        out = file or sys.stdout
        self._plain = not out.isatty()
        self._console = Console(
            file=out, width=_PIPE_COLUMNS if self._plain else None, no_color=self._plain or None,
            force_terminal=False if self._plain else None, highlight=False, markup=False, emoji=False,
        )  # fmt: skip

    def line(self, *pieces: str | tuple[str, str]) -> None:
        """One line of pieces; a pair is a text and what it is, a key of STYLES."""
        styled = [one if isinstance(one, str) else (one[0], STYLES[one[1]]) for one in pieces]
        self._console.print(Text.assemble(*styled), soft_wrap=True)
        self._console.file.flush()

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> None:
        """Columns under their heads; the first ``words`` of them hold words, the others numbers."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=STYLES["name"])
        for index, head in enumerate(heads):
            table.add_column(Text(head), justify="left" if index < words else "right", no_wrap=True)
        for row in rows:
            table.add_row(*map(Text, row))
        with self._console.capture() as captured:
            self._console.print(table, crop=False)
        for line in captured.get().splitlines():
            self._console.file.write(line.rstrip() + "\n")

    @contextmanager
    def progress(self, text: str) -> Iterator[None]:
        """What is going on, at the foot of a terminal as long as it does; lines go above it."""
        if self._plain:
            yield
            return
        with self._console.status(Text(text)):
            yield
