"""The kinds of devices: for each, what its announcement holds, how it is told and how it is read.

A kind is one class: its fields are the keys of the announcement, its methods say what the device
reports, what it is sent and what that means. To add a kind, write the class in a file of its own and
enter it in ``DEVICE_TYPES`` (its name in ``entities.Kind``, what one calls it in ``naming.NOUNS``).
"""

from dataclasses import dataclass
from typing import Final

from speaker.home.device_command import Kind
from speaker.home.device_types.alarm_panel import AlarmPanel
from speaker.home.device_types.base import Availability, DeviceType
from speaker.home.device_types.climate import Climate
from speaker.home.device_types.cover import Cover
from speaker.home.device_types.fan import Fan
from speaker.home.device_types.humidifier import Humidifier
from speaker.home.device_types.json_light import JsonLight
from speaker.home.device_types.lawn_mower import LawnMower
from speaker.home.device_types.light import Light
from speaker.home.device_types.lock import Lock
from speaker.home.device_types.media_player import MediaPlayer
from speaker.home.device_types.number_select import Number, Select
from speaker.home.device_types.sensor import BinarySensor, Sensor
from speaker.home.device_types.siren import Siren
from speaker.home.device_types.switch_scene_button import Button, Scene, Switch
from speaker.home.device_types.template_light import TemplateLight
from speaker.home.device_types.text_event_update import Happening, SoftwareUpdate, TextField
from speaker.home.device_types.vacuum import Vacuum
from speaker.home.device_types.valve import Valve
from speaker.home.device_types.water_heater import WaterHeater
from speaker.home.naming import the

__all__ = ["KINDS", "LIGHT_FORMS", "Availability", "Device", "DeviceType"]

LIGHT_FORMS: Final[dict[str, type[DeviceType]]] = {"basic": Light, "json": JsonLight, "template": TemplateLight}
"""A light's ``schema``: its class."""

DEVICE_TYPES: Final[dict[Kind, type[DeviceType]]] = {
    "light": Light,
    "switch": Switch,
    "cover": Cover,
    "climate": Climate,
    "fan": Fan,
    "lock": Lock,
    "media_player": MediaPlayer,
    "vacuum": Vacuum,
    "humidifier": Humidifier,
    "scene": Scene,
    "button": Button,
    "number": Number,
    "select": Select,
    "sensor": Sensor,
    "binary_sensor": BinarySensor,
    "valve": Valve,
    "siren": Siren,
    "lawn_mower": LawnMower,
    "water_heater": WaterHeater,
    "alarm_control_panel": AlarmPanel,
    "text": TextField,
    "event": Happening,
    "update": SoftwareUpdate,
}
"""Kind: its class, when the announcement names no other form."""


@dataclass(frozen=True, slots=True)
class Device:
    """Something in the house that can be asked or told."""

    id: str
    name: str
    """As one would say it; at most 60 printable characters without commas, colons and parentheses."""
    room: str
    """In lower case; empty when not known."""
    kind: Kind
    shape: DeviceType
    long_name: str
    """A longer name, for when the short one is not the only one in its room."""
    unique_id: str = ""
    """As it was announced; empty when it was not."""
    aside: bool = False
    """Whether it is only there to be asked for, such as a battery: the list of devices does without it."""

    @property
    def device_class(self) -> str:
        """Home Assistant's device class, such as "temperature"; empty when not announced."""
        return self.shape.device_class

    @property
    def spoken(self) -> str:
        """The device in a sentence: "the sofa lamp"."""
        return the(self.name, self.kind)
