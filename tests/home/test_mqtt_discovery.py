import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from speaker.errors import ConfigError, SpeakerError
from speaker.home.device_registry import DeviceRegistry
from speaker.home.discovery_abbreviations import ABBREVIATIONS
from speaker.home.mqtt_discovery import announced
from tests.support.announced_homes import CEILING, EVERYTHING, MOVIE_NIGHT, OUTDOOR, SOFA_LAMP, hear, home_of, topic

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=20,
)
KEYS = st.sampled_from(
    ["name", "~", "schema", "brightness_scale", "payload_on", "min_temp", *ABBREVIATIONS, *ABBREVIATIONS.values()]
)
TEMPLATES = st.sampled_from(["{{", "{{ value_json.a.b }}", "{{ 9 ** 9 ** 9 }}", "{% for", "{{ 'x' * 99999999 }}"])
CONFIGS = st.dictionaries(KEYS, JSON | TEMPLATES | st.just("a/topic"), max_size=12)
DEVICE_FORMS = st.fixed_dictionaries(
    {"cmps": st.dictionaries(st.text(max_size=8), CONFIGS.map(lambda c: c | {"p": "light"}) | JSON, max_size=3)},
    optional={"dev": JSON, "o": JSON, "~": JSON, "avty": JSON},
)
PLACES = st.sampled_from(
    ["light/a", "switch/n/a", "climate/a", "sensor/a", "binary_sensor/a", "scene/a", "device/a", "device/speaker_x"]
)


@example("light/a", b'{"cmps":{"\\n":null}}')
@example("light/a", b'{"name": "\x80"}')
@given(PLACES, st.binary(max_size=60) | (JSON | CONFIGS | DEVICE_FORMS).map(lambda c: json.dumps(c).encode()))
def test_a_message_is_taken_or_refused_with_a_sentence_that_names_its_topic(place: str, payload: bytes) -> None:
    house = home_of(SOFA_LAMP)
    before = house.describe(), house.topics()
    try:
        house.hear_discovery(topic(place), payload)
    except SpeakerError as error:
        assert topic(place) in str(error)
        assert "\n" not in str(error).replace(repr(payload), "")
        if not place.startswith("device/"):  # of a device, what can be used is taken
            assert (house.describe(), house.topics()) == before
    for heard in house.topics():
        house.hear(heard, payload)
        assert not set(heard) & set("+#")
    house.describe()


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_no_name_breaks_the_list_of_devices(name: str, owner: str, area: str) -> None:
    config = {"name": name, "cmd_t": "a", "dev": {"name": owner, "sa": area}}
    house = home_of(SOFA_LAMP, ("light/x", config), ("scene/y", config))
    first, *lines = house.describe().split("\n")
    assert first == "Devices, by room:"
    rooms = [line.removeprefix("- ").partition(": ")[0] for line in lines]
    groups = [group.removesuffix(")").split(" (") for line in lines for group in line.partition(": ")[2].split("; ")]
    listed = [(entry, kind) for names, kind in groups for entry in names.split(", ")]
    assert len(set(rooms)) == len(rooms)
    assert all(line.startswith("- ") and line.isprintable() for line in lines)
    assert sorted(listed) == sorted((device.name, device.kind) for device in house.devices())
    assert all(0 < len(device.name) <= 60 for device in house.devices())


def test_the_home_in_one_look() -> None:
    assert home_of(*EVERYTHING).describe() == (
        "Devices, by room:\n"
        "- bedroom: bedroom radiator (climate); bedroom window (binary_sensor)\n"
        "- kitchen: Ceiling (light); coffee machine (switch)\n"
        "- living room: sofa lamp (light); Movie night (scene); Temperature (sensor)\n"
        "- elsewhere: Outdoor temperature, Outdoor wind speed (sensor)"
    )
    assert DeviceRegistry().describe() == "No devices are known yet."


def test_the_order_of_announcements_does_not_matter() -> None:
    assert home_of(*EVERYTHING).describe() == home_of(*reversed(EVERYTHING)).describe()


def test_the_base_topic_stands_in_front_or_at_the_end() -> None:
    house = home_of(CEILING, ("switch/x", {"~": "base", "cmd_t": "set/~", "stat_t": "~/state"}))
    assert house.topics() == {"kitchen_dimmer/tele/STATE", "kitchen_dimmer/tele/LWT", "base/state"}


def test_a_device_message_announces_all_its_entities_and_removes_them() -> None:
    house = home_of(OUTDOOR)
    names = [device.name for device in house.devices()]
    assert names == ["Outdoor temperature", "Outdoor wind speed"]
    assert not hear(house, OUTDOOR), "the same message again is no news"
    path, config = OUTDOOR
    fewer = config | {"cmps": config["cmps"] | {"wind": {"p": "sensor"}}}
    assert hear(house, (path, fewer))
    assert [device.name for device in house.devices()] == ["Outdoor temperature"]
    assert house.hear_discovery(topic(path), b"")
    assert (house.devices(), house.topics()) == ([], set())


def test_what_the_components_of_a_device_share() -> None:
    shared = {
        "dev": {"name": "Double switch"},
        "stat_t": "double",
        "avty_t": "double/online",
        "cmps": {
            "left": {"p": "switch", "name": "Left", "cmd_t": "double/left", "val_tpl": "{{ value_json.left }}"},
            "right": {"p": "switch", "name": "Right", "cmd_t": "double/right", "avty": {"t": "right/online"}},
        },
    }
    house = home_of(("device/d", shared))
    assert house.topics() == {"double", "double/online", "right/online"}
    house.hear("double/online", b"offline")
    assert [house.available(device) for device in house.devices()] == [False, True]
    assert [device.name for device in house.devices()] == ["Double switch left", "Double switch right"]


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"cmd_t": 3}, "command_topic"),
        ({"cmd_t": "all/#"}, "command_topic"),
        ({"cmd_t": ""}, "command_topic"),
        ({"stat_t": "a"}, "command_topic"),
        ({"cmd_t": "a", "bri_scl": 0}, "brightness_scale"),
        ({"cmd_t": "a", "schema": "template"}, "command_on_template"),
        ({"cmd_t": "a", "schema": "legacy"}, "schema"),
        ({"cmd_t": "a", "schema": ["json"]}, "schema"),
        ({"cmd_t": "a", "avty": [{"topic": None}]}, "topic"),
        ({"cmd_t": "a", "avty": "online"}, "availability"),
        ({"cmd_t": "a", "dev": "lamp"}, "device"),
        ({"cmd_t": "a", "dev": {"name": {}}}, "device"),
        ({"cmd_t": "a", "name": {}}, "name"),
        ({"cmd_t": "a", "~": 1}, "~"),
    ],
)
def test_a_malformed_field_is_named_and_the_old_announcement_stays(config: dict[str, Any], field: str) -> None:
    house = home_of(("light/lamp", {"name": "Old lamp", "cmd_t": "old"}))
    with pytest.raises(SpeakerError, match=r"homeassistant/light/lamp/config") as caught:
        hear(house, ("light/lamp", config))
    assert field in str(caught.value)
    assert [device.name for device in house.devices()] == ["Old lamp"]


def test_one_bad_component_costs_the_others_of_its_device_nothing() -> None:
    path, config = OUTDOOR
    bad = config | {
        "cmps": config["cmps"] | {"pump": {"p": "switch", "cmd_t": 1}, "odd": 7, "wind": {"p": "sensor", "stat_t": 2}}
    }
    house = home_of(OUTDOOR)
    with pytest.raises(SpeakerError, match=r"components\..*; and 2 more of its devices"):
        hear(house, (path, bad))
    assert [device.name for device in house.devices()] == ["Outdoor temperature", "Outdoor wind speed"], "as it was"
    fresh = DeviceRegistry()
    with pytest.raises(SpeakerError):
        hear(fresh, (path, bad))
    assert [device.name for device in fresh.devices()] == ["Outdoor temperature"]


@pytest.mark.parametrize(
    "path", ["update/robot", "device_automation/0x1/action", "light/a/b/c", "status", "light//x", "switch"]
)
def test_what_is_no_device_of_ours_is_passed_over(path: str) -> None:
    house = DeviceRegistry()
    assert not house.hear_discovery(topic(path), b'{"command_topic":"x","schema":7}')
    assert not house.hear_discovery(f"elsewhere/{path}/config", b"no json")
    assert house.devices() == []


def test_speakers_do_not_hear_their_own_announcements() -> None:
    entity = {"p": "switch", "name": "Mute", "cmd_t": "speaker/kitchen/command/mute"}
    message = {"dev": {"name": "Kitchen speaker"}, "o": {"name": "speaker"}, "cmps": {"mute": entity}}
    house = DeviceRegistry()
    assert not hear(house, ("device/speaker_kitchen", message))
    assert hear(house, ("device/speaker_kitchen", message | {"o": {"name": "another program"}}))


def test_settings_and_diagnostics_of_devices_are_not_asked_for_by_voice() -> None:
    path, config = SOFA_LAMP
    assert not hear(DeviceRegistry(), (path, config | {"entity_category": "config"}))
    assert not hear(DeviceRegistry(), (path, config | {"en": False}))


def test_an_announcement_that_moves_to_the_device_form_is_let_go() -> None:
    house = home_of(SOFA_LAMP)
    assert hear(house, (SOFA_LAMP[0], {"migrate_discovery": True}))
    assert house.devices() == []


def test_a_prefix_of_several_levels() -> None:
    (scene,) = announced("ha/discovery", "ha/discovery/scene/x/config", json.dumps(MOVIE_NIGHT[1]).encode()).devices
    assert scene.name == "Movie night"
    assert announced("ha", "ha/discovery/scene/x/config", b"{}").devices == []


def test_devices_of_the_config() -> None:
    house = DeviceRegistry()
    house.add_configured(
        [
            {"name": "Porch lamp", "room": "Porch", "kind": "light", "command_topic": "porch/set"},
            {"name": "Rain", "kind": "sensor", "stat_t": "rain", "unit_of_meas": "mm"},
        ]
    )
    assert house.describe() == "Devices, by room:\n- porch: Porch lamp (light)\n- elsewhere: Rain (sensor)"
    house.hear("rain", b"1")
    assert house.reading(house.find("rain")) == "1 millimetre"


def test_every_problem_of_the_config_is_told_and_nothing_is_added() -> None:
    house = DeviceRegistry()
    entries: list[dict[Any, Any]] = [
        {"name": "Lamp", "kind": "light", "command_topic": "a"},
        {"name": "Lamp", "kind": "lamp"},
        {"kind": "switch", "command_topic": "a"},
        {"name": "Socket", "kind": "switch", "room": 7, "command_topic": "a"},
        {"name": "Socket", "kind": "switch", 7: "odd key"},
        {"name": "Socket", "kind": ["switch"]},
        {"id": "unique-1", "name": "Lamp", "command_topic": "a"},
        {"id": "unique-1", "name": 7},
        {"id": ""},
    ]
    with pytest.raises(ConfigError) as caught:
        house.add_configured(entries)
    places = [problem.partition(":")[0] for problem in caught.value.problems]
    assert places == [
        "house.devices[1].kind",
        "house.devices[2].name",
        "house.devices[3]",
        "house.devices[4]",
        "house.devices[5].kind",
        "house.devices[6].command_topic",
        "house.devices[7].name",
        "house.devices[8].id",
    ]
    assert house.devices() == []
