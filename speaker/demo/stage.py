"""The daemon on a stage: room, broker, house and the speaker itself, with a listener on the broker."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, Final

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.config.loading import load_settings
from speaker.config.settings import Settings
from speaker.daemon.daemon import Daemon
from speaker.daemon.loading import Surroundings
from speaker.daemon.systemd import Systemd
from speaker.daemon.wiring import Wiring
from speaker.demo.broker import PrivateBroker
from speaker.demo.virtual_house import VirtualHouse, demo_devices
from speaker.demo.virtual_room import LOUDSPEAKER, MICROPHONE, VirtualRoom
from speaker.errors import SpeakerError
from speaker.mqtt.dispatch import IncomingMessage

Json = dict[str, Any]

STAGE_NAME: Final = "demo"


def stage_settings(broker_port: int, *, real_sound: bool = False, **changes: Json) -> Settings:
    """Settings of a speaker on the stage; ``changes`` are sections that differ."""
    audio: Json = {} if real_sound else {"microphone": MICROPHONE, "loudspeaker": LOUDSPEAKER, "dead_after_s": None}
    document: Json = {
        "id": STAGE_NAME,
        "name": "Demo speaker",
        "audio": {"duplex": "wake"} | audio | {"volume": 100},
        "session": {"endpoint": "offline"},
        "limits": {"follow_up_s": 3},
        "mqtt": {"host": "127.0.0.1", "port": broker_port},
        "tools": {"paths": []},
        "quiet_hours": {"from": "00:00", "to": "00:00"},
    }
    for section, keys in changes.items():
        document[section] = document.get(section, {}) | keys
    return load_settings(document, STAGE_NAME)


class Stage:
    """Everything around one speaker, and what was published while it played."""

    def __init__(self, folder: Path, room: VirtualRoom | None, broker: PrivateBroker) -> None:
        self.folder = folder
        self.broker = broker
        self._room = room
        self.messages: list[IncomingMessage] = []
        self.listen: Callable[[IncomingMessage], None] = lambda _: None
        self.house = VirtualHouse(broker.port, demo_devices())
        self.daemon: Daemon | None = None
        self._life: asyncio.Task[None] | None = None

    @property
    def room(self) -> VirtualRoom:
        """The virtual room. Raises SpeakerError on a stage with real sound."""
        if self._room is None:
            raise SpeakerError("this stage has a real microphone and no virtual room")
        return self._room

    async def open_house(self) -> None:
        """Announce the devices and listen to all that the speaker and they publish."""
        await self.house.open()
        topics = {device.state_topic for device in self.house.devices}
        self.listen_to([f"speaker/{STAGE_NAME}/#", *sorted(topics), *self.house.command_topics])

    def listen_to(self, filters: Iterable[str]) -> None:
        """Collect the messages of these filters as well."""
        self.house.broker.subscribe(filters, self._deliver)

    async def start(self, settings: Settings, *, api_key: str | None = None) -> None:
        """Start the daemon and wait until it hears. Raises what it raises."""
        around = Surroundings(None, self.folder, Systemd(), api_key, None)
        self.daemon = Daemon(settings, around)
        self._life = asyncio.create_task(self.daemon.run())
        await self.until(lambda: self.hears)

    @property
    def parts(self) -> Wiring:
        """The parts of the daemon that runs. Raises SpeakerError when none does."""
        if self.daemon is None:
            raise SpeakerError("no speaker runs on this stage")
        return self.daemon.parts

    @property
    def hears(self) -> bool:
        """Whether the daemon's microphone delivers frames, and they are worked on."""
        return self.daemon is not None and self.parts.conversation.controller.hears

    async def stop(self) -> None:
        """End the daemon in good order."""
        life, self._life = self._life, None
        if life is not None:
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await life

    async def close(self) -> None:
        """End everything that this stage started."""
        await self.stop()
        await self.house.close()

    async def until(self, true: Callable[[], bool], within_s: float = 30) -> None:
        """Wait for something; the daemon's own end is raised at once. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not true():
                if self._life is not None and self._life.done():
                    await self._life
                    raise SpeakerError("the daemon ended by itself")
                await asyncio.sleep(0.02)

    def events(self, kind: str) -> list[Json]:
        """All events of a kind that the speaker published, in order."""
        told = [json.loads(one.payload) for one in self.messages if one.topic == f"speaker/{STAGE_NAME}/event"]
        return [one for one in told if one["type"] == kind]

    async def event(self, kind: str, number: int = 1, within_s: float = 30) -> Json:
        """The event of a kind, waited for: the first, second and so on."""
        await self.until(lambda: len(self.events(kind)) >= number, within_s)
        return self.events(kind)[number - 1]

    def state(self) -> Json:
        """The speaker's state as last published."""
        told = [one.payload for one in self.messages if one.topic == f"speaker/{STAGE_NAME}/state"]
        found: Json = json.loads(told[-1]) if told else {}
        return found

    async def is_in(self, state: str, within_s: float = 30) -> None:
        """Wait until the speaker shows a state."""
        await self.until(lambda: self.state().get("state") == state, within_s)

    async def command(self, verb: str, payload: str = "") -> None:
        """Send a command as the hub would."""
        await self.house.broker.publish(f"speaker/{STAGE_NAME}/command/{verb}", payload)

    async def answer(self, since_ms: float, within_s: float = 30) -> Samples:
        """What the loudspeaker said since then, once it has begun and been quiet for a while."""
        await self.until(lambda: pcm.level_dbfs(self.room.heard(since_ms)[-SESSION_HZ // 2 :]) > -45, within_s)
        await self.room.quiet(for_ms=900, within_s=within_s)
        return self.room.heard(since_ms)

    def _deliver(self, message: IncomingMessage) -> None:
        self.messages.append(message)
        self.listen(message)


@contextlib.asynccontextmanager
async def stage(folder: Path, room: VirtualRoom | None, broker: PrivateBroker) -> AsyncIterator[Stage]:
    """A stage with its house, without a speaker yet."""
    one = Stage(folder, room, broker)
    await one.open_house()
    try:
        yield one
    finally:
        await one.close()
