"""Timers and alarms: when they are due, which one is meant, and how one speaks of them."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.errors import ToolError
from speaker.timers.naming import described, duration, missed_words, named, ringing_words, spoken_timer
from speaker.timers.timers import Alarm, Repeat, alarm_time, following, timer_length_s

NOW = datetime(2026, 11, 24, 18, 30).astimezone()  # a Tuesday


def timer(minutes: float, name: str = "", number: int = 1) -> Alarm:
    due_s = NOW.timestamp() + 60 * minutes
    return Alarm(id=number, kind="timer", due_s=due_s, name=name, length_s=60 * minutes)


def alarm(clock: str, repeat: Repeat = "once", day: str = "", name: str = "", text: str = "") -> Alarm:
    due = alarm_time(clock, NOW, repeat, day)
    return Alarm(id=9, kind="reminder" if text else "alarm", due_s=due.timestamp(), name=name, repeat=repeat, text=text)


@pytest.mark.parametrize(
    ("clock", "repeat", "day", "due"),
    [
        ("19:00", "once", "", "2026-11-24 19:00"), ("7:00", "once", "", "2026-11-25 07:00"),
        ("18:30", "once", "", "2026-11-25 18:30"), ("07:00", "daily", "", "2026-11-25 07:00"),
        ("07:00", "weekends", "", "2026-11-28 07:00"), ("18:00", "weekdays", "", "2026-11-25 18:00"),
        ("20:00", "once", "tomorrow", "2026-11-25 20:00"), ("20:00", "once", "2026-12-24", "2026-12-24 20:00"),
    ],
)  # fmt: skip
def test_next_time(clock: str, repeat: Repeat, day: str, due: str) -> None:
    assert f"{alarm_time(clock, NOW, repeat, day):%Y-%m-%d %H:%M}" == due


@pytest.mark.parametrize(
    ("clock", "day"),
    [
        ("25:00", ""), ("seven", ""), ("", ""), ("7", ""), ("18:00", "today"), ("7:00", "someday"),
        ("7:00", "2026-01-01"),
    ],
)  # fmt: skip
def test_no_such_time_is_said(clock: str, day: str) -> None:
    with pytest.raises(ToolError):
        alarm_time(clock, NOW, "once", day)


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from(["once", "daily", "weekdays", "weekends"]))
def test_alarm_is_always_ahead_and_at_its_time(hour: int, minute: int, repeat: Repeat) -> None:
    due = alarm_time(f"{hour}:{minute:02}", NOW, repeat)
    assert due > NOW
    assert (due.hour, due.minute) == (hour, minute)
    assert due - NOW < timedelta(days=8)


def test_repeating_alarm_comes_again_and_another_does_not() -> None:
    daily = alarm("19:00", "daily")
    later = NOW + timedelta(hours=1)
    again = following(daily, later)
    assert again is not None
    assert f"{again.at(later):%Y-%m-%d %H:%M}" == "2026-11-25 19:00"
    assert following(alarm("19:00"), later) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("pasta", [1]), ("the pasta timer", [1]), ("10 minute timer", [2]), ("all", [1, 2, 9]), ("alarm", [9]),
        ("all timers", [1, 2]),
    ],
)  # fmt: skip
def test_which_one_is_meant(name: str, found: list[int]) -> None:
    known = [timer(5, "pasta"), timer(10, number=2), alarm("07:00")]
    assert [one.id for one in named(name, known, NOW)] == found


@pytest.mark.parametrize("name", ["timer", "", "egg timer"])
def test_unclear_name_is_asked_about(name: str) -> None:
    with pytest.raises(ToolError, match="pasta timer, 5 minutes left"):
        named(name, [timer(5, "pasta"), timer(10, number=2)], NOW)


def test_words() -> None:
    assert spoken_timer(timer(5)) == "5 minute timer"
    assert spoken_timer(timer(1.5)) == "1 minute 30 second timer"
    assert described(alarm("07:00", "weekdays"), NOW) == "alarm at 07:00 tomorrow, weekdays"
    assert ringing_words(timer(5, "pasta")) == "Pasta timer."
    assert ringing_words(alarm("07:00", text="take the bins out")) == "Reminder: take the bins out"
    assert missed_words(timer(5, "pasta"), NOW) == "While I was off, you missed the pasta timer, at 18:35."
    assert [duration(one) for one in (0, 59, 60, 3600, 3725)] == [
        "0 seconds", "59 seconds", "1 minute", "1 hour", "1 hour 2 minutes",
    ]  # fmt: skip


@pytest.mark.parametrize("lengths", [(0, 0, 0), (25, 0, 0), (0, -1, 0)])
def test_no_such_timer(lengths: tuple[float, float, float]) -> None:
    with pytest.raises(ToolError):
        timer_length_s(*lengths)
