"""Publishers that answer as devices do: at once, late, wrongly, or not at all."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from speaker.errors import BrokerError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry

Reports = list[tuple[str, str]]


@dataclass
class Street:
    """Takes what is published and lets devices report, each after its own delay."""

    answers: Callable[[str, str], Reports]
    delay_s: float = 0.01
    connected: bool = True
    sent: list[tuple[str, str, bool, int]] = field(default_factory=list)
    home: DeviceController | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def publish(self, topic: str, payload: str, *, retain: bool = False, qos: int = 1) -> None:
        if not self.connected:
            raise BrokerError("The broker at localhost is not connected; check mqtt.host.")
        self.sent.append((topic, payload, retain, qos))
        for where, report in self.answers(topic, payload):
            task = asyncio.create_task(self._report(where, report))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _report(self, topic: str, payload: str) -> None:
        await asyncio.sleep(self.delay_s)
        assert self.home is not None
        self.home.hear(topic, payload.encode())


def echo(topic: str, payload: str) -> Reports:
    """What obedient devices report: Zigbee2MQTT's state after /set, or Tasmota's after cmnd."""
    if topic.endswith("/set"):
        base = topic.removesuffix("/set")
        return [(base, payload if payload.startswith("{") else json.dumps({"state": payload}))]
    if "/set/" in topic:
        base, _, attribute = topic.partition("/set/")
        return [(base, json.dumps({attribute: float(payload)}))]
    if "/cmnd/" in topic:
        base, _, command = topic.partition("/cmnd/")
        value = payload if command == "POWER" else int(payload)
        return [(f"{base}/tele/STATE", json.dumps({command: value}))]
    return []


def silent(topic: str, payload: str) -> Reports:
    """Devices that hear nothing."""
    return []


def live(
    house: DeviceRegistry,
    answers: Callable[[str, str], Reports] = echo,
    *,
    timeout_s: float = 0.3,
    delay_s: float = 0.01,
) -> tuple[DeviceController, Street]:
    """A home whose devices answer that way."""
    street = Street(answers, delay_s)
    street.home = DeviceController(house, street, timeout_s)
    return street.home, street
