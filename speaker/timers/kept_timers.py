"""The timers that are set, on disk: what was kept by an older version is still read."""

import logging
from collections.abc import Iterator
from typing import Final, Protocol

import msgspec

from speaker.errors import NOT_JSON, ToolError
from speaker.timers.timers import (
    LONGEST_TIMER_S,
    MOST,
    MOST_NAME_CHARACTERS,
    MOST_TEXT_CHARACTERS,
    Alarm,
)

log = logging.getLogger(__name__)

_LATEST_S: Final = 32_503_680_000.0
"""The year 3000: what is kept for later is damage."""


class Store(Protocol):
    """Where alarms outlive a power cut."""

    def alarms(self) -> list[bytes]:
        """Every alarm, as it was kept."""

    def keep_alarm(self, number: int, alarm: bytes) -> None:
        """Keep an alarm under its number."""

    def drop_alarm(self, number: int) -> None:
        """Forget an alarm."""


class KeptTimers:
    """All that are set, by their numbers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._alarms = {one.id: one for one in map(_read, store.alarms()) if one is not None}

    def __iter__(self) -> Iterator[Alarm]:
        """All of them, the next first and what is paused last."""
        return iter(sorted(self._alarms.values(), key=lambda one: (one.paused, one.due_s, one.id)))

    def has(self, alarm: Alarm) -> bool:
        """Whether one is still set, and as it was."""
        return self._alarms.get(alarm.id) == alarm

    def add(self, alarm: Alarm) -> Alarm:
        """Keep a new one, under a number of its own and in one line. Raises ToolError when there are too many."""
        if len(self._alarms) >= MOST:
            raise ToolError(f"There are {MOST} timers and alarms already.")
        number = max(self._alarms, default=0) + 1
        name, text = _line(alarm.name, MOST_NAME_CHARACTERS), _line(alarm.text, MOST_TEXT_CHARACTERS)
        new = msgspec.structs.replace(alarm, id=number, name=name, text=text)
        self.keep(new)
        return new

    def keep(self, alarm: Alarm) -> None:
        """Keep one as it is now."""
        self._alarms[alarm.id] = alarm
        self._store.keep_alarm(alarm.id, msgspec.json.encode(alarm))

    def forget(self, alarm: Alarm) -> None:
        """Forget one."""
        self._alarms.pop(alarm.id, None)
        self._store.drop_alarm(alarm.id)


def _read(kept: bytes) -> Alarm | None:
    try:
        alarm = msgspec.json.decode(kept, type=Alarm)
    except NOT_JSON as error:
        log.error("a timer that was kept cannot be read and is left out: %s", error)  # noqa: TRY400 - no trace needed
        return None
    lengths = (alarm.length_s, alarm.left_s)
    if not (0 <= alarm.due_s <= _LATEST_S and all(0 <= one <= LONGEST_TIMER_S for one in lengths)):
        log.error("a timer that was kept has an impossible time and is left out")
        return None
    return alarm


def _line(text: str, most: int) -> str:
    """One printable line."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:most]
