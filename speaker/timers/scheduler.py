"""Timers and alarms at work: kept on disk, waited for, rung until somebody says stop or the time is up.

What rings goes one after the other. An action makes no sound and waits for nobody: it has a loop of its own.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from speaker.errors import SpeakerError, ToolError, place_of
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.timers.bell import Bell
from speaker.timers.kept_timers import KeptTimers, Store
from speaker.timers.naming import described, failed_words, missed_words, named, spoken_timer
from speaker.timers.timers import (
    LATE_S,
    Alarm,
    Repeat,
    TimerChange,
    TimerKind,
    alarm_time,
    changed_timer,
    following,
    timer_length_s,
)

log = logging.getLogger(__name__)

ACTS_FROM_S: Final = 10.0
"""After the start an action waits so long: the devices have to announce themselves first."""

_LOOK_S: Final = 30.0
"""Longest sleep: the wall clock may be set while nobody looks."""


class TimedTools(Protocol):
    """What an action may run."""

    async def check(self, tool: str, arguments: str) -> str:
        """What a call would do, as in "switch off the sofa lamp". Raises ToolError when it may not, or cannot."""

    async def run(self, tool: str, arguments: str) -> tuple[bool, str]:
        """Do it; whether that worked, and what a person has to hear of it, if anything."""


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
        acts_from_s: float = ACTS_FROM_S,
        book: Phrasebook = ENGLISH_PHRASES,
    ) -> None:
        """``told`` publishes an event; ``changed`` is called when ringing begins or ends, and for another list.

        ``book``: in whose words one speaks of timers.
        """
        self._ring = ring
        self._say = say
        self._told = told
        self._tell_changed = changed
        self._book = book
        self._acts_from_s = acts_from_s
        self._kept = KeptTimers(store)
        self._waiting = (asyncio.Event(), asyncio.Event())
        """Of the two loops: set when the list has changed."""
        self._bell = Bell(ring, say, changed, book)
        self.tools: TimedTools | None = None
        """What actions run; none until there are tools."""

    # What tools may do.

    def now(self) -> datetime:
        """The local time."""
        return datetime.now().astimezone()

    def set_timer(self, hours: float, minutes: float, seconds: float, name: str = "", message: str = "") -> str:
        """Start a timer; how one says what was set. Raises ToolError."""
        length_s = timer_length_s(hours, minutes, seconds)
        due_s = time.time() + length_s
        kind: TimerKind = "reminder" if message else "timer"
        return self._add(Alarm(id=0, kind=kind, due_s=due_s, name=name, text=message, length_s=length_s))

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
        """Set an alarm for a time of day, or in so many minutes; the same. Raises ToolError."""
        kind: TimerKind = "reminder" if message else "alarm"
        if bool(clock.strip()) is (minutes > 0):
            raise ToolError("Say either the time of the alarm, or in how many minutes it is to ring.")
        if minutes > 0:
            if day or repeat != "once":
                raise ToolError("An alarm in so many minutes rings once; say a time of day for another.")
            return self._add(Alarm(id=0, kind=kind, due_s=time.time() + 60 * minutes, name=name, text=message))
        due = alarm_time(clock, self.now(), repeat, day)
        return self._add(Alarm(id=0, kind=kind, due_s=due.timestamp(), name=name, text=message, repeat=repeat))

    async def do_later(self, tool: str, arguments: str, hours: float, minutes: float, seconds: float) -> str:
        """Set a timer that runs a tool; the same. Raises ToolError when that may not or cannot be done."""
        length_s = timer_length_s(hours, minutes, seconds)
        if self.tools is None:
            raise ToolError("Nothing can be done later here.")
        text = await self.tools.check(tool, arguments)
        due_s = time.time() + length_s
        return self._add(
            Alarm(id=0, kind="action", due_s=due_s, text=text, length_s=length_s, tool=tool, arguments=arguments)
        )

    def change(self, change: TimerChange, name: str, seconds: float) -> str:
        """Pause or resume a timer, or make it longer or shorter; how one says what it is then. Raises ToolError."""
        timers = [one for one in self._kept if one.kind == "action" or one.length_s]
        if not timers:
            raise ToolError("No timer is set.")
        # What is paused already cannot be meant by "pause", nor what runs by "resume".
        fitting = [one for one in timers if change not in {"pause", "resume"} or one.paused is (change == "resume")]
        if not fitting:
            raise ToolError("Every timer is paused already." if change == "pause" else "No timer is paused.")
        found = named(name, fitting, self.now(), book=self._book)
        changed = [changed_timer(one, change, seconds, time.time()) for one in found]
        for before, alarm in zip(found, changed, strict=True):
            if self._bell.rings and self._bell.last == before:
                self._bell.stop()
            self._keep(alarm)
            self._publish(alarm, {"pause": "paused", "resume": "resumed"}.get(change, "changed"))
        return "; ".join(described(one, self.now(), self._book) for one in changed)

    def snooze(self, minutes: float) -> str:
        """Let what rings, or rang last, ring again after so long; how one says what was set. Raises ToolError."""
        if (alarm := self._bell.last) is None:
            raise ToolError("Nothing has rung in the last ten minutes.")
        self._bell.snoozed()
        again = self._kept.add(msgspec.structs.replace(alarm, due_s=time.time() + 60 * minutes, repeat="once"))
        self._show()
        self._publish(again, "snoozed")
        return described(again, self.now(), self._book)

    def cancel(self, name: str, but: str = "") -> list[str]:
        """Forget those that a name means; how they were called. Raises ToolError."""
        found = named(name, self.pending, self.now(), but, book=self._book)
        for alarm in found:
            self._forget(alarm)
            self._publish(alarm, "cancelled")
        return [spoken_timer(alarm, self._book) for alarm in found]

    def listed(self, name: str = "") -> list[str]:
        """All of them in words, the next first; or those that a name means. Raises ToolError for another name."""
        found = named(name, self.pending, self.now(), book=self._book) if name.strip() else self.pending
        return [described(alarm, self.now(), self._book) for alarm in found]

    # What the speaker does.

    @property
    def pending(self) -> list[Alarm]:
        """All of them, the next first."""
        return list(self._kept)

    @property
    def state(self) -> list[dict[str, Any]]:
        """The same for the hub."""
        now = self.now()
        return [
            {"kind": one.kind, "name": spoken_timer(one, self._book)}
            | ({"left_s": round(one.left_s)} if one.paused else {"due": one.at(now).isoformat(timespec="seconds")})
            for one in self._kept
        ]

    @property
    def ringing(self) -> bool:
        """Whether something rings now."""
        return self._bell.rings

    def stop(self) -> bool:
        """Silence what rings; whether anything did."""
        return self._bell.stop()

    async def run(self) -> None:
        """Wait, ring and act, for ever."""
        acts_from_s = asyncio.get_running_loop().time() + self._acts_from_s
        async with asyncio.TaskGroup() as group:
            group.create_task(self._attend(self._waiting[0], 0.0, actions=False))
            group.create_task(self._attend(self._waiting[1], acts_from_s, actions=True))

    async def _attend(self, changed: asyncio.Event, from_s: float, *, actions: bool) -> None:
        await asyncio.sleep(max(0.0, from_s - asyncio.get_running_loop().time()))
        while True:
            changed.clear()
            while (alarm := self._next(actions=actions)) is not None and alarm.due_s <= time.time():
                await self._take_somehow(alarm)
            wait_s = _LOOK_S if alarm is None else min(_LOOK_S, max(0.0, alarm.due_s - time.time()))
            try:
                async with asyncio.timeout(wait_s):
                    await changed.wait()
            except TimeoutError:
                pass

    def _next(self, *, actions: bool) -> Alarm | None:
        """The next that rings, or the next that acts."""
        return next((one for one in self._kept if (one.kind == "action") is actions and not one.paused), None)

    async def _take_somehow(self, alarm: Alarm) -> None:
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
            await self._say(missed_words(alarm, now, self._book))
        elif alarm.kind == "action":
            await self._act(alarm)
        else:
            await self._sound_out(alarm)
        # Only now: a power cut in the middle of it lets it ring again.
        self._move_on(alarm)

    def _move_on(self, alarm: Alarm) -> None:
        if not self._kept.has(alarm):
            return  # somebody cancelled or changed it while it rang
        again = following(alarm, self.now())
        if again is None:
            self._forget(alarm)
        else:
            self._keep(again)

    async def _act(self, alarm: Alarm) -> None:
        """Run what an action runs; what did not work is told aloud, since somebody counts on it."""
        if self.tools is None:
            worked, words = False, self._book.timers.no_tools
        else:
            worked, words = await self.tools.run(alarm.tool, alarm.arguments)
        self._publish(alarm, "done" if worked else "failed", **({} if worked else {"message": words}))
        if not worked:
            await self._ring()
            await self._say(failed_words(alarm, words, self._book))
        elif words:
            await self._say(words)

    async def _sound_out(self, alarm: Alarm) -> None:
        self._publish(alarm, "rings")
        self._publish(alarm, "ended" if await self._bell.sound(alarm) else "stopped")

    def _add(self, new: Alarm) -> str:
        alarm = self._kept.add(new)
        self._show()
        self._publish(alarm, "set")
        return described(alarm, self.now(), self._book)

    def _keep(self, alarm: Alarm) -> None:
        self._kept.keep(alarm)
        self._show()

    def _forget(self, alarm: Alarm) -> None:
        self._kept.forget(alarm)
        self._show()

    def _show(self) -> None:
        """The list is another one now."""
        for changed in self._waiting:
            changed.set()
        self._tell_changed()

    def _publish(self, alarm: Alarm, what: str, **more: str) -> None:
        name = spoken_timer(alarm, self._book)
        log.info("= %s: %s", name, what)
        due = alarm.at(self.now()).isoformat(timespec="seconds")
        self._told({"type": "timer", "what": what, "kind": alarm.kind, "name": name, "due": due} | more)
