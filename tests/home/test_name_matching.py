import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.errors import ToolError
from speaker.home.device_registry import DeviceRegistry, Kind
from speaker.home.naming import choose_names, clean, listing, the
from tests.support.announced_homes import EVERYTHING, home_of

DEVICES: list[tuple[Kind, str, str]] = [
    ("light", "Ceiling", "kitchen"),
    ("light", "Worktop", "kitchen"),
    ("switch", "Coffee machine", "kitchen"),
    ("light", "Ceiling", "hall"),
    ("light", "Sofa lamp", "living room"),
    ("light", "Reading lamps", "living room"),
    ("light", "Anna's lamp", "bedroom"),
    ("light", "kitchen corner", ""),
    ("climate", "Thermostat", "living room"),
    ("climate", "Radiator", "bedroom"),
    ("scene", "Movie night", ""),
]


def house() -> DeviceRegistry:
    built = DeviceRegistry()
    built.add_configured(
        {"kind": kind, "name": name, "room": room, "command_topic": "a"} for kind, name, room in DEVICES
    )
    return built


@pytest.mark.parametrize(
    ("asked", "room", "found"),
    [
        ("Sofa lamp", "", "Sofa lamp"),
        ("the sofa light", "", "Sofa lamp"),
        ("sofa", "", "Sofa lamp"),
        ("lamp by the sofa", "", "Sofa lamp"),
        ("soffa lamp", "", "Sofa lamp"),
        ("reading lamp", "", "Reading lamps"),
        ("reeding light", "", "Reading lamps"),
        ("hall light", "", "hall Ceiling"),
        ("the light in the hall", "", "hall Ceiling"),
        ("light", "hall", "hall Ceiling"),
        ("ceiling light", "the Kitchen", "kitchen Ceiling"),
        ("selling light", "hall", "hall Ceiling"),
        ("kitchen ceiling", "", "kitchen Ceiling"),
        ("ceiling in the kitchen", "", "kitchen Ceiling"),
        ("kitchen worktop light", "", "Worktop"),
        ("corner lamp", "kitchen", "kitchen corner"),
        ("kitchen corner lamp", "", "kitchen corner"),
        ("annas lamp", "", "Anna's lamp"),
        ("the heating", "livingroom", "Thermostat"),
        ("bedroom heating", "", "Radiator"),
        ("bedroom light", "", "Anna's lamp"),
        ("the coffee machines", "", "Coffee machine"),
        ("movie night scene", "", "Movie night"),
        ("garage door", "", None),
        ("bathroom lamp", "", None),
        ("lamp", "attic", None),
        ("???", "", None),
        ("", "", None),
        ("ceiling", "", None),
        ("kitchen lamp", "", None),
    ],
)
def test_names_as_people_say_them(asked: str, room: str, found: str | None) -> None:
    home = house()
    if found is None:
        with pytest.raises(ToolError):
            home.find(asked, room=room)
        return
    device = home.find(asked, room=room)
    assert found in {device.name, f"{device.room} {device.name}"}


def test_an_ambiguous_name_tells_the_candidates() -> None:
    with pytest.raises(ToolError, match=r'"ceiling" may mean Ceiling in the hall or Ceiling in the kitchen\.'):
        house().find("ceiling", "light")


def test_an_unknown_name_tells_what_there_is() -> None:
    with pytest.raises(ToolError) as caught:
        house().find("star\nlight", "scene")
    assert str(caught.value) == 'There is no scene called "star light". There is: Movie night.'
    with pytest.raises(ToolError, match=r"There is no thermostat in the attic\. There is: Radiator in the bed"):
        house().find("heating", "climate", room="attic")
    with pytest.raises(ToolError, match=r"There is no light\. None of that kind is known\."):
        DeviceRegistry().find("lamp", "light")


def test_the_heating_is_never_a_lamp() -> None:
    only_light = DeviceRegistry()
    only_light.add_configured([{"kind": "light", "name": "Ceiling", "command_topic": "a"}])
    with pytest.raises(ToolError):
        only_light.find("the heating", "light", "switch")


def test_every_device_is_found_by_its_own_name_and_room() -> None:
    home = home_of(*EVERYTHING)
    for device in home.devices():
        assert home.find(device.name, device.kind, room=device.room).id == device.id
        assert home.find(f"the {device.name.upper()} in the {device.room}", room=device.room).id == device.id


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_name_finds_one_device_or_is_answered_with_a_sentence(name: str, room: str) -> None:
    home = house()
    try:
        assert home.find(name, room=room) in home.devices()
    except ToolError as error:
        assert str(error).endswith(".")
        assert str(error).isprintable()


@pytest.mark.parametrize(
    ("entity", "owner", "room", "kind", "short"),
    [
        ("", "Sofa lamp", "", "light", "Sofa lamp"),
        ("Sofa lamp", "", "", "light", "Sofa lamp"),
        ("Light", "Porch", "", "light", "Porch"),
        ("Porch light", "Porch", "", "light", "Porch light"),
        ("Ceiling", "esp-kitchen-01", "kitchen", "light", "Ceiling"),
        ("Left", "Hall switch", "hall", "switch", "Hall switch left"),
        ("Relay 1", "Boiler", "", "switch", "Boiler relay 1"),
        ("Temperature", "Living room sensor", "living room", "sensor", "Temperature"),
        ("Temperature", "0x00158d0001a2b3c4", "kitchen", "sensor", "Temperature"),
        ("Temperature", "Fridge", "kitchen", "sensor", "Fridge temperature"),
        ("Temperature", "Living room sensor", "", "sensor", "Living room sensor temperature"),
        ("Temperature", "Outdoor temperature", "", "sensor", "Outdoor temperature"),
        ("UV index", "Balcony", "", "sensor", "Balcony UV index"),
        ("Contact", "Front door", "hall", "binary_sensor", "Front door"),
        ("Occupancy", "Hall sensor", "hall", "binary_sensor", "Occupancy"),
    ],
)
def test_the_name_a_person_would_say(entity: str, owner: str, room: str, kind: Kind, short: str) -> None:
    assert choose_names(entity, owner, room, kind)[0] == short


def test_two_of_the_same_name_in_a_room_get_their_long_names() -> None:
    nodes = [
        ("light/a", {"name": "Fairy ring", "cmd_t": "a", "dev": {"name": "Shelf", "sa": "Hall"}}),
        ("light/b", {"name": "Fairy ring", "cmd_t": "b", "dev": {"name": "Mirror", "sa": "Hall"}}),
    ]
    home = home_of(*nodes)
    assert [device.name for device in home.devices()] == ["Mirror fairy ring", "Shelf fairy ring"]
    assert home.find("mirror ring").id == "light/b"
    home.hear_discovery("homeassistant/light/b/config", b"")
    assert [device.name for device in home.devices()] == ["Fairy ring"]


@pytest.mark.parametrize(
    ("name", "kind", "room", "said"),
    [
        ("Sofa lamp", "light", "", "the sofa lamp"),
        ("Ceiling", "light", "", "the ceiling light"),
        ("Ceiling", "light", "kitchen", "the kitchen ceiling light"),
        ("LED strip", "light", "", "the LED strip"),
        ("Anna's lamp", "light", "", "Anna's lamp"),
        ("Living room", "climate", "living room", "the living room thermostat"),
        ("Movie night", "scene", "", "the scene movie night"),
        ("Coffee machine", "switch", "", "the coffee machine"),
    ],
)
def test_names_in_a_sentence(name: str, kind: Kind, room: str, said: str) -> None:
    assert the(name, kind, room) == said


def test_clean_names_and_lists_of_names() -> None:
    assert clean(" living_room/lamp,\n(left):\x00 \u202ename ") == "living room lamp left name"
    assert len(clean("long " * 50)) <= 60
    assert clean(" " * 1_000 + "lamp") == "", "what begins so late is not looked for"
    assert listing([]) == ""
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c"], "or") == "a, b or c"
    assert listing([str(n) for n in range(20)], limit=3) == "0, 1 and 18 more"


COVERS: list[tuple[Kind, str, str]] = [
    ("cover", "Blinds", "bedroom"),
    ("cover", "Curtains", "bedroom"),
    ("cover", "Left shutter", "kitchen"),
    ("cover", "Garage door", "garage"),
    ("lock", "Front door", "hall"),
    ("fan", "Ceiling fan", "office"),
    ("media_player", "Radio", "kitchen"),
    ("vacuum", "Rosie", ""),
]


@pytest.mark.parametrize(
    ("asked", "kind", "found"),
    [
        ("the blinds in the bedroom", "cover", "Blinds"),
        ("bedroom curtains", "cover", "Curtains"),
        ("curtain", "cover", "Curtains"),
        ("the shutter", "cover", "Left shutter"),
        ("garage", "cover", "Garage door"),
        ("the garage door", "cover", "Garage door"),
        ("front door", "lock", "Front door"),
        ("the lock of the front door", "lock", "Front door"),
        ("office fan", "fan", "Ceiling fan"),
        ("kitchen radio", "media_player", "Radio"),
        ("the hoover", "vacuum", "Rosie"),
        ("the awning", "cover", None),
    ],
)
def test_names_of_what_is_no_lamp(asked: str, kind: Kind, found: str | None) -> None:
    home = DeviceRegistry()
    home.add_configured({"kind": kind, "name": name, "room": room, "command_topic": "a"} for kind, name, room in COVERS)
    if found is None:
        with pytest.raises(ToolError, match="may mean"):
            home.find(asked, kind)
    else:
        assert home.find(asked, kind).name == found
