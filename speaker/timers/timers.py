"""Timers, alarms, reminders and actions for later: when they are due. Times are aware local datetimes."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from speaker.errors import ToolError

TimerKind = Literal["timer", "alarm", "reminder", "action"]
"""An action is a timer that runs a tool instead of ringing."""

Repeat = Literal[
    "once", "daily", "weekdays", "weekends",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
]  # fmt: skip

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

TimerChange = Literal["add", "subtract", "pause", "resume"]
"""What can be done to one that runs."""

MOST: Final = 50
"""More at once are refused."""

LONGEST_TIMER_S: Final = 24 * 3600
MOST_NAME_CHARACTERS: Final = 60
MOST_TEXT_CHARACTERS: Final = 300

LATE_S: Final = 600.0
"""What fell due while the speaker was off rings at its start, if it is no later than this; else it is told of."""

_WEEKEND: Final = frozenset({5, 6})


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. It outlives a restart."""

    id: int
    kind: TimerKind
    due_s: float
    """Seconds since 1970, UTC: a changed clock or time zone does not move a timer."""
    name: str = ""
    text: str = ""
    """What a reminder says."""
    repeat: Repeat = "once"
    length_s: float = 0.0
    """How long a timer was set for."""
    left_s: float = 0.0
    """What is left of one that is paused; 0: it runs."""
    tool: str = ""
    arguments: str = ""
    """What an action runs, and with which arguments, as JSON."""

    @property
    def paused(self) -> bool:
        """Whether it waits to be resumed."""
        return self.left_s > 0

    def at(self, like: datetime) -> datetime:
        """When it is due, in the time zone of ``like``."""
        return datetime.fromtimestamp(self.due_s, like.tzinfo)


def timer_length_s(hours: float, minutes: float, seconds: float) -> float:
    """Seconds of a timer. Raises ToolError when there are none, or too many."""
    length_s = 3600 * hours + 60 * minutes + seconds
    if length_s <= 0:
        raise ToolError("Say for how long the timer is to run.")
    if length_s > LONGEST_TIMER_S:
        raise ToolError("A timer runs at most 24 hours; set an alarm instead.")
    return length_s


def changed_timer(alarm: Alarm, change: TimerChange, seconds: float, now_s: float) -> Alarm:
    """A timer after a change, at ``now_s`` (seconds since 1970); ``seconds`` to add or take away.

    What is shortened by more than is left is due at once. Raises ToolError when that cannot be.
    """
    left_s = alarm.left_s if alarm.paused else max(0.0, alarm.due_s - now_s)
    if change == "pause":
        return msgspec.structs.replace(alarm, left_s=max(1.0, left_s))
    if change == "resume":
        return msgspec.structs.replace(alarm, left_s=0.0, due_s=now_s + left_s)
    left_s = max(0.0, left_s + (seconds if change == "add" else -seconds))
    if left_s > LONGEST_TIMER_S:
        raise ToolError("A timer runs at most 24 hours.")
    if alarm.paused and left_s > 0:
        return msgspec.structs.replace(alarm, left_s=left_s)
    return msgspec.structs.replace(alarm, left_s=0.0, due_s=now_s + left_s)


def alarm_time(clock: str, now: datetime, repeat: Repeat, day: str = "") -> datetime:
    """The next moment that ``clock`` ("7:30", "19:05") names, on ``day`` if that is not empty.

    ``day`` is today, tomorrow, a weekday or YYYY-MM-DD. Raises ToolError when there is no such moment, or it is over.
    """
    try:
        hour, minute = (int(part) for part in clock.strip().split(":"))
        due = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        raise ToolError(f'"{clock[:20]}" is no time of day; write it as HH:MM, 24 hours.') from None
    due = _on_day(due, day, now)
    if day.strip().lower() in WEEKDAYS and due <= now:
        due += timedelta(days=7)
    if day and due <= now:
        raise ToolError(f"{clock} on that day has passed already.")
    while due <= now or not _fits(due, repeat):
        due += timedelta(days=1)
    return _local(due)


def _on_day(due: datetime, day: str, now: datetime) -> datetime:
    named = day.strip().lower()
    if named in {"", "today"}:
        return due
    if named == "tomorrow":
        return due + timedelta(days=1)
    if named in WEEKDAYS:
        return due + timedelta(days=(WEEKDAYS.index(named) - now.weekday()) % 7)
    try:
        date = datetime.strptime(named, "%Y-%m-%d").replace(tzinfo=now.tzinfo)
    except ValueError:
        raise ToolError(f'"{day[:20]}" is no day; say today, tomorrow, a weekday, or YYYY-MM-DD.') from None
    return due.replace(year=date.year, month=date.month, day=date.day)


def _fits(due: datetime, repeat: Repeat) -> bool:
    if repeat in WEEKDAYS:
        return WEEKDAYS[due.weekday()] == repeat
    weekend = due.weekday() in _WEEKEND
    return repeat in {"once", "daily"} or weekend == (repeat == "weekends")


def _local(due: datetime) -> datetime:
    """The same wall-clock time with the offset that counts then: summer time may begin in between."""
    return due.replace(tzinfo=None).astimezone()


def following(alarm: Alarm, now: datetime) -> Alarm | None:
    """What becomes of an alarm that has rung: its next time, or nothing."""
    if alarm.repeat == "once":
        return None
    due = alarm_time(alarm.at(now).strftime("%H:%M"), now, alarm.repeat)
    return msgspec.structs.replace(alarm, due_s=due.timestamp())
