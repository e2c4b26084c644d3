"""What the speaker itself can do for a tool: its voice, its clock, its lists, the other speakers."""

from typing import Protocol

from speaker.timers.timers import Repeat
from speaker.tools.result import ToolResult


class Voice(Protocol):
    """The speaker itself, as tools see it."""

    @property
    def volume(self) -> int:
        """Loudness of the answers, 0-100 percent."""

    def set_volume(self, percent: int) -> int:
        """Set the loudness, 0-100 percent, and return what it is now."""

    def goodbye(self) -> None:
        """End the conversation when this answer has been spoken."""


class Clock(Protocol):
    """Timers, alarms and reminders; they outlive a restart. All raise ToolError with words for the model."""

    def set_timer(self, hours: float, minutes: float, seconds: float, name: str = "", message: str = "") -> str:
        """Start a timer, with a message a reminder; how one says what was set."""

    def set_alarm(self, clock: str, day: str = "", repeat: Repeat = "once", name: str = "", message: str = "") -> str:
        """The same for a time of day (HH:MM); ``day`` is empty, today, tomorrow or YYYY-MM-DD."""

    def cancel(self, name: str) -> list[str]:
        """Forget those that a name means; how they were called."""

    def listed(self) -> list[str]:
        """All of them in words, the next first."""


class Lists(Protocol):
    """Shopping, to-do and other lists; they outlive a restart."""

    def items(self, name: str) -> list[str]:
        """What stands on a list."""

    def lists(self) -> list[str]:
        """The lists on which something stands."""

    def add_item(self, name: str, item: str) -> None:
        """Put something on a list."""

    def drop_item(self, name: str, item: str) -> None:
        """Take something off a list."""


class Intercom(Protocol):
    """The other speakers of the house."""

    def speakers(self) -> list[str]:
        """What they are called."""

    async def announce(self, message: str, where: str) -> ToolResult:
        """Say something on one of them, or on all when ``where`` is empty; how it went. Raises ToolError."""
