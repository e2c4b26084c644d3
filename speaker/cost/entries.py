"""What the ledger keeps, as data: what was spent on what, and what was saved by what."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from speaker.cost.tokens import Tokens

Purpose = Literal["turn", "ask", "announce", "transcription", "session"]
"""What was paid for: an answer in a conversation, one to a written question, an announcement, the user's words
written down, or a session that was open."""

Saving = Literal["silence", "cached", "text", "local", "batched", "quiet"]

SAVINGS: Final[dict[str, str]] = {
    "silence": "silence that was not sent",
    "cached": "sentences replayed from disk",
    "text": "written answers spoken by the offline voice",
    "local": "requests answered without the cloud",
    "batched": "tool calls answered together",
    "quiet": "confirmations by a sound instead of a sentence",
}
"""Each way to save, as the report calls it."""


NO_TOKENS: Final = Tokens()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One response, transcription or session, as it is paid for."""

    at: datetime
    """When it ended, in the house's time zone; the day is that of the end."""
    model: str
    endpoint: str
    """``cloud`` or ``offline``; only the first costs anything."""
    cost_usd: float
    turn: int = 0
    """Number of the conversation it belongs to; 0 for none."""
    tokens: Tokens = NO_TOKENS
    purpose: Purpose = "turn"
    seconds: float = 0.0
    """Sound or open session that was paid by time."""
    estimated: bool = False
    """Whether the service did not say what it used."""
    unheard_ms: int = 0
    """Sound of the answer that was paid for and that nobody heard."""
    waste_usd: float = 0.0
    """What that part cost."""

    @property
    def day(self) -> date:
        """The local date on which it counts."""
        return self.at.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingRow:
    """All that was booked on one day for one model and purpose."""

    day: date
    model: str
    endpoint: str
    purpose: str
    times: int
    tokens: Tokens
    seconds: float
    cost_usd: float
    estimated_usd: float
    unheard_ms: int
    waste_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What one way of saving saved on a day."""

    day: date
    what: str
    times: int
    seconds: float
    usd: float
