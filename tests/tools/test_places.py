"""Which devices a request means where people stand: here, on a floor, all but some."""

from typing import Any

import pytest

from speaker.errors import ToolError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry
from speaker.home.places import Places
from speaker.tools.device_selection import Home
from tests.support.answering_devices import Street, live
from tests.tools.test_bundled_tools import TOOLS, use

FLOORS = {"Upstairs": ["Bedroom", "Bathroom"], "First floor": ["Office"]}
LAMPS = {
    "Sofa lamp": "Living room", "Ceiling": "Living room", "Bed lamp": "Bedroom", "Mirror": "Bathroom",
    "Desk lamp": "Office", "Ceiling spot": "Bedroom",
}  # fmt: skip


def lamp(name: str, room: str, kind: str = "light") -> dict[str, str]:
    topic = name.lower().replace(" ", "_")
    return {"name": name, "room": room, "kind": kind, "command_topic": f"{topic}/set", "state_topic": topic}


def house(own_room: str = "living room") -> tuple[DeviceController, Street]:
    registry = DeviceRegistry(places=Places(own_room, FLOORS))
    registry.add_configured([lamp(name, room) for name, room in LAMPS.items()])
    return live(registry, lambda topic, payload: [(topic.removesuffix("/set"), payload)], timeout_s=0.1)


async def switched(own_room: str = "living room", **arguments: Any) -> set[str]:
    home, street = house(own_room)
    await use("set_light", home, **{"on": False} | arguments)
    return {topic.removesuffix("/set") for topic, *_ in street.sent}


@pytest.mark.parametrize(
    ("arguments", "lamps"),
    [
        ({}, {"sofa_lamp", "ceiling"}),
        ({"light": "lights"}, {"sofa_lamp", "ceiling"}),
        ({"light": "the light"}, {"sofa_lamp", "ceiling"}),
        ({"light": "all", "room": "here"}, {"sofa_lamp", "ceiling"}),
        ({"room": "in here"}, {"sofa_lamp", "ceiling"}),
        ({"room": "upstairs"}, {"bed_lamp", "ceiling_spot", "mirror"}),
        ({"light": "upstairs lights"}, {"bed_lamp", "ceiling_spot", "mirror"}),
        ({"room": "the first floor"}, {"desk_lamp"}),
        ({"light": "all"}, {"sofa_lamp", "ceiling", "bed_lamp", "ceiling_spot", "mirror", "desk_lamp"}),
        ({"light": "all", "but": "bedroom"}, {"sofa_lamp", "ceiling", "mirror", "desk_lamp"}),
        ({"light": "all", "but": "upstairs"}, {"sofa_lamp", "ceiling", "desk_lamp"}),
        ({"but": "the sofa lamp and the office"}, {"ceiling", "bed_lamp", "ceiling_spot", "mirror"}),
        ({"room": "living room", "but": "ceiling"}, {"sofa_lamp"}),
        ({"light": "all", "but": "here"}, {"bed_lamp", "ceiling_spot", "mirror", "desk_lamp"}),
        ({"light": "desk lamp"}, {"desk_lamp"}),
    ],
)
async def test_what_is_meant(arguments: dict[str, Any], lamps: set[str]) -> None:
    assert await switched(**arguments) == lamps


@pytest.mark.parametrize(
    ("own_room", "arguments", "sentence"),
    [
        ("", {"room": "here"}, "I don't know which room I stand in"),
        ("", {}, "Say which light"),
        ("Cellar", {}, "Say which light"),
        ("Cellar", {"room": "here"}, "There is no light in the Cellar"),
        ("", {"light": "all", "but": "the piano"}, '"the piano" is none of them, so nothing was done'),
        ("", {"room": "office", "but": "desk lamp"}, "Nothing is left"),
        ("", {"light": "desk lamp", "but": "bed lamp"}, "none of them"),
    ],
)
async def test_nothing_is_switched_by_a_guess(own_room: str, arguments: dict[str, Any], sentence: str) -> None:
    home, street = house(own_room)
    with pytest.raises(ToolError, match=sentence):
        await use("set_light", home, **{"on": False} | arguments)
    assert street.sent == []


async def test_of_devices_with_one_name_the_one_in_the_own_room_is_meant() -> None:
    registry = DeviceRegistry(places=Places("bedroom"))
    registry.add_configured([lamp("Lamp", room) | {"command_topic": f"{room}/set"} for room in ("Bedroom", "Hall")])
    assert registry.find("lamp", "light").room == "bedroom"
    elsewhere = DeviceRegistry(places=Places("kitchen"))
    elsewhere.add_configured([lamp("Lamp", room) | {"command_topic": f"{room}/set"} for room in ("Bedroom", "Hall")])
    with pytest.raises(ToolError, match="may mean") as problem:
        elsewhere.find("lamp", "light")
    assert "Ask" not in str(problem.value)
    assert "Ask which" in problem.value.for_model


async def test_counts_are_for_ears_and_the_whole_for_the_model() -> None:
    home, street = house()
    for name in ("sofa_lamp", "ceiling", "bed_lamp", "mirror", "desk_lamp"):
        home.hear(name, b"ON")
    home.hear("ceiling_spot", b"OFF")

    async def asked(arguments: str) -> Any:
        return await TOOLS["find_devices"].call(arguments, {Home: home})

    result = await asked('{"kind":"light","state":"on"}')
    assert result.text == "5 of 6 lights are on: all but the ceiling spot in the bedroom."
    assert result.output.startswith("5 of 6 devices: ")
    assert result.output.count(";") == 4
    assert (await asked('{"kind":"light","state":"on","room":"here"}')).text == ("Both lights are on.")
    assert (
        await asked('{"kind":"light","state":"off","room":"first floor"}')
    ).text == "the desk lamp in the office is on."
    assert "1 of 3 lights is off" in (await asked('{"kind":"light","state":"off","room":"upstairs"}')).text
    assert street.sent == []


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("", ""), ("the kitchen", " in the kitchen"), ("here", " in the den"), ("upstairs", " upstairs"),
        ("first floor", " on the first floor"), ("outside", " outside"),
    ],
)  # fmt: skip
def test_a_place_is_said_as_people_say_it(place: str, said: str) -> None:
    assert Places("den", FLOORS).spoken(place) == said
