"""A month of spending as one report: by day, model and kind of token, with what it will come to."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from speaker.config.prices import Price, price_of
from speaker.cost.entries import SAVINGS, Saved, SpendingRow
from speaker.cost.pricing import kinds_usd
from speaker.cost.tokens import Opening, Tokens

TOKEN_KINDS: Final = ("text_in", "text_cached", "text_out", "audio_in", "audio_cached", "audio_out")
"""Kinds of token, the cached ones counted apart from the rest of what came in."""


@dataclass(frozen=True, slots=True)
class Report:
    """One month. Money is in USD."""

    month: date
    """Its first day."""
    lines: Sequence[SpendingRow]
    savings: Sequence[Saved]
    """One entry for each way of saving, over the whole month; its day is the month's first."""
    forecast_usd: float | None
    """What the month will have cost; None when it is over, or has not begun."""
    by_kind_usd: Mapping[str, float]
    """What each kind of token cost, by the present prices."""
    opening: Opening | None
    """Tokens that each session begins with; None when that is not known."""

    @property
    def total_usd(self) -> float:
        """All that was spent."""
        return sum(line.cost_usd for line in self.lines)

    @property
    def estimated_usd(self) -> float:
        """The part of it that is a guess."""
        return sum(line.estimated_usd for line in self.lines)

    @property
    def waste_usd(self) -> float:
        """The part of it that nobody heard."""
        return sum(line.waste_usd for line in self.lines)

    @property
    def unheard_s(self) -> float:
        """Sound of answers that was paid for and that nobody heard."""
        return sum(line.unheard_ms for line in self.lines) / 1000

    @property
    def saved_usd(self) -> float:
        """What the savings are worth together."""
        return sum(one.usd for one in self.savings)

    @property
    def tokens(self) -> Tokens:
        """All tokens that were paid for."""
        return sum((line.tokens for line in self.lines if line.endpoint == "cloud"), Tokens())

    def by_day_usd(self) -> dict[int, float]:
        """What each day of the month cost; all of its days, by number."""
        days = dict.fromkeys(range(1, days_in(self.month) + 1), 0.0)
        for line in self.lines:
            days[line.day.day] += line.cost_usd
        return days

    def data(self) -> dict[str, Any]:
        """The report as plain data, for other programs."""
        return {
            "month": f"{self.month:%Y-%m}",
            "total_usd": _usd(self.total_usd),
            "forecast_usd": None if self.forecast_usd is None else _usd(self.forecast_usd),
            "estimated_usd": _usd(self.estimated_usd),
            "waste": {"usd": _usd(self.waste_usd), "unheard_s": round(self.unheard_s, 1)},
            "tokens": asdict(self.tokens),
            "by_kind_usd": {kind: _usd(usd) for kind, usd in self.by_kind_usd.items()},
            "days": [_line(line) for line in self.lines],
            "savings": [
                {"what": one.what, "times": one.times, "seconds": round(one.seconds, 1), "usd": _usd(one.usd)}
                for one in self.savings
            ],
            "prompt_tokens": None if self.opening is None else asdict(self.opening) | {"total": self.opening.total},
        }


def month_report(
    lines: Sequence[SpendingRow], savings: Sequence[Saved], *, month: date, today: date, prices: Mapping[str, Price],
    opening: Opening | None = None,
) -> Report:  # fmt: skip
    """The report on the month of a day, as it looks today."""
    by_kind: dict[str, float] = {}
    for line in lines:
        price = price_of(line.model, prices) if line.endpoint == "cloud" else None
        for kind, usd in (kinds_usd(line.tokens, price) if price is not None else {}).items():
            by_kind[kind] = by_kind.get(kind, 0.0) + usd
    first = month.replace(day=1)
    return Report(first, lines, _summed(savings, first), _forecast_usd(lines, first, today), by_kind, opening)


def days_in(month: date) -> int:
    """How many days a month has."""
    return calendar.monthrange(month.year, month.month)[1]


def _forecast_usd(lines: Sequence[SpendingRow], first: date, today: date) -> float | None:
    """What the month comes to if its days go on like those since the first booking, today among them."""
    if (first.year, first.month) != (today.year, today.month):
        return None
    paid = [line for line in lines if line.cost_usd > 0]
    if not paid:
        return 0.0
    spent_usd = sum(line.cost_usd for line in paid)
    days = max(1, today.day - min(line.day.day for line in paid) + 1)
    return spent_usd + spent_usd / days * (days_in(first) - today.day)


def _summed(savings: Sequence[Saved], first: date) -> list[Saved]:
    summed = []
    for what in SAVINGS:
        mine = [one for one in savings if one.what == what]
        if mine:
            summed.append(Saved(
                day=first, what=what, times=sum(one.times for one in mine),
                seconds=sum(one.seconds for one in mine), usd=sum(one.usd for one in mine),
            ))  # fmt: skip
    return summed


def _line(line: SpendingRow) -> dict[str, Any]:
    return {
        "day": str(line.day),
        "model": line.model,
        "endpoint": line.endpoint,
        "purpose": line.purpose,
        "times": line.times,
        "tokens": asdict(line.tokens),
        "seconds": round(line.seconds, 1),
        "cost_usd": _usd(line.cost_usd),
        "estimated_usd": _usd(line.estimated_usd),
        "waste_usd": _usd(line.waste_usd),
    }


def _usd(amount: float) -> float:
    return round(amount, 6)
