"""The announcement to Home Assistant: it holds what it promises."""

import json
import re
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.loading import load_settings
from speaker.config.settings import Settings
from speaker.conversation.states import POSTURES
from speaker.home.device_registry import DeviceRegistry
from speaker.hub.commands import LONGEST_TEXT
from speaker.hub.own_discovery import EVENTS, STATES, announcement, announcements, discovery_topic
from speaker.hub.topics import TOPICS

STATE = {
    "state": "idle",
    "muted": False,
    "volume": 60,
    "threshold": 0.5,
    "wake_word": "hey_jarvis",
    "endpoint": "offline",
    "duplex": "wake",
    "cost_today_usd": 0.0123,
    "cost_month_usd": 0.4,
    "budget_step": "short",
    "budget_raised_usd": 0.0,
    "announcement_volume": 50,
    "follow_up_s": 6.0,
    "duplex_reason": "configured",
    "chosen": {"wake_word": "as configured", "endpoint": "auto", "duplex": "wake"},
    "timers": [
        {"kind": "timer", "name": "pasta timer", "due": "2026-11-29T18:30:00+01:00"},
        {"kind": "alarm", "name": "alarm", "due": "2026-11-30T07:00:00+01:00"},
        {"kind": "timer", "name": "egg timer", "left_s": 90},
    ],
    "ringing": False,
    "today_began": "2026-11-29T00:00:00+01:00",
    "month_began": "2026-11-01T00:00:00+01:00",
    "version": "1.2.3",
    "newest_version": "1.3.0",
    "sessions_today": 3,
    "not_for_me_today": 1,
    "audio_sent_asleep_bytes": 0,
    "last_error": None,
}

COMMANDS = {
    "wake", "stop", "sleep", "mute", "volume", "threshold", "budget", "announcement_volume", "follow_up", "wake_word",
    "duplex", "endpoint", "test", "say", "ask", "announce", "question", "confirm",
}  # fmt: skip

IDS = st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True)


def speaker(**more: Any) -> Settings:
    return load_settings({"id": "kitchen", "room": "Kitchen"} | more, "pi")


def components(settings: Settings) -> dict[str, dict[str, Any]]:
    """The entities."""
    told: dict[str, dict[str, Any]] = announcement(settings, "1.2.3")["cmps"]
    return {key: one for key, one in told.items() if one["p"] != "device_automation"}


def rendered(template: str, message: dict[str, Any]) -> str:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no HTML
    return environment.from_string(template).render(value_json=json.loads(json.dumps(message)))


def shown(component: dict[str, Any], state: dict[str, Any]) -> str:
    """What Home Assistant makes of a state message."""
    return rendered(component["value_template"], state)


def test_it_is_one_message_on_a_topic_that_home_assistant_reads() -> None:
    settings = speaker(mqtt={"discovery_prefix": "ha/auto"})
    assert discovery_topic(settings) == "ha/auto/device/speaker_kitchen/config"
    told = json.loads(json.dumps(announcement(settings, "1.2.3")))
    assert told["dev"] == {
        "ids": ["speaker_kitchen"],
        "name": "Kitchen speaker",
        "mdl": "Speaker",
        "mf": "speaker",
        "sw": "1.2.3",
        "sa": "Kitchen",
    }
    assert told["o"] == {"name": "speaker", "sw": "1.2.3"}
    assert told["availability_topic"] == "speaker/kitchen/availability"
    assert "sa" not in announcement(speaker(room=None), "1.2.3")["dev"]


def test_the_device_links_to_the_web_page_where_others_reach_it() -> None:
    page = {"enabled": True, "url": "https://home.example/speaker/"}
    assert announcement(speaker(web=page), "1.2.3")["dev"]["cu"] == "https://home.example/speaker/"
    for hidden in ({"enabled": True}, page | {"enabled": False}):
        assert "cu" not in announcement(speaker(web=hidden), "1.2.3")["dev"]


@given(IDS)
def test_the_topic_is_valid_for_every_id(identity: str) -> None:
    topic = discovery_topic(speaker(id=identity))
    assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", topic)


@given(st.sets(IDS, min_size=2, max_size=4))
def test_two_speakers_never_collide(identities: set[str]) -> None:
    made = [speaker(id=identity) for identity in identities]
    unique = [one["unique_id"] for settings in made for one in components(settings).values()]
    assert len(set(unique)) == len(unique)
    assert len({discovery_topic(settings) for settings in made}) == len(made)


def test_every_component_has_what_its_platform_needs() -> None:
    needed = {
        "sensor": {"state_topic", "value_template"},
        "switch": {"state_topic", "value_template", "command_topic"},
        "number": {"state_topic", "value_template", "command_topic", "min", "max"},
        "button": {"command_topic", "payload_press"},
        "select": {"state_topic", "value_template", "command_topic", "options"},
        "binary_sensor": {"state_topic", "value_template"},
        "event": {"state_topic", "event_types"},
        "update": {"state_topic", "value_template"},
        "notify": {"command_topic"},
        "text": {"command_topic"},
    }
    for one in components(speaker()).values():
        assert needed[one["p"]] | {"name", "unique_id"} <= set(one)


def test_every_command_is_one_that_the_speaker_takes() -> None:
    documented = {topic.rpartition("/")[2] for topic, *_ in TOPICS if "/command/" in topic}
    assert documented >= COMMANDS
    topics = [one["command_topic"] for one in components(speaker()).values() if "command_topic" in one]
    assert topics
    for topic in topics:
        assert topic.startswith("speaker/kitchen/command/")
        assert topic.removeprefix("speaker/kitchen/command/") in COMMANDS


def test_every_template_reads_the_state() -> None:
    told = components(speaker())
    assert {
        name: shown(one, STATE) for name, one in told.items() if "value_template" in one and one["p"] != "event"
    } == {
        "conversation": "idle",
        "wake_word": "hey_jarvis",
        "answering": "offline",
        "duplex_reason": "configured",
        "in_conversation": "OFF",
        "announcement_volume": "50",
        "follow_up": "6.0",
        "choose_wake_word": "as configured",
        "choose_duplex": "wake",
        "choose_endpoint": "auto",
        "last_error": "None",
        "cost_today": "0.0123",
        "cost_month": "0.4",
        "budget_step": "short",
        "budget": "0.0",
        "next_timer": "2026-11-29T18:30:00+01:00",
        "ringing": "OFF",
        "ask": "",
        "sessions": "3",
        "not_for_me": "1",
        "version": "1.2.3",
        "update": '{"installed_version": "1.2.3", "latest_version": "1.3.0"}',
        "audio_asleep": "0",
        "mute": "OFF",
        "volume": "60",
        "threshold": "0.5",
    }
    assert shown(told["mute"], STATE | {"muted": True}) == "ON"
    assert shown(told["in_conversation"], STATE | {"state": "responding"}) == "ON"
    assert shown(told["ringing"], STATE | {"ringing": True}) == "ON"
    topics = {one["state_topic"] for one in told.values() if "state_topic" in one}
    assert topics == {"speaker/kitchen/state", "speaker/kitchen/event"}


def test_events_are_those_that_home_assistant_was_told_of() -> None:
    event = components(speaker())["event"]
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no HTML
    environment.filters["to_json"] = json.dumps
    template = environment.from_string(event["value_template"])
    for kind in EVENTS:
        told = json.loads(template.render(value_json={"type": kind, "at": "now", "score": 0.9}))
        assert told["event_type"] == kind
        assert told["score"] == 0.9
    tool = {"type": "tool", "name": "set_light", "ok": True, "confirmed": None, "at": "now"}
    assert json.loads(template.render(value_json=tool)) == tool | {"event_type": "tool"}
    assert template.render(value_json={"type": "from the future"}) == "", "no message, and no warning in its log"
    assert template.render(value_json={}) == template.render(value_json={"type": None}) == ""


def test_older_hubs_get_one_message_for_each_control() -> None:
    settings = speaker(mqtt={"discovery": "components"})
    told = announcements(settings, "1.2.3")
    assert len(told) == len(announcement(speaker(), "1")["cmps"])
    for topic, message in told.items():
        assert re.fullmatch(r"homeassistant/[a-z_]+/speaker_kitchen/[a-z_]+/config", topic)
        assert message["dev"]["ids"] == ["speaker_kitchen"]
        assert "p" not in message
        assert ("unique_id" in message) is ("/device_automation/" not in topic)
    assert announcements(speaker(mqtt={"discovery": "off"}), "1.2.3") == {}


@pytest.mark.parametrize("length", [10, 255, 256, 4000])
def test_a_long_error_is_cut_rather_than_dropped(length: int) -> None:
    told = shown(components(speaker())["last_error"], STATE | {"last_error": "e" * length})
    assert told == "e" * min(length, LONGEST_TEXT)


def test_the_speaker_is_no_device_of_the_house() -> None:
    house = DeviceRegistry()
    settings = speaker()
    house.hear_discovery(discovery_topic(settings), json.dumps(announcement(settings, "1")).encode())
    assert house.devices() == []


def test_the_state_of_an_older_speaker_is_read_without_a_complaint() -> None:
    """Home Assistant logs every value that a template misses; a retained state may lack what came later."""
    for one in components(speaker()).values():
        if "value_template" in one and one["p"] != "event":
            older: list[dict[str, Any]] = [{}, {"chosen": {}}]
            for state in older:
                assert shown(one, state) in {"None", "OFF", ""}


def test_states_are_among_the_options() -> None:
    """Home Assistant logs a state of an enumeration that it was not told of."""
    told = components(speaker())
    assert {posture.hub for posture in POSTURES.values()} <= set(STATES)
    for one in told.values():
        if one["p"] == "sensor" and "options" in one:
            assert one["device_class"] == "enum"
            assert not {"state_class", "unit_of_measurement"} & set(one)
            assert shown(one, STATE) in one["options"]
        if one["p"] == "select":
            assert shown(one, STATE) in one["options"]


def test_what_the_platforms_refuse_is_not_in_it() -> None:
    for one in components(speaker()).values():
        if one["p"] in {"sensor", "binary_sensor", "event"}:
            assert one.get("entity_category") != "config"
        if one.get("device_class") == "monetary":
            assert one["state_class"] == "total", "the only one that it takes for money"
        if "last_reset_value_template" in one:
            assert one["state_class"] == "total", "the only one that begins again when it is told so"
        if one.get("device_class") == "timestamp":
            assert not {"state_class", "unit_of_measurement", "options"} & set(one)
        if one["p"] == "text":
            assert one["min"] <= len(shown(one, STATE)), "a state that is too short is an error"
        if one["p"] == "number":
            assert one["min"] < one["max"]
            assert one["step"] >= 0.001
        assert "object_id" not in one
        assert re.fullmatch(r"mdi:[a-z-]+", one["icon"])


@given(IDS)
def test_entities_are_named_after_the_id_in_their_own_domain(identity: str) -> None:
    for key, one in components(speaker(id=identity)).items():
        domain, _, name = one["default_entity_id"].partition(".")
        assert domain == one["p"]
        assert re.fullmatch(r"[a-z0-9_]+", name)
        assert name.endswith(key)


def test_sums_have_long_term_statistics() -> None:
    kinds = {key: one["state_class"] for key, one in components(speaker()).items() if "state_class" in one}
    assert kinds == {
        "cost_today": "total", "cost_month": "total", "sessions": "total_increasing", "not_for_me": "total_increasing",
        "audio_asleep": "total_increasing",
    }  # fmt: skip
    told = components(speaker())
    for key, began in (("cost_today", "today_began"), ("cost_month", "month_began")):
        template = told[key]["last_reset_value_template"]
        assert rendered(template, STATE) == STATE[began]
        assert rendered(template, {}) == "", "an older state has no such moment: nothing, rather than a warning"


@pytest.mark.parametrize(
    ("timers", "due"),
    [
        ([], "None"),
        ([{"name": "egg timer", "left_s": 90}], "None"),
        ([{"name": "egg timer", "left_s": 90}, {"name": "alarm", "due": "2026-11-30T07:00:00+01:00"}],
         "2026-11-30T07:00:00+01:00"),
    ],
)  # fmt: skip
def test_the_next_timer_is_one_that_runs(timers: list[dict[str, Any]], due: str) -> None:
    sensor = components(speaker())["next_timer"]
    assert shown(sensor, STATE | {"timers": timers}) == due
    listed = rendered(sensor["json_attributes_template"], STATE | {"timers": timers})
    assert json.loads(listed) == {"timers": timers}
    assert json.loads(rendered(sensor["json_attributes_template"], {})) == {"timers": []}


EVENTS_AS_TOLD: dict[str, dict[str, Any]] = {
    "woken": {"type": "wake", "wake_word": "hey_jarvis", "score": 0.9},
    "turn_ended": {"type": "turn", "ended_by": "goodbye"},
    "woken_for_nothing": {"type": "not_for_me"},
    "announced": {"type": "announced", "ok": True},
    "tool_ran": {"type": "tool", "name": "set_light", "ok": True, "confirmed": None},
    "asks": {"type": "confirm", "text": "Unlock the door?", "timeout_s": 8.0},
    "answered": {"type": "confirm", "text": "Unlock the door?", "answer": None},
    "timer_set": {"type": "timer", "what": "set", "kind": "timer", "name": "pasta timer"},
    "timer_rings": {"type": "timer", "what": "rings", "kind": "timer", "name": "pasta timer"},
    "timer_stopped": {"type": "timer", "what": "stopped", "kind": "timer", "name": "pasta timer"},
    "timer_cancelled": {"type": "timer", "what": "cancelled", "kind": "timer", "name": "pasta timer"},
    "budget": {"type": "budget", "period": "day", "share": 0.8},
    "trouble": {"type": "error", "message": "the broker is gone"},
}


def test_each_trigger_follows_its_own_event_and_no_other() -> None:
    told = {key: one for key, one in announcement(speaker(), "1")["cmps"].items() if one["p"] == "device_automation"}
    assert set(told) == {f"on_{key}" for key in EVENTS_AS_TOLD}
    for key, one in told.items():
        assert one["topic"] == "speaker/kitchen/event"
        fires = {
            name for name, event in EVENTS_AS_TOLD.items() if rendered(one["value_template"], event) == one["payload"]
        }
        assert {f"on_{name}" for name in fires} == {key}
        others: list[dict[str, Any]] = [{}, {"type": "from the future"}, {"type": "timer", "what": "missed"}]
        for other in others:
            assert rendered(one["value_template"], other) != one["payload"]


def test_no_two_triggers_read_alike() -> None:
    """Home Assistant finds a trigger again by its type and subtype."""
    told = [one for one in announcement(speaker(), "1")["cmps"].values() if one["p"] == "device_automation"]
    assert len({(one["type"], one["subtype"]) for one in told}) == len(told)
