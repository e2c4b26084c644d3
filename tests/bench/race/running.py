"""One contestant as a process of its own, in the room."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from speaker.config.settings import MqttSettings
from speaker.demo.virtual_room import LOUDSPEAKER, MICROPHONE
from speaker.errors import SpeakerError
from speaker.mqtt.client import MqttClient
from speaker.mqtt.dispatch import IncomingMessage
from tests.bench.race.contestants import Contestant, Ours
from tests.bench.race.process_use import MemoryUse, ProcessUse, family, memory, used

NAME: Final = "bench"
REPOSITORY: Final = Path(__file__).parents[3]
_END_S: Final = 4.0

DEFAULT_DEVICES: Final = f"""
pcm.!default {{ type asym playback.pcm "{LOUDSPEAKER}" capture.pcm "{MICROPHONE}" }}
"""
"""For programs that take what ALSA calls the default."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contest takes place."""

    folder: Path
    """State, logs and configuration of whoever runs."""
    environments: Path
    alsa_config: Path
    broker_port: int
    url: str
    """Of the Realtime server."""


@dataclass(slots=True)
class Runner:
    """A contestant that runs."""

    who: Contestant
    process: asyncio.subprocess.Process
    log: Path

    def _pids(self) -> list[int]:
        return family(self.process.pid, itself=isinstance(self.who, Ours) or self.who.itself)

    def used(self) -> ProcessUse:
        """What it has used so far. Raises SpeakerError when it has ended."""
        self.check()
        return used(self._pids())

    def memory(self) -> MemoryUse:
        """What it needs now."""
        return memory(self._pids())

    def check(self) -> None:
        """Raise SpeakerError with its last words when it has ended."""
        if self.process.returncode is not None:
            raise SpeakerError(f"{self.who.name} ended by itself: {self.last_words()}")

    def last_words(self) -> str:
        """The end of its log, in one line."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return " / ".join(line.strip() for line in lines[-2:])[:300] or "it said nothing"


def configuration(ours: Ours, place: Place) -> str:
    """The daemon's configuration file: what the room and the broker need, and the way to interrupt it."""
    return yaml.safe_dump({
        "id": NAME,
        "audio": {
            "microphone": MICROPHONE, "loudspeaker": LOUDSPEAKER, "dead_after_s": None, "volume": 100,
            "duplex": ours.duplex, "sounds": [],
        },
        "session": {"endpoint": "cloud", "url": place.url},
        "limits": {"follow_up_s": 60, "listen_s": 60},
        "mqtt": {"host": "127.0.0.1", "port": place.broker_port},
        "quiet_hours": {"from": "00:00", "to": "00:00"},
    })  # fmt: skip


def _command(who: Contestant, place: Place) -> list[str]:
    if not isinstance(who, Ours):
        return who.command(place.environments, place.url)
    file = place.folder / f"{who.name}.yaml"
    file.write_text(configuration(who, place))
    return [sys.executable, "-m", who.module, "run", "--config", str(file)]


def _environment(who: Contestant, place: Place) -> dict[str, str]:
    wanted = {
        "ALSA_CONFIG_PATH": str(place.alsa_config), "OPENAI_API_KEY": "sk-bench", "HOME": str(place.folder),
        "OPENAI_AGENTS_DISABLE_TRACING": "1", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV", "PULSE_SERVER")}
    if isinstance(who, Ours):
        wanted |= {"PYTHONPATH": str(REPOSITORY), "STATE_DIRECTORY": str(place.folder / "state")}
        (place.folder / "state").mkdir(exist_ok=True)
    return env | wanted


@asynccontextmanager
async def runner(who: Contestant, place: Place) -> AsyncIterator[Runner]:
    """Start a contestant, and end it and its children whatever happens."""
    log = place.folder / f"{who.name}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *_command(who, place), env=_environment(who, place), cwd=place.folder, start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield Runner(who, process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _END_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


class Hub:
    """Follows the daemon's state on the broker, and wakes it."""

    def __init__(self, port: int) -> None:
        self.state = ""
        self._broker = MqttClient(MqttSettings(host="127.0.0.1", port=port), "bench-hub", None, "bench/hub")
        self._broker.subscribe([f"speaker/{NAME}/state"], self._take)
        self._broker.start()

    def _take(self, message: IncomingMessage) -> None:
        self.state = message.payload.decode()

    async def is_in(self, state: str, run: Runner, within_s: float) -> None:
        """Wait until the daemon shows a state. Raises SpeakerError when it ends, TimeoutError."""
        async with asyncio.timeout(within_s):
            while f'"state":"{state}"' not in self.state.replace(" ", ""):
                run.check()
                await asyncio.sleep(0.05)

    async def leaves(self, state: str, run: Runner, within_s: float) -> None:
        """Wait until the daemon shows another state. Raises SpeakerError when it ends, TimeoutError."""
        async with asyncio.timeout(within_s):
            while f'"state":"{state}"' in self.state.replace(" ", ""):
                run.check()
                await asyncio.sleep(0.05)

    async def wake(self) -> None:
        """Wake it as a button does."""
        await self._broker.publish(f"speaker/{NAME}/command/wake", "")

    def forget(self) -> None:
        """Another run begins."""
        self.state = ""

    async def close(self) -> None:
        """Leave the broker."""
        await self._broker.stop()
