"""A virtual house on MQTT: announced like real devices, and answering like them, a little late."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from speaker.config.settings import MqttSettings
from speaker.mqtt.client import MqttClient
from speaker.mqtt.dispatch import IncomingMessage

Json = dict[str, Any]

LAG_S: Final = 0.08
"""How long a device takes to report a change; Zigbee lamps need about so long."""

PREFIX: Final = "homeassistant"


@dataclass(slots=True)
class VirtualDevice:
    """A device: what it announces, what it is now, and what a command makes of that."""

    component: str
    key: str
    announced: Json
    state_topic: str
    state: str
    command_topics: dict[str, Callable[[str, str], str]] = field(default_factory=dict)
    """Command topic → (present state, payload) → next state."""
    plugged_in: bool = True
    obeys: bool = True
    """Whether a command changes anything; one that refuses reports what it was."""
    lag_s: float | None = None
    """How long it takes to report, in seconds; None = as long as the others."""

    def answer(self, topic: str, payload: str) -> tuple[str, str] | None:
        """What it reports when it hears a command, topic and payload; None when it says nothing to that."""
        change = self.command_topics.get(topic)
        if change is None or not self.plugged_in:
            return None
        if self.obeys:
            self.state = change(self.state, payload)
        return (self.state_topic, self.state) if self.state_topic else None


def _device(name: str, room: str) -> Json:
    return {"identifiers": [f"demo_{name.lower().replace(' ', '_')}"], "name": name, "suggested_area": room}


def zigbee_lamp(name: str, room: str) -> VirtualDevice:
    """A lamp as a Zigbee bridge announces it: JSON both ways, brightness 0-254."""
    topic = f"zigbee2mqtt/{name}"

    def change(state: str, payload: str) -> str:
        return json.dumps(json.loads(state) | json.loads(payload))

    announced = {
        "schema": "json", "name": None, "state_topic": topic, "command_topic": f"{topic}/set", "brightness": True,
        "brightness_scale": 254, "supported_color_modes": ["brightness"],
        "unique_id": f"demo_{name}", "device": _device(name, room),
    }  # fmt: skip
    state = json.dumps({"state": "OFF", "brightness": 254})
    return VirtualDevice("light", name.replace(" ", "_"), announced, topic, state, {f"{topic}/set": change})


def plain_lamp(name: str, room: str) -> VirtualDevice:
    """A lamp with ON and OFF on plain topics and abbreviated keys."""
    topic = f"lamps/{name.lower()}"
    announced = {
        "~": topic, "name": None, "stat_t": "~/state", "cmd_t": "~/set", "uniq_id": f"demo_{name}",
        "dev": _device(name, room),
    }  # fmt: skip
    return VirtualDevice(
        "light", name.replace(" ", "_"), announced, f"{topic}/state", "OFF", {f"{topic}/set": lambda _, new: new}
    )


def thermostat(name: str, room: str, degrees: float) -> VirtualDevice:
    """A thermostat that takes a target temperature."""
    topic = f"heating/{name.lower()}"

    def change(state: str, payload: str) -> str:
        return json.dumps(json.loads(state) | {"target": float(payload)})

    announced = {
        "name": None, "unique_id": f"demo_{name}", "device": _device(name, room),
        "temperature_command_topic": f"{topic}/target/set",
        "temperature_state_topic": topic, "temperature_state_template": "{{ value_json.target }}",
        "current_temperature_topic": topic, "current_temperature_template": "{{ value_json.now }}",
        "min_temp": 5, "max_temp": 30, "modes": ["heat"],
    }  # fmt: skip
    state = json.dumps({"target": 20.0, "now": degrees})
    return VirtualDevice("climate", name, announced, topic, state, {f"{topic}/target/set": change})


def thermometer(name: str, room: str, degrees: float) -> VirtualDevice:
    """A sensor."""
    topic = f"sensors/{name.lower().replace(' ', '_')}"
    announced = {
        "name": "Temperature", "state_topic": topic, "value_template": "{{ value_json.temperature }}",
        "unit_of_measurement": "°C", "device_class": "temperature", "unique_id": f"demo_{name}",
        "device": _device(name, room),
    }  # fmt: skip
    return VirtualDevice("sensor", name.replace(" ", "_"), announced, topic, json.dumps({"temperature": degrees}))


def demo_devices() -> list[VirtualDevice]:
    """The house of the demo."""
    return [
        zigbee_lamp("Sofa lamp", "Living room"),
        zigbee_lamp("Desk lamp", "Office"),
        plain_lamp("Hall light", "Hall"),
        thermostat("Thermostat", "Living room", 19.5),
        thermometer("Garden", "Outside", 12),
    ]


class VirtualHouse:
    """Devices on a broker. ``heard`` collects every message to and from them, in order."""

    def __init__(self, port: int, devices: list[VirtualDevice]) -> None:
        self.devices = devices
        self.lag_s = LAG_S
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = asyncio.Event()
        self.broker = MqttClient(
            MqttSettings(host="127.0.0.1", port=port), "virtual-house", None, "house/availability",
            connected=self._connected,
        )  # fmt: skip

    async def open(self) -> None:
        """Connect, announce every device and report its state."""
        self.broker.start()
        await self._ready.wait()
        await self.announce()
        self.broker.subscribe(self.command_topics, self._deliver)

    async def add(self, devices: list[VirtualDevice]) -> None:
        """Bring more devices into the house."""
        self.devices.extend(devices)
        self.broker.subscribe([topic for device in devices for topic in device.command_topics], self._deliver)
        await self.announce()

    @property
    def command_topics(self) -> list[str]:
        """Where the devices take commands."""
        return [topic for device in self.devices for topic in device.command_topics]

    async def announce(self) -> None:
        """Announce and report anew, as devices do when a broker has forgotten them."""
        for device in self.devices:
            topic = f"{PREFIX}/{device.component}/{device.key}/config"
            await self.broker.publish(topic, json.dumps(device.announced), retain=True)
            if device.state_topic:
                await self.broker.publish(device.state_topic, device.state, retain=True)

    async def close(self) -> None:
        """Leave."""
        for task in list(self._tasks):
            task.cancel()
        await self.broker.stop()

    def device(self, key: str) -> VirtualDevice:
        """A device by its key."""
        return next(one for one in self.devices if one.key == key)

    def _connected(self, online: bool) -> None:
        if online:
            self._ready.set()

    def _deliver(self, message: IncomingMessage) -> None:
        for device in self.devices:
            if (answer := device.answer(message.topic, message.payload.decode())) is not None:
                task = asyncio.create_task(self._report(*answer, self.lag_s if device.lag_s is None else device.lag_s))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _report(self, topic: str, state: str, lag_s: float) -> None:
        await asyncio.sleep(lag_s)
        await self.broker.publish(topic, state, retain=True)
