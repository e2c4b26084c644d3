"""Tasmota's own discovery: what a device tells of its relays, lamps, shutters and buttons, as announcements.

Stock firmware publishes it under ``tasmota/discovery/<MAC>/config``, and the readings of its sensors beside it, while
its announcements for Home Assistant are off. Here it becomes entities in the form of these announcements, so that all
that comes after is the same for both.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from speaker.errors import SpeakerError
from speaker.home.discovery_fields import Config, converted, decoded
from speaker.home.tasmota_sensors import sensors, value_at

TASMOTA_PREFIX: Final = "tasmota/discovery"

Entity = tuple[str, str, Config]
"""Component, object id and configuration."""

_RELAY, _LIGHT, _SHUTTER = 1, 2, 3
_DIMMER, _COLD_WARM, _RGB, _RGBW, _RGBCW = 1, 2, 3, 4, 5
_AS_LIGHT: Final = "30"
_REDUCED_WHITE: Final = "82"
_CHANNELS: Final = "68"
_CONTACTS: Final = frozenset({1, 2, 3, 4, 5, 6, 9, 10, 13, 14, 15, 16})
"""Modes of a switch in which it follows a contact."""

_MOMENTARY: Final = frozenset({13, 14})
_EFFECTS: Final = ["Solid", "Wake up", "Cycle up", "Cycle down", "Random"]
_PRESSES: Final = ["SINGLE", "DOUBLE", "TRIPLE", "QUAD", "PENTA", "HOLD"]
_PLACE: Final = re.compile(r"tasmota/discovery/([A-Za-z0-9_-]{1,64})/(config|sensors)")


class TasmotaDevice(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of the message of a device."""

    mac: str
    device_name: str = msgspec.field(name="dn")
    names: list[str | None] = msgspec.field(name="fn", default_factory=list)
    host: str = msgspec.field(name="hn", default="")
    topic: str = msgspec.field(name="t")
    full_topic: str = msgspec.field(name="ft")
    prefixes: list[str] = msgspec.field(name="tp")
    states: list[str] = msgspec.field(name="state")
    online: str = msgspec.field(name="onln", default="Online")
    offline: str = msgspec.field(name="ofln", default="Offline")
    relays: list[int] = msgspec.field(name="rl", default_factory=list)
    switches: list[int] = msgspec.field(name="swc", default_factory=list)
    switch_names: list[str | None] = msgspec.field(name="swn", default_factory=list)
    buttons: list[int] = msgspec.field(name="btn", default_factory=list)
    options: dict[str, int] = msgspec.field(name="so", default_factory=dict)
    light: int = msgspec.field(name="lt_st", default=0)
    linked: int = msgspec.field(name="lk", default=1)
    fan: int = msgspec.field(name="if", default=0)
    tuya: int = msgspec.field(name="ty", default=0)
    sleeps: int = msgspec.field(name="dslp", default=0)
    shutter_options: list[int] = msgspec.field(name="sho", default_factory=list)
    shutter_tilts: list[list[int]] = msgspec.field(name="sht", default_factory=list)

    def at(self, prefix: int, what: str) -> str:
        """A topic of the device: 0 of its commands, 1 of its answers, 2 of what it tells by itself."""
        topic = self.full_topic.replace("%hostname%", self.host).replace("%id%", self.mac[-6:])
        return topic.replace("%prefix%", self.prefixes[prefix]).replace("%topic%", self.topic) + what

    def name_of(self, index: int, kind: str) -> str | None:
        """What a relay is called; None when like the device."""
        given = self.names[index] if index < len(self.names) else None
        if not given:
            return f"{kind} {index + 1}" if index else None
        return None if given == self.device_name else given


def tasmota_place(topic: str) -> tuple[str, str] | None:
    """The device and the kind of a message of Tasmota's discovery; None for any other topic."""
    found = _PLACE.fullmatch(topic)
    return (found[1], found[2]) if found else None


def tasmota_device(topic: str, payload: bytes) -> TasmotaDevice:
    """The device that a message announces. Raises SpeakerError, naming topic and field."""
    config = decoded(topic, payload)
    if config.get("ver") != 1:
        raise SpeakerError(f"{topic}: ver: version {config.get('ver')!r} of this discovery is not known")
    # Each list has as many places as the firmware has.
    trimmed = {key: value[:40] if isinstance(value, list) else value for key, value in config.items()}
    device = converted(trimmed, TasmotaDevice, topic)
    if len(device.prefixes) < 3 or len(device.states) < 2:
        raise SpeakerError(f"{topic}: tp and state have too few entries")
    return device


def tasmota_entities(device: TasmotaDevice, told: Config) -> Iterator[Entity]:
    """The entities of a device, with those of its sensors that ``told`` is an example of."""
    shared: Config = {"device": {"name": device.device_name, "identifiers": [device.mac]}}
    if not device.sleeps:
        shared |= {
            "availability_topic": device.at(2, "LWT"),
            "payload_available": device.online,
            "payload_not_available": device.offline,
        }
    parts = [*_switched(device), *_shutters(device), *_contacts(device), *_fans(device), *_pressed(device)]
    parts += [("sensor", key, config) for key, config in sensors(told, device.at(2, "SENSOR"))]
    for kind, key, config in parts:
        yield kind, key, config | shared | {"unique_id": f"{device.mac}_{kind}_{key}"}


def _power(device: TasmotaDevice, index: int) -> Config:
    """How a relay is switched, and where it is told."""
    own, bare = value_at([f"POWER{index + 1}"]), value_at(["POWER"])
    template = f"{{{{ {bare} if {bare} is defined else {own} }}}}" if index == 0 else f"{{{{ {own} }}}}"
    return {
        "command_topic": device.at(0, f"Power{index + 1}"),
        "payload_on": device.states[1],
        "payload_off": device.states[0],
        "state_topic": device.at(2, "STATE"),
        "also_on": [device.at(1, "RESULT")],
        "value_template": template,
    }


def _switched(device: TasmotaDevice) -> Iterator[Entity]:
    lights = [index for index, kind in enumerate(device.relays) if kind == _LIGHT]
    for index, kind in enumerate(device.relays):
        if kind == _RELAY or (device.fan and index == 0):
            light = device.options.get(_AS_LIGHT) == 1 or (device.fan and index == 0)
            config = _power(device, index) | {"name": device.name_of(index, "relay")}
            yield ("light" if light else "switch"), f"relay_{index}", config
        elif kind == _LIGHT:
            lamp = _power(device, index) | _shine(device, index, index - lights[0])
            yield "light", f"light_{index}", lamp | {"name": device.name_of(index, "light")}


def _shine(device: TasmotaDevice, index: int, place: int) -> Config:
    """Brightness, colour and white of a lamp; ``place`` counts the lamps of the device."""
    kind, dimmer, reported, more = device.light, "Dimmer", "Dimmer", ""
    if device.options.get(_CHANNELS):
        kind, dimmer = _DIMMER, f"Channel{index + 1}"
        reported = dimmer
    elif not device.linked and device.light >= _RGBW:
        kind = _RGB if place == 0 else _DIMMER if device.light == _RGBW else _COLD_WARM
        dimmer, more = f"Dimmer{place + 1}", "=" if place == 0 else ""
        reported = dimmer
    elif device.tuya:
        dimmer = "Dimmer3"
    topic = device.at(2, "STATE")
    config: Config = {}
    if kind >= _DIMMER:
        config |= {
            "brightness_command_topic": device.at(0, dimmer),
            "brightness_scale": 100,
            "brightness_state_topic": topic,
            "brightness_value_template": f"{{{{ {value_at([reported])} }}}}",
        }
    if kind >= _RGB:
        config |= {
            "rgb_command_topic": device.at(0, "Color2"),
            "rgb_command_template": f"{{{{ red }}}},{{{{ green }}}},{{{{ blue }}}}{more}",
            "hs_state_topic": topic,
            "hs_value_template": "{{ value_json.HSBColor.split(',')[0:2] | join(',') }}",
            "effect_command_topic": device.at(0, "Scheme"),
            "effect_command_template": f"{{{{ {_EFFECTS}.index(value) }}}}",
            "effect_list": _EFFECTS,
            "effect_state_topic": topic,
            "effect_value_template": f"{{{{ {_EFFECTS}[value_json.Scheme] }}}}",
        }
    if kind in {_COLD_WARM, _RGBCW}:
        least, most = (200, 380) if device.options.get(_REDUCED_WHITE) else (153, 500)
        config |= {
            "color_temp_command_topic": device.at(0, "CT"),
            "color_temp_state_topic": topic,
            "color_temp_value_template": "{{ value_json.CT }}",
            "min_mireds": least,
            "max_mireds": most,
        }
    if kind == _RGBCW:
        config |= {
            "color_mode_state_topic": topic,
            "color_mode_value_template": "{% if value_json.White is defined %}"
            "{{ 'color_temp' if value_json.White > 0 else 'hs' }}{% endif %}",
        }
    return config


def _shutters(device: TasmotaDevice) -> Iterator[Entity]:
    count, index = 0, 0
    places: list[int] = []
    while index < len(device.relays):
        if device.relays[index : index + 2] == [_SHUTTER, _SHUTTER]:
            places.append(count)
            count += 1
            index += 1
        index += 1
    for place in places:
        number = place + 1
        turned = bool((device.shutter_options[place] if place < len(device.shutter_options) else 0) & 1)
        shutter = value_at([f"Shutter{number}"])
        direction = f"{shutter}.Direction{' * -1' if turned else ''}"
        moving = f"{{% set d = {direction} %}}{{{{ 'opening' if d > 0 else 'closing' if d < 0 else 'stopped' }}}}"
        config: Config = {
            "name": None if len(places) == 1 else f"cover {number}",
            "device_class": "shutter",
            "open_command_topic": device.at(0, f"ShutterOpen{number}"),
            "close_command_topic": device.at(0, f"ShutterClose{number}"),
            "stop_command_topic": device.at(0, f"ShutterStop{number}"),
            "payload_open": "",
            "payload_close": "",
            "payload_stop": "",
            "state_topic": device.at(2, "SENSOR"),
            "also_on": [device.at(1, "RESULT")],
            "value_template": moving,
            "set_position_topic": device.at(0, f"ShutterPosition{number}"),
            "position_topic": device.at(2, "SENSOR"),
            "position_template": f"{{{{ {shutter}.Position }}}}",
            "position_open": 0 if turned else 100,
            "position_closed": 100 if turned else 0,
        }
        tilt = device.shutter_tilts[place] if place < len(device.shutter_tilts) else []
        if len(tilt) >= 3 and tilt[2] and tilt[0] != tilt[1]:
            config |= {
                "tilt_command_topic": device.at(0, f"ShutterTilt{number}"),
                "tilt_status_topic": device.at(2, "SENSOR"),
                "tilt_status_template": f"{{{{ {shutter}.Tilt }}}}",
                "tilt_min": tilt[0],
                "tilt_max": tilt[1],
            }
        yield "cover", f"shutter_{place}", config


def _contacts(device: TasmotaDevice) -> Iterator[Entity]:
    for index, mode in enumerate(device.switches):
        if mode not in _CONTACTS:
            continue
        given = device.switch_names[index] if index < len(device.switch_names) else None
        contact = value_at([given or f"Switch{index + 1}"])
        config: Config = {
            "name": given or f"switch {index + 1}",
            "state_topic": device.at(1, "RESULT"),
            "value_template": f"{{{{ {contact}.Action if {contact} is mapping else {contact} }}}}",
            "also_on": [] if mode in _MOMENTARY else [device.at(2, "SENSOR")],
            "payload_on": device.states[1],
            "payload_off": device.states[0],
        }
        yield "binary_sensor", f"switch_{index}", config | ({"off_delay": 1} if mode in _MOMENTARY else {})


def _fans(device: TasmotaDevice) -> Iterator[Entity]:
    if not device.fan:
        return
    speed = device.at(0, "FanSpeed")
    yield (
        "fan",
        "fan_ifan",
        {
            "name": "fan",
            "command_topic": speed,
            "payload_on": "2",
            "payload_off": "0",
            "state_topic": device.at(2, "STATE"),
            "also_on": [device.at(1, "RESULT")],
            "state_value_template": "{{ 2 if value_json.FanSpeed > 0 else 0 }}",
            "percentage_command_topic": speed,
            "percentage_state_topic": device.at(2, "STATE"),
            "percentage_value_template": "{{ value_json.FanSpeed }}",
            "speed_range_max": 3,
        },
    )


def _pressed(device: TasmotaDevice) -> Iterator[Entity]:
    """Buttons: which press was the last."""
    for index, mode in enumerate(device.buttons):
        if mode and device.options.get("73"):
            yield (
                "event",
                f"button_{index}",
                {
                    "name": f"button {index + 1}",
                    "device_class": "button",
                    "state_topic": device.at(1, "RESULT"),
                    "value_template": f"{{{{ {value_at([f'Button{index + 1}'])}.Action }}}}",
                    "event_types": _PRESSES,
                },
            )


def read_example(topic: str, payload: bytes) -> Config:
    """The sensors that a message of a device tells of. Raises SpeakerError."""
    told: Any = decoded(topic, payload).get("sn")
    return told if isinstance(told, dict) else {}
