"""Virtual devices of every kind, and a house with as many of them as one likes."""

import json
from collections.abc import Callable
from itertools import cycle
from typing import Final

from speaker.demo.virtual_house import Json, VirtualDevice

Change = Callable[[Json, str], Json]
"""(Present state, payload of a command) → next state."""

ROOMS: Final = (
    "Kitchen", "Living room", "Hall", "Bedroom", "Bathroom", "Office", "Nursery", "Attic", "Cellar", "Garage",
    "Garden", "Guest room",
)  # fmt: skip

PLACES: Final = ("Ceiling", "Window", "Door", "Corner", "Shelf", "Desk", "Wall", "Left", "Right", "Floor")


def device(kind: str, place: tuple[str, str], config: Json, state: Json, commands: dict[str, Change]) -> VirtualDevice:
    """A device, by name and room, that reports one JSON object; ``commands`` are its topics below its own."""
    name, room = place
    key = f"{room}_{name}_{kind}".lower().replace(" ", "_")
    topic = f"house/{key}"

    def changed(change: Change) -> Callable[[str, str], str]:
        return lambda old, payload: json.dumps(change(json.loads(old), payload))

    announced = {
        "~": topic, "name": name, "unique_id": key, "device": {"identifiers": [key], "suggested_area": room},
        "availability": [{"topic": f"{topic}/online"}],
    } | config  # fmt: skip
    if state:
        announced |= {"state_topic": "~"}
    topics = {f"{topic}/{command}": changed(change) for command, change in commands.items()}
    return VirtualDevice(kind, key, announced, topic if state else "", json.dumps(state), topics)


def _set(key: str) -> Change:
    return lambda state, payload: state | {key: payload}


def _number(key: str) -> Change:
    return lambda state, payload: state | {key: float(payload)}


def _read(key: str) -> str:
    return f"{{{{ value_json.{key} }}}}"


def lamp(name: str, room: str) -> VirtualDevice:
    """A lamp with colours, as a Zigbee bridge announces it."""
    config = {
        "schema": "json", "command_topic": "~/set", "brightness": True, "brightness_scale": 254,
        "supported_color_modes": ["xy", "color_temp"], "min_mireds": 153, "max_mireds": 500,
    }  # fmt: skip

    def change(state: Json, payload: str) -> Json:
        told: Json = json.loads(payload)
        modes = [mode for key, mode in (("color", "xy"), ("color_temp", "color_temp")) if key in told]
        return state | told | ({"color_mode": modes[-1]} if modes else {})

    return device("light", (name, room), config, {"state": "OFF", "brightness": 127}, {"set": change})


def socket(name: str, room: str) -> VirtualDevice:
    """A socket."""
    config = {"command_topic": "~/set", "value_template": _read("state")}
    return device("switch", (name, room), config, {"state": "OFF"}, {"set": _set("state")})


def cover(name: str, room: str, device_class: str = "blind") -> VirtualDevice:
    """A cover that begins to move when it is told to."""
    config = {
        "command_topic": "~/set", "set_position_topic": "~/position/set", "position_topic": "~",
        "position_template": _read("position"), "value_template": _read("state"), "device_class": device_class,
    }  # fmt: skip
    moves = {"OPEN": "opening", "CLOSE": "closing", "STOP": "stopped"}

    def move(state: Json, payload: str) -> Json:
        return state | {"state": moves[payload]}

    def place(state: Json, payload: str) -> Json:
        return state | {"position": int(payload), "state": "stopped"}

    state = {"state": "stopped", "position": 50}
    return device("cover", (name, room), config, state, {"set": move, "position/set": place})


def lock(name: str, room: str) -> VirtualDevice:
    """A lock."""
    config = {"command_topic": "~/set", "value_template": _read("state")}
    states = {"LOCK": "LOCKED", "UNLOCK": "UNLOCKED"}
    change: Change = lambda state, payload: state | {"state": states[payload]}  # noqa: E731
    return device("lock", (name, room), config, {"state": "LOCKED"}, {"set": change})


def heating(name: str, room: str) -> VirtualDevice:
    """A thermostat with modes."""
    config = {
        "temperature_command_topic": "~/target/set", "temperature_state_topic": "~",
        "temperature_state_template": _read("target"), "current_temperature_topic": "~",
        "current_temperature_template": _read("now"), "mode_command_topic": "~/mode/set", "mode_state_topic": "~",
        "mode_state_template": _read("mode"), "modes": ["off", "heat", "auto"], "min_temp": 5, "max_temp": 30,
    }  # fmt: skip
    state = {"target": 20.0, "now": 19.5, "mode": "heat"}
    return device("climate", (name, room), config, state, {"target/set": _number("target"), "mode/set": _set("mode")})


def fan(name: str, room: str) -> VirtualDevice:
    """A fan with speeds from 1 to 4."""
    config = {
        "command_topic": "~/set", "state_value_template": _read("state"), "percentage_command_topic": "~/speed/set",
        "percentage_state_topic": "~", "percentage_value_template": _read("speed"), "speed_range_max": 4,
    }  # fmt: skip

    def speed(state: Json, payload: str) -> Json:
        return state | {"speed": int(payload), "state": "ON"}

    return device("fan", (name, room), config, {"state": "OFF", "speed": 2}, {"set": _set("state"), "speed/set": speed})


def player(name: str, room: str) -> VirtualDevice:
    """A radio."""
    config = {
        "command_topic": "~/set", "state_state_topic": "~", "state_state_template": _read("state"),
        "command_volume_topic": "~/volume/set", "state_volume_topic": "~", "state_volume_template": _read("volume"),
        "state_title_topic": "~", "state_title_template": _read("title"),
    }  # fmt: skip
    words = {"play": "playing", "pause": "paused", "stop": "stopped"}
    change: Change = lambda state, payload: state | {"state": words.get(payload, state["state"])}  # noqa: E731
    state = {"state": "idle", "volume": 0.4, "title": "Radio 4"}
    return device("media_player", (name, room), config, state, {"set": change, "volume/set": _number("volume")})


def vacuum(name: str, room: str) -> VirtualDevice:
    """A robot vacuum."""
    words = {"start": "cleaning", "pause": "paused", "stop": "idle", "return_to_base": "returning"}
    change: Change = lambda state, payload: state | {"state": words.get(payload, state["state"])}  # noqa: E731
    return device("vacuum", (name, room), {"command_topic": "~/set"}, {"state": "docked"}, {"set": change})


def humidifier(name: str, room: str) -> VirtualDevice:
    """A humidifier."""
    config = {
        "command_topic": "~/set", "state_value_template": _read("state"),
        "target_humidity_command_topic": "~/target/set", "target_humidity_state_topic": "~",
        "target_humidity_state_template": _read("target"),
    }  # fmt: skip
    state = {"state": "OFF", "target": 50.0}
    return device("humidifier", (name, room), config, state, {"set": _set("state"), "target/set": _number("target")})


def scene(name: str, room: str) -> VirtualDevice:
    """A scene."""
    return device("scene", (name, room), {"command_topic": "~/set"}, {}, {})


def button(name: str, room: str) -> VirtualDevice:
    """A button."""
    return device("button", (name, room), {"command_topic": "~/set"}, {}, {})


def virtual_number(name: str, room: str) -> VirtualDevice:
    """A number of minutes."""
    config = {"command_topic": "~/set", "value_template": _read("value"), "unit_of_measurement": "min", "max": 60}
    return device("number", (name, room), config, {"value": 10.0}, {"set": _number("value")})


def select(name: str, room: str) -> VirtualDevice:
    """A choice."""
    config = {"command_topic": "~/set", "value_template": _read("value"), "options": ["slow", "fast"]}
    return device("select", (name, room), config, {"value": "slow"}, {"set": _set("value")})


def sensor(name: str, room: str) -> VirtualDevice:
    """A thermometer."""
    config = {"value_template": _read("value"), "unit_of_measurement": "°C", "device_class": "temperature"}
    return device("sensor", (name, room), config, {"value": 21.0}, {})


def contact(name: str, room: str) -> VirtualDevice:
    """A window contact."""
    config = {"value_template": _read("value"), "device_class": "window"}
    return device("binary_sensor", (name, room), config, {"value": "OFF"}, {})


def valve(name: str, room: str) -> VirtualDevice:
    """A valve for water."""
    words = {"OPEN": "open", "CLOSE": "closed"}
    config = {"command_topic": "~/set", "value_template": _read("state"), "device_class": "water"}
    change: Change = lambda state, payload: state | {"state": words.get(payload, state["state"])}  # noqa: E731
    return device("valve", (name, room), config, {"state": "closed"}, {"set": change})


def siren(name: str, room: str) -> VirtualDevice:
    """A siren that takes a JSON object."""
    change: Change = lambda state, payload: state | json.loads(payload)  # noqa: E731
    return device("siren", (name, room), {"command_topic": "~/set"}, {"state": "OFF"}, {"set": change})


def mower(name: str, room: str) -> VirtualDevice:
    """A lawn mower."""
    config = {
        "start_mowing_command_topic": "~/start", "dock_command_topic": "~/dock", "activity_state_topic": "~",
        "activity_value_template": _read("doing"),
    }  # fmt: skip
    commands: dict[str, Change] = {
        "start": lambda state, _: state | {"doing": "mowing"},
        "dock": lambda state, _: state | {"doing": "docked"},
    }
    return device("lawn_mower", (name, room), config, {"doing": "docked"}, commands)


def boiler(name: str, room: str) -> VirtualDevice:
    """A water heater."""
    config = {
        "temperature_command_topic": "~/target/set", "temperature_state_topic": "~",
        "temperature_state_template": _read("target"), "current_temperature_topic": "~",
        "current_temperature_template": _read("now"),
    }  # fmt: skip
    return device(
        "water_heater", (name, room), config, {"target": 50.0, "now": 48.0}, {"target/set": _number("target")}
    )


def alarm(name: str, room: str) -> VirtualDevice:
    """An alarm panel without a code."""
    change: Change = lambda state, payload: state | {"state": payload.lower().replace("arm_", "armed_")}  # noqa: E731
    config = {"command_topic": "~/set", "value_template": _read("state")}
    return device("alarm_control_panel", (name, room), config, {"state": "disarmed"}, {"set": change})


def display(name: str, room: str) -> VirtualDevice:
    """A line of text."""
    config = {"command_topic": "~/set", "value_template": _read("line")}
    return device("text", (name, room), config, {"line": "Hello"}, {"set": _set("line")})


def doorbell(name: str, room: str) -> VirtualDevice:
    """A bell that tells when it rang."""
    config = {"event_types": ["ring"], "value_template": _read("event_type")}
    return device("event", (name, room), config, {"event_type": "ring"}, {})


def firmware(name: str, room: str) -> VirtualDevice:
    """A device whose software is out of date."""
    state = {"installed_version": "1.0", "latest_version": "1.1"}
    return device("update", (name, room), {"device_class": "firmware"}, state, {})


# In about the proportions of real houses: mostly lamps and things that measure.
_MAKERS: Final = (
    (lamp, "lamp"), (sensor, "temperature"), (contact, "window"), (lamp, "light"), (socket, "socket"),
    (sensor, "thermometer"), (cover, "blind"), (lamp, "spot"), (heating, "radiator"), (contact, "sash"),
    (socket, "plug"), (fan, "fan"), (sensor, "probe"), (lock, "lock"), (player, "radio"), (vacuum, "vacuum"),
    (humidifier, "humidifier"), (scene, "scene"), (button, "button"), (virtual_number, "timer"), (select, "program"),
    (valve, "valve"), (siren, "siren"), (mower, "mower"), (boiler, "boiler"), (alarm, "alarm"), (display, "display"),
    (doorbell, "bell"), (firmware, "firmware"),
)  # fmt: skip


def big_house(count: int) -> list[VirtualDevice]:
    """So many devices of all kinds, spread over a dozen rooms, each with a name of its own in its room."""
    devices: list[VirtualDevice] = []
    for number_, (make, noun) in zip(range(count), cycle(_MAKERS), strict=False):
        room = ROOMS[number_ // len(_MAKERS) % len(ROOMS)]
        place = PLACES[number_ // (len(_MAKERS) * len(ROOMS)) % len(PLACES)]
        devices.append(make(f"{place} {noun}", room))
    return devices
