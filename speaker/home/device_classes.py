"""The classes that Home Assistant knows for each kind of device, for finding out that one is misspelt.

Source: ``device_class`` in Home Assistant's pages of the kinds. Sensors and numbers are left out: they have many, and
nobody asks for a confirmation before a reading.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from speaker.home.device_command import Kind

DEVICE_CLASSES: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType({
    "cover": ("awning", "blind", "curtain", "damper", "door", "garage", "gate", "shade", "shutter", "window"),
    "switch": ("outlet", "switch"),
    "button": ("identify", "restart", "update"),
    "humidifier": ("humidifier", "dehumidifier"),
    "media_player": ("tv", "speaker", "receiver", "projector"),
    "valve": ("water", "gas"),
    "light": (), "climate": (), "fan": (), "lock": (), "vacuum": (), "scene": (), "select": (),
    "siren": (), "lawn_mower": (), "water_heater": (), "alarm_control_panel": (), "text": (),
})  # fmt: skip
"""Kind → its classes; none where a device of the kind has no class."""
