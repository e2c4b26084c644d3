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
    """Knows the date, the time and the place."""

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

    def in_words(self) -> str:
        """What a model is told of it."""
        return present_in_words(self._now(), self._name, self._room)

    def on_next_day(self, call: Callable[[], None]) -> DelayedCall:
        """Call something when the next day has begun."""
        return self._later(until_midnight_s(self._now()) + 1, call)

    def follow(self, tell: Callable[[str], None]) -> DelayedCall:
        """Tell one connection now, and again when a day begins, until that is cancelled."""
        return _Days(self, tell)


class _Days:
    """The days that one connection lives to see."""

    def __init__(self, here: HereAndNow, tell: Callable[[str], None]) -> None:
        self._here = here
        self._tell = tell
        self._begin()

    def _begin(self) -> None:
        self._tell(self._here.in_words())
        self._next = self._here.on_next_day(self._begin)

    def cancel(self) -> None:
        """The connection is over."""
        self._next.cancel()


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
