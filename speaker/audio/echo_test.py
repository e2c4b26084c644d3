"""The echo test with real devices: play a chirp and a hiss, record them, and see what the canceller makes of it."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import numpy as np

from speaker.audio.echo_analysis import (
    EchoReport,
    audible,
    find_delay,
    find_ratio,
    first_sound,
    measure,
    on_microphone_clock,
    test_sound,
)
from speaker.audio.echo_canceller import AHEAD_MS, EchoCanceller
from speaker.audio.echo_reference import EchoReference, ReferenceReader
from speaker.audio.pcm import FRAME_SAMPLES, SESSION_HZ, WAKE_HZ, Samples, ms_to_samples
from speaker.errors import SoundError

log = logging.getLogger(__name__)

BEFORE_S: Final = 0.48
"""How much of the room's own noise is recorded first."""

AFTER_S: Final = 1.6
"""How long the recording goes on: a device that has to be opened first, its buffer, and the room."""

LONG_AFTER_S: Final = 4.0
"""How long it goes on when nothing was heard until then: the echo of a loudspeaker that is two seconds late."""

_LATE_S: Final = 3.0
"""Frames that come so late will not come at all."""

_KNOWN_AFTER: Final = ms_to_samples(200, WAKE_HZ)
"""So much later, samples, the loudspeaker has certainly taken all that was in the air."""

MOST_TRIES: Final = 3
"""A measurement in which the machine was too slow for sound is made so often at most."""


class EchoTest:
    """One test. ``play`` queues int16 samples at 24 kHz; ``take`` is given all sound of the microphone."""

    def __init__(self, reference: EchoReference, play: Callable[[Samples], None]) -> None:
        self._reader = ReferenceReader(reference)
        self._play = play
        self._waiting: deque[tuple[Samples, int]] = deque()
        """Pieces for which it is not known yet what was in the air."""
        self._pieces: list[tuple[Samples, Samples]] = []
        self._taken = 0
        """Samples in them."""
        self._arrived = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def take(self, piece: Samples, index: int) -> None:
        """The next sound, and the place of its first sample on the clock of the reference. From any one thread."""
        self._waiting.append((piece, index))
        while self._waiting[0][1] < index - _KNOWN_AFTER:
            earlier, at = self._waiting.popleft()
            self._pieces.append((earlier, self._reader.read(at, earlier.size)))
            self._taken += earlier.size
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
                self._loop.call_soon_threadsafe(self._arrived.set)

    async def run(self) -> EchoReport:
        """Play and measure. Raises SoundError when the microphone delivers nothing."""
        self._loop = asyncio.get_running_loop()
        await self._collect(BEFORE_S)
        sound = test_sound()
        self._play(sound)
        report = EchoReport(heard=False)
        for after_s in (AFTER_S, LONG_AFTER_S):
            length_s = sound.size / SESSION_HZ + after_s
            await self._collect(BEFORE_S + length_s)
            recorded, played = (np.concatenate(part) for part in zip(*self._pieces, strict=True))
            report = await asyncio.to_thread(_measure, recorded, played)
            if report.heard and report.clock_ratio is not None:
                break
        return report

    async def _collect(self, seconds: float) -> None:
        while self._taken < seconds * WAKE_HZ:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), _LATE_S)
            except TimeoutError:
                raise SoundError("the microphone delivers nothing, so the echo cannot be measured") from None


def _measure(recorded: Samples, played: Samples) -> EchoReport:
    sound = audible(recorded)
    delay_ms, _ = find_delay(sound, played)
    begin = first_sound(played)
    ratio = None if begin is None else find_ratio(sound, delay_ms, begin)
    reference = on_microphone_clock(played, delay_ms - AHEAD_MS, ratio)
    canceller = EchoCanceller(doubting=False)
    # Both libraries do all their work on the thread that calls them: other threads and programs do not count.
    began = time.thread_time()
    starts = range(0, recorded.size, FRAME_SAMPLES)
    cleaned = [canceller.push(sound[at : at + FRAME_SAMPLES], reference[at : at + FRAME_SAMPLES]) for at in starts]
    frame_ms = 1000 * (time.thread_time() - began) * FRAME_SAMPLES / recorded.size
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
