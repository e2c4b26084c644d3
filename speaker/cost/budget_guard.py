"""What may be spent: the plan that the budgets ask for, and who may answer under it."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from speaker.config.settings import SessionSettings, Settings
from speaker.cost.budget import BudgetPlan, Spending, budget, key_of, notices
from speaker.cost.spending_ledger import SpendingLedger
from speaker.errors import SessionError
from speaker.realtime.failover import Endpoint
from speaker.speech.phrases import BUDGET_TOLD

CLOUD: Final = "cloud"


class BudgetGuard:
    """The budgets of one speaker. What was spent is in the ledger."""

    def __init__(
        self,
        settings: Settings,
        ledger: SpendingLedger,
        tell: Callable[[dict[str, Any]], None],
        now: Callable[[], datetime],
    ) -> None:
        """``tell`` publishes an event; ``now`` is aware of the house's time zone."""
        self._settings = settings
        self._ledger = ledger
        self._tell = tell
        self._now = now

    @property
    def spending(self) -> Spending:
        """What was spent today and this month, and what was given on top."""
        day = self._now().date()
        return Spending(*self._ledger.spent_usd(day), self._ledger.raised_usd(day))

    @property
    def plan(self) -> BudgetPlan:
        """What the budgets ask for now."""
        session = self._settings.session
        return (
            BudgetPlan() if session.endpoint == "offline" else budget(self.spending, self._settings.cost, session.model)
        )

    @property
    def used_up(self) -> bool:
        """Whether the cloud may not answer any more."""
        return self.plan.used_up

    def endpoints(self, answering: Sequence[Endpoint], offline: Endpoint) -> list[Endpoint]:
        """Who may answer under the present plan, of those who usually do; nobody when it says ``refuse``."""
        plan = self.plan
        if plan.step == "refuse":
            return []
        return [offline] if plan.used_up else [self._with_model(one, plan) for one in answering]

    @staticmethod
    def _with_model(endpoint: Endpoint, plan: BudgetPlan) -> Endpoint:
        if endpoint.name != CLOUD or plan.model is None:
            return endpoint
        return Endpoint(endpoint.name, dataclasses.replace(endpoint.target, model=plan.model))

    def refusal(self) -> SessionError | None:
        """Why nobody may answer, if so; its code changes once that was told in this period."""
        plan = self.plan
        if plan.step != "refuse":
            return None
        key = f"refusal {key_of(plan.period, self._now().date())}"
        code = f"budget_{plan.period}" if self._ledger.warn_once(key, 1.0) else BUDGET_TOLD
        return SessionError(f"the budget of the {plan.period} is used up", code=code, fatal=True)

    def planned(self, plan: BudgetPlan) -> SessionSettings:
        """How the next session is to be under a plan."""
        settings = self._settings.session
        most = [settings.max_output_tokens or None, self._settings.cost.short_tokens if plan.short else None]
        return replace(
            settings,
            model=plan.model or settings.model,
            max_output_tokens=min((one for one in most if one is not None), default=None),
        )

    def raise_today(self, usd: float) -> None:
        """So much more than the budgets allow may be spent today, in USD; warnings may come again."""
        day = self._now().date()
        self._ledger.raise_cap(day, usd)
        reached = notices(self.spending, self._settings.cost)
        for period in ("day", "month"):
            highest = max((one.share for one in reached if one.period == period), default=0.0)
            self._ledger.forget_warnings(key_of(period, day), above=highest)
            self._ledger.forget_warnings(f"refusal {key_of(period, day)}", above=0.0)

    def warn(self) -> None:
        """Tell what the budgets have reached, each share once a period."""
        day, plan = self._now().date(), self.plan
        for notice in notices(self.spending, self._settings.cost):
            if self._ledger.warn_once(key_of(notice.period, day), notice.share):
                self._tell(notice.event(plan.step))
