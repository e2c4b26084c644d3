"""Which timers somebody means, and how one speaks of them."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from rapidfuzz import fuzz

from speaker.errors import ToolError
from speaker.language.answer_forms import plain_answer
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook, TimerWords
from speaker.language.spoken_words import say_clock, say_length
from speaker.timers.spoken_lengths import length_and_rest
from speaker.timers.timers import WEEKDAYS, Alarm, Repeat

_CLOSE: Final = 80.0
"""From this likeness on, 0-100, a name counts as meant."""

_KINDS: Final = frozenset({"timer", "alarm", "reminder"})
_SMALL: Final = frozenset({"the", "my", "a", "an", "at", "for", "to", "of", "that", "oclock", "o", "clock"})
_TIME: Final = re.compile(r"(\d{1,2})(?:[:. ](\d\d))?(?: ?([ap])\.? ?m\.?)?", re.IGNORECASE)


def named(
    name: str, alarms: Sequence[Alarm], now: datetime, but: str = "", *, book: Phrasebook = ENGLISH_PHRASES
) -> list[Alarm]:
    """Those that a name means: "pasta", "the five minute timer", "7:00", "all", or nothing for the only one.

    ``but``: the one that is left out of all; ``book``: in whose words they were told. Raises ToolError when it means
    none, or cannot tell.
    """
    if not alarms:
        raise ToolError("No timer or alarm is set.")
    said = plain_answer(name).removeprefix("the ")
    if but.strip():
        return _all_but(said, but, alarms, now, book)
    if (every := _every(said, alarms)) is not None:
        return every
    found = _meant(said, name, alarms, now) or _called_in(book, said, alarms)
    if len(found) == 1:
        return found
    known = "; ".join(described(one, now, book) for one in (found or alarms))
    if found:
        raise ToolError(f"That may mean several: {known}.", note="Ask which one is meant.")
    raise ToolError(f'There is none called "{said[:40]}". There is: {known}.')


def _all_but(said: str, but: str, alarms: Sequence[Alarm], now: datetime, book: Phrasebook) -> list[Alarm]:
    every = _every(said or "all", alarms)
    if every is None:
        every = _every(f"all {said}", alarms) if said.rstrip("s") in _KINDS else None
    if every is None:
        raise ToolError("One can only be left out of all of them.")
    kept = {one.id for part in re.split(r",| and ", but) if part.strip() for one in named(part, alarms, now, book=book)}
    return [one for one in every if one.id not in kept]


def _every(said: str, alarms: Sequence[Alarm]) -> list[Alarm] | None:
    """All of them, or all of a kind; None when the words do not say so."""
    if said not in {"all", "everything", *(f"all {kind}s" for kind in _KINDS), *(f"all the {k}s" for k in _KINDS)}:
        return None
    kind = said.rsplit(maxsplit=1)[-1].rstrip("s")
    return [one for one in alarms if kind not in _KINDS or kind in _called(one)]


def _called(alarm: Alarm) -> tuple[str, ...]:
    """The kinds that it counts as: an action that waits for its time is a timer to whoever set it."""
    return ("timer",) if alarm.kind == "action" else (alarm.kind,)


def _meant(said: str, name: str, alarms: Sequence[Alarm], now: datetime) -> list[Alarm]:
    if not said:
        return list(alarms)
    if said in _KINDS:
        return [one for one in alarms if one.kind == said] or [one for one in alarms if said in _called(one)]
    if (clock := _clock_said(name)) is not None:
        return [one for one in alarms if one.kind in {"alarm", "reminder"} and clock(one.at(now))]
    length_s, rest = length_and_rest(name)
    if length_s is not None:
        # "6 minutes" is nearly written like "5 minutes", and means another timer.
        alarms, said = [one for one in alarms if one.length_s == length_s], plain_answer(rest)
        if not {*said.split()} - _SMALL - _KINDS:
            return list(alarms)
    exact = [one for one in alarms if said in {plain_answer(one.name), plain_answer(spoken_timer(one))}]
    alike = exact or [one for one in alarms if _close(said, one)]
    return alike or [one for one in alarms if _tells(said, one)]


def _called_in(book: Phrasebook, said: str, alarms: Sequence[Alarm]) -> list[Alarm]:
    """Those that are called so in the language in which the speaker told of them, word for word."""
    return [one for one in alarms if said == plain_answer(spoken_timer(one, book))]


def _close(said: str, alarm: Alarm) -> bool:
    own = plain_answer(alarm.name)
    return fuzz.ratio(said, plain_answer(spoken_timer(alarm))) >= _CLOSE or (bool(own) and f" {own} " in f" {said} ")


def _tells(said: str, alarm: Alarm) -> bool:
    """Whether all the words that matter stand in what it says or does: "trash reminder", "the sofa lamp timer"."""
    words = {*said.split()} - _SMALL - _KINDS
    own = {*plain_answer(f"{spoken_timer(alarm)} {alarm.text}").split()}
    return bool(words) and words <= own


def _clock_said(name: str) -> Callable[[datetime], bool] | None:
    """What tells whether a moment is at the time of day that a name is: "07:00", "7 am", "my 7 o'clock alarm"."""
    kept = re.sub(r"[^\w:. ]", "", name.lower())
    words = " ".join(word for word in kept.split() if word not in _SMALL | {"alarm", "alarms", "reminder"})
    found = _TIME.fullmatch(words)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half is not None:
        hour = hour % 12 + (12 if half == "p" else 0)
    # Who says "7" may mean either half of the day; "07" and "7 am" are one.
    either = half is None and not found[1].startswith("0") and 0 < hour <= 12

    def at(due: datetime) -> bool:
        same_hour = due.hour % 12 == hour % 12 if either else due.hour == hour
        return same_hour and due.minute == minute

    return at


def spoken_timer(alarm: Alarm, book: Phrasebook = ENGLISH_PHRASES) -> str:
    """As one calls it: "pasta timer", "5 minute timer", "alarm", "timer to switch off the sofa lamp"."""
    words = book.timers
    if alarm.kind == "action":
        return words.to_do.format(doing=alarm.text)
    kind = {"timer": words.kinds.timer, "alarm": words.kinds.alarm, "reminder": words.kinds.reminder}[alarm.kind]
    if alarm.name:
        told = plain_answer(kind) in plain_answer(alarm.name).split()
        return alarm.name if told else words.named.format(name=alarm.name, kind=kind)
    if alarm.kind == "timer":
        return words.of_length.format(length=say_length(alarm.length_s, book, in_name=True))
    return kind


def described(alarm: Alarm, now: datetime, book: Phrasebook = ENGLISH_PHRASES) -> str:
    """With its time: "pasta timer, 3 minutes left", "alarm at 07:00, daily"."""
    words, timer = book.timers, spoken_timer(alarm, book)
    if alarm.paused:
        return words.paused.format(timer=timer, length=say_length(alarm.left_s, book))
    if alarm.kind in {"timer", "action"}:
        return words.running.format(timer=timer, length=say_length(max(0.0, alarm.due_s - now.timestamp()), book))
    due = alarm.at(now)
    repeats = _repeats(alarm.repeat, words)
    return words.due.format(timer=timer, clock=say_clock(due, book), day=_day(due, now, words), repeats=repeats)


def _day(due: datetime, now: datetime, words: TimerWords) -> str:
    days = (due.date() - now.date()).days
    if days < 2:
        return words.tomorrow if days == 1 else ""
    if days < 7:
        return words.on_weekday.format(weekday=words.weekdays[due.weekday()])
    return words.on_date.format(year=due.year, month=due.month, day=due.day)


def _repeats(repeat: Repeat, words: TimerWords) -> str:
    if repeat in WEEKDAYS:
        return words.repeats.weekday.format(weekday=words.weekdays[WEEKDAYS.index(repeat)])
    said = {"daily": words.repeats.daily, "weekdays": words.repeats.weekdays, "weekends": words.repeats.weekends}
    return said.get(repeat, "")


def duration(seconds: float, *, adjective: bool = False) -> str:
    """A length in English words: "1 hour 5 minutes", "90 seconds"; as in "5 minute timer" when ``adjective``."""
    return say_length(seconds, ENGLISH_PHRASES, in_name=adjective)


def ringing_words(alarm: Alarm, book: Phrasebook = ENGLISH_PHRASES) -> str:
    """What is said when it rings."""
    if alarm.text:
        return book.timers.reminds.format(text=alarm.text)
    timer = spoken_timer(alarm, book)
    # Only the first letter: German nouns and people's names keep theirs.
    return book.timers.rings.format(timer=timer[:1].upper() + timer[1:])


def missed_words(alarm: Alarm, now: datetime, book: Phrasebook = ENGLISH_PHRASES) -> str:
    """What is said of one that fell due while the speaker was off."""
    words, clock = book.timers, say_clock(alarm.at(now), book)
    if alarm.kind == "action":
        return words.missed_action.format(doing=alarm.text, clock=clock)
    if alarm.text:
        return words.missed_reminder.format(text=alarm.text, clock=clock)
    return words.missed.format(timer=spoken_timer(alarm, book), clock=clock)


def failed_words(alarm: Alarm, why: str, book: Phrasebook = ENGLISH_PHRASES) -> str:
    """What is said of an action that did not work."""
    return book.timers.failed_action.format(doing=alarm.text, why=why)
