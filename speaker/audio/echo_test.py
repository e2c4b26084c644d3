"""The echo test with real devices: play a chirp and a hiss, record them, and see what the canceller makes of it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.echo_analysis import EchoReport, find_delay, measure, test_sound
from speaker.audio.echo_canceller import AHEAD_MS, EchoCanceller
from speaker.audio.echo_reference import EchoReference
from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES, SESSION_HZ, WAKE_HZ, Samples
from speaker.errors import SoundError

log = logging.getLogger(__name__)

_BEFORE_FRAMES: Final = 6
"""Frames of the room's own noise, about half a second."""

AFTER_S: Final = 1.6
"""How long the recording goes on: a device that has to be opened first, its buffer, and the room."""

_LATE_S: Final = 3.0
"""Frames that come so late will not come at all."""

MOST_TRIES: Final = 3
"""A measurement in which the machine was too slow for sound is made so often at most."""


class EchoTest:
    """One test. ``play`` queues int16 samples at 24 kHz; ``take`` is given every frame of the microphone."""

    def __init__(self, reference: EchoReference, play: Callable[[Samples], None]) -> None:
        self._reference = reference
        self._play = play
        self._frames: list[tuple[Samples, Samples]] = []
        self._arrived = asyncio.Event()

    def take(self, frame: Samples, index: int) -> None:
        """The next frame, and the place of its first sample on the clock of the reference."""
        self._frames.append((frame, self._reference.at(index, frame.size)))
        self._arrived.set()

    async def run(self) -> EchoReport:
        """Play and measure. Raises SoundError when the microphone delivers nothing."""
        await self._collect(_BEFORE_FRAMES)
        sound = test_sound()
        self._play(sound)
        length_s = sound.size / SESSION_HZ + AFTER_S
        await self._collect(_BEFORE_FRAMES + round(length_s * 1000 / FRAME_MS))
        frames = list(self._frames)
        return await asyncio.to_thread(_measure, *(np.concatenate(part) for part in zip(*frames, strict=True)))

    async def _collect(self, count: int) -> None:
        while len(self._frames) < count:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), _LATE_S)
            except TimeoutError:
                raise SoundError("the microphone delivers nothing, so the echo cannot be measured") from None


def _measure(recorded: Samples, played: Samples) -> EchoReport:
    delay_ms, _ = find_delay(recorded, played)
    shifted = np.roll(played, pcm.ms_to_samples(delay_ms - AHEAD_MS, WAKE_HZ))
    canceller = EchoCanceller()
    began = time.thread_time()
    starts = range(0, recorded.size, FRAME_SAMPLES)
    cleaned = [canceller.push(recorded[at : at + FRAME_SAMPLES], shifted[at : at + FRAME_SAMPLES]) for at in starts]
    frame_ms = 1000 * (time.thread_time() - began) / len(cleaned)
    return measure(recorded, played, np.concatenate([one.residue for one in cleaned]), frame_ms)


async def undisturbed(run: Callable[[], Awaitable[EchoReport]], slips: Callable[[], tuple[int, int]]) -> EchoReport:
    """A measurement in which no sound slipped, if there can be one. Raises what ``run`` raises.

    ``slips``: how often the loudspeaker ran dry and the microphone overflowed so far. A measurement in which the
    machine was too slow for sound says nothing of the room.
    """
    for attempt in range(1, MOST_TRIES + 1):
        before = slips()
        report = await run()
        if slips() == before or attempt == MOST_TRIES:
            return report
        log.info("= the machine was too slow for the echo test; it is made again")
    raise AssertionError  # the loop returns
