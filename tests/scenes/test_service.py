"""The daemon as a process of its own, with a supervisor that watches it."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from speaker.demo.stage import STAGE_NAME, Stage
from speaker.demo.virtual_room import LOUDSPEAKER, MICROPHONE
from speaker.demo.virtual_room import room as own_room
from tests.support.real_parts import Speech

STOP_S = 10
"""As long as the unit lets the service take."""


class Daemon:
    """``speaker run`` as a process of its own, with a supervisor's notification socket."""

    def __init__(self, folder: Path, on: Stage) -> None:
        self.file = folder / "config.yaml"
        self.document: dict[str, Any] = {
            "id": STAGE_NAME,
            "audio": {"microphone": MICROPHONE, "loudspeaker": LOUDSPEAKER, "volume": 100, "dead_after_s": None},
            "session": {"endpoint": "offline"},
            "mqtt": {"host": "127.0.0.1", "port": on.broker.port},
            "quiet_hours": {"from": "00:00", "to": "00:00"},
        }
        self.write(self.document)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.setblocking(False)
        self._env = os.environ | {
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": "1500000",
            "STATE_DIRECTORY": str(folder / "state"),
        }
        self.told: list[str] = []
        self.process: asyncio.subprocess.Process | None = None

    def write(self, document: dict[str, Any]) -> None:
        self.file.write_text(yaml.safe_dump(document))

    async def start(self) -> asyncio.subprocess.Process:
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        command = [sys.executable, "-m", "speaker", "run", "--config", str(self.file)]
        self.process = await asyncio.create_subprocess_exec(*command, env=self._env, stderr=asyncio.subprocess.PIPE)
        return self.process

    def _read(self) -> None:
        """Read at once, as systemd does; what nobody reads has no room for the next message."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.told += self._socket.recv(4096).decode().splitlines()

    def notified(self, wanted: str) -> bool:
        """Whether the supervisor was told something that begins so."""
        self._read()
        return any(line.startswith(wanted) for line in self.told)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        if self.process is not None and self.process.returncode is None:
            self.process.kill()


@pytest.fixture
async def daemon(tmp_path: Path, on: Stage) -> AsyncIterator[Daemon]:
    one = Daemon(tmp_path, on)
    yield one
    one.close()


async def test_service_is_ready_alive_and_ends_in_time_mid_answer(daemon: Daemon, on: Stage, speech: Speech) -> None:
    process = await daemon.start()
    await on.until(lambda: daemon.notified("READY=1"))
    await on.until(lambda: daemon.notified("WATCHDOG=1"))
    await on.until(lambda: daemon.notified('STATUS=waiting for "hey jarvis"'))
    await on.room.say(speech("Hey Jarvis, order me a pizza."))
    await on.is_in("responding")
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(STOP_S):
        assert await process.wait() == 0
    assert daemon.notified("STOPPING=1")
    await on.until(lambda: _last(on, "availability") == "offline", within_s=5)


async def test_a_speaker_without_a_microphone_lives_and_speaks(daemon: Daemon, on: Stage) -> None:
    daemon.document["audio"]["microphone"] = "nowhere"
    daemon.write(daemon.document)
    process = await daemon.start()
    await on.until(lambda: daemon.notified("READY=1"))
    await asyncio.sleep(6)
    daemon.notified("WATCHDOG=1")
    daemon.told.clear()
    await asyncio.sleep(1.5)
    assert daemon.notified("WATCHDOG=1"), "nobody would be helped by starting it again"
    assert "nowhere" in str(on.state()["last_error"])
    process.terminate()
    assert await process.wait() == 0


async def test_a_daemon_that_stood_still_for_20_seconds_goes_on(daemon: Daemon, on: Stage, speech: Speech) -> None:
    process = await daemon.start()
    await on.until(lambda: daemon.notified("READY=1"))
    await on.until(lambda: on.state().get("state") == "idle")
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(20)
    process.send_signal(signal.SIGCONT)
    daemon.notified("")
    daemon.told.clear()
    await on.until(lambda: daemon.notified("WATCHDOG=1"))
    assert on.state()["state"] == "idle", "nothing was heard in what piled up"
    await on.room.say(speech("Hey Jarvis, order me a pizza."))
    await on.is_in("responding")
    process.terminate()
    assert await process.wait() == 0


@pytest.mark.parametrize("calm_s", [0, 5], ids=["while it starts", "when all is calm"])
async def test_a_sound_server_that_is_started_again_is_used_again(
    tmp_path: Path, on: Stage, speech: Speech, calm_s: float
) -> None:
    folder = tmp_path / "room"
    folder.mkdir()
    async with own_room(folder) as room:
        daemon = Daemon(tmp_path, on)
        process = await daemon.start()
        try:
            await on.until(lambda: daemon.notified("READY=1"))
            await asyncio.sleep(calm_s)
            await room.unplug()
            await on.until(lambda: "microphone" in str(on.state().get("last_error")), within_s=20)
            await room.plug_in()
            await on.until(lambda: not on.state()["last_error"], within_s=30)
            await on.until(lambda: on.state()["state"] == "idle")
            await room.say(speech("Hey Jarvis, order me a pizza."))
            await on.is_in("responding")
            process.terminate()
            assert await process.wait() == 0
        finally:
            daemon.close()


async def test_reload_takes_the_new_configuration_and_survives_a_broken_one(daemon: Daemon, on: Stage) -> None:
    process = await daemon.start()
    await on.until(lambda: daemon.notified("READY=1"))
    daemon.write(daemon.document | {"audio": {"volume": "loud"}})
    daemon.told.clear()
    process.send_signal(signal.SIGHUP)
    await on.until(lambda: daemon.notified("RELOADING=1") and daemon.notified("READY=1"))
    await on.until(lambda: on.state().get("volume") == 100)
    daemon.write(daemon.document | {"audio": daemon.document["audio"] | {"volume": 55}})
    process.send_signal(signal.SIGHUP)
    await on.until(lambda: on.state().get("volume") == 55)
    process.terminate()
    assert await process.wait() == 0
    assert process.stderr is not None
    log = (await process.stderr.read()).decode()
    assert "audio.volume: expected `int`, got str 'loud'" in log


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: one | {"aduio": {}}, "aduio: unknown key. Did you mean audio?"),
        (lambda one: one | {"wake": {"words": [{"model": "hey_nobody"}]}}, "neither a bundled wake word"),
        (lambda one: one | {"session": {"endpoint": "cloud"}}, "there is no key"),
    ],
)
async def test_bad_configuration_ends_with_2_and_a_sentence(
    daemon: Daemon, change: Callable[[dict[str, Any]], dict[str, Any]], says: str
) -> None:
    daemon.write(change(daemon.document))
    process = await daemon.start()
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert says in errors.decode()
    assert "Traceback" not in errors.decode()


def _last(on: Stage, topic: str) -> str:
    found = [one.payload.decode() for one in on.messages if one.topic == f"speaker/{STAGE_NAME}/{topic}"]
    return found[-1] if found else ""
