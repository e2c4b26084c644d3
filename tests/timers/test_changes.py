"""Timers that are changed while they run, alarms by weekday and in so many minutes, snoozing, and which ones go."""

from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.errors import ToolError
from speaker.timers.kept_timers import KeptTimers
from speaker.timers.naming import described, named, spoken_timer
from speaker.timers.scheduler import TimerScheduler
from speaker.timers.timers import LONGEST_TIMER_S, Alarm, Repeat, TimerChange, alarm_time, changed_timer, following
from tests.timers.test_scheduler import Room, room, running, until

__all__ = ["room"]

NOW = datetime(2026, 11, 24, 18, 30).astimezone()  # a Tuesday
NOW_S = NOW.timestamp()


def timer(rest_s: float = 300, name: str = "", number: int = 1, **more: object) -> Alarm:
    plain = Alarm(id=number, kind="timer", due_s=NOW_S + rest_s, name=name, length_s=300)
    return msgspec.structs.replace(plain, **more)


def alarm(clock: str, number: int = 9, name: str = "") -> Alarm:
    return Alarm(id=number, kind="alarm", due_s=alarm_time(clock, NOW, "once").timestamp(), name=name)


lengths = st.floats(1, 3600)


@given(lengths, lengths, st.booleans())
def test_what_is_added_is_left(left_s: float, more_s: float, paused: bool) -> None:
    before = timer(left_s, left_s=left_s if paused else 0.0)
    after = changed_timer(before, "add", more_s, NOW_S)
    assert after.paused is paused
    rest_s = after.left_s if paused else after.due_s - NOW_S
    assert rest_s == pytest.approx(left_s + more_s, abs=0.01)
    assert spoken_timer(after) == spoken_timer(before), "it is still called as it was set"


@given(lengths, lengths, lengths)
def test_a_pause_costs_no_time(left_s: float, away_s: float, waited_s: float) -> None:
    paused = changed_timer(timer(left_s), "pause", 0, NOW_S)
    again = changed_timer(paused, "resume", 0, NOW_S + waited_s)
    assert again.due_s - (NOW_S + waited_s) == pytest.approx(left_s, abs=0.01)
    assert not again.paused


@pytest.mark.parametrize("paused_s", [0.0, 120.0])
def test_a_timer_that_loses_all_its_time_is_due(paused_s: float) -> None:
    after = changed_timer(timer(120, left_s=paused_s), "subtract", 600, NOW_S)
    assert (after.due_s, after.paused) == (NOW_S, False)


def test_no_timer_becomes_longer_than_a_day() -> None:
    with pytest.raises(ToolError, match="24 hours"):
        changed_timer(timer(LONGEST_TIMER_S - 60), "add", 120, NOW_S)


@pytest.mark.parametrize(
    ("day", "clock", "due"),
    [
        ("friday", "17:00", "2026-11-27 17:00"),
        ("Tuesday", "19:00", "2026-11-24 19:00"),
        ("tuesday", "18:00", "2026-12-01 18:00"),
        ("monday", "07:00", "2026-11-30 07:00"),
    ],
)
def test_an_alarm_on_a_weekday_is_on_the_next_one(day: str, clock: str, due: str) -> None:
    assert f"{alarm_time(clock, NOW, 'once', day):%Y-%m-%d %H:%M}" == due


@pytest.mark.parametrize(
    ("repeat", "first", "second"), [("thursday", "26", "03"), ("tuesday", "24", "01"), ("sunday", "29", "06")]
)
def test_an_alarm_of_a_weekday_comes_every_week(repeat: Repeat, first: str, second: str) -> None:
    due = alarm_time("19:00", NOW, repeat)
    assert f"{due:%d}" == first
    one = Alarm(id=1, kind="alarm", due_s=due.timestamp(), repeat=repeat)
    again = following(one, due)
    assert again is not None
    assert f"{again.at(due):%d %H:%M}" == f"{second} 19:00"
    assert described(one, NOW).endswith(f", every {repeat.capitalize()}")


PASTA, EGG, EARLY, LATE = timer(name="pasta"), timer(name="egg", number=2), alarm("07:00", 3), alarm("19:00", 4)
LIGHT = Alarm(id=5, kind="action", due_s=NOW_S + 60, text="switch off the sofa lamp", tool="set_light", arguments="{}")
ALL = [PASTA, EGG, EARLY, LATE, LIGHT]


@pytest.mark.parametrize(
    ("name", "but", "found"),
    [
        ("7 am", "", [EARLY]), ("07:00", "", [EARLY]), ("the 7 am alarm", "", [EARLY]),
        ("alarm at 7 p.m.", "", [LATE]), ("19:00", "", [LATE]), ("7:00 pm", "", [LATE]),
        ("all", "pasta timer", [EGG, EARLY, LATE, LIGHT]), ("all timers", "the pasta timer", [EGG, LIGHT]),
        ("all", "pasta and egg", [EARLY, LATE, LIGHT]), ("all alarms", "7 am", [LATE]),
        ("", "egg", [PASTA, EARLY, LATE, LIGHT]),
        ("timers", "egg", [PASTA, LIGHT]), ("all timers", "", [PASTA, EGG, LIGHT]),
        ("sofa lamp", "", [LIGHT]), ("the timer to switch off the sofa lamp", "", [LIGHT]),
    ],
)  # fmt: skip
def test_which_are_meant(name: str, but: str, found: list[Alarm]) -> None:
    assert named(name, ALL, NOW, but) == found


FIVE, FIFTEEN, HALF = timer(), timer(number=2, length_s=900.0), timer(number=3, length_s=1800.0)
LONG_PIZZA, PIZZA = timer(number=4, name="pizza", length_s=5400.0), timer(number=5, name="pizza")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("5 minute timer", [FIVE, PIZZA]), ("the five minute timer", [FIVE, PIZZA]),
        ("fifteen minute timer", [FIFTEEN]),
        ("30 minutes", [HALF]), ("half an hour", [HALF]), ("5 minute pizza timer", [PIZZA]),
        ("90 minute timer", [LONG_PIZZA]), ("1 hour and 30 minute timer", [LONG_PIZZA]),
        ("pizza timer for 1.5 hours", [LONG_PIZZA]), ("pizza", [LONG_PIZZA, PIZZA]),
        ("6 minute timer", []), ("fifty minute timer", []), ("5 minute egg timer", []),
    ],
)  # fmt: skip
def test_a_length_means_the_timers_of_that_length_alone(name: str, found: list[Alarm]) -> None:
    alarms = [FIVE, FIFTEEN, HALF, LONG_PIZZA, PIZZA]
    if len(found) == 1:
        assert named(name, alarms, NOW) == found
        return
    with pytest.raises(ToolError, match="several" if found else "none called") as problem:
        named(name, alarms, NOW)
    if found:
        assert str(problem.value).count(" left") == len(found)


@pytest.mark.parametrize(("name", "but"), [("all", "rice"), ("pasta", "egg"), ("8 am", ""), ("all", "timer")])
def test_nothing_is_cancelled_by_a_guess(name: str, but: str) -> None:
    with pytest.raises(ToolError):
        named(name, ALL, NOW, but)


def test_seven_may_be_in_the_morning_or_in_the_evening() -> None:
    assert named("7", [EARLY], NOW) == [EARLY]
    assert named("7", [LATE], NOW) == [LATE]
    with pytest.raises(ToolError) as problem:
        named("7", [EARLY, LATE], NOW)
    assert "Ask" not in str(problem.value), "what a person hears gives the model no orders"
    assert "Ask which" in problem.value.for_model


async def test_pause_means_one_that_runs_and_resume_one_that_does_not(room: Room) -> None:
    scheduler = room.scheduler()
    scheduler.set_timer(0, 5, 0, "pasta")
    scheduler.set_timer(0, 9, 0, "egg")
    with pytest.raises(ToolError, match="several"):
        scheduler.change("pause", "", 0)
    assert scheduler.change("pause", "pasta", 0) == "pasta timer, paused with 5 minutes left"
    assert scheduler.change("pause", "", 0).startswith("egg timer, paused")
    with pytest.raises(ToolError, match="paused already"):
        scheduler.change("pause", "pasta", 0)
    assert scheduler.change("resume", "egg", 0) == "egg timer, 9 minutes left"
    assert scheduler.change("resume", "", 0) == "pasta timer, 5 minutes left"
    with pytest.raises(ToolError, match="No timer is paused"):
        scheduler.change("resume", "", 0)
    assert room.what() == ["set", "set", "paused", "paused", "resumed", "resumed"]


async def test_a_paused_timer_does_not_ring_and_survives_a_restart(room: Room) -> None:
    first = room.scheduler()
    first.set_timer(0, 0, 2, "egg")
    first.change("pause", "", 0)
    async with running(room.scheduler()) as again:
        (egg,) = again.pending
        assert egg.paused
        assert again.state == [{"kind": "timer", "name": "egg timer", "left_s": 2}]
        again.change("subtract", "egg", 1.9)
        assert not again.ringing
        again.change("resume", "egg", 0)
        await until(lambda: again.ringing)


@pytest.mark.parametrize("change", ["pause", "resume", "add", "subtract"])
async def test_alarms_by_the_clock_are_not_changed_like_timers(room: Room, change: TimerChange) -> None:
    scheduler = room.scheduler()
    scheduler.set_alarm("07:00")
    with pytest.raises(ToolError, match="No timer is set"):
        scheduler.change(change, "", 60)


async def test_more_time_for_a_timer_that_rings_silences_it(room: Room) -> None:
    async with running(room.scheduler()) as scheduler:
        scheduler.set_timer(0, 0, 0.1, "egg")
        await until(lambda: scheduler.ringing)
        assert scheduler.change("add", "", 120) == "egg timer, 2 minutes left"
        await until(lambda: not scheduler.ringing)
        await until(lambda: "stopped" in room.what())
        assert scheduler.listed("egg") == ["egg timer, 2 minutes left"]


async def test_what_rings_or_rang_is_snoozed_once(room: Room) -> None:
    async with running(room.scheduler()) as scheduler:
        with pytest.raises(ToolError, match="Nothing has rung"):
            scheduler.snooze(9)
        scheduler.set_timer(0, 0, 0.1, "egg", "the egg")
        await until(lambda: scheduler.ringing)
        assert scheduler.snooze(9).startswith("egg reminder at ")
        await until(lambda: not scheduler.ringing and len(scheduler.pending) == 1)
        (again,) = scheduler.pending
        assert (again.text, again.repeat) == ("the egg", "once")
        with pytest.raises(ToolError, match="Nothing has rung"):
            scheduler.snooze(9)
    assert [one.text for one in room.scheduler().pending] == ["the egg"], "it outlives a restart"


async def test_an_alarm_is_snoozed_after_it_was_stopped_and_still_comes_the_next_day(room: Room) -> None:
    async with running(room.scheduler()) as scheduler:
        scheduler.set_alarm("", minutes=0.002)
        await until(lambda: scheduler.ringing)
        scheduler.stop()
        await until(lambda: scheduler.pending == [])
        assert scheduler.snooze(5).startswith("alarm at ")
    assert room.what() == ["set", "rings", "stopped", "snoozed"]


@pytest.mark.parametrize(
    ("clock", "day", "repeat", "minutes"),
    [("07:00", "", "once", 20), ("", "", "once", 0), ("", "friday", "once", 20), ("", "", "daily", 20)],
)
async def test_an_alarm_has_one_time(room: Room, clock: str, day: str, repeat: Repeat, minutes: float) -> None:
    with pytest.raises(ToolError):
        room.scheduler().set_alarm(clock, day, repeat, minutes=minutes)


def test_timers_of_an_older_version_are_still_read(room: Room) -> None:
    room.ledger.memory.keep_alarm(1, b'{"id":1,"kind":"alarm","due_s":1800000000.0,"repeat":"daily"}')
    room.ledger.memory.keep_alarm(2, b'{"id":2,"kind":"timer","due_s":1800000000.0,"name":"egg","length_s":60.0}')
    assert [(one.kind, one.paused, one.tool) for one in KeptTimers(room.ledger.memory)] == [
        ("alarm", False, ""),
        ("timer", False, ""),
    ]


class Hands:
    """Tools that note what they are asked."""

    def __init__(self, *, worked: bool = True, words: str = "") -> None:
        self.ran: list[tuple[str, str]] = []
        self._answer = worked, words

    async def check(self, tool: str, arguments: str) -> str:
        if tool != "set_light":
            raise ToolError("That cannot be done later.")
        return "switch off the sofa lamp"

    async def run(self, tool: str, arguments: str) -> tuple[bool, str]:
        self.ran.append((tool, arguments))
        return self._answer


def acting(room: Room, hands: Hands) -> TimerScheduler:
    scheduler = room.scheduler()
    scheduler.tools = hands
    return scheduler


async def test_an_action_is_listed_paused_and_cancelled_like_a_timer(room: Room) -> None:
    scheduler = acting(room, Hands())
    said = await scheduler.do_later("set_light", '{"on":false}', 0, 10, 0)
    assert said == "timer to switch off the sofa lamp, 10 minutes left"
    assert scheduler.listed() == [said]
    assert scheduler.change("pause", "", 0) == "timer to switch off the sofa lamp, paused with 10 minutes left"
    assert scheduler.cancel("sofa lamp") == ["timer to switch off the sofa lamp"]
    with pytest.raises(ToolError):
        await scheduler.do_later("unlock", "{}", 0, 10, 0)
    assert scheduler.pending == []


async def test_an_action_runs_once_without_a_sound_also_after_a_restart(room: Room) -> None:
    await acting(room, Hands()).do_later("set_light", '{"on":false}', 0, 0, 0.1)
    hands = Hands()
    async with running(acting(room, hands)) as scheduler:
        await until(lambda: scheduler.pending == [])
    assert hands.ran == [("set_light", '{"on":false}')]
    assert (room.said, room.rings) == ([], 0)
    assert room.what() == ["set", "done"]


async def test_an_action_that_fails_is_told_aloud_and_as_an_event(room: Room) -> None:
    async with running(acting(room, Hands(worked=False, words="the sofa lamp is offline."))) as scheduler:
        await scheduler.do_later("set_light", "{}", 0, 0, 0.1)
        await until(lambda: scheduler.pending == [])
    assert room.said == ["It was time to switch off the sofa lamp, but that did not work: the sofa lamp is offline."]
    assert (room.events[-1]["what"], room.events[-1]["message"]) == ("failed", "the sofa lamp is offline.")


async def test_an_action_does_not_wait_until_an_alarm_is_stopped(room: Room) -> None:
    hands = Hands()
    async with running(acting(room, hands)) as scheduler:
        scheduler.set_timer(0, 0, 0.1, "egg")
        await until(lambda: scheduler.ringing)
        await scheduler.do_later("set_light", "{}", 0, 0, 0.1)
        await until(lambda: bool(hands.ran))
        assert scheduler.ringing


async def test_an_action_whose_time_is_long_over_is_told_and_not_done(room: Room) -> None:
    scheduler = acting(room, Hands())
    await scheduler.do_later("set_light", "{}", 0, 10, 0)
    (one,) = scheduler.pending
    late = msgspec.structs.replace(one, due_s=one.due_s - 3600)
    room.ledger.memory.keep_alarm(one.id, msgspec.json.encode(late))
    hands = Hands()
    async with running(acting(room, hands)) as again:
        await until(lambda: again.pending == [])
    assert hands.ran == []
    assert "It was not done." in room.said[0]
