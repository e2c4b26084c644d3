"""Plots of what stands in the documents' tables, so that picture and table never differ; and a month of spending."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from speaker.config.prices import PRICES
from speaker.cost.plot import month_picture
from speaker.cost.report import month_report
from speaker.store.store import Ledger
from tests.documents import ROOT
from tests.pictures.svg import BLUE, FAINT, GREEN, GREY, INK, box, line, picture, text

WIDTH: Final = 960
_LEFT, _RIGHT = 392, 890

Bars = list[tuple[str, list[float]]]


def table(page: str, head: str) -> list[list[str]]:
    """The rows of the table in a page of docs whose head line begins so: the cells of each, without marks of code."""
    lines = (ROOT / "docs" / page).read_text().splitlines()
    begins = next(number for number, one in enumerate(lines) if one.startswith(head))
    rows = []
    for one in lines[begins + 2 :]:
        if not one.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in one.strip("|").split("|")])
    return rows


def number(cell: str) -> float:
    """The first number in a cell, with commas between thousands."""
    found = re.search(r"\d[\d,]*\.?\d*", cell)
    assert found is not None, cell
    return float(found[0].replace(",", ""))


def day_of_a_household() -> str:
    """What a day costs, by what is saved: with the large model and with the small one."""
    bars: Bars = [(row[0], [number(row[1]), number(row[2])]) for row in table("cost.md", "| USD a day |")]
    return _bars("A household's day, USD", bars, ["gpt-realtime-2.1", "gpt-realtime-2.1-mini"], "${:.3g}", most=1.4)


def wake_word_work() -> str:
    """What a frame of the wake word costs, beside the library's own loop."""
    rows = table("benchmarks.md", "| CPU per 80 ms frame |")[:3]
    bars: Bars = [(row[0], [number(row[1]), number(row[2])]) for row in rows]
    return _bars(
        "The wake word, ms of one core for 80 ms of sound",
        bars,
        ["speaker", "openwakeword's own loop"],
        "{:g} ms",
        most=2.4,
    )


def understood_sentences() -> str:
    """How many of Home Assistant's own test sentences are understood without the service, by language."""
    rows = table("benchmarks.md", "| | sentences | right |")
    bars: Bars = [(row[0], [number(row[2]), number(row[4])]) for row in rows]
    return _bars(
        "Home Assistant's test sentences, % understood offline",
        bars,
        ["speaker", "hassil with the package alone"],
        "{:g} %",
        most=100,
    )


PLOTS: Final = {
    "cost-day.svg": day_of_a_household,
    "bench-wake-word.svg": wake_word_work,
    "bench-understanding.svg": understood_sentences,
}
"""File → what draws it."""


def _bars(title: str, bars: Bars, names: Sequence[str], form: str, *, most: float) -> str:
    """Two bars for each row."""
    parts = [text(16, 30, title, size=17, weight=600)]
    x = 16.0
    for name, colour in zip(names, (BLUE, GREEN), strict=True):
        parts += [box(x, 46, 12, 12, colour, round_px=2), text(x + 18, 57, name, fill=FAINT)]
        x += 40 + 7.2 * len(name)
    y, scale = 78.0, (_RIGHT - _LEFT) / most
    for name, values in bars:
        parts.append(text(_LEFT - 12, y + 20, name, anchor="end"))
        for index, (value, colour) in enumerate(zip(values, (BLUE, GREEN), strict=True)):
            top = y + 16 * index
            parts.append(box(_LEFT, top, max(1.5, scale * value), 13, colour, round_px=2))
            parts.append(text(_LEFT + scale * value + 6, top + 11, form.format(value), size=12, fill=INK))
        y += 44
    parts.append(line(_LEFT, 72, _LEFT, y - 6, GREY))
    described = "; ".join(f"{name}: {' / '.join(form.format(one) for one in values)}" for name, values in bars)
    return picture(WIDTH, round(y + 4), parts, f"{title}. {described}")


def month_of(ledger: Ledger, today: date, daily_usd: float, monthly_usd: float) -> bytes:
    """The picture of ``speaker cost --plot``."""
    month = today.replace(day=1)
    spent, saved = ledger.lines(month), ledger.savings(month)
    report = month_report(spent, saved, month=month, today=today, prices=PRICES)
    return month_picture(report, daily_usd, monthly_usd)


def write_plots(folder: Path) -> None:
    """All that come from tables."""
    for name, draw in PLOTS.items():
        (folder / name).write_text(draw())
