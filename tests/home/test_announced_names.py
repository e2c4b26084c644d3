"""What entities are called that bridges announce without a name, and that no two are called the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.home.device_registry import DeviceRegistry
from speaker.home.naming import NOUNS
from tests.support.announced_homes import hear, home_of, topic


def measured(device_class: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """A value of a sensor with several, as Zigbee2MQTT announces it: a class and no name."""
    return (
        f"sensor/0x1/{device_class}",
        {
            "device": {"identifiers": ["zigbee2mqtt_0x1"], "name": "bedroom climate"},
            "device_class": device_class,
            "state_class": "measurement",
            "state_topic": "zigbee2mqtt/bedroom climate",
            "unique_id": f"0x1_{device_class}_zigbee2mqtt",
            "value_template": f'{{{{ value_json["{device_class}"] }}}}',
        }
        | more,
    )


def names(house: DeviceRegistry) -> list[str]:
    return [device.name for device in house.devices()]


def test_an_entity_without_a_name_is_called_by_its_class() -> None:
    house = home_of(measured("temperature"), measured("humidity"), measured("pm25"))
    assert names(house) == ["bedroom climate humidity", "bedroom climate PM2.5", "bedroom climate temperature"]
    house.hear("zigbee2mqtt/bedroom climate", b'{"temperature":20.5,"humidity":47,"pm25":8}')
    assert house.reading(house.find("bedroom humidity")) == "47"
    assert house.reading(house.find("humidity in the bedroom")) == "47"


def test_null_is_the_name_of_the_device() -> None:
    assert names(home_of(measured("temperature", name=None))) == ["bedroom climate"]


def test_classes_that_are_called_otherwise() -> None:
    assert names(home_of(measured("aqi"), measured("monetary"))) == [
        "bedroom climate air quality index",
        "Monetary balance",
    ]


@pytest.mark.parametrize(("kind", "called"), [("cover", "Bedroom shutter"), ("switch", "Bedroom shutter")])
def test_what_is_not_called_by_its_class_is_called_like_its_device(kind: str, called: str) -> None:
    config = {"device_class": "shutter", "cmd_t": "c", "dev": {"name": "Bedroom shutter"}}
    assert names(home_of((f"{kind}/0x1/x", config))) == [called]


def test_a_number_is_a_name() -> None:
    assert names(home_of(("switch/x", {"name": 5, "cmd_t": "c"}))) == ["5"]


def test_entities_that_nothing_else_tells_apart_are_told_apart_by_their_ids() -> None:
    plug = {"name": None, "dev": {"name": "hall plug"}}
    house = home_of(*((f"switch/0x2/switch_{end}", plug | {"cmd_t": end, "uniq_id": end}) for end in ("l1", "l2")))
    assert names(house) == ["hall plug switch l1", "hall plug switch l2"]


def test_the_same_id_in_two_places_is_told_apart_by_a_number() -> None:
    house = home_of(*((f"switch/{node}/relay", {"name": "Pump", "cmd_t": node}) for node in ("a", "b", "c")))
    assert names(house) == ["Pump relay", "Pump relay 2", "Pump relay 3"]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "X", "x 2", "x relay"])), min_size=1, max_size=8)
)
def test_no_two_of_a_kind_in_a_room_are_called_the_same(entities: list[tuple[str, str]]) -> None:
    house = DeviceRegistry()
    for number, (node, name) in enumerate(entities):
        config = {"name": name, "stat_t": f"s{number}", "dev": {"name": node}}
        for kind in ("sensor", "binary_sensor"):
            house.hear_discovery(topic(f"{kind}/{node}{number}/relay"), json.dumps(config).encode())
    called = [(device.room, NOUNS[device.kind], device.name.casefold()) for device in house.devices()]
    assert len(called) == len(set(called)) == 2 * len(entities)


def test_what_is_renamed_by_the_owner_is_told_apart_too() -> None:
    house = home_of(measured("temperature"))
    house.add_configured([{"id": "0x1_temperature_zigbee2mqtt", "name": "Warmth"}])
    assert names(house) == ["Warmth"]
    assert hear(house, measured("humidity"))
    assert names(house) == ["bedroom climate humidity", "Warmth"]
