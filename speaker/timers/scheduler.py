"""Timers and alarms at work: kept on disk, waited for, rung until somebody says stop or the time is up."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from speaker.errors import NOT_JSON, SpeakerError, ToolError, place_of
from speaker.timers.timers import (
    LATE_S,
    LONGEST_TIMER_S,
    MOST,
    MOST_NAME_CHARACTERS,
    MOST_TEXT_CHARACTERS,
    Alarm,
    Repeat,
    TimerKind,
    alarm_time,
    described,
    following,
    missed_words,
    named,
    next_due_s,
    ringing_words,
    spoken_timer,
    timer_length_s,
)

log = logging.getLogger(__name__)

RING_S: Final = 60.0
"""Longest ringing of a timer or a reminder."""

ALARM_S: Final = 300.0
"""Longest ringing of an alarm: it has to wake somebody."""

PAUSE_S: Final = 1.2
"""Between two rings; "stop" is heard best here."""

_LATEST_S: Final = 32_503_680_000.0
"""The year 3000: what is kept for later is damage."""

_LOOK_S: Final = 30.0
"""Longest sleep: the wall clock may be set while nobody looks."""


class Store(Protocol):
    """Where alarms outlive a power cut."""

    def alarms(self) -> list[bytes]:
        """Every alarm, as it was kept."""

    def keep_alarm(self, number: int, alarm: bytes) -> None:
        """Keep an alarm under its number."""

    def drop_alarm(self, number: int) -> None:
        """Forget an alarm."""


class TimerScheduler:
    """The Clock that tools see. ``ring`` makes the sound once and returns when it was heard; ``say`` speaks."""

    def __init__(
        self,
        store: Store,
        *,
        ring: Callable[[], Awaitable[None]],
        say: Callable[[str], Awaitable[None]],
        told: Callable[[dict[str, Any]], None],
        changed: Callable[[], None],
    ) -> None:
        """``told`` publishes an event; ``changed`` is called when ringing begins or ends, and for another list."""
        self._store = store
        self._ring = ring
        self._say = say
        self._told = told
        self._tell_changed = changed
        self._changed = asyncio.Event()
        self._alarms = {one.id: one for one in map(_read, store.alarms()) if one is not None}
        self._bell: asyncio.Task[None] | None = None

    # What tools may do.

    def now(self) -> datetime:
        """The local time."""
        return datetime.now().astimezone()

    def set_timer(self, hours: float, minutes: float, seconds: float, name: str = "", message: str = "") -> str:
        """Start a timer; how one says what was set. Raises ToolError."""
        length_s = timer_length_s(hours, minutes, seconds)
        due_s = time.time() + length_s
        return self._add("reminder" if message else "timer", due_s, name, message, length_s=length_s)

    def set_alarm(self, clock: str, day: str = "", repeat: Repeat = "once", name: str = "", message: str = "") -> str:
        """Set an alarm; the same. Raises ToolError."""
        due = alarm_time(clock, self.now(), repeat, day)
        return self._add("reminder" if message else "alarm", due.timestamp(), name, message, repeat=repeat)

    def cancel(self, name: str) -> list[str]:
        """Forget those that a name means; how they were called. Raises ToolError."""
        found = named(name, self.pending, self.now())
        for alarm in found:
            self._forget(alarm)
            self._publish(alarm, "cancelled")
        return [spoken_timer(alarm) for alarm in found]

    def listed(self) -> list[str]:
        """All of them in words, the next first."""
        return [described(alarm, self.now()) for alarm in self.pending]

    # What the speaker does.

    @property
    def pending(self) -> list[Alarm]:
        """All of them, the next first."""
        return sorted(self._alarms.values(), key=lambda one: (one.due_s, one.id))

    @property
    def state(self) -> list[dict[str, Any]]:
        """The same for the hub."""
        now = self.now()
        return [
            {"kind": one.kind, "name": spoken_timer(one), "due": one.at(now).isoformat(timespec="seconds")}
            for one in self.pending
        ]

    @property
    def ringing(self) -> bool:
        """Whether something rings now."""
        return self._bell is not None

    def stop(self) -> bool:
        """Silence what rings; whether anything did."""
        if self._bell is None:
            return False
        self._bell.cancel()
        return True

    async def run(self) -> None:
        """Wait and ring, for ever."""
        while True:
            self._changed.clear()
            for alarm in [one for one in self.pending if one.due_s <= time.time()]:
                await self._ring_somehow(alarm)
            due_s = next_due_s(self._alarms.values())
            wait_s = _LOOK_S if due_s is None else min(_LOOK_S, max(0.0, due_s - time.time()))
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _ring_somehow(self, alarm: Alarm) -> None:
        """One timer that cannot be sounded is one line; the others, and the rest of the speaker, go on."""
        try:
            await self._fall_due(alarm)
        except Exception as error:  # noqa: BLE001 - it is told, with its place
            why = str(error) if isinstance(error, SpeakerError) else place_of(error)
            problem = f"a timer could not be sounded: {why}"
            log.error("%s", problem)  # noqa: TRY400 - one line
            self._told({"type": "error", "message": problem})
            self._move_on(alarm)

    async def _fall_due(self, alarm: Alarm) -> None:
        now = self.now()
        if time.time() - alarm.due_s > LATE_S:
            self._publish(alarm, "missed")
            await self._say(missed_words(alarm, now))
        else:
            await self._sound_out(alarm)
        # Only now: a power cut in the middle of it lets it ring again.
        self._move_on(alarm)

    def _move_on(self, alarm: Alarm) -> None:
        if alarm.id not in self._alarms:
            return  # somebody cancelled it while it rang
        again = following(alarm, self.now())
        if again is None:
            self._forget(alarm)
        else:
            self._keep(again)

    async def _sound_out(self, alarm: Alarm) -> None:
        self._publish(alarm, "rings")
        self._bell = bell = asyncio.create_task(self._sound(alarm))
        self._tell_changed()
        try:
            await asyncio.wait({bell})
        finally:
            bell.cancel()
            self._bell = None
        self._tell_changed()
        self._publish(alarm, "stopped" if bell.cancelled() else "ended")
        if not bell.cancelled():
            bell.result()

    async def _sound(self, alarm: Alarm) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + (ALARM_S if alarm.kind == "alarm" else RING_S)
        said = 0
        while loop.time() < end:
            await self._ring()
            if said % 4 == 0:
                await self._say(ringing_words(alarm))
            said += 1
            await asyncio.sleep(PAUSE_S)

    def _add(
        self, kind: TimerKind, due_s: float, name: str, text: str, *, repeat: Repeat = "once", length_s: float = 0.0
    ) -> str:
        if len(self._alarms) >= MOST:
            raise ToolError(f"There are {MOST} timers and alarms already.")
        alarm = Alarm(
            id=max(self._alarms, default=0) + 1, kind=kind, due_s=due_s, repeat=repeat, length_s=length_s,
            name=_line(name, MOST_NAME_CHARACTERS), text=_line(text, MOST_TEXT_CHARACTERS),
        )  # fmt: skip
        self._keep(alarm)
        self._publish(alarm, "set")
        return described(alarm, self.now())

    def _keep(self, alarm: Alarm) -> None:
        self._alarms[alarm.id] = alarm
        self._store.keep_alarm(alarm.id, msgspec.json.encode(alarm))
        self._changed.set()
        self._tell_changed()

    def _forget(self, alarm: Alarm) -> None:
        del self._alarms[alarm.id]
        self._store.drop_alarm(alarm.id)
        self._changed.set()
        self._tell_changed()

    def _publish(self, alarm: Alarm, what: str) -> None:
        log.info("= %s: %s", spoken_timer(alarm), what)
        due = alarm.at(self.now()).isoformat(timespec="seconds")
        self._told({"type": "timer", "what": what, "kind": alarm.kind, "name": spoken_timer(alarm), "due": due})


def _read(kept: bytes) -> Alarm | None:
    try:
        alarm = msgspec.json.decode(kept, type=Alarm)
    except NOT_JSON as error:
        log.error("a timer that was kept cannot be read and is left out: %s", error)  # noqa: TRY400 - no trace needed
        return None
    if not (0 <= alarm.due_s <= _LATEST_S and 0 <= alarm.length_s <= LONGEST_TIMER_S):
        log.error("a timer that was kept has an impossible time and is left out")
        return None
    return alarm


def _line(text: str, most: int) -> str:
    """One printable line."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:most]
