import ast
import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from speaker.errors import ToolError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry
from speaker.tools.api import Tool
from speaker.tools.context import Voice
from speaker.tools.device_selection import Home
from tests.support.announced_homes import CEILING, CLIMATE_SENSOR, EVERYTHING, OUTDOOR, RADIATOR, SOFA_LAMP, home_of
from tests.support.answering_devices import Reports, echo, live, silent

FOLDER = Path(__file__).parents[2] / "tools"


def load(path: Path) -> dict[str, Tool]:
    spec = importlib.util.spec_from_file_location(f"tools_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if isinstance(value, Tool)}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_tool_file_knows_the_toolbox_and_nothing_else_of_the_speaker(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    imported = {one.module or "" for one in nodes if isinstance(one, ast.ImportFrom)}
    imported |= {alias.name for one in nodes if isinstance(one, ast.Import) for alias in one.names}
    assert {name for name in imported if name.startswith("speaker")} == {"speaker.tools"}


TOOLS = {name: found for path in sorted(FOLDER.glob("*.py")) for name, found in load(path).items()}


@dataclass
class Throat:
    """A voice without sound."""

    volume: int = 60
    leaving: bool = False

    def set_volume(self, percent: int) -> int:
        self.volume = percent
        return percent

    @property
    def muted(self) -> bool:
        return self.volume == 0

    def mute(self, muted: bool) -> int:
        return self.set_volume(0 if muted else 60)

    def goodbye(self) -> None:
        self.leaving = True


async def use(name: str, provider: DeviceController | Throat, /, **arguments: Any) -> str:
    kind: type = Voice if isinstance(provider, Throat) else Home
    return (await TOOLS[name].call(json.dumps(arguments), {kind: provider})).output


def at_home(answers: Callable[[str, str], Reports] = echo, house: DeviceRegistry | None = None) -> DeviceController:
    return live(house or home_of(*EVERYTHING), answers, timeout_s=0.1)[0]


def test_the_tools_that_the_model_is_given() -> None:
    parameters = {name: list(found.parameters["properties"]) for name, found in TOOLS.items()}
    expected: dict[str, list[str]] = {
        "set_temperature": ["degrees", "room", "thermostat", "change", "mode", "humidity"],
        "get_temperature": ["room"],
        "set_light": ["light", "room", "on", "brightness", "change", "color", "kelvin", "effect", "but"],
        "set_switch": ["name", "on", "room"],
        "set_cover": ["cover", "room", "action", "position", "but"],
        "set_lock": ["action", "lock", "but"],
        "set_fan": ["fan", "room", "on", "speed", "change", "mode"],
        "set_humidifier": ["humidifier", "room", "on", "humidity", "mode"],
        "control_player": ["player", "room", "action", "volume", "change"],
        "control_vacuum": ["action", "vacuum", "speed"],
        "activate_scene": ["scene"],
        "press_button": ["button", "room"],
        "set_value": ["name", "room", "number", "option"],
        "find_devices": ["room", "kind", "name", "state"],
        "read_device": ["name", "room"],
        "set_volume": ["percent", "change", "muted"],
        "get_time": [],
        "set_timer": ["minutes", "seconds", "hours", "name", "message"],
        "change_timer": ["action", "name", "minutes", "seconds", "hours"],
        "set_alarm": ["time", "day", "repeat", "name", "message", "minutes"],
        "snooze": ["minutes"],
        "cancel_timer": ["name", "but"],
        "list_timers": ["name"],
        "do_later": ["tool", "arguments", "minutes", "seconds", "hours"],
        "add_to_list": ["items", "list"],
        "remove_from_list": ["items", "list"],
        "check_list": ["item", "list"],
        "list_speakers": [],
        "end_conversation": [],
        "get_weather": ["only"],
    }
    assert {name: parameters.get(name) for name in expected} == expected
    assert all(found.risk == "allow" and len(found.description) < 200 for found in TOOLS.values())
    schemas = [json.dumps(found.definition(), separators=(",", ":")) for found in TOOLS.values()]
    assert sum(map(len, schemas)) / 4 < 2_900, "tokens that every session pays for"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"light": "sofa lamp", "on": True}, "Confirmed: the sofa lamp is on."),
        ({"light": "sofa lamp", "brightness": 40}, "Confirmed: the sofa lamp is on at 40 percent."),
        ({"light": "sofa lamp", "brightness": 0}, "Confirmed: the sofa lamp is off."),
        ({"light": "ceiling", "room": "kitchen", "on": False}, "Confirmed: the ceiling light is off."),
        ({"light": "coffee machine", "on": True}, "Confirmed: the coffee machine is on."),
        ({"room": "kitchen", "on": True}, "Confirmed: the ceiling light is on."),
        ({"light": "kitchen lights", "on": True}, "Confirmed: the ceiling light is on."),
        ({"light": "All lights", "on": False}, "Confirmed: 2 lights are off."),
        ({"light": "all", "brightness": 25}, "Confirmed: 2 lights are on at 25 percent."),
    ],
)
async def test_set_light(arguments: dict[str, Any], said: str) -> None:
    assert await use("set_light", at_home(), **arguments) == said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"light": "sofa lamp"}, "Say whether the light is to be on or off"),
        ({"on": True}, "Say which light, which room"),
        ({"light": "chandelier", "on": True}, 'There is no light called "chandelier". There is: Ceiling in the'),
        ({"room": "cellar", "on": True}, "There is no light in the cellar. There is: Ceiling in the kitchen"),
        ({"light": "coffee machine", "brightness": 30}, "The coffee machine cannot be dimmed"),
        ({"light": "sofa lamp", "brightness": 101}, "brightness"),
    ],
)
async def test_set_light_says_what_it_lacks(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ToolError, match=sentence):
        await use("set_light", at_home(), **arguments)


async def test_lights_that_do_not_answer_are_not_hidden_by_those_that_do() -> None:
    def ceiling_only(topic: str, payload: str) -> Reports:
        return echo(topic, payload) if "kitchen" in topic else []

    said = await use("set_light", at_home(ceiling_only), light="all", on=True)
    assert said == (
        "No answer: the sofa lamp did not report back within 0.1 seconds, so do not say it was done; "
        "confirmed: 1 light is on."
    )
    assert (await use("set_light", at_home(silent), light="sofa lamp", on=True)).startswith("No answer: the sofa")


async def test_an_offline_or_undimmable_light_among_many() -> None:
    house = home_of(SOFA_LAMP, CEILING)
    house.add_configured([{"name": "Bulb", "kind": "light", "command_topic": "bulb/set", "state_topic": "bulb"}])
    home = at_home(house=house)
    home.hear("kitchen_dimmer/tele/LWT", b"Offline")
    assert await use("set_light", home, light="all", brightness=50) == (
        "Refused: the ceiling light is offline; refused: the bulb cannot be dimmed, only switched on and off; "
        "confirmed: 1 light is on at 50 percent."
    )


async def test_many_failures_are_counted() -> None:
    house = DeviceRegistry()
    house.add_configured(
        {"name": f"Spot {n}", "kind": "light", "command_topic": f"spot{n}/set", "state_topic": "never"}
        for n in range(6)
    )
    assert await use("set_light", at_home(silent, house), light="all", on=True) == "No answer: 6 lights."


async def test_set_temperature() -> None:
    home = at_home()
    assert await use("set_temperature", home, degrees=21) == ("Confirmed: the bedroom radiator is set to 21 degrees.")
    assert "22.5 degrees" in await use("set_temperature", home, degrees=22.5, room="bedroom")
    assert "20 degrees" in await use("set_temperature", home, degrees=20, thermostat="radiator")
    with pytest.raises(ToolError, match=r"The bedroom radiator takes 5 degrees to 30 degrees\."):
        await use("set_temperature", home, degrees=32)
    with pytest.raises(ToolError, match="There is no thermostat in the kitchen"):
        await use("set_temperature", home, degrees=21, room="kitchen")
    with pytest.raises(ToolError, match="degrees"):
        await use("set_temperature", home, degrees=80)


async def test_several_thermostats() -> None:
    path, config = RADIATOR
    other = {**config, "unique_id": "other", "device": {"name": "bathroom_radiator", "suggested_area": "Bathroom"}}
    home = at_home(house=home_of(RADIATOR, (path.replace("4", "5"), other)))
    with pytest.raises(ToolError, match="may mean bathroom radiator in the bathroom or bedroom radiator"):
        await use("set_temperature", home, degrees=21)
    assert "the bathroom radiator" in await use("set_temperature", home, degrees=21, room="bathroom")


async def test_get_temperature() -> None:
    home = at_home()
    unknown = await use("get_temperature", home, room="Living room")
    assert unknown == ("No answer: nothing has reported the temperature in the living room, so it is not known.")
    home.hear("zigbee2mqtt/living_room_sensor", b'{"temperature":21.5}')
    assert await use("get_temperature", home, room="living room") == (
        "The temperature in the living room is 21.5 degrees."
    )
    home.hear("zigbee2mqtt/bedroom_radiator", b'{"local_temperature":18,"occupied_heating_setpoint":20}')
    home.hear("weather-pole/sensor/temperature/state", b"4")
    assert await use("get_temperature", home) == (
        "The temperature in the bedroom is 18 degrees, with the thermostat set to 20 degrees. "
        "The temperature in the living room is 21.5 degrees. "
        "The outdoor temperature is 4 degrees."
    )
    with pytest.raises(ToolError, match=r"Nothing measures the temperature in the kitchen\."):
        await use("get_temperature", home, room="the Kitchen")


async def test_the_fridge_is_not_the_kitchen() -> None:
    path, config = CLIMATE_SENSOR
    kitchen = {"name": "0x00158d0007", "suggested_area": "Kitchen"}
    fridge = {"name": "Fridge", "suggested_area": "Kitchen"}
    in_fridge = (f"{path}_fridge", {**config, "state_topic": "fridge", "device": fridge})
    home = at_home(house=home_of(in_fridge))
    home.hear("fridge", b'{"temperature":4}')
    assert await use("get_temperature", home, room="kitchen") == "The fridge temperature is 4 degrees."
    house = home_of(in_fridge, (f"{path}_air", {**config, "unique_id": "air", "state_topic": "air", "device": kitchen}))
    home = at_home(house=house)
    home.hear("fridge", b'{"temperature":4}')
    home.hear("air", b'{"temperature":20}')
    assert await use("get_temperature", home, room="kitchen") == "The temperature in the kitchen is 20 degrees."


@pytest.mark.parametrize("room", ["outside", "Outdoors", "outdoor", "the outside"])
async def test_the_temperature_outside_is_that_of_an_outdoor_sensor(room: str) -> None:
    home = at_home(house=home_of(*EVERYTHING))
    home.hear("zigbee2mqtt/living_room_sensor", b'{"temperature":21.5}')
    unknown = await use("get_temperature", home, room=room)
    assert unknown == "No answer: nothing has reported the temperature outside, so it is not known."
    home.hear("weather-pole/sensor/temperature/state", b"4")
    assert await use("get_temperature", home, room=room) == "The outdoor temperature is 4 degrees."
    with pytest.raises(ToolError, match=r"Nothing measures the temperature outside\."):
        await use("get_temperature", at_home(house=home_of(CLIMATE_SENSOR)), room=room)


@pytest.mark.parametrize(
    ("sensor", "said"),
    [
        ({"room": "Garden", "name": "Temperature"}, "The temperature in the garden is minus 3 degrees."),
        ({"room": "Garden", "name": "Pool temperature"}, "The pool temperature is minus 3 degrees."),
        ({"name": "Balcony temperature"}, "The balcony temperature is minus 3 degrees."),
        (
            {"room": "Hall", "name": "Outdoor probe", "device_class": "temperature"},
            "The outdoor probe is minus 3 degrees.",
        ),
    ],
)
async def test_what_counts_as_outside(sensor: dict[str, str], said: str) -> None:
    house = home_of(CLIMATE_SENSOR)
    house.add_configured([{"kind": "sensor", "state_topic": "t", "unit_of_measurement": "°C"} | sensor])
    home = at_home(house=house)
    home.hear("t", b"-3")
    assert await use("get_temperature", home, room="outside") == said
    assert await use("get_weather", home) == "Outside, the temperature is minus 3 degrees."


async def test_the_indoor_part_of_a_weather_station_is_not_outside() -> None:
    house = DeviceRegistry()
    house.add_configured([{"kind": "sensor", "name": "Weather station indoor temperature", "state_topic": "t"}])
    home = at_home(house=house)
    home.hear("t", b"21")
    with pytest.raises(ToolError, match="Nothing measures the temperature outside"):
        await use("get_temperature", home, room="outside")


async def test_lights_outside_are_switched_together() -> None:
    house = home_of(CEILING)
    house.add_configured(
        {"name": name, "room": room, "kind": "light", "command_topic": f"{name}/set", "state_topic": name}
        for name, room in (("Porch lamp", ""), ("Fairy lights", "Garden"))
    )
    home = at_home(lambda topic, payload: [(topic.removesuffix("/set"), payload)], house)
    assert await use("set_light", home, room="outside", on=True) == "Confirmed: 2 lights are on."


async def test_get_weather() -> None:
    assert "no outdoor sensors" in await use("get_weather", at_home(house=home_of(CLIMATE_SENSOR)))
    home = at_home(house=home_of(OUTDOOR, CLIMATE_SENSOR))
    assert (await use("get_weather", home)).startswith("No answer: the outdoor sensors have not reported")
    home.hear("weather-pole/sensor/temperature/state", b"-2")
    assert await use("get_weather", home) == "Outside, the temperature is minus 2 degrees."
    home.hear("weather-pole/sensor/wind/state", b"14")
    assert await use("get_weather", home) == (
        "Outside, the temperature is minus 2 degrees and the wind is 14 kilometres per hour."
    )
    home.hear("weather-pole/status", b"offline")
    assert (await use("get_weather", home)).startswith("No answer")


async def test_a_scene_is_sent_and_not_claimed() -> None:
    said = await use("activate_scene", at_home(), scene="movie night")
    assert said == "Sent: the scene movie night was sent; scenes give no confirmation."
    with pytest.raises(ToolError, match='There is no scene called "party"'):
        await use("activate_scene", at_home(), scene="party")


async def test_the_speaker_itself() -> None:
    throat = Throat()
    assert await use("set_volume", throat, percent=35) == "Confirmed: the volume is 35 percent."
    assert (throat.volume, throat.leaving) == (35, False)
    assert (await use("end_conversation", throat)).startswith("Confirmed: ")
    assert throat.leaving
    with pytest.raises(ToolError, match="<= 100"):
        await use("set_volume", throat, percent=130)
