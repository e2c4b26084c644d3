"""Real things for the tests, started once: a room with an ALSA device, a broker, the offline server."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speaker.demo.broker import PrivateBroker, private_broker
from speaker.demo.room import Room
from speaker.demo.room import room as open_room


def require(program: str) -> None:
    """Skip at a newcomer's desk, fail in CI: there everything must be installed."""
    if not (shutil.which(program) or shutil.which(program, path="/usr/sbin")):
        _missing(program)


def require_file(path: Path) -> None:
    """The same for a file or folder that a Debian package brings."""
    if not path.exists():
        _missing(str(path))


def _missing(what: str) -> None:
    reason = f"{what} is not installed; ./tests/run installs it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
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
