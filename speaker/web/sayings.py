"""What one can say to a device: one sentence for each kind, with the device's own name."""

from collections.abc import Mapping
from typing import Final

from speaker.home.device_command import Kind
from speaker.home.device_types import Device

SAYINGS: Final[Mapping[Kind, str]] = {
    "light": "Set {name} to 40 percent",
    "switch": "Turn on {name}",
    "cover": "Open {name} halfway",
    "climate": "Set {name} to 21 degrees",
    "fan": "Turn {name} up",
    "lock": "Lock {name}",
    "media_player": "Pause {name}",
    "vacuum": "Send {name} home",
    "humidifier": "Set {name} to 50 percent",
    "scene": "Activate {name}",
    "button": "Press {name}",
    "number": "Set {name} to 10",
    "select": "What is {name} set to?",
    "sensor": "What is {name}?",
    "binary_sensor": "What does {name} say?",
    "valve": "Close {name}",
    "siren": "Turn off {name}",
    "lawn_mower": "Send {name} home",
    "water_heater": "Set {name} to 55 degrees",
    "alarm_control_panel": "Arm {name}",
    "text": "What does {name} say?",
    "event": "When was {name} last?",
    "update": "Is there an update for {name}?",
}


def saying(device: Device) -> str:
    """A sentence that one can say to it."""
    name = device.name
    # "Front door" begins small within a sentence, and "TV" does not.
    said = name[:1].lower() + name[1:] if name[1:2].islower() else name
    return SAYINGS[device.kind].format(name=f"the {said}")
