"""From what a sound card delivers to one channel that can be listened to: channel, DC offset, gain, and dead or not.

All samples are int16; a card's are interleaved, shape (n, channels), everything after that shape (n,).
"""

import logging
from collections import deque
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from speaker.audio import pcm
from speaker.audio.capture_choice import Capture, Channel, GainDb
from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES, WAKE_HZ, Samples

log = logging.getLogger(__name__)

DEAD_DBFS: Final = -85.0
"""Below this there is no microphone, only the zeros of a muted one, or the single bits that a conversion puts there.
The softest microphone in the softest room is some 10 dB louder."""

ALIVE_DBFS: Final = -75.0

MOST_CAPTURED: Final = 8
"""What names of plug-ins claim, up to 128, is not there; no array of microphones has more than these."""

_SWITCH_MS: Final = 2_000
"""So long one channel has to be dead and another alive until the other is taken."""

_OTHER_HZ: Final = (48_000, 44_100, 32_000, 96_000)
"""Rates that are tried when neither the wanted nor the card's own is accepted."""


def capture_shapes(
    wanted: Channel, inputs: int, native_hz: int, wanted_hz: int, *, hardware: bool
) -> list[tuple[int, int]]:
    """Rates in Hz and channel counts to open a device with, best first.

    A card's own device is opened with all channels: asked for one, PortAudio takes the left one, and a microphone
    that is wired to the right is never heard. Anything else mixes by itself.
    """
    if isinstance(wanted, int):
        counts = [wanted, min(inputs, MOST_CAPTURED), inputs]
    elif wanted == "mix":
        counts = [min(inputs, MOST_CAPTURED) if hardware else 2, 2, 1]
    else:
        counts = [min(inputs, MOST_CAPTURED), 2, 1] if hardware else [1, 2, min(inputs, MOST_CAPTURED)]
    least = wanted if isinstance(wanted, int) else 1
    usable = [count for count in dict.fromkeys(counts) if least <= count <= inputs]
    return [(hz, count) for count in usable for hz in dict.fromkeys((wanted_hz, native_hz, *_OTHER_HZ))]


class ChannelPicker:
    """One channel of several; with ``auto`` the first that is not dead."""

    def __init__(self, wanted: Channel, channels: int, hz: int) -> None:
        self._wanted = wanted
        self._channels = channels
        self._patience = pcm.ms_to_samples(_SWITCH_MS, hz)
        self._dead_for = 0
        self.taken = wanted - 1 if isinstance(wanted, int) else 0
        """The channel in use, counted from 0."""

    def push(self, samples: Samples) -> Samples:
        """Interleaved samples in, one channel out."""
        if self._channels == 1:
            return samples
        every = samples.reshape(-1, self._channels)
        if self._wanted == "mix":
            mixed: Samples = np.rint(np.mean(every, axis=1)).astype(np.int16)
            return mixed
        if self._wanted == "auto":
            self._look(every)
        return np.ascontiguousarray(every[:, self.taken])

    def _look(self, every: NDArray[np.int16]) -> None:
        if pcm.level_dbfs(every[:, self.taken]) > DEAD_DBFS:
            self._dead_for = 0
            return
        self._dead_for += every.shape[0]
        if self._dead_for < self._patience:
            return
        levels = [pcm.level_dbfs(every[:, one]) for one in range(self._channels)]
        best = int(np.argmax(levels))
        if levels[best] > ALIVE_DBFS:
            log.warning("channel %d of the microphone is dead; channel %d is taken", self.taken + 1, best + 1)
            self.taken, self._dead_for = best, 0


class DcFilter:
    """Takes away a constant that some cards add to every sample: it would count as loudness and overdrive.

    A microphone without one passes untouched, bit by bit, so that its wake scores stay what they are.
    """

    LEAST: Final = 16.0
    """Offsets below this, -66 dBFS, do no harm."""
    SHARE: Final = 0.05
    """How far the estimate follows 80 ms of sound."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._taken = 0.0

    def push(self, frame: Samples) -> Samples:
        """A piece of any length without the offset."""
        mean = int(np.add.reduce(frame, dtype=np.int64)) / frame.size
        share = 1 - (1 - self.SHARE) ** (frame.size / FRAME_SAMPLES)
        self._offset = mean if self._offset is None else self._offset + share * (mean - self._offset)
        target = self._offset if abs(self._offset) >= self.LEAST else 0.0
        if target == 0.0 and self._taken == 0.0:
            return frame
        slope = np.linspace(self._taken, target, frame.size, endpoint=False, dtype=np.float32)
        self._taken = target
        level: Samples = np.clip(np.rint(frame - slope), -32768, 32767).astype(np.int16)
        return level


class Gain:
    """Makes a microphone louder: by so many dB, or, with ``auto``, slowly and only when it is too soft to be heard.

    Nothing is changed as long as the loudest of what was said lately is loud enough for the wake word. A microphone
    far below that is raised by a step a minute at most, and lowered at once when it would overdrive.
    """

    ENOUGH_DBFS: Final = -40.0
    """A frame of speech this loud wakes as surely as a louder one (tests/bench/wake.py)."""
    STEP_DB: Final = 6.0
    MOST_DB: Final = 36.0
    LOOK_FRAMES: Final = 60_000 // FRAME_MS
    """A minute of frames is looked at together."""
    SPEECH_DB: Final = 10.0
    """How far something has to stand out of the minute's quiet to be speech."""

    def __init__(self, wanted: GainDb) -> None:
        self._auto = wanted == "auto"
        self.gain_db = 0.0 if wanted == "auto" else float(wanted)
        self._levels: deque[float] = deque(maxlen=self.LOOK_FRAMES)
        self._gathered: list[Samples] = []

    def push(self, frame: Samples) -> Samples:
        """A piece of any length, louder."""
        if self._auto:
            self._gathered.append(frame)
            if sum(piece.size for piece in self._gathered) >= FRAME_SAMPLES:
                self._follow(np.concatenate(self._gathered))
                self._gathered.clear()
        return frame if self.gain_db == 0.0 else pcm.amplify(frame, 10 ** (self.gain_db / 20))

    def _follow(self, frame: Samples) -> None:
        self._levels.append(pcm.level_dbfs(frame))
        peak_dbfs = 20 * np.log10(max(1, pcm.peak(frame)) / 32768)
        if self.gain_db and peak_dbfs + self.gain_db > 0:
            self.gain_db = max(0.0, self.gain_db - self.STEP_DB)
        if len(self._levels) < self.LOOK_FRAMES:
            return
        quiet, loud = (float(np.percentile(self._levels, share)) for share in (20, 98))
        self._levels.clear()
        if loud > max(quiet + self.SPEECH_DB, DEAD_DBFS) and loud + self.gain_db < self.ENOUGH_DBFS:
            self.gain_db = min(self.MOST_DB, self.gain_db + self.STEP_DB)
            log.info("= the microphone is soft; it is made %.0f dB louder", self.gain_db)


Pulse = Literal["alive", "reopen", "dead", "back"]


class DeadWatch:
    """Notices a microphone that delivers nothing but zeros: muted, unplugged behind its card, or led elsewhere."""

    def __init__(self, after_s: float | None) -> None:
        self._patience = None if after_s is None else max(1, round(after_s * WAKE_HZ))
        self._silent = 0
        """Samples of nothing but zeros."""
        self.dead = False
        self.gates = False
        """Whether it fell silent and came back by itself before: it does so, or somebody presses its switch."""

    def push(self, frame: Samples) -> Pulse:
        """What to do about it: open it anew after the given time, call it dead after twice that."""
        if self._patience is None:
            return "alive"
        if pcm.level_dbfs(frame) > DEAD_DBFS:
            was, self.dead, self._silent = self.dead, False, 0
            self.gates = self.gates or was
            return "back" if was else "alive"
        before, self._silent = self._silent, self._silent + frame.size
        if before < self._patience <= self._silent:
            return "reopen"
        if before < 2 * self._patience <= self._silent:
            self.dead = True
            return "dead"
        return "alive"


class CaptureChain:
    """Pieces of one channel, as they are, to pieces that are listened to: 16 kHz."""

    def __init__(self, capture: Capture) -> None:
        self._dc = DcFilter()
        self._gain = Gain(capture.gain_db)
        self.watch = DeadWatch(capture.dead_after_s)

    def push(self, frame: Samples) -> tuple[Samples, Pulse]:
        """The piece, and what its level says of the microphone."""
        level = self._dc.push(frame)
        pulse = self.watch.push(level)
        return self._gain.push(level), pulse


def channel_levels(samples: Samples, channels: int) -> Sequence[float]:
    """The level of each channel of interleaved samples, in dBFS."""
    return [pcm.level_dbfs(one) for one in samples.reshape(-1, channels).T]
