"""What the loudspeaker put into the air and when, for the echo canceller, on the microphone's own clock.

The idea. A canceller asks "what was in the air while this microphone frame was recorded?". Both devices stamp their
blocks with monotonic time, and each has a crystal of its own that is a little wrong.

    loudspeaker  block stamped "heard at t"  ──►  SampleClock ──►  ring of its own samples, and when each was heard
    microphone   frame stamped "begins at t" ──►  SampleClock ──►  when it began, and how long its samples last
    reader       as many values of the ring as the frame has samples, read at the pace of the microphone

Stamps jitter by milliseconds, and a canceller needs samples that lie still beside each other. So a reader goes through
the ring evenly, at the ratio of the two clocks, and what the stamps say of its place only makes it a little faster or
slower; while nothing sounds it goes where it should be. 150 ppm between the clocks, left alone, make AEC3 let words of
the speaker's own voice pass, and 100 take 16 of 24 dB from the linear filter.
"""

from collections import deque
from collections.abc import Callable, Mapping
from math import ceil, floor, sqrt
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.echo_canceller import AHEAD_MS, SILENT_BELOW
from speaker.audio.interpolation import POINTS, read_at
from speaker.audio.live_resampler import LiveResampler
from speaker.audio.pcm import WAKE_HZ, Samples
from speaker.audio.sample_clock import SLIP_MS, SampleClock

KEPT_S: Final = 8.0
"""How much is kept, what is not in the air yet included: a loudspeaker takes sound up to ``MOST_LATENCY_S`` before it
is heard, an echo comes up to two seconds late, and a microphone frame as late again on a busy machine."""

MOST_LATENCY_S: Final = 2.0
"""A latency beyond this is a driver's mistake."""

_QUIET: Final = 2 * WAKE_HZ
"""After so many samples of silence a reader may jump: AEC3 begins anew then, and would not forgive it earlier."""

_NEAR: Final = pcm.ms_to_samples(2, WAKE_HZ)
"""So near to its place, samples, a reader stays where it is."""

_FAR: Final = pcm.ms_to_samples(20, WAKE_HZ)
"""So far from its place a reader may go on at the clocks' pace: the canceller's reserve is more than twice as large."""

_SLEW: Final = 40e-6
"""How much faster or slower than the clocks say it reads when it is farther away. The linear filter removes less
meanwhile; AEC3 follows 100 ppm without harm."""

_USUAL_DEVIATION: Final = 60e-6
"""How far apart the clocks of two devices are as a rule. Stamps need some minutes to know better, and in a sound server
they all stray in one direction for seconds: a reader that believed them removed less of an echo than one without."""

_CERTAIN: Final = 4.0
"""So many times what the stamps leave in doubt they must say before two devices that nobody compared are believed to
have two crystals: many have one, and the errors of stamps come together. In a first answer the linear filter took less
away, since it was told of 30 to 70 ppm that were not there."""

_MOST_LATE: Final = pcm.ms_to_samples(AHEAD_MS - 3, WAKE_HZ)
"""So much of the reserve may go: an echo must not come before its reference."""

_SPARE: Final = pcm.ms_to_samples(2, WAKE_HZ)
"""How much farther it goes back than it has to."""

_BEGINNING: Final = pcm.ms_to_samples(500, WAKE_HZ)
"""Samples of sound at whose beginning a reader may still find its place."""

_MEASURED_DEVIATION: Final = 8e-6
"""How exact a ratio of the clocks is that the echo test has measured, also when it has become warm since."""


def latency_s(times: Mapping[str, float], key: str) -> float:
    """The distance between now and the moment that PortAudio names ``key``, in seconds; 0 when it is absurd."""
    distance = abs(times[key] - times["current_time"])
    return distance if times[key] > 0 and distance < MOST_LATENCY_S else 0.0


class EchoReference:
    """The sound of the loudspeaker: int16, 16 kHz of its own clock, and when each sample was heard."""

    def __init__(self, slipped: Callable[[], None] = lambda: None) -> None:
        self.clock = SampleClock(slipped)
        """The loudspeaker's clock."""
        self._blocks: deque[tuple[bytes, int, float, int]] = deque()
        self._generation: int | None = None
        self._resampler = LiveResampler(WAKE_HZ, WAKE_HZ)
        self._ring: Samples = np.zeros(round(KEPT_S * WAKE_HZ), np.int16)
        self._sounded = 0
        """Number of the last sample that was any sound, and a little more."""
        self._end = 0
        """Number of the sample behind the last one; a stream's first sample has its place as its number."""

    def took(self, data: bytes, hz: int, heard_at_s: float, generation: int) -> None:
        """The device took a block that is in the air from ``heard_at_s`` on, in monotonic time; from any thread.

        ``generation`` counts the streams: each begins a timeline of its own.
        """
        self._blocks.append((data, hz, heard_at_s, generation))

    def number_at(self, place: float) -> float:
        """Number of the sample that was in the air at a place of the common clock."""
        while self._blocks:  # PortAudio's thread only queues; the work is done here
            self._draw(*self._together())
        if self.clock.next is None:
            return place
        return self._end + (place - self.clock.next) / self.clock.length

    def _together(self) -> tuple[bytes, int, float, int]:
        """The next block, with those that follow it in the same stream: each costs as much as several."""
        data, hz, heard_at_s, generation = self._blocks.popleft()
        more = [data]
        while self._blocks and self._blocks[0][1] == hz and self._blocks[0][3] == generation:
            more.append(self._blocks.popleft()[0])
        return b"".join(more), hz, heard_at_s, generation

    def read(self, first: float, step: float, count: int) -> Samples:
        """``count`` values from number ``first`` on, ``step`` apart, shape (count,); silence if unknown."""
        if first > self._sounded:
            return np.zeros(count, np.int16)
        begin = floor(first) - POINTS
        piece = self._between(begin, ceil(first + step * count) + POINTS)
        return read_at(piece, first - begin, step, count) if piece.any() else np.zeros(count, np.int16)

    @property
    def stream(self) -> int | None:
        """Which stream the last sound belongs to."""
        return self._generation

    def short_of(self, number: float, place: float) -> float:
        """How many samples before ``number`` the device has not taken yet, if it plays at a place of the common clock.

        0 when it does not: then nothing more will be known.
        """
        if self.clock.next is None or self.clock.next < place - _MOST_LATE or self._sounded < self._end - _BEGINNING:
            return 0.0
        return max(0.0, number + POINTS - self._end)

    def forget(self) -> None:
        """What was taken until now is of no use to anybody."""
        self._blocks.clear()
        self._generation = None

    def latest(self, count: int) -> Samples:
        """The last ``count`` samples that the device took, shape (count,)."""
        return self._between(self._end - count, self._end)

    def _between(self, begin: int, end: int) -> Samples:
        """The samples from number ``begin`` to ``end``; the ring has the last ones, and elsewhere there is silence."""
        found = np.zeros(end - begin, np.int16)
        first, behind = max(begin, self._end - self._ring.size), min(end, self._end)
        if first < behind:
            held = [self._ring[part] for part in self._parts(first, behind)]
            np.concatenate(held, out=found[first - begin : behind - begin])
        return found

    def _parts(self, begin: int, end: int) -> list[slice]:
        """Where in the ring the samples from ``begin`` to ``end`` are, at most as many as it has."""
        size = self._ring.size
        at, behind = begin % size, begin % size + end - begin
        return [slice(at, behind)] if behind <= size else [slice(at, size), slice(0, behind - size)]

    def _put(self, begin: int, samples: Samples) -> None:
        for part in self._parts(begin, begin + samples.size):
            count = part.stop - part.start
            self._ring[part], samples = samples[:count], samples[count:]

    def _draw(self, data: bytes, hz: int, heard_at_s: float, generation: int) -> None:
        begins = generation != self._generation
        if begins:
            self._generation, self._resampler = generation, LiveResampler(hz, WAKE_HZ)
            self.clock.restart()
        samples = self._resampler.push(pcm.from_bytes(data))
        place = self.clock.place(heard_at_s, samples.size)
        start = round(place) if begins else self._end
        if start > self._end:  # nothing was played in between, and the ring must not keep what was there before
            gap = min(start - self._end, self._ring.size)
            self._put(start - gap, np.zeros(gap, np.int16))
        self._put(start, samples)
        self._end = start + samples.size
        if pcm.peak(samples) >= SILENT_BELOW:
            self._sounded = self._end + POINTS


class ReferenceReader:
    """Reads the reference beside the frames of a microphone, frame after frame."""

    def __init__(
        self,
        reference: EchoReference,
        microphone: SampleClock | None = None,
        slipped: Callable[[], None] = lambda: None,
    ) -> None:
        """Without the microphone's clock it reads sample by sample, from where it began.

        ``slipped`` is called when it has to jump while something sounds.
        """
        self._reference = reference
        self._tell_slip = slipped
        self._microphone = microphone
        self._measured: float | None = None
        self._at: float | None = None
        self._quiet = 0
        self._sound = 0
        """Samples of sound that were read since it began."""
        self._stream: int | None = None
        self.late = 0.0
        """How much later than it should it reads, samples: a loudspeaker with short blocks takes its sound hardly
        before it is heard, and what it has not taken yet nobody knows."""

    @property
    def late_ms(self) -> float:
        """``late`` in milliseconds."""
        return self.late * 1000 / WAKE_HZ

    def learn(self, ratio: float) -> None:
        """An echo test has found so many samples of the loudspeaker for one of the microphone."""
        self._measured = ratio

    def rest(self) -> None:
        """Nobody reads for a while: wherever it should be by then, it begins there."""
        self._at, self._sound, self.late = None, 0, 0.0
        self._reference.forget()

    @property
    def ratio(self) -> float:
        """Samples of the loudspeaker for one of the microphone: what was measured and what the stamps say, weighed."""
        if self._microphone is None:
            return 1.0
        loudspeaker = self._reference.clock
        stamped = self._microphone.length / loudspeaker.length
        doubt = self._microphone.variance + loudspeaker.variance
        if self._measured is None and abs(stamped - 1.0) < _CERTAIN * sqrt(doubt):
            return 1.0
        known, deviation = (1.0, _USUAL_DEVIATION) if self._measured is None else (self._measured, _MEASURED_DEVIATION)
        share = doubt / (doubt + deviation**2)
        return stamped + share * (known - stamped)

    def read(self, index: int, count: int) -> Samples:
        """What was in the air beside a frame that begins at ``index`` of the common clock, shape (count,)."""
        due = self._reference.number_at(index)
        if self._reference.stream != self._stream:
            self._stream, self._sound, self.late = self._reference.stream, 0, 0.0
        due -= self.late
        ratio, at = self.ratio, self._at
        step = ratio
        if at is None or (self._microphone is not None and self._may_jump(due - at)):
            if at is not None and self._quiet < _QUIET:
                self._tell_slip()
            at = due
        elif self._microphone is not None and abs(due - at) > _FAR:
            step += _SLEW if due > at else -_SLEW
        if self._microphone is not None:
            at -= self._go_back(at + step * count, index)
        found = self._reference.read(at, step, count)
        self._at = at + step * count
        if pcm.peak(found) >= SILENT_BELOW:
            self._quiet, self._sound = 0, self._sound + count
        else:
            self._quiet += count
        return found

    def _go_back(self, end: float, index: int) -> float:
        """How far it has to go back so that what it reads, up to number ``end``, is known."""
        short = self._reference.short_of(end, index)
        back = min(short + _SPARE, _MOST_LATE - self.late) if short > 0 else 0.0
        if back <= 0:
            return 0.0
        self.late += back
        if self._sound > _BEGINNING and back > _NEAR:
            self._tell_slip()
        return back

    def _may_jump(self, distance: float) -> bool:
        return abs(distance) > (_NEAR if self._quiet >= _QUIET else pcm.ms_to_samples(SLIP_MS, WAKE_HZ))
