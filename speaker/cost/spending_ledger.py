"""What the cost tracker and the budgets need of the ledger; ``store.Ledger`` is one."""

from datetime import date, datetime
from typing import Protocol

from speaker.cost.entries import LedgerEntry, Saving


class SpendingLedger(Protocol):
    """Keeps what was spent and saved. Days are local dates; none of these calls waits for a disk for long."""

    def begin_turn(self, at: datetime) -> int:
        """The number of a new conversation; 0 when none can be given."""

    def book(self, one: LedgerEntry) -> int | None:
        """Write down what was paid for; its number, for ``waste``, unless it could not be written yet."""

    def waste(self, number: int, unheard_ms: int, waste_usd: float) -> None:
        """So much of a booked answer turned out to be heard by nobody."""

    def save(self, what: Saving, day: date, *, usd: float = 0.0, seconds: float = 0.0, times: int = 1) -> None:
        """Write down that something was not spent so many times more on a day."""

    def spent_usd(self, day: date) -> tuple[float, float]:
        """USD spent on a day and in its month."""

    def raise_cap(self, day: date, usd: float) -> None:
        """Allow so much more for one day than the budgets do."""

    def raised_usd(self, day: date) -> float:
        """What was allowed on top for a day."""

    def warn_once(self, period: str, share: float) -> bool:
        """Whether this is the first warning of its kind in a day (YYYY-MM-DD) or month (YYYY-MM)."""

    def forget_warnings(self, period: str, above: float) -> None:
        """Let warnings above a share come again."""

    def choose(self, key: str, value: str) -> None:
        """Remember a value."""

    def chosen(self, key: str) -> str | None:
        """A value that was remembered."""
