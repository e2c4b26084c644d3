"""Timers, lists and announcements by the offline rules: what is understood, and what is asked about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.settings import ToolSettings
from speaker.offline.understanding.intent_engine import IntentEngine
from speaker.offline.understanding.timer_list_intents import clock, span_s, timer_or_list_reply
from speaker.tools import registry

_TOOLS, _ = registry.find([registry.bundled()])
BRAIN = IntentEngine(
    "Devices, by room:\n- kitchen: Ceiling (light)", registry.ToolRegistry(_TOOLS, ToolSettings()).definitions()
)


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("Set a timer for five minutes.", "set_timer", {"minutes": 5}),
        ("Set a pasta timer for nine minutes.", "set_timer", {"minutes": 9, "name": "pasta"}),
        ("Set a 5 minute timer.", "set_timer", {"minutes": 5}),
        ("Start a timer for one hour and ten minutes.", "set_timer", {"hours": 1, "minutes": 10}),
        ("Set a timer for half an hour.", "set_timer", {"minutes": 30}),
        ("Set a timer for an hour and a half.", "set_timer", {"hours": 1, "minutes": 30}),
        ("Set a timer for 90 seconds.", "set_timer", {"minutes": 1, "seconds": 30}),
        ("Remind me in ten minutes to call mum.", "set_timer", {"minutes": 10, "message": "call mum"}),
        ("Remind me to take the bins out in two hours.", "set_timer", {"hours": 2, "message": "take bins out"}),
        ("Wake me at seven.", "set_alarm", {"time": "07:00"}),
        ("Wake me up at half past six tomorrow.", "set_alarm", {"time": "06:30", "day": "tomorrow"}),
        ("Set an alarm for 7:30 am.", "set_alarm", {"time": "07:30"}),
        ("Set an alarm for 19:15.", "set_alarm", {"time": "19:15"}),
        ("Set an alarm for eight in the evening.", "set_alarm", {"time": "20:00"}),
        ("Set an alarm for 6:45 am on weekdays.", "set_alarm", {"time": "06:45", "repeat": "weekdays"}),
        ("Remind me at 8 pm to feed the cat.", "set_alarm", {"time": "20:00", "message": "feed cat"}),
        ("Cancel the timer.", "cancel_timer", {"name": "timer"}),
        ("Cancel the pasta timer.", "cancel_timer", {"name": "pasta timer"}),
        ("Stop the five minute timer.", "cancel_timer", {"name": "5 minute timer"}),
        ("Cancel all timers.", "cancel_timer", {"name": "all timers"}),
        ("How long is left on the timer?", "list_timers", {}),
        ("What timers are set?", "list_timers", {}),
        ("Put milk on the shopping list.", "add_to_list", {"items": ["milk"], "list": "shopping"}),
        ("Add two bottles of wine to my list.", "add_to_list", {"items": ["2 bottles of wine"]}),
        ("Add milk to the list.", "add_to_list", {"items": ["milk"]}),
        ("Take milk off the shopping list.", "remove_from_list", {"items": ["milk"], "list": "shopping"}),
        ("What's on the shopping list?", "read_list", {"list": "shopping"}),
        ("Tell everybody that dinner is ready.", "announce", {"message": "dinner is ready"}),
    ],
)  # fmt: skip
def test_what_is_understood(said: str, name: str, arguments: dict[str, object]) -> None:
    reply = BRAIN.reply(said)
    assert [(call.name, dict(call.arguments)) for call in reply.calls] == [(name, arguments)], reply


@pytest.mark.parametrize(
    "said", ["Set an alarm for seven.", "Set an alarm for 7:30.", "Remind me at 8 to feed the cat."]
)
def test_hour_that_may_be_two_is_asked_about(said: str) -> None:
    reply = BRAIN.reply(said)
    assert reply.calls == ()
    assert "in the morning, or in the evening" in reply.text


@pytest.mark.parametrize(
    "said",
    [
        "Don't set a timer for five minutes.", "Why did you set a timer for five minutes?",
        "What is a timer?", "Is milk on the shopping list cheaper?", "Set a timer for a while.",
        "The list of kings is long.", "Tell me a story.", "Never put milk on the shopping list.",
    ],
)  # fmt: skip
def test_what_is_no_order(said: str) -> None:
    assert BRAIN.reply(said).calls == ()


@given(st.text(max_size=80))
def test_nothing_breaks_it(said: str) -> None:
    timer_or_list_reply(said, {})
    BRAIN.reply(said)


@given(st.integers(0, 9), st.integers(0, 59), st.integers(0, 59))
def test_spans(hours: int, minutes: int, seconds: int) -> None:
    assert span_s(f"{hours} hours {minutes} minutes and {seconds} seconds") == 3600 * hours + 60 * minutes + seconds


@given(st.integers(13, 23), st.integers(0, 59))
def test_times_of_the_afternoon_need_no_half(hour: int, minute: int) -> None:
    assert clock(f"{hour}:{minute:02}", "") == f"{hour:02}:{minute:02}"


def test_times_in_words() -> None:
    assert clock("quarter to 8", "am") == "07:45"
    assert clock("10 past 12", "pm") == "12:10"
    assert clock("12", "am") == "00:00"
    assert clock("noon", "") == "12:00"
    assert clock("7", "") is None
    assert clock("25", "") is None
