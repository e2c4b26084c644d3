"""The kinds of devices: for each, what its announcement holds, how it is told and how it is read.

A kind is one class: its fields are the keys of the announcement, its methods say what the device
reports, what it is sent and what that means. To add a kind, write the class in a file of its own and
enter it in ``KINDS`` (its name in ``entities.Kind``, what one calls it in ``naming.NOUNS``).
"""

from dataclasses import dataclass
from typing import Final

from speaker.core.entities import Kind
from speaker.core.kinds.climate import Climate
from speaker.core.kinds.cover import Cover
from speaker.core.kinds.fan import Fan
from speaker.core.kinds.humidifier import Humidifier
from speaker.core.kinds.json_light import JsonLight
from speaker.core.kinds.light import Light
from speaker.core.kinds.lock import Lock
from speaker.core.kinds.media_player import MediaPlayer
from speaker.core.kinds.sensor import BinarySensor, Sensor
from speaker.core.kinds.settable import Number, Select
from speaker.core.kinds.shape import Availability, Shape
from speaker.core.kinds.switched import Button, Scene, Switch
from speaker.core.kinds.template_light import TemplateLight
from speaker.core.kinds.vacuum import Vacuum
from speaker.core.naming import the

__all__ = ["KINDS", "LIGHT_FORMS", "Availability", "Device", "Shape"]

LIGHT_FORMS: Final[dict[str, type[Shape]]] = {"basic": Light, "json": JsonLight, "template": TemplateLight}
"""A light's ``schema``: its class."""

KINDS: Final[dict[Kind, type[Shape]]] = {
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
    shape: Shape
    long_name: str
    """A longer name, for when the short one is not the only one in its room."""
    unique_id: str = ""
    """As it was announced; empty when it was not."""

    @property
    def device_class(self) -> str:
        """Home Assistant's device class, such as "temperature"; empty when not announced."""
        return self.shape.device_class

    @property
    def spoken(self) -> str:
        """The device in a sentence: "the sofa lamp"."""
        return the(self.name, self.kind)
