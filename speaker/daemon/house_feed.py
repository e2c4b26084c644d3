"""From the broker to the house: announcements into the registry, reports to the controller."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from speaker.errors import SpeakerError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry
from speaker.home.tasmota import TASMOTA_PREFIX
from speaker.mqtt.allowance import Allowance
from speaker.mqtt.client import MqttClient
from speaker.mqtt.dispatch import IncomingMessage

log = logging.getLogger(__name__)

LEVELS: Final = ("+/+", "+/+/+")
"""Below the discovery prefix: component and object, perhaps with a node between them."""


TASMOTA: Final = (f"{TASMOTA_PREFIX}/+/config", f"{TASMOTA_PREFIX}/+/sensors")
"""Tasmota's own discovery, wherever Home Assistant's is."""

QOS: Final = 0
"""As in Home Assistant. A broker keeps only so many messages of QoS 1 or 2 that a client has not acknowledged yet
(mosquitto 1,020 without a setting) and drops the rest: of a house of 2,000 retained announcements, half would be
missing. What QoS 0 may lose is lost with the connection, and comes again with the next."""


def discovery_filters(prefix: str) -> list[str]:
    """The topics under which devices are announced."""
    return [*(f"{prefix}/{levels}/config" for levels in LEVELS), *TASMOTA]


class HouseFeed:
    """Hears the topics of the devices that there are, and no others."""

    def __init__(self, client: MqttClient, registry: DeviceRegistry, controller: DeviceController) -> None:
        self._client = client
        self._registry = registry
        self._controller = controller
        self._soon: asyncio.Handle | None = None
        self._refusals = Allowance(per_s=1.0, burst=50)

    def start(self, prefixes: Iterable[str] = ()) -> None:
        """Follow the devices that are known, and those that are announced under the prefixes."""
        for prefix in prefixes:
            self._client.subscribe(discovery_filters(prefix), self._announced, qos=QOS)
        self._follow()

    def _announced(self, message: IncomingMessage) -> None:
        try:
            self._registry.hear_discovery(message.topic, message.payload)
        except SpeakerError as error:
            if self._refusals.take(asyncio.get_running_loop().time()):
                log.warning("%s", error)
            elif self._refusals.begins():
                log.warning("more devices cannot be used than are told one by one")
        if self._soon is None:  # once after all that has come by now
            self._soon = asyncio.get_running_loop().call_soon(self._follow)

    def _reported(self, message: IncomingMessage) -> None:
        self._controller.hear(message.topic, message.payload, retained=message.retained)

    def _follow(self) -> None:
        """Listen to what is new and to nothing that is gone: as much work as there is change."""
        self._soon = None
        wanted, unwanted = self._registry.new_topics()
        self._client.unsubscribe(unwanted, self._reported)
        self._client.subscribe(wanted, self._reported, qos=QOS)
