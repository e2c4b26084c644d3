"""What a budget asks for as it runs out: the steps of a ladder, and the warnings on the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from speaker.config.settings import CostSettings

Period = Literal["day", "month"]
BudgetStep = Literal["none", "short", "mini", "offline", "refuse"]

GENTLE_FROM: Final = (0.6, 0.8)
"""Share of a budget from which the first and the second gentle step of the ladder (short, mini) hold."""

WARN_AT: Final = (0.5, 0.8, 1.0)
"""Shares of a budget that are told, each once a period."""

SHORTLY: Final = "Answer in one short sentence of at most fifteen words."
"""What the model is told besides while the step ``short`` holds."""

MOST_RAISED_USD: Final = 1000.0
"""More money on top for one day is a slip of the keyboard."""

_TINY: Final = 1e-9
"""Ten dimes are a dollar, although their sum as floats is not."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent, and what was given on top for today, in USD."""

    today_usd: float
    month_usd: float
    raised_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class BudgetPlan:
    """What the budgets ask for now."""

    step: BudgetStep = "none"
    """The furthest step of the ladder that holds; the gentle ones before it hold as well."""
    share: float = 0.0
    """How much is used of the budget that is nearer to its end; 1 is all."""
    period: Period = "day"
    """Which budget that is."""
    short: bool = False
    model: str | None = None
    """The model to use instead of the configured one."""

    @property
    def used_up(self) -> bool:
        """Whether the cloud may not answer any more."""
        return self.step in {"offline", "refuse"}

    @property
    def instruction(self) -> str:
        """What to tell the model besides."""
        return SHORTLY if self.short else ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A budget has reached a share of which the owner is told."""

    period: Period
    share: float
    spent_usd: float
    cap_usd: float

    def event(self, step: BudgetStep) -> dict[str, Any]:
        """The ``budget`` event, without its time of day."""
        return {
            "type": "budget",
            "period": self.period,
            "share": self.share,
            "spent_usd": round(self.spent_usd, 6),
            "cap_usd": round(self.cap_usd, 6),
            "step": step,
        }


def budget(spending: Spending, cost: CostSettings, model: str) -> BudgetPlan:
    """What to do now, when ``model`` is the configured one.

    Money on top counts for the day, and for the month as long as the day lasts. Steps of the ladder that come
    after ``offline`` or ``refuse`` never hold, for those two begin when everything is used up.
    """
    used = [(spent / cap, period) for period, spent, cap in _caps(spending, cost)]
    if not used:
        return BudgetPlan()
    share, period = max(used)
    gentle = list(_gentle(cost, model))
    holding = [step for step, begins in zip(gentle, GENTLE_FROM, strict=False) if share >= begins - _TINY]
    last = next((step for step in cost.ladder if step in {"offline", "refuse"}), None)
    step: BudgetStep = last if last and share >= 1 - _TINY else holding[-1] if holding else "none"
    return BudgetPlan(step, share, period, "short" in holding, cost.mini_model if "mini" in holding else None)


def notices(spending: Spending, cost: CostSettings) -> list[Notice]:
    """Every share that a budget has reached, told before or not."""
    return [
        Notice(period, share, spent, cap)
        for period, spent, cap in _caps(spending, cost)
        for share in WARN_AT
        if spent / cap >= share - _TINY
    ]


def key_of(period: Period, day: date) -> str:
    """The period that a day is in, under which its warnings are remembered."""
    return str(day) if period == "day" else f"{day:%Y-%m}"


def _caps(spending: Spending, cost: CostSettings) -> Iterator[tuple[Period, float, float]]:
    """Each budget that is set: what was spent, and what may be."""
    if cost.daily_usd is not None:
        yield "day", spending.today_usd, cost.daily_usd + spending.raised_usd
    if cost.monthly_usd is not None:
        yield "month", spending.month_usd, cost.monthly_usd + spending.raised_usd


def _gentle(cost: CostSettings, model: str) -> Iterator[BudgetStep]:
    """The steps before everything is used up, without ``mini`` where that is the model already."""
    for step in cost.ladder:
        if step in {"offline", "refuse"}:
            return
        if step != "mini" or model != cost.mini_model:
            yield step
