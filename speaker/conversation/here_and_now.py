"""What a session has to know of the present: when and where it is, and how the house counts.

It changes from session to session, so it stands behind instructions and tools, which a service keeps in its cache.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Protocol


class DelayedCall(Protocol):
    """Something that was put off, such as asyncio's TimerHandle."""

    def cancel(self) -> None:
        """Let it not happen."""


class HereAndNow:
    """Tells sessions the date, the time and the place: as they open, and again when a day begins."""

    def __init__(
        self,
        name: str,
        room: str | None,
        *,
        now: Callable[[], datetime],
        later: Callable[[float, Callable[[], None]], DelayedCall],
    ) -> None:
        """``now`` gives the time with its zone; ``later`` calls something after so many seconds."""
        self._name = name
        self._room = room
        self._now = now
        self._later = later
        self._next_day: DelayedCall | None = None

    def follow(self, tell: Callable[[str], None]) -> None:
        """Let a session know, from now on; only one is told at a time."""
        self.leave()
        now = self._now()
        tell(present_in_words(now, self._name, self._room))
        self._next_day = self._later(until_midnight_s(now) + 1, lambda: self.follow(tell))

    def leave(self) -> None:
        """The session is over."""
        if self._next_day is not None:
            self._next_day.cancel()
        self._next_day = None


def present_in_words(now: datetime, name: str, room: str | None) -> str:
    """Date, time and place of a speaker in a few words for a model; ``now`` with its time zone."""
    hours = now.strftime("%z")
    zone = f"{now.tzname()}, UTC{hours[:3]}:{hours[3:5]}"
    when = f"It is {now:%A}, {now.day} {now:%B %Y}, {now:%H:%M} ({zone})."
    where = f'You are the speaker "{name}".'
    if room:
        where = f'You are the speaker "{name}" in the {room}: "the light" without a room is the one in the {room}.'
    return f"{when} {where} Temperatures are in degrees Celsius, measures metric."


def until_midnight_s(now: datetime) -> float:
    """Seconds until the next day begins; ``now`` with its time zone."""
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time())
    # By the clock on the wall first, and then in absolute time: some days have 23 or 25 hours.
    return tomorrow.astimezone().timestamp() - now.timestamp()
