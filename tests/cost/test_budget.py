"""What budgets ask for, and when the owner is told."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.settings import CostSettings
from speaker.cost.budget import WARN_AT, BudgetPlan, BudgetStep, Spending, budget, key_of, notices

BIG, MINI = "gpt-realtime-2.1", "gpt-realtime-2.1-mini"

_steps = st.sampled_from(["short", "mini", "offline", "refuse"])
_usd = st.floats(0, 20)
_caps = st.none() | st.floats(0.01, 20)
_costs = st.builds(CostSettings, daily_usd=_caps, monthly_usd=_caps, ladder=st.lists(_steps, unique=True))
_spending = st.builds(Spending, _usd, _usd, _usd)


def at(share: float, *ladder: str, model: str = BIG) -> BudgetPlan:
    given: dict[str, Any] = {"ladder": list(ladder)} if ladder else {}
    return budget(Spending(share, share), CostSettings(daily_usd=1.0, **given), model)


@pytest.mark.parametrize(
    ("share", "ladder", "step"),
    [
        (0.0, (), "none"),
        (0.59, (), "none"),
        (0.6, (), "short"),
        (0.79, (), "short"),
        (0.8, (), "mini"),
        (0.999, (), "mini"),
        (1.0, (), "offline"),
        (7.0, (), "offline"),
        (0.6, ("mini", "short"), "mini"),
        (0.8, ("mini", "short"), "short"),
        (5.0, ("mini", "short"), "short"),
        (0.99, ("offline",), "none"),
        (1.0, ("offline",), "offline"),
        (1.0, ("short", "refuse"), "refuse"),
        (1.0, ("refuse", "offline"), "refuse"),
        (0.9, ("offline", "short"), "none"),
        (0.9, ("refuse",), "none"),
    ],
)
def test_the_ladder(share: float, ladder: tuple[str, ...], step: BudgetStep) -> None:
    assert at(share, *ladder).step == step


def test_gentle_steps_add_up() -> None:
    assert (at(0.7).short, at(0.7).model) == (True, None)
    assert (at(0.9).short, at(0.9).model) == (True, MINI)
    assert at(0.6, "mini").model == MINI
    assert at(0.5).instruction == ""
    assert "short sentence" in at(0.7).instruction


def test_a_cheap_model_is_not_replaced_by_itself() -> None:
    assert at(0.9, model=MINI) == BudgetPlan("short", 0.9, "day", short=True)
    assert at(0.6, "mini", "short", model=MINI).step == "short"


def test_ten_dimes_are_a_dollar() -> None:
    assert at(sum([0.1] * 10)).step == "offline"


def test_the_budget_that_is_nearer_to_its_end_counts() -> None:
    cost = CostSettings(daily_usd=1.0, monthly_usd=10.0)
    assert budget(Spending(0.9, 1.0), cost, BIG) == BudgetPlan("mini", 0.9, "day", short=True, model=MINI)
    plan = budget(Spending(0.1, 10.0), cost, BIG)
    assert (plan.step, plan.period, plan.used_up) == ("offline", "month", True)
    assert budget(Spending(99, 99), CostSettings(), BIG) == BudgetPlan()


def test_money_on_top_helps_for_both() -> None:
    cost = CostSettings(daily_usd=1.0, monthly_usd=10.0)
    assert budget(Spending(1.0, 10.0, raised_usd=10.0), cost, BIG).step == "none"
    assert budget(Spending(0.0, 10.0), cost, BIG).step == "offline", "and tomorrow it is gone"


def test_notices_say_what_was_reached() -> None:
    cost = CostSettings(daily_usd=1.0, monthly_usd=10.0)
    told = [(one.period, one.share) for one in notices(Spending(0.85, 5.0), cost)]
    assert told == [("day", 0.5), ("day", 0.8), ("month", 0.5)]
    assert notices(Spending(0.85, 5.0), CostSettings()) == []
    assert notices(Spending(0.5, 0.5), cost)[0].event("none") == {
        "type": "budget", "period": "day", "share": 0.5, "spent_usd": 0.5, "cap_usd": 1.0, "step": "none",
    }  # fmt: skip


def test_periods_are_remembered_by_their_dates() -> None:
    assert key_of("day", date(2026, 11, 30)) == "2026-11-30"
    assert key_of("month", date(2026, 11, 30)) == "2026-11"


@given(_spending, _costs, st.sampled_from([BIG, MINI]))
def test_more_money_never_means_a_harder_step(spending: Spending, cost: CostSettings, model: str) -> None:
    richer = Spending(spending.today_usd, spending.month_usd, spending.raised_usd + 1)
    before, after = budget(spending, cost, model), budget(richer, cost, model)
    assert after.share <= before.share
    assert not after.used_up or before.used_up
    assert before.short or not after.short


@given(_spending, _costs, st.sampled_from([BIG, MINI]))
def test_what_is_used_up_is_told_and_acts(spending: Spending, cost: CostSettings, model: str) -> None:
    plan, told = budget(spending, cost, model), notices(spending, cost)
    full = any(one.share == WARN_AT[-1] for one in told)
    assert plan.used_up == (full and bool({"offline", "refuse"} & set(cost.ladder)))
    assert plan.step in {"none", *cost.ladder}
