"""What the loudspeaker put into the air and when, for the echo canceller: one clock for both directions.

The idea. Every sample of both directions gets a number on one common clock: monotonic time at 16 kHz. A canceller then
asks "what was in the air at the numbers of this microphone frame?" and gets it from a ring of the last seconds.

    loudspeaker  block stamped "heard at t"  ──►  number = t · 16000  ──►  ring[number mod size] = samples
    microphone   frame stamped "begins at t" ──►  number = t · 16000  ──►  reference = ring[number …]

Stamps jitter by milliseconds, and a canceller needs samples that lie still beside each other. So a stream is numbered
evenly, sample after sample, and its stamps only say where it begins; when the last dozen of them all disagree in the
same direction, the stream has really slipped (sound was dropped or inserted), and is moved once.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import WAKE_HZ, Samples

SLIP_MS: Final = 25
"""Stamps that disagree by more than this, all of the last ones, mean that the stream has slipped."""

AGREEING: Final = 12
"""How many stamps in a row must disagree before they are believed."""

KEPT_S: Final = 4.0
"""How much of the past is kept; no microphone frame comes later than that."""

MOST_LATENCY_S: Final = 2.0
"""A latency beyond this is a driver's mistake."""


def latency_s(times: Mapping[str, float], key: str) -> float:
    """The distance between now and the moment that PortAudio names ``key``, in seconds; 0 when it is absurd."""
    distance = abs(times[key] - times["current_time"])
    return distance if times[key] > 0 and distance < MOST_LATENCY_S else 0.0


class SampleClock:
    """Numbers the samples of one stream on the common clock: evenly, although its stamps jitter."""

    def __init__(self, slipped: Callable[[], None] = lambda: None) -> None:
        """``slipped`` is called when the stream turns out to lie elsewhere: it lost sound, or its clock drifts."""
        self._tell_slip = slipped
        self._next: int | None = None
        self._deviations: deque[int] = deque(maxlen=AGREEING)

    def place(self, begins_s: float, count: int) -> int:
        """Index (at 16 kHz, of monotonic time) of the first of ``count`` samples stamped ``begins_s``."""
        due = round(begins_s * WAKE_HZ)
        if self._next is None:
            self._next = due
        self._deviations.append(due - self._next)
        if len(self._deviations) == AGREEING and self._slipped():
            self._next += int(np.median(self._deviations))
            self._deviations.clear()
            self._tell_slip()
        index = self._next
        self._next += count
        return index

    def _slipped(self) -> bool:
        limit = pcm.ms_to_samples(SLIP_MS, WAKE_HZ)
        return all(one > limit for one in self._deviations) or all(one < -limit for one in self._deviations)


class EchoReference:
    """The sound of the loudspeaker on the common clock: int16, 16 kHz."""

    def __init__(self, slipped: Callable[[], None] = lambda: None) -> None:
        self._tell_slip = slipped
        self._blocks: deque[tuple[bytes, int, float, int]] = deque()
        self._generation = -1
        self._sample_clock = SampleClock(slipped)
        self._resampler = pcm.Resampler(WAKE_HZ, WAKE_HZ)
        self._ring: Samples = np.zeros(round(KEPT_S * WAKE_HZ), np.int16)
        self._end = 0

    def took(self, data: bytes, hz: int, heard_in_s: float, generation: int) -> None:
        """The device took a block that will be in the air soon; called on PortAudio's thread.

        ``generation`` counts the streams: each begins a timeline of its own.
        """
        self._blocks.append((data, hz, time.monotonic() + heard_in_s, generation))

    def at(self, index: int, count: int) -> Samples:
        """What was in the air from sample ``index`` of the common clock on, shape (count,); silence if unknown."""
        while self._blocks:  # PortAudio's thread only queues; the work is done here
            self._draw(*self._blocks.popleft())
        found = np.zeros(count, np.int16)
        # The ring holds the numbers from ``_end - size`` to ``_end``; outside of them there is silence.
        first, last = max(index, self._end - self._ring.size), min(index + count, self._end)
        if first < last:
            found[first - index : last - index] = self._ring[np.arange(first, last) % self._ring.size]
        return found

    def _draw(self, data: bytes, hz: int, heard_at_s: float, generation: int) -> None:
        if generation != self._generation:
            self._generation, self._resampler = generation, pcm.Resampler(hz, WAKE_HZ)
            self._sample_clock = SampleClock(self._tell_slip)
        samples = self._resampler.push(pcm.from_bytes(data))
        start = self._sample_clock.place(heard_at_s, samples.size)
        if start > self._end:  # nothing was played in between, and the ring must not keep what was there before
            gap = min(start - self._end, self._ring.size)
            self._ring[np.arange(start - gap, start) % self._ring.size] = 0
        self._ring[np.arange(start, start + samples.size) % self._ring.size] = samples
        self._end = max(self._end, start + samples.size)
