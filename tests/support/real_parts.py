"""Real things for the tests, started once: a room with an ALSA device, a broker, the offline server."""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.pcm import Samples
from speaker.audio.smart_turn import smart_turn_file
from speaker.demo.broker import PrivateBroker, private_broker
from speaker.demo.stage import Stage, stage
from speaker.demo.virtual_room import VirtualRoom
from speaker.demo.virtual_room import room as open_room
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.synthesiser import Synthesiser


def require(program: str) -> None:
    """Skip at a newcomer's desk, fail in CI: there everything must be installed."""
    if not (shutil.which(program) or shutil.which(program, path="/usr/sbin")):
        _missing(program)


def require_file(path: Path) -> None:
    """The same for a file or folder that a Debian package brings."""
    if not path.exists():
        _missing(str(path))


def fetched_models() -> Path:
    """A state directory with the models that ``speaker model add`` fetches; ./tests/run puts them there."""
    state = Path(os.environ.get("SPEAKER_MODELS_OF_TESTS") or Path(sys.prefix, "share", "speaker"))
    require_file(smart_turn_file(state).path)
    return state


def _missing(what: str) -> None:
    reason = f"{what} is not installed; ./tests/run installs it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[VirtualRoom]:
    """The virtual room; its ALSA devices are room_mic and room_speaker."""
    for program in ("pulseaudio", "pacat", "parec"):
        require(program)
    folder: Path = tmp_path_factory.mktemp("room")
    async with open_room(folder) as one:
        yield one


@pytest.fixture(scope="session")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivateBroker]:
    """A mosquitto of our own."""
    require("mosquitto")
    async with private_broker(tmp_path_factory.mktemp("broker")) as one:
        yield one


Speech = Callable[[str], Samples]
"""A sentence as int16 samples, shape (n,), 24 kHz, peak 0.6, the same every time."""


@pytest.fixture(scope="session")
def speech() -> Speech:
    """The offline voice, to speak into the room."""
    voice = Synthesiser()

    @cache
    def say(text: str) -> Samples:
        samples = np.concatenate(list(voice.speak(text)))
        return pcm.amplify(samples, 0.6 * 32767 / float(np.abs(samples.astype(np.float32)).max()))

    return say


@pytest.fixture(scope="session")
async def engines() -> AsyncIterator[OfflineEngines]:
    """Ears, rules and voice, loaded once for every server of these tests."""
    one = OfflineEngines()
    await one.warm_up()
    yield one
    one.close()


@pytest.fixture(scope="session")
async def cloud(engines: OfflineEngines) -> AsyncIterator[RealtimeServer]:
    """The offline server on a free port, as it stands by default."""
    async with RealtimeServer(ServerSettings(port=0), engines) as server:
        yield server


@pytest.fixture
async def on(tmp_path: Path, room: VirtualRoom) -> AsyncIterator[Stage]:
    """A stage of its own: no retained message of an earlier scene."""
    require("mosquitto")
    await room.quiet(for_ms=300, within_s=10)
    async with private_broker(tmp_path) as broker, stage(tmp_path, room, broker) as one:
        yield one
