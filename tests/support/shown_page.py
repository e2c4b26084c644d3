"""The web page of a talking speaker: the product's own page part, hub and controls; no broker, no sound devices."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from speaker import version
from speaker.announce.system_speech import SystemSpeech
from speaker.audio.pcm import FRAME_SAMPLES
from speaker.config.settings import Settings
from speaker.cost.cost_tracker import CostTracker
from speaker.daemon.loading import Surroundings
from speaker.daemon.page_part import FirstAid, PagePart, Shown
from speaker.daemon.systemd import Systemd
from speaker.demo.processes import free_port
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry
from speaker.hub.commands import COMMANDS
from speaker.hub.controls import CONTROLS, Controls
from speaker.hub.event_publisher import EventPublisher
from speaker.hub.mqtt_api import CarryOut, MqttApi
from speaker.hub.parts import SpeakerParts
from speaker.hub.status import Status
from speaker.listening.front_end import SensedFrame
from speaker.offline.server.scripted import ScriptStep
from speaker.offline.speech.engines import OfflineEngines
from speaker.speech.tts import TextToSpeech
from speaker.speech.tts_cache import SoundCache
from speaker.tools import registry
from speaker.tools.device_selection import Home
from speaker.wake.detector import Detection
from tests.support.talking_speaker import TalkingSpeaker, brisk, talking

Json = dict[str, Any]

DEVICES: list[Json] = [
    {"id": "lamp", "name": "Ceiling light", "room": "Kitchen", "kind": "light", "command_topic": "k/lamp/set",
     "state_topic": "k/lamp"},
    {"id": "door", "name": "Front door", "room": "Hall", "kind": "lock", "command_topic": "h/door/set",
     "state_topic": "h/door"},
    {"id": "warmth", "name": "Temperature", "room": "Kitchen", "kind": "sensor", "state_topic": "k/warmth",
     "device_class": "temperature", "unit_of_measurement": "°C"},
]  # fmt: skip


@dataclass(slots=True)
class House:
    """Devices that do what they are told, and say so."""

    controller: DeviceController | None = None
    orders: list[tuple[str, str]] = field(default_factory=list)

    async def publish(self, topic: str, payload: str, *, retain: bool = False, qos: int = 1) -> None:
        self.orders.append((topic, payload))
        if self.controller is not None:
            asyncio.get_running_loop().call_soon(self.controller.hear, topic.removesuffix("/set"), payload.encode())


@dataclass(slots=True)
class ShownPage:
    """The page, and what is behind it."""

    speaker: TalkingSpeaker
    hub: MqttApi
    controls: Controls
    speech: SystemSpeech
    house: House
    url: str
    ending: "asyncio.Task[None]"
    """The page as it runs."""
    told_hub: list[tuple[str, str]]
    """Topic and payload of all that the hub was told."""

    @property
    def origin(self) -> str:
        return self.url.rstrip("/")

    def frame(self, score: float, *, loud: int = 1_000, woke: bool = False) -> None:
        """The microphone has delivered a frame that was worked on."""
        frame = np.full(FRAME_SAMPLES, loud, np.int16)
        detection = Detection("hey_jarvis", score) if woke else None
        self.speaker.sound.watcher(SensedFrame(frame, frame, detection, score=score))


class _Told(list[Json]):
    """Events, on their way to the hub."""

    def __init__(self, hub: MqttApi) -> None:
        self._hub = hub

    def append(self, event: Json) -> None:
        super().append(event)
        self._hub.event(event)


class NoBroker:
    """What the hub is told in a house without a broker."""

    online = True

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def subscribe(self, filters: Sequence[str], handler: Any, *, qos: int = 1) -> None:
        """Nothing comes."""

    def tell(self, topic: str, payload: str, *, retain: bool = False, qos: int = 0) -> None:
        self.told.append((topic, payload))

    def answer(self, message: object, payload: str) -> None:
        """Nobody asked by the broker."""

    async def publish(self, topic: str, payload: str, *, respond_to: str | None = None) -> None:
        self.told.append((topic, payload))


def with_page(sections: Json | None = None, **web: Any) -> Settings:
    """Settings with a page; ``sections`` are added."""
    page = {"enabled": True, "port": free_port(), **web}
    return brisk(**{"web": page, "house": {"devices": DEVICES}, **(sections or {})})


@asynccontextmanager
async def page_of(
    folder: Path,
    *scenes: Sequence[ScriptStep],
    settings: Settings | None = None,
    token: str | None = None,
    aid: FirstAid | None = None,
    listens: bool = True,
    broker: NoBroker | None = None,
    cloud_url: str | None = None,
    faster: float = 10.0,
) -> AsyncIterator[ShownPage]:
    """A speaker with a page on a port that was free just now, unless the settings name one.

    ``listens``: wait until somebody answers there. ``cloud_url`` and ``faster`` are those of ``talking``.
    """
    settings = settings or with_page()
    told = broker or NoBroker()
    hub_broker: Any = told
    tools, problems = registry.find([registry.bundled()])
    assert problems == []
    devices = DeviceRegistry([], lambda _: "")
    devices.add_configured(settings.house.devices)
    async with talking(
        folder, *scenes, settings=settings, tools=list(tools.values()), cloud_url=cloud_url, faster=faster,
        describe_house=devices.describe,
    ) as one:  # fmt: skip
        hub = MqttApi(hub_broker, settings, version())
        one.told = _Told(hub)
        house = House()
        controls, speech = _hub_parts(one, settings, folder, hub)
        house.controller = DeviceController(devices, house, 1.0, risk=settings.tools.risk)
        for topic, payload in (("k/lamp", "OFF"), ("h/door", "LOCKED"), ("k/warmth", "21.5")):
            house.controller.hear(topic, payload.encode())
        around = Surroundings(None, folder, Systemd(), None, None, token)
        part = PagePart(settings, around, aid)
        part.show(
            Shown(
                conversation=one.conversation, hub=hub, home=house.controller, ledger=one.ledger,
                providers={Home: house.controller}, from_hub=dict, from_mcp=dict,
            )
        )  # fmt: skip
        running = asyncio.create_task(part.run())
        try:
            await one.until(lambda: part.port != 0 or running.done() or not listens)
            yield ShownPage(one, hub, controls, speech, house, f"http://127.0.0.1:{part.port}/", running, told.told)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def _hub_parts(one: TalkingSpeaker, settings: Settings, folder: Path, hub: MqttApi) -> tuple[Controls, SystemSpeech]:
    """Everything that carries out commands, shows the state and speaks by itself."""
    tts = TextToSpeech(OfflineEngines(), SoundCache(folder / "phrases", 0), lambda _ms, _cached: None)
    speech = SystemSpeech(one.conversation, tts, one.ledger.memory, hub.event)
    parts = SpeakerParts(
        settings, one.conversation, speech, CostTracker(settings, one.ledger, hub.event),
        words=_no_words, reachable=lambda _: None, publish=_nowhere,
    )  # fmt: skip
    controls = Controls(parts, one.ledger, lambda: status.show())  # noqa: PLW0108 - made next
    status = Status(parts, controls, hub, one.ledger, first_asked=lambda: "cloud", line=lambda _: None)
    for observer in (EventPublisher(hub.event), status):
        one.conversation.observers.add(observer)
    verbs: dict[str, CarryOut] = {}
    for control in CONTROLS:
        verbs[control.name] = lambda payload, name=control.name: controls.command(name, payload)  # type: ignore[misc]
    for command in COMMANDS:
        verbs[command.name] = lambda payload, run=command.run: run(parts, payload)  # type: ignore[misc]
    hub.offer(verbs, lambda _word, _claim: None, [one.name for one in CONTROLS])
    controls.restore()
    status.show()
    return controls, speech


def _no_words(_chosen: str) -> Any:
    raise AssertionError("no test chooses a wake word here")


async def _nowhere(_topic: str, _payload: str) -> None:
    """Nobody asked a question."""
