"""Timers at work: they ring in time, end, outlive a restart, and say what was missed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from speaker.errors import SpeakerError, ToolError
from speaker.store.store import Ledger
from speaker.timers.scheduler import TimerScheduler
from speaker.timers.timers import LATE_S, MOST, Alarm


@dataclass(slots=True)
class Room:
    """What somebody hears of a scheduler, and what the hub is told."""

    ledger: Ledger
    rings: int = 0
    said: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    changes: int = 0
    broken: list[Exception] = field(default_factory=list)
    """What goes wrong the next times that something is to be said."""

    def scheduler(self) -> TimerScheduler:
        return TimerScheduler(
            self.ledger.memory,
            ring=self._ring,
            say=self._say,
            told=self.events.append,
            changed=self._change,
            acts_from_s=0,
        )

    async def _ring(self) -> None:
        self.rings += 1

    async def _say(self, text: str) -> None:
        if self.broken:
            raise self.broken.pop(0)
        self.said.append(text)

    def _change(self) -> None:
        self.changes += 1

    def what(self) -> list[str]:
        return [str(one["what"]) for one in self.events]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        yield Room(ledger)


@asynccontextmanager
async def running(scheduler: TimerScheduler) -> AsyncIterator[TimerScheduler]:
    task = asyncio.create_task(scheduler.run())
    try:
        yield scheduler
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool], within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


async def test_timer_rings_in_time_until_it_is_stopped(room: Room) -> None:
    async with running(room.scheduler()) as scheduler:
        assert scheduler.set_timer(0, 0, 0.2, "pasta") == "pasta timer, 0 seconds left"
        began = time.monotonic()
        await until(lambda: scheduler.ringing)
        assert time.monotonic() - began >= 0.15
        await until(lambda: room.rings >= 2)
        assert room.said == ["Pasta timer."]
        assert scheduler.stop()
        await until(lambda: not scheduler.ringing)
        assert not scheduler.stop()
        await until(lambda: scheduler.pending == [])
    assert room.what() == ["set", "rings", "stopped"]


async def test_timers_ring_one_after_the_other(room: Room) -> None:
    async with running(room.scheduler()) as scheduler:
        scheduler.set_timer(0, 0, 0.1, "egg")
        scheduler.set_timer(0, 0, 0.1, "tea", "the tea is ready")
        for said in ("Egg timer.", "Reminder: the tea is ready"):
            await until(lambda: said in room.said)  # noqa: B023 - it is waited for here
            scheduler.stop()
        await until(lambda: scheduler.pending == [])
    assert room.said == ["Egg timer.", "Reminder: the tea is ready"]


async def test_earlier_timer_is_not_held_up_by_a_later_one(room: Room) -> None:
    async with running(room.scheduler()) as scheduler:
        scheduler.set_timer(1, 0, 0)
        await asyncio.sleep(0.05)
        scheduler.set_timer(0, 0, 0.1)
        await until(lambda: scheduler.ringing, within_s=2)


async def test_timer_outlives_a_restart(room: Room) -> None:
    room.scheduler().set_timer(0, 0, 0.3, "egg")
    async with running(room.scheduler()) as again:
        assert [one.name for one in again.pending] == ["egg"]
        await until(lambda: again.ringing)


async def test_power_cut_while_it_rings_lets_it_ring_again(room: Room) -> None:
    async with running(room.scheduler()) as scheduler:
        scheduler.set_timer(0, 0, 0.1)
        await until(lambda: scheduler.ringing)
    async with running(room.scheduler()) as again:
        await until(lambda: again.ringing)


async def test_what_was_missed_for_long_is_said_and_not_rung(room: Room) -> None:
    missed = Alarm(id=1, kind="alarm", due_s=time.time() - LATE_S - 60, name="school")
    room.ledger.memory.keep_alarm(1, msgspec.json.encode(missed))
    async with running(room.scheduler()) as scheduler:
        await until(lambda: bool(room.said))
        assert not scheduler.ringing
        await until(lambda: scheduler.pending == [])
    assert room.said[0].startswith("While I was off, you missed the school alarm, at ")
    assert room.what() == ["missed"]


async def test_daily_alarm_comes_again(room: Room) -> None:
    due = Alarm(id=1, kind="alarm", due_s=time.time() - 1, repeat="daily")
    room.ledger.memory.keep_alarm(1, msgspec.json.encode(due))
    async with running(room.scheduler()) as scheduler:
        await until(lambda: scheduler.ringing)
        scheduler.stop()
        await until(lambda: bool(scheduler.pending) and scheduler.pending[0].due_s > time.time())
        assert len(scheduler.pending) == 1
        assert scheduler.pending[0].due_s - due.due_s == pytest.approx(86_400, abs=3_700)


async def test_cancelled_timer_does_not_ring(room: Room) -> None:
    async with running(room.scheduler()) as scheduler:
        scheduler.set_timer(0, 0, 0.3, "egg")
        assert scheduler.cancel("egg") == ["egg timer"]
        await asyncio.sleep(0.5)
    assert room.what() == ["set", "cancelled"]
    assert room.rings == 0


async def test_clock_that_is_set_forward_does_not_lose_a_timer(room: Room) -> None:
    """Due times are wall-clock times: what has fallen due by then rings at the next look."""
    late = Alarm(id=1, kind="timer", due_s=time.time() - 30, length_s=60)
    room.ledger.memory.keep_alarm(1, msgspec.json.encode(late))
    async with running(room.scheduler()) as scheduler:
        await until(lambda: scheduler.ringing)


def test_spoilt_entry_is_left_out(room: Room) -> None:
    room.ledger.memory.keep_alarm(1, b"{")
    room.ledger.memory.keep_alarm(2, b'{"id":2,"kind":"timer","due_s":1e10}')
    assert [one.id for one in room.scheduler().pending] == [2]


def test_number_of_timers_is_bounded_and_names_are_one_line(room: Room) -> None:
    scheduler = room.scheduler()
    scheduler.set_timer(0, 5, 0, "a\nb\x00" + "c" * 500)
    assert scheduler.pending[0].name.startswith("a b c")
    assert len(scheduler.pending[0].name) <= 60
    for _ in range(MOST - 1):
        scheduler.set_timer(0, 5, 0)
    with pytest.raises(ToolError, match="already"):
        scheduler.set_timer(0, 5, 0)


@pytest.mark.parametrize(
    "kept",
    [
        b"", b"nonsense", b"[" * 5_000, b'{"id":1}', b'{"id":1,"kind":"alarm","due_s":1e300}',
        b'{"id":1,"kind":"alarm","due_s":-1e300}', b'{"id":1,"kind":"timer","due_s":1.8e9,"length_s":1e300}',
        b'{"id":1,"kind":"timer","due_s":1.8e9,"length_s":-5}', b'{"id":1,"kind":"bomb","due_s":1.8e9}',
        b'{"id":1,"kind":"alarm","due_s":1e11,"repeat":"daily"}',
    ],
)  # fmt: skip
async def test_what_was_kept_and_cannot_be_a_timer_is_left_out(room: Room, kept: bytes) -> None:
    room.ledger.memory.keep_alarm(1, kept)
    async with running(room.scheduler()) as scheduler:
        assert scheduler.state == []
        assert scheduler.listed() == []
        scheduler.set_timer(0, 0, 0.01, name="tea")
        await until(lambda: room.rings > 0)


async def test_timer_that_cannot_be_sounded_is_told_and_the_next_one_rings(room: Room) -> None:
    room.broken = [SpeakerError("the voice is not there"), ZeroDivisionError()]

    def errors() -> list[str]:
        return [str(one["message"]) for one in room.events if one["type"] == "error"]

    async with running(room.scheduler()) as scheduler:
        for number in range(2):
            scheduler.set_timer(0, 0, 0.01, name=f"tea {number}")
            await until(lambda: len(errors()) == number + 1)  # noqa: B023 - awaited at once
        scheduler.set_timer(0, 0, 0.01, name="eggs")
        await until(lambda: bool(room.said))
    assert "the voice is not there" in errors()[0]
    assert "ZeroDivisionError in " in errors()[1]
    assert len(room.ledger.memory.alarms()) == 1, "the one that still rings"
