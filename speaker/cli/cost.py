"""``speaker cost``: a month of the ledger as a table, as data, or as a picture."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from speaker.cli.output import GOOD, config_file
from speaker.cli.screen import Screen
from speaker.config.prices import price_of
from speaker.config.settings import Settings
from speaker.cost.cost_tracker import now_here
from speaker.cost.entries import SAVINGS, SpendingRow
from speaker.cost.report import TOKEN_KINDS, Report, month_report
from speaker.cost.tokens import Opening, opening_tokens
from speaker.daemon.loading import LEDGER, configured_house, make_registry, read_settings
from speaker.daemon.systemd import state_place
from speaker.errors import ConfigError, SpeakerError
from speaker.realtime.session_config import opening
from speaker.store.store import Ledger

HEADS: Final = (
    "day", "model", "times", "text in", "cached", "text out", "audio in", "cached", "audio out", "seconds", "USD",
)  # fmt: skip


def month_named(text: str) -> date:
    """The first day of a month that is written as YYYY-MM. Raises ConfigError."""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) or text.startswith("0000"):
        raise ConfigError([f"--month: expected a month such as 2026-11, got {text[:40]!r}"])
    return date(int(text[:4]), int(text[5:]), 1)


def read_month(settings: Settings, file: Path, month: date, today: date) -> Report:
    """The report on a month from a ledger, which need not be there yet. Raises SpeakerError when it is damaged."""
    prices = settings.cost.prices
    if not file.exists():
        return month_report([], [], month=month, today=today, prices=prices, opening=configured_opening(settings))
    ledger = Ledger(file, today, mend=False)
    try:
        known = Opening.read(ledger.chosen("opening_tokens")) or configured_opening(settings)
        lines, savings = ledger.lines(month), ledger.savings(month)
        return month_report(lines, savings, month=month, today=today, prices=prices, opening=known)
    finally:
        ledger.close()


def configured_opening(settings: Settings) -> Opening:
    """What a session begins with as far as the configuration says; devices that announce themselves are missing."""
    belt, _ = make_registry(settings)
    house = configured_house(settings).describe()
    return opening_tokens(opening(settings.session, house, belt.definitions()), house)


def as_json(one: Report, settings: Settings) -> str:
    """The report as JSON, with the budgets and the age of the prices."""
    cost = settings.cost
    more = {
        "budget": {"daily_usd": cost.daily_usd, "monthly_usd": cost.monthly_usd},
        "prices_as_of": prices_as_of(one, settings),
    }
    return json.dumps(one.data() | more, ensure_ascii=False, indent=2)


def prices_as_of(one: Report, settings: Settings) -> dict[str, str | None]:
    """For each model of the cloud in the report, when its price was looked up; None when nobody wrote that down."""
    models = dict.fromkeys(line.model for line in one.lines if line.endpoint == "cloud")
    prices = {model: price_of(model, settings.cost.prices) for model in models}
    return {model: str(price.as_of) if price and price.as_of else None for model, price in prices.items()}


def draw(one: Report, file: Path, settings: Settings) -> None:
    """Write the picture of a month. Raises SpeakerError when the file cannot be written."""
    from speaker.cost.plot import month_picture  # noqa: PLC0415 - a table needs no drawing library

    try:
        file.write_bytes(month_picture(one, settings.cost.daily_usd, settings.cost.monthly_usd))
    except OSError as error:
        raise SpeakerError(f"{file}: the picture cannot be written: {error.strerror}") from error
    if file.suffix != ".svg":
        better = file.with_suffix(".svg").name
        print(f"speaker: warning: {file} holds an SVG picture; programs expect it as {better}", file=sys.stderr)


def show_cost(options: argparse.Namespace) -> int:
    """Print a month, and draw it if that is wanted."""
    file = config_file(options)
    settings, today = read_settings(file), now_here().date()
    month = month_named(options.month) if options.month else today
    found = read_month(settings, state_place(file) / LEDGER, month, today)
    if options.json:
        print(as_json(found, settings))
    else:
        show(found, settings, Screen())
    if options.plot:
        draw(found, options.plot, settings)
    return GOOD


def show(one: Report, settings: Settings, screen: Screen) -> None:
    """The report for people: what it comes to first, and day by day below."""
    screen.line((_summary(one, settings), "name"))
    for part in _sums(one, settings):
        screen.line()
        screen.line(part)
    if one.lines:
        screen.line()
        screen.table(HEADS, [*(_row(line) for line in one.lines), _total(one)], words=2)


def _summary(one: Report, settings: Settings) -> str:
    """The month in a line or two."""
    if not one.lines:
        return f"Nothing was booked in {one.month:%Y-%m}."
    cap = settings.cost.monthly_usd
    of = f" of ${cap:.2f}" if cap is not None else ""
    more = f", about ${one.forecast_usd:.2f} by the end of the month" if one.forecast_usd is not None else ""
    return f"{one.month:%B %Y}: ${one.total_usd:.4f}{of}{more}; ${one.saved_usd:.4f} was saved."


def _row(line: SpendingRow) -> tuple[str, ...]:
    model = line.model if line.purpose == "turn" else f"{line.model} ({line.purpose})"
    counts = (str(line.tokens.of_kind(kind) or "") for kind in TOKEN_KINDS)
    seconds = f"{line.seconds:.0f}" if line.seconds else ""
    return str(line.day), model, str(line.times), *counts, seconds, f"{line.cost_usd:.4f}"


def _total(one: Report) -> tuple[str, ...]:
    counts = (str(one.tokens.of_kind(kind) or "") for kind in TOKEN_KINDS)
    times = sum(line.times for line in one.lines if line.endpoint == "cloud")
    return "total", "of the cloud", str(times), *counts, "", f"{one.total_usd:.4f}"


def _sums(one: Report, settings: Settings) -> Iterator[str]:
    if one.lines:
        yield "\n".join(_money(one, settings))
    if one.savings:
        saved = [
            f"  {SAVINGS[saved.what]}: {saved.times} times, {saved.seconds:.0f} s, ${saved.usd:.4f}"
            for saved in one.savings
        ]
        yield "\n".join([f"saved: ${one.saved_usd:.4f}", *saved])
    if one.opening is not None:
        begins = one.opening
        yield (
            f"every session begins with {begins.total} tokens: instructions {begins.instructions}, "
            f"tools {begins.tools}, house {begins.house}"
        )


def _money(one: Report, settings: Settings) -> Iterator[str]:
    total = one.total_usd
    kinds = [f"{kind.replace('_', ' ')} ${usd:.4f}" for kind, usd in one.by_kind_usd.items() if usd]
    yield f"by kind of token: {', '.join(kinds) or 'nothing'}"
    dates = [f"{model} {day or 'of unknown age'}" for model, day in prices_as_of(one, settings).items()]
    yield f"prices as of: {', '.join(dates) or 'nothing was sold'}"
    if one.forecast_usd is not None:
        yield f"forecast for the month: ${one.forecast_usd:.2f}"
    for name, cap in (("day", settings.cost.daily_usd), ("month", settings.cost.monthly_usd)):
        if cap is not None:
            yield f"budget a {name}: ${cap:.2f}"
    share = 100 * one.estimated_usd / total if total else 0.0
    yield f"estimated, since the service did not say: ${one.estimated_usd:.4f} ({share:.0f} %)"
    yield f"wasted on answers that nobody heard to the end: ${one.waste_usd:.4f} ({one.unheard_s:.0f} s of speech)"
