"""The virtual room's echo path, in real time: what the loudspeaker plays comes back into the microphone."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.demo import echo_path
from speaker.demo.virtual_room import VirtualRoom
from speaker.errors import SpeakerError

FORMAT = ["--raw", "--format=s16le", "--channels=1", f"--rate={SESSION_HZ}"]


def chirp() -> Samples:
    """100 ms from 300 to 9000 Hz, fading in and out."""
    t = np.arange(SESSION_HZ // 10) / SESSION_HZ
    sweep = np.sin(2 * np.pi * (300 * t + (9_000 - 300) * t**2 / 0.2))
    return pcm.from_float((0.4 * np.hanning(t.size) * sweep).astype(np.float32))


def signs(count: int) -> Samples:
    """A chirp every half second, and half a second of silence before the first."""
    second = np.zeros(SESSION_HZ // 2, np.int16)
    second[: chirp().size] = chirp()
    return np.concatenate([np.zeros_like(second), np.tile(second, count), np.zeros_like(second)])


@dataclass
class Recording:
    """What came out of a sink, and when each piece arrived."""

    pieces: list[tuple[float, bytes]] = field(default_factory=list)

    @property
    def samples(self) -> Samples:
        return pcm.from_bytes(b"".join(data for _, data in self.pieces))

    @property
    def began(self) -> float:
        """When its first sample sounded, by the monotonic clock: late pieces say less than the punctual ones."""
        ends = np.cumsum([len(data) for _, data in self.pieces]) / pcm.BYTES_PER_SAMPLE / SESSION_HZ
        return float(np.min(np.array([at for at, _ in self.pieces]) - ends))


@asynccontextmanager
async def recording(room: VirtualRoom, sink: str) -> AsyncIterator[Recording]:
    found = Recording()
    ear = await asyncio.create_subprocess_exec(
        "parec", f"--device={sink}.monitor", "--latency-msec=10", *FORMAT, stdout=asyncio.subprocess.PIPE, env=room._env
    )
    assert ear.stdout is not None

    async def listen(stream: asyncio.StreamReader) -> None:
        while data := await stream.read(1 << 16):
            found.pieces.append((time.monotonic(), data))

    listening = asyncio.create_task(listen(ear.stdout))
    try:
        while not found.pieces:
            await asyncio.sleep(0.01)
        yield found
    finally:
        ear.terminate()
        await listening
        await ear.wait()


async def play(room: VirtualRoom, samples: Samples) -> None:
    mouth = await asyncio.create_subprocess_exec(
        "pacat", "--playback", "--device=loudspeaker", *FORMAT, stdin=asyncio.subprocess.PIPE, env=room._env
    )
    await mouth.communicate(pcm.to_bytes(samples))
    assert mouth.returncode == 0


@dataclass
class Echoes:
    delays_ms: NDArray[np.float64]
    gain_db: float


async def measure(room: VirtualRoom, count: int) -> Echoes:
    """Play chirps, and compare the two sinks: where the first is found in each, and how much energy there is."""
    async with recording(room, "loudspeaker") as played, recording(room, "microphone") as heard:
        await play(room, signs(count))
        await asyncio.sleep(0.5)
    out, back = np.array(places(played.samples, count)), np.array(places(heard.samples, count))
    delays_ms = (back - out) / SESSION_HZ * 1000 + (heard.began - played.began) * 1000
    return Echoes(delays_ms, pcm.level_dbfs(around(heard.samples, back)) - pcm.level_dbfs(around(played.samples, out)))


def places(samples: Samples, count: int) -> list[int]:
    """Where the strongest chirps begin, in order."""
    likeness = np.abs(np.correlate(samples.astype(np.float64), chirp().astype(np.float64)))
    found: list[int] = []
    for _ in range(count):
        found.append(int(np.argmax(likeness)))
        likeness[max(0, found[-1] - SESSION_HZ // 4) : found[-1] + SESSION_HZ // 4] = 0
    return sorted(found)


def around(samples: Samples, begins: NDArray[np.int64]) -> Samples:
    return samples[begins[0] - SESSION_HZ // 100 : begins[-1] + SESSION_HZ // 2]


@pytest.mark.parametrize(("delay_ms", "gain_db", "decay_ms"), [(80, -6, 200), (150, -15, 100)])
async def test_microphone_hears_the_loudspeaker(room: VirtualRoom, delay_ms: int, gain_db: int, decay_ms: int) -> None:
    async with room.echo(delay_ms, gain_db, decay_ms):
        found = await measure(room, 4)
    assert abs(np.median(found.delays_ms) - delay_ms) < 25, found
    assert abs(found.gain_db - gain_db) < 3, found


async def test_room_is_dry_before_and_after(room: VirtualRoom) -> None:
    for _ in range(2):
        async with recording(room, "microphone") as heard:
            await play(room, signs(1))
        assert heard.samples.size > SESSION_HZ
        assert not np.any(heard.samples)
        async with room.echo():
            pass


async def test_interruption_leaves_no_delay_behind(room: VirtualRoom) -> None:
    """PulseAudio plays late sound late, and all that follows too; the echo path leaves out what was late."""
    async with room.echo():
        before = await measure(room, 2)
        process = echo_process(room)
        os.kill(process, signal.SIGSTOP)
        await asyncio.sleep(0.3)
        os.kill(process, signal.SIGCONT)
        await asyncio.sleep(1.5)
        after = await measure(room, 2)
    # PulseAudio's buffer is full or half full, which is 30 ms; what the interruption would leave is ten times that.
    assert abs(np.median(after.delays_ms) - np.median(before.delays_ms)) < 50, (before, after)


def echo_process(room: VirtualRoom) -> int:
    wanted = [echo_path.__name__.encode(), str(room.alsa_config.parent / "pulse.sock").encode()]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if set(wanted) <= set(path.read_bytes().split(b"\0")):
                return int(path.parent.name)
        except (FileNotFoundError, ProcessLookupError):  # it ended in this moment
            continue
    raise AssertionError("the echo path is not running")


async def test_echo_without_a_room_says_so(tmp_path: Path) -> None:
    closed = VirtualRoom(tmp_path)
    with pytest.raises(SpeakerError, match="the echo path ended by itself"):
        async with closed.echo():
            pass
