"""Timers, alarms and reminders: when they are due, and how one speaks of them. Times are aware local datetimes."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from rapidfuzz import fuzz

from speaker.errors import ToolError
from speaker.speech.answer_matching import plain_answer

TimerKind = Literal["timer", "alarm", "reminder"]
Repeat = Literal["once", "daily", "weekdays", "weekends"]

MOST: Final = 50
"""More at once are refused."""

LONGEST_TIMER_S: Final = 24 * 3600
MOST_NAME_CHARACTERS: Final = 60
MOST_TEXT_CHARACTERS: Final = 300

LATE_S: Final = 600.0
"""What fell due while the speaker was off rings at its start, if it is no later than this; else it is told of."""

_CLOSE: Final = 80.0
"""From this likeness on, 0-100, a name counts as meant."""

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


def alarm_time(clock: str, now: datetime, repeat: Repeat, day: str = "") -> datetime:
    """The next moment that ``clock`` ("7:30", "19:05") names; ``day`` is "", "today", "tomorrow" or YYYY-MM-DD.

    Raises ToolError when there is no such moment, or it has passed.
    """
    try:
        hour, minute = (int(part) for part in clock.strip().split(":"))
        due = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        raise ToolError(f'"{clock[:20]}" is no time of day; write it as HH:MM, 24 hours.') from None
    due = _on_day(due, day, now)
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
    try:
        date = datetime.strptime(named, "%Y-%m-%d").replace(tzinfo=now.tzinfo)
    except ValueError:
        raise ToolError(f'"{day[:20]}" is no day; say today, tomorrow, or YYYY-MM-DD.') from None
    return due.replace(year=date.year, month=date.month, day=date.day)


def _fits(due: datetime, repeat: Repeat) -> bool:
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


def next_due_s(alarms: Iterable[Alarm]) -> float | None:
    """When the next one falls due, seconds since 1970."""
    return min((one.due_s for one in alarms), default=None)


def named(name: str, alarms: Sequence[Alarm], now: datetime) -> list[Alarm]:
    """Those that a name means: "pasta", "the five minute timer", "all", or nothing for the only one.

    Raises ToolError when it means none, or cannot tell.
    """
    if not alarms:
        raise ToolError("No timer or alarm is set.")
    said = plain_answer(name).removeprefix("the ")
    kinds = {"timer", "alarm", "reminder"}
    if said in {"all", "all timers", "all alarms", "all reminders", "everything"}:
        kind = said.removeprefix("all").strip().rstrip("s")
        return [one for one in alarms if kind not in kinds or one.kind == kind]
    of_kind = [one for one in alarms if one.kind == said]
    if not said or said in kinds:
        found = of_kind or ([] if said else list(alarms))
    else:
        found = [
            one for one in alarms if fuzz.ratio(said, plain_answer(spoken_timer(one))) >= _CLOSE or _contains(said, one)
        ]
    if len(found) == 1:
        return found
    known = "; ".join(described(one, now) for one in (found or alarms))
    if found:
        raise ToolError(f"Ask which one is meant: {known}.")
    raise ToolError(f'There is none called "{said[:40]}". There is: {known}.')


def _contains(said: str, alarm: Alarm) -> bool:
    own = plain_answer(alarm.name)
    return bool(own) and own in said


def spoken_timer(alarm: Alarm) -> str:
    """As one calls it: "pasta timer", "5 minute timer", "alarm"."""
    if alarm.name:
        return alarm.name if alarm.kind in plain_answer(alarm.name).split() else f"{alarm.name} {alarm.kind}"
    if alarm.kind == "timer":
        return f"{duration(alarm.length_s, adjective=True)} timer"
    return alarm.kind


def described(alarm: Alarm, now: datetime) -> str:
    """With its time: "pasta timer, 3 minutes left", "alarm at 07:00 daily"."""
    if alarm.kind == "timer":
        return f"{spoken_timer(alarm)}, {duration(max(0.0, alarm.due_s - now.timestamp()))} left"
    due = alarm.at(now)
    days = (due.date() - now.date()).days
    day = {0: "", 1: " tomorrow"}.get(days, f" on {due:%A}" if days < 7 else f" on {due:%Y-%m-%d}")
    repeats = "" if alarm.repeat == "once" else f", {alarm.repeat}"
    return f"{spoken_timer(alarm)} at {due:%H:%M}{day}{repeats}"


def duration(seconds: float, *, adjective: bool = False) -> str:
    """A length in words: "1 hour 5 minutes", "90 seconds"; as in "5 minute timer" when ``adjective``."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (left if not hours else 0, "second")]
    words = [f"{count} {unit}{'s' if count != 1 and not adjective else ''}" for count, unit in parts if count]
    return " ".join(words) or "0 seconds"


def ringing_words(alarm: Alarm) -> str:
    """What is said when it rings."""
    if alarm.text:
        return f"Reminder: {alarm.text}"
    return f"{spoken_timer(alarm).capitalize()}."


def missed_words(alarm: Alarm, now: datetime) -> str:
    """What is said of one that fell due while the speaker was off."""
    what = f"the reminder: {alarm.text}" if alarm.text else f"the {spoken_timer(alarm)}"
    return f"While I was off, you missed {what}, at {alarm.at(now):%H:%M}."
