"""Benchmarks against rivals, run by hand: ``python -m tests.bench.wake``, ``python -m tests.bench.wire``.

A figure means something beside the rival's in the same run on the same machine, so each is also given
as a ratio: how many times as much the rival needs.
"""

from collections.abc import Sequence


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads; the first column is text, the others are figures."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    print(f"\n{title}")
    for row in (head, ["-" * width for width in widths], *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
        print("  ".join(cells).rstrip())


def ratio(rival: float, ours: float) -> str:
    """How many times as much the rival needs, as in ``3.4 x``."""
    times = rival / ours
    return f"{times:.0f} x" if times >= 10 else f"{times:.1f} x"
