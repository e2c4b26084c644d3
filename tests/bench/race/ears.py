"""Recordings of what a sink plays, with the moment of every sample; and a voice with time to spare."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import Samples
from speaker.demo.processes import need
from speaker.errors import SpeakerError
from tests.bench.race.sound_marks import first_loud

EAR_HZ: Final = 48_000
"""The rate of the sinks, so that nothing is resampled."""

LATENCY_MS: Final = 10
AHEAD_MS: Final = 200
SETTLE_S: Final = 1.5
ON_TIME_PERCENT: Final = 10
_START_S: Final = 10.0


class Ear:
    """A recording; times are those of ``time.monotonic``."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._begins_s: list[float] = []

    def push(self, data: bytes, at_s: float) -> None:
        """Take what arrived at a moment."""
        self._data += data
        long_s = self.place_of_end() / EAR_HZ
        if long_s > SETTLE_S:
            self._begins_s.append(at_s - long_s)

    @property
    def _began_s(self) -> float:
        """When the recording began, as the pieces tell it that were hardly late.

        Not those of its first moments: a sink has then rendered far ahead, for whoever listened before.
        """
        return float(np.percentile(self._begins_s, ON_TIME_PERCENT))

    @property
    def samples(self) -> Samples:
        """All that was heard: int16, shape (n,), ``EAR_HZ``."""
        return pcm.from_bytes(bytes(self._data))

    def time_of(self, place: int) -> float:
        """When a sample sounded; not to be asked before ``SETTLE_S`` have been recorded."""
        return self._began_s + place / EAR_HZ

    def place_of_end(self) -> int:
        """The sample that comes next."""
        return len(self._data) // pcm.BYTES_PER_SAMPLE

    def place_of(self, at_s: float) -> int:
        """The sample that sounded at a time."""
        return max(0, round((at_s - self._began_s) * EAR_HZ))

    async def silent(self, for_s: float, within_s: float) -> None:
        """Wait until nothing has sounded for a while. Raises TimeoutError."""
        count = round(for_s * EAR_HZ) * pcm.BYTES_PER_SAMPLE
        async with asyncio.timeout(within_s):
            while len(self._data) < count or first_loud(pcm.from_bytes(bytes(self._data[-count:]))) is not None:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def ear(socket: Path, sink: str) -> AsyncIterator[Ear]:
    """Listen to a sink while it lasts. Raises SpeakerError when no sound comes."""
    heard = Ear()
    process = await asyncio.create_subprocess_exec(
        need("parec", "pulseaudio-utils"), f"--device={sink}.monitor", f"--latency-msec={LATENCY_MS}", "--raw",
        "--format=s16le", "--channels=1", f"--rate={EAR_HZ}", stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"PULSE_SERVER": f"unix:{socket}"},
    )  # fmt: skip
    assert process.stdout is not None
    listening = asyncio.create_task(_listen(process.stdout, heard))
    try:
        async with asyncio.timeout(_START_S):
            while not heard.samples.size:
                await asyncio.sleep(0.02)
        yield heard
    except TimeoutError as error:
        if heard.samples.size:
            raise
        raise SpeakerError(f"no sound came from the sink {sink} within {_START_S:g} s") from error
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await listening


async def _listen(stream: asyncio.StreamReader, heard: Ear) -> None:
    while data := await stream.read(1 << 16):
        heard.push(data, time.monotonic())


async def say_in_room(socket: Path, samples: Samples) -> None:
    """Say something (24 kHz) into the microphone; returns when it has been said.

    It is handed over well ahead, since a busy machine would tear it; the ears tell when it sounded.
    """
    mouth = await asyncio.create_subprocess_exec(
        need("pacat", "pulseaudio-utils"), "--playback", "--device=microphone", f"--latency-msec={AHEAD_MS}", "--raw",
        "--format=s16le", "--channels=1", f"--rate={pcm.SESSION_HZ}", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"PULSE_SERVER": f"unix:{socket}"},
    )  # fmt: skip
    try:
        await mouth.communicate(pcm.to_bytes(samples))
    finally:
        if mouth.returncode is None:
            mouth.kill()
        await mouth.wait()
