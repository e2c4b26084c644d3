"""What is said without a room is meant where the speaker stands, and "here" is that room."""

import json
from typing import Any

import pytest

from speaker.errors import ToolError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import Device, DeviceRegistry
from speaker.home.places import Places
from speaker.tools.device_selection import chosen
from tests.support.answering_devices import live


def _announce(house: DeviceRegistry, kind: str, name: str, room: str) -> None:
    topic = f"{kind}/{room}/{name}".replace(" ", "_").lower()
    config = {
        "name": name, "state_topic": topic, "command_topic": f"{topic}/set", "unique_id": topic.replace("/", "_"),
        "device": {"identifiers": [topic], "suggested_area": room},
    }  # fmt: skip
    house.hear_discovery(f"homeassistant/{kind}/{topic.replace('/', '_')}/config", json.dumps(config).encode())


def _home(own_room: str | None, *more: tuple[str, str, str]) -> DeviceController:
    house = DeviceRegistry(places=Places(own_room or ""))
    for kind, name, room in (
        ("light", "Left", "Study"), ("light", "Right", "Study"), ("light", "Ceiling", "Kitchen"),
        ("lock", "Terrace lock", "Study"), ("lock", "Cellar lock", "Kitchen"), ("lock", "Side lock", "Kitchen"),
        *more,
    ):  # fmt: skip
        _announce(house, kind, name, room)
    home, _ = live(house)
    return home


def _names(devices: list[Device]) -> list[str]:
    return sorted(device.name for device in devices)


@pytest.mark.parametrize("name", ["", "the light", "lights", "lamps"])
def test_light_without_a_room_is_the_one_here(name: str) -> None:
    assert _names(chosen(_home("study"), name, "", "light", "switch")) == ["Left", "Right"]
    assert _names(chosen(_home("kitchen"), name, "", "light", "switch")) == ["Ceiling"]


@pytest.mark.parametrize("here", ["here", "in here", "this room", "my room"])
def test_here_is_a_room(here: str) -> None:
    assert _names(chosen(_home("study"), "", here, "light", "switch")) == ["Left", "Right"]
    assert _names(_home("study").devices("lock", room=here.title())) == ["Terrace lock"]


def test_what_was_named_is_never_something_nearby() -> None:
    home = _home("kitchen", ("light", "Lamp", "Hall"))
    assert _names(chosen(home, "left", "", "light")) == ["Left"]
    assert _names(chosen(home, "the lamp", "", "light")) == ["Lamp"], "one is called just so"
    assert _names(chosen(home, "lights", "study", "light")) == ["Left", "Right"]
    assert _names(chosen(home, "all lights", "", "light")) == ["Ceiling", "Lamp", "Left", "Right"]


def test_several_locks_are_never_one() -> None:
    assert _names(chosen(_home("study"), "", "", "lock")) == ["Terrace lock"]
    with pytest.raises(ToolError):
        chosen(_home("kitchen"), "", "", "lock")


@pytest.mark.parametrize("arguments", [{"name": "", "room": ""}, {"name": "light", "room": "here"}])
def test_speaker_that_stands_nowhere_asks(arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        chosen(_home(None), arguments["name"], arguments["room"], "light")
    with pytest.raises(ToolError):
        chosen(_home("attic"), arguments["name"], arguments["room"], "light")
