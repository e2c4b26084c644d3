"""What the speaker itself can do for a tool: its voice, its clock, its lists, the other speakers."""

from datetime import datetime
from typing import Protocol

from speaker.timers.timers import Repeat, TimerChange
from speaker.tools.result import ToolResult


class Voice(Protocol):
    """The speaker itself, as tools see it."""

    @property
    def volume(self) -> int:
        """Loudness of the answers, 0-100 percent."""

    @property
    def muted(self) -> bool:
        """Whether nothing is heard of them."""

    def set_volume(self, percent: int) -> int:
        """Set the loudness, 0-100 percent, and return what it is now."""

    def mute(self, muted: bool) -> int:
        """Make it silent, or as loud as before; how loud it is now, in percent."""

    def goodbye(self) -> None:
        """End the conversation when this answer has been spoken."""


class Clock(Protocol):
    """Timers, alarms and reminders; they outlive a restart. All raise ToolError with words for the user."""

    def now(self) -> datetime:
        """The time in the house's time zone."""

    def set_timer(self, hours: float, minutes: float, seconds: float, name: str = "", message: str = "") -> str:
        """Start a timer, with a message a reminder; how one says what was set."""

    def set_alarm(
        self,
        clock: str,
        day: str = "",
        repeat: Repeat = "once",
        *,
        name: str = "",
        message: str = "",
        minutes: float = 0,
    ) -> str:
        """The same for a time of day (HH:MM), or in so many minutes.

        ``day`` is empty, today, tomorrow, a weekday or YYYY-MM-DD.
        """

    async def do_later(self, tool: str, arguments: str, hours: float, minutes: float, seconds: float) -> str:
        """The same for a call of a tool, with its arguments as JSON."""

    def change(self, change: TimerChange, name: str, seconds: float) -> str:
        """Pause, resume, add to or take from the timer that a name means; how one says what it is then."""

    def snooze(self, minutes: float) -> str:
        """Let what rings or rang last ring again after so long; how one says what was set."""

    def cancel(self, name: str, but: str = "") -> list[str]:
        """Forget those that a name means, ``but`` left out of all; how they were called."""

    def listed(self, name: str = "") -> list[str]:
        """All of them in words, the next first; or those that a name means."""


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

    def placed(self) -> list[str]:
        """The same with their rooms, as one says it: "Kitchen speaker in the kitchen"."""

    async def announce(self, message: str, where: str) -> ToolResult:
        """Say something on one of them, or on all when ``where`` is empty; how it went. Raises ToolError."""
