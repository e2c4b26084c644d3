"""A virtual room: a private PulseAudio with null sinks, reached through ALSA like any sound card.

What is said in the room arrives at the ALSA device ``room_mic``; what is played on ``room_speaker`` is
recorded. ALSA stays the real path, so nothing above it can tell the difference.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.demo import echo_path
from speaker.demo.processes import Process, need
from speaker.demo.sound_server import sound_server
from speaker.errors import SpeakerError

MICROPHONE: Final = "room_mic"
LOUDSPEAKER: Final = "room_speaker"

_START_S: Final = 10.0
"""How long PulseAudio may take to start, and the echo path to carry sound."""

QUIET_DBFS: Final = -60.0
"""Below this the room counts as quiet."""

_ALSA: Final = """\
</usr/share/alsa/alsa.conf>
pcm.room_mic {{ type pulse server "unix:{socket}" device "microphone.monitor" }}
pcm.room_speaker {{ type pulse server "unix:{socket}" device "loudspeaker" }}
"""


class VirtualRoom:
    """Say something in it, and hear what the loudspeaker said. Samples: int16, shape (n,), 24 kHz."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "pulse.sock"
        self.alsa_config = folder / "asound.conf"
        self._env = os.environ | {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
        }
        self._env |= {"PULSE_SERVER": f"unix:{self._socket}"}
        program, needed = sound_server()
        self._server = Process("PulseAudio", self._command(program), folder / "pulseaudio.log", self._env | needed)
        self._ear: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._recording = bytearray()
        folder.chmod(0o700)
        self.alsa_config.write_text(_ALSA.format(socket=self._socket))

    def _command(self, program: list[str]) -> list[str]:
        # Without norewinds=1 PortAudio's playback on a null sink stalls.
        sink = "module-null-sink sink_name={} rate=48000 norewinds=1"
        return [
            *program, "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes",
            "--use-pid-file=no", "--log-level=error",
            "-L", f"module-native-protocol-unix socket={self._socket} auth-anonymous=1",
            "-L", sink.format("microphone"), "-L", sink.format("loudspeaker"),
        ]  # fmt: skip

    async def open(self) -> None:
        """Start PulseAudio and the recording of everything the loudspeaker plays."""
        await self._server.start()
        async with asyncio.timeout(_START_S):
            while not self._socket.exists():
                self._server.check()
                await asyncio.sleep(0.05)
        await self._listen()

    async def _listen(self) -> None:
        self._ear = await asyncio.create_subprocess_exec(
            need("parec", "pulseaudio-utils"), "--device=loudspeaker.monitor", "--latency-msec=20", *_format(),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=self._env,
        )  # fmt: skip
        self._listening = asyncio.create_task(self._record(self._ear))
        async with asyncio.timeout(_START_S):
            while not self._recording:
                self._server.check()
                await asyncio.sleep(0.02)

    async def _record(self, ear: asyncio.subprocess.Process) -> None:
        assert ear.stdout is not None  # noqa: S101 - asked for when it was started
        while data := await ear.stdout.read(1 << 16):
            self._recording += data

    async def close(self) -> None:
        """End the recording and PulseAudio."""
        if self._ear is not None and self._ear.returncode is None:
            self._ear.terminate()
            await self._ear.wait()
        if self._listening is not None:
            await self._listening
        await self._server.stop()
        self._socket.unlink(missing_ok=True)

    async def unplug(self) -> None:
        """Take the sound card away."""
        await self.close()

    async def plug_in(self) -> None:
        """Bring it back; the recording begins anew."""
        self._recording.clear()
        await self.open()

    async def say(self, samples: Samples) -> None:
        """Speak into the microphone; returns when it has been said."""
        mouth = await asyncio.create_subprocess_exec(
            need("pacat", "pulseaudio-utils"), "--playback", "--device=microphone", "--latency-msec=20", *_format(),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            env=self._env,
        )  # fmt: skip
        try:
            await mouth.communicate(pcm.to_bytes(samples))
        finally:
            if mouth.returncode is None:
                mouth.kill()
                await asyncio.shield(mouth.wait())
        if mouth.returncode:
            raise SpeakerError("the private PulseAudio does not take sound; see pulseaudio.log in its folder")

    @contextlib.asynccontextmanager
    async def echo(self, delay_ms: float = 80, gain_db: float = -6, decay_ms: float = 200) -> AsyncIterator[None]:
        """Let the microphone hear the loudspeaker, as in a real room, for as long as it lasts.

        ``delay_ms`` lies between the two sinks, is at least 35 and right to about 8; ``gain_db`` is the level of
        what comes back, ``decay_ms`` the reverberation. Raises SpeakerError when the echo does not begin.
        """
        wanted = [f"--delay-ms={delay_ms}", f"--gain-db={gain_db}", f"--decay-ms={decay_ms}"]
        command = [sys.executable, "-m", echo_path.__name__, str(self._socket), *wanted]
        log = self._folder / "echo.log"
        log.unlink(missing_ok=True)
        path = Process("the echo path", command, log, self._env)
        await path.start()
        try:
            await self._flowing(path, log)
            yield
        finally:
            await path.stop()

    async def _flowing(self, path: Process, log: Path) -> None:
        try:
            async with asyncio.timeout(_START_S):
                while echo_path.READY not in log.read_text(errors="replace"):  # noqa: ASYNC240 - a few bytes
                    path.check()
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise SpeakerError(f"no sound came through the echo path within {_START_S:g} s; see {log}") from error

    @property
    def now_ms(self) -> float:
        """How much of the room's life has been recorded."""
        return pcm.bytes_to_ms(len(self._recording), SESSION_HZ)

    def heard(self, since_ms: float = 0) -> Samples:
        """What the loudspeaker played since then, silence included."""
        return pcm.from_bytes(bytes(self._recording[pcm.ms_to_samples(since_ms, SESSION_HZ) * pcm.BYTES_PER_SAMPLE :]))

    async def quiet(self, for_ms: float, within_s: float) -> None:
        """Wait until the loudspeaker has been silent for a while. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while pcm.level_dbfs(self.heard(max(0, self.now_ms - for_ms))) > QUIET_DBFS:
                await asyncio.sleep(0.05)


def _format() -> list[str]:
    return ["--raw", "--format=s16le", "--channels=1", f"--rate={SESSION_HZ}"]


@contextlib.asynccontextmanager
async def room(folder: Path) -> AsyncIterator[VirtualRoom]:
    """A room that this process's ALSA knows about while it lasts."""
    one = VirtualRoom(folder)
    before = os.environ.get("ALSA_CONFIG_PATH")
    os.environ["ALSA_CONFIG_PATH"] = str(one.alsa_config)
    try:
        await one.open()
        yield one
    finally:
        await one.close()
        if before is None:
            del os.environ["ALSA_CONFIG_PATH"]
        else:
            os.environ["ALSA_CONFIG_PATH"] = before
