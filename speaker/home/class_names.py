"""What Home Assistant calls an entity that was announced without a name but with a device class.

Bridges such as Zigbee2MQTT leave the name out there. A class is called by its own words, but for these.
"""

from typing import Final

from speaker.home.device_command import Kind

NAMED_BY_CLASS: Final[frozenset[Kind]] = frozenset({"sensor", "binary_sensor", "number", "button", "update", "event"})
"""Kinds whose entities are called by their class; those of the others are called like their device."""

_OTHERWISE: Final = {
    "aqi": "Air quality index",
    "battery_charging": "Charging",
    "energy_distance": "Energy per distance",
    "energy_storage": "Stored energy",
    "enum": "",
    "monetary": "Monetary balance",
    "ph": "pH",
    "pm1": "PM1",
    "pm10": "PM10",
    "pm25": "PM2.5",
    "pm4": "PM4",
    "volume_storage": "Stored volume",
}


def name_of_class(kind: Kind, device_class: str) -> str:
    """The name of an entity of that class; empty when it is called like its device."""
    if kind not in NAMED_BY_CLASS:
        return ""
    return _OTHERWISE.get(device_class, device_class.replace("_", " ").capitalize())
