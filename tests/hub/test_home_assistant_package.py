"""The file for Home Assistant: it is YAML, its templates compile, and what they announce is understood here.

``package_announcements.jsonl`` holds what Home Assistant 2026.2 announced with it, and the states it told, for one
entity or two of each domain of its demo; ``tests.hub_check --package`` plays all of them in a real one.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
import pytest
import yaml

from speaker.cli.parser import build_parser
from speaker.errors import ConfigError
from speaker.home.device_command import Wish
from speaker.home.device_registry import DeviceRegistry
from speaker.home.device_types import DEVICE_TYPES, LIGHT_FORMS
from speaker.home.discovery_abbreviations import ABBREVIATIONS
from speaker.hub.home_assistant_package import home_assistant_package
from speaker.tools.hub_tool import read_definition

ANNOUNCED: Final = [
    json.loads(line) for line in (Path(__file__).parent / "package_announcements.jsonl").read_text().splitlines()
]
REACH: Final = {"avty_mode": "all", "avty": [{"t": "~/status"}, {"t": "homeassistant/status"}]}
COMMON: Final = {"~", "name", "unique_id", "device", "availability", "schema"}


def package(**options: Any) -> dict[str, dict[str, Any]]:
    """The automations by the end of their ids."""
    (automations,) = yaml.safe_load(home_assistant_package(**options)).values()
    return {one["id"].rpartition("_")[2]: one for one in automations}


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(one)


def environment() -> jinja2.Environment:
    """Jinja with the few additions of Home Assistant that the templates use."""
    made = jinja2.Environment(autoescape=False)  # noqa: S701 - no page is made of it
    made.filters |= {"to_json": json.dumps, "from_json": json.loads, "md5": hash}
    made.tests["is_number"] = lambda text: text.lstrip("-").replace(".", "", 1).isdigit()
    made.tests["match"] = lambda text, pattern: re.match(pattern, text) is not None
    return made


def house() -> DeviceRegistry:
    """All that was announced, with its states."""
    known = DeviceRegistry(["homeassistant", "speaker_hub"])
    for one in ANNOUNCED:
        config = {"~": "speaker_hub"} | one["config"] | REACH
        assert known.hear_discovery(f"speaker_hub/{one['topic']}/config", json.dumps(config).encode())
    for one in ANNOUNCED:
        _, domain, name = one["topic"].split("/")
        known.hear(f"speaker_hub/state/{domain}.{name}", json.dumps(one["state"]).encode())
    return known


def test_every_template_compiles_and_no_mark_is_left() -> None:
    for options in ({}, {"assist": "confirm"}, {"label": 'my "voice"', "areas": ["Ann's room"]}):
        found = package(**options)
        assert set(found) == {"begin", "announce", "states", "commands", "leave", "assist"}
        made = environment()
        for text in texts(found):
            assert "@" not in text
            made.parse(text)
            made.from_string(text)


def test_what_a_package_is_for_stands_in_it() -> None:
    text = home_assistant_package(
        "guests", 'my "voice"', ["Ann's room"], entities=["siren.attic"], base="box", hub="ha"
    )
    assert all(one in text for one in ('"my \\"voice\\""', '["Ann\'s room"]', '["siren.attic"]', '"ha/status"'))
    assert "speaker_hub" not in text
    assert "box/tools/ask_home_assistant" in text
    assert yaml.safe_load(text)["automation guests"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"prefix": "a/#"}, "--prefix"),
        ({"prefix": 'a"b'}, "--prefix"),
        ({"prefix": "homeassistant"}, "in use already"),
        ({"prefix": "speaker"}, "in use already"),
        ({"label": " "}, "--label"),
        ({"entities": ["radio"]}, "--entity"),
    ],
)
def test_what_cannot_be_is_refused_with_the_option(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        home_assistant_package(**options)


def test_the_command_line_takes_every_option() -> None:
    line = "hub-package --label voice --area Kitchen --area Hall --entity siren.attic --prefix x --assist allow"
    given = build_parser().parse_args(line.split())
    assert (given.label, given.area, given.prefix, given.assist) == ("voice", ["Kitchen", "Hall"], "x", "allow")


@pytest.mark.parametrize("one", ANNOUNCED, ids=[one["topic"] for one in ANNOUNCED])
def test_every_field_that_it_announces_is_one_that_is_read(one: dict[str, Any]) -> None:
    kind = one["topic"].partition("/")[0]
    shape = LIGHT_FORMS["json"] if kind == "light" else DEVICE_TYPES[kind]
    known = {field.encode_name for field in msgspec.structs.fields(shape)} | COMMON
    assert {ABBREVIATIONS.get(key, key) for key in one["config"]} <= known


def test_each_announcement_is_a_device_with_its_state() -> None:
    known = house()
    assert len(known.devices()) == len(ANNOUNCED)
    assert {device.kind for device in known.devices()} == {one["topic"].partition("/")[0] for one in ANNOUNCED}
    told = {device.id: known.condition(device) for device in known.devices()}
    assert told["light/light/bed_light"] == "on at 27 percent, warm white"
    assert told["fan/fan/percentage_limited_fan"] == "on at 67 percent"
    assert told["valve/valve/trees"] == "50 percent open"
    assert told["sensor/sensor/outside_temperature"] == "15.6 degrees"
    assert told["lock/lock/openable_lock"] == "locked"
    assert told["switch/media_player/walkman"] == "off"


def test_whether_home_assistant_is_there_counts_for_all() -> None:
    known = house()
    assert all(known.available(device) for device in known.devices())
    known.hear("homeassistant/status", b"offline")
    assert not any(known.available(device) for device in known.devices())
    known.hear("homeassistant/status", b"online")
    known.hear("speaker_hub/status", b"offline")
    assert not any(known.available(device) for device in known.devices())


ORDERS: Final[list[tuple[str, Wish, list[Any]]]] = [
    ("light/light/bed_light", Wish(brightness_percent=40), ["turn_on", {"brightness": 102}]),
    ("light/light/bed_light", Wish(kelvin=2700), ["turn_on", {"color_temp_kelvin": 2700}]),
    ("light/light/bed_light", Wish(colour=(255, 0, 0)), ["turn_on", {"hs_color": [0.0, 100.0]}]),
    ("light/light/bed_light", Wish(mode="rainbow"), ["turn_on", {"effect": "rainbow"}]),
    ("light/light/bed_light", Wish(on=False), ["turn_off", {}]),
    ("switch/switch/ac", Wish(on=True), ["turn_on", {}]),
    ("switch/media_player/walkman", Wish(on=False), ["turn_off", {}]),
    ("siren/siren/siren_with_all_features", Wish(on=True), ["turn_on", {}]),
    ("fan/fan/percentage_limited_fan", Wish(percent=60), ["set_percentage", {"percentage": "67"}]),
    ("fan/fan/living_room_fan", Wish(mode="oscillating"), ["oscillate", {"oscillating": "True"}]),
    ("cover/cover/living_room_window", Wish(percent=40), ["set_cover_position", {"position": "40"}]),
    ("cover/cover/living_room_window", Wish(tilt=30), ["set_cover_tilt_position", {"tilt_position": "30"}]),
    ("cover/cover/living_room_window", Wish(action="stop"), ["stop_cover", {}]),
    ("valve/valve/trees", Wish(percent=50), ["set_valve_position", {"position": 50}]),
    ("valve/valve/trees", Wish(action="stop"), ["stop_valve", {}]),
    ("valve/valve/front_garden", Wish(action="close"), ["close_valve", {}]),
    ("lock/lock/openable_lock", Wish(action="open"), ["open", {}]),
    ("climate/climate/hvac", Wish(temperature_c=21), ["set_temperature", {"temperature": 21.0}]),
    ("climate/climate/hvac", Wish(mode="cool"), ["set_hvac_mode", {"hvac_mode": "cool"}]),
    (
        "water_heater/water_heater/demo_water_heater",
        Wish(mode="eco"),
        ["set_operation_mode", {"operation_mode": "eco"}],
    ),
    ("humidifier/humidifier/hygrostat", Wish(percent=45), ["set_humidity", {"humidity": "45"}]),
    ("media_player/media_player/walkman", Wish(percent=30), ["volume_set", {"volume_level": "0.3"}]),
    ("media_player/media_player/walkman", Wish(action="next"), ["media_next_track", {}]),
    ("select/media_player/lounge_room", Wish(mode="DVD"), ["select_source", {"source": "dvd"}]),
    ("vacuum/vacuum/demo_vacuum_0_ground_floor", Wish(action="return"), ["return_to_base", {}]),
    ("lawn_mower/lawn_mower/mower_can_do_all", Wish(action="pause"), ["pause", {}]),
    ("alarm_control_panel/alarm_control_panel/house_alarm", Wish(action="arm", mode="night"), ["alarm_arm_night", {}]),
    ("number/input_number/brightness_goal", Wish(number=35), ["set_value", {"value": "35"}]),
    ("select/input_select/house_mode", Wish(mode="away"), ["select_option", {"option": "Away"}]),
    ("scene/scene/movie_night", Wish(on=True), ["turn_on", {}]),
    ("scene/script/good_night", Wish(on=True), ["turn_on", {}]),
    ("button/input_button/bell", Wish(action="press"), ["press", {}]),
]


def called(topic: str, payload: str, attributes: dict[str, Any] | None = None) -> Any:
    """What the package makes of a command."""
    template = environment().from_string(package()["commands"]["variables"]["call"])
    try:
        parsed = {"payload_json": json.loads(payload)}
    except ValueError:
        parsed = {}
    entity = topic.split("/")[-2]
    state_attr = lambda _, name: (attributes or {}).get(name)  # noqa: E731 - it stands for one of theirs
    trigger = {"topic": topic, "payload": payload, **parsed}
    domain = entity.partition(".")[0]
    return ast.literal_eval(
        template.render(trigger=trigger, entity=entity, domain=domain, state_attr=state_attr).strip()
    )


@pytest.mark.parametrize(("identity", "wish", "call"), ORDERS)
def test_what_is_told_here_is_a_service_there(identity: str, wish: Wish, call: list[Any]) -> None:
    known = house()
    (device,) = [one for one in known.devices() if one.id == identity]
    messages = known.order(device, wish)
    assert messages[-1].topic.startswith(f"speaker_hub/cmd/{'.'.join(identity.split('/')[1:])}/")
    assert called(messages[-1].topic, messages[-1].payload) == call


def test_a_thermostat_with_two_targets_keeps_them_apart() -> None:
    topic = "speaker_hub/cmd/climate.ecobee/temperature"
    both = {"target_temp_low": 19, "target_temp_high": 24}
    assert called(topic, "22", both) == ["set_temperature", {"target_temp_low": 19.5, "target_temp_high": 24.5}]
    assert called(topic, "22", both | {"temperature": 20}) == ["set_temperature", {"temperature": 22.0}]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("alarm_control_panel.house/set", "DISARM"),
        ("light.bed/set", "junk"),
        ("light.bed/set", '{"state": "BLINK"}'),
        ("automation.x/power", "on"),
        ("lock.door/power", "on"),
        ("cover.blind/set", "open_cover"),
        ("script.x/set", "OFF"),
    ],
)
def test_what_is_no_command_calls_nothing(topic: str, payload: str) -> None:
    assert called(f"speaker_hub/cmd/{topic}", payload) == []


def test_only_what_changed_is_announced_again_and_what_is_gone_taken_back() -> None:
    steps = package()["announce"]["actions"]
    after = next(step["variables"] for step in steps if "fresh" in step.get("variables", {}))
    topics = [f"speaker_hub/light/light/{name}/config" for name in "abc"]
    values = {
        "found": [[topic, {}] for topic in topics],
        "index": dict.fromkeys(topics, "new"),
        "before": {
            topics[0]: "new",
            topics[1]: "old",
            "speaker_hub/light/light/x/config": "old",
            "other/config": "old",
        },
    }
    made = environment()
    assert ast.literal_eval(made.from_string(after["fresh"]).render(values)) == [1, 2]
    assert ast.literal_eval(made.from_string(after["gone"]).render(values)) == ["speaker_hub/light/light/x/config"]


def test_the_tool_that_asks_assist_is_off_until_it_is_asked_for() -> None:
    off, on = package()["assist"], package(assist="confirm")["assist"]
    assert "conversation.process" not in str(off)
    taken_back = off["actions"][0]["then"][0]["data"]
    assert taken_back["payload"] == ""
    offered = on["actions"][0]["then"][0]["data"]
    name, definition = read_definition(offered["topic"], offered["payload"].encode())
    assert (name, definition.risk, definition.respond) == ("ask_home_assistant", "confirm", True)
    assert definition.command_topic == "speaker_hub/assist"
    assert {"trigger": "mqtt", "topic": "speaker_hub/assist"} in on["triggers"]
