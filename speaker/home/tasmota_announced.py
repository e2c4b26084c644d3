"""The devices that a Tasmota device announces in its two messages."""

from dataclasses import dataclass, field

from speaker.errors import SpeakerError
from speaker.home.discovery_fields import Config
from speaker.home.mqtt_discovery import Announced, devices_of
from speaker.home.tasmota import TasmotaDevice, tasmota_entities


@dataclass(frozen=True, slots=True)
class TasmotaParts:
    """What is known of one device, in whatever order it came."""

    device: TasmotaDevice | None = None
    told: Config = field(default_factory=dict)
    """An example of what its sensors tell."""


def tasmota_announced(name: str, parts: TasmotaParts, where: str) -> Announced:
    """The devices, as far as both messages have come; a problem for each that cannot be used."""
    found = Announced()
    if parts.device is None:
        return found
    for kind, key, config in tasmota_entities(parts.device, parts.told):
        try:
            found.devices.extend(devices_of(kind, f"tasmota/{name}/{key}", config, where))
        except SpeakerError as error:
            found.problems.append(str(error))
            found.unreadable.append(f"{kind}/tasmota/{name}/{key}")
    return found
