"""Acoustic echo cancellation: what the microphone hears, without what the loudspeaker says.

Two cancellers work side by side, since neither does both jobs. WebRTC's AEC3 leaves nothing of the echo, and
with it half of the words of somebody who talks over it: it judges *whether* somebody talks. Speex's linear
filter leaves a faint echo and every word: it carries *what* is said. Both rest while nothing plays; they would
only harm the sound.
"""

import ctypes
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.double_talk import DoubleTalk
from speaker.audio.pcm import FRAME_SAMPLES, PIECE_MS, PIECE_SAMPLES, WAKE_HZ, RollingPower, Samples

BLOCK_SAMPLES: Final = WAKE_HZ // 100
"""10 ms: AEC3 takes exactly as much at a time. The linear filter takes any length, but must get no other: with 20 ms
it settled on a poor copy of a loud late room in 7 of 24 beginnings (12 dB instead of 25) and stayed with it, with 8 or
10 ms in none."""

SPEEX_TAPS: Final = 4096
"""Length of the linear filter, 256 ms: delay that was not measured, and the room's reverberation."""

SETTLE: Final = 640 // PIECE_MS
"""Pieces of echo, 640 ms, until AEC3 is at work again after a silence; measured: 160 to 320 ms."""

SLIPPED: Final = 1280 // PIECE_MS
"""Pieces, 1.3 s, in which nothing is trusted after a device has dropped or inserted sound: until the new place of the
echo is known, and AEC3 has found it."""

NEW: Final = 1120 // PIECE_MS
"""The same for an AEC3 that has just begun, 1.1 s."""

YOUNG: Final = 2880 // PIECE_MS
"""So many pieces of echo, 2.9 s, a new AEC3 goes on learning the room, and lets now and then a word pass. Measured in a
room with a loud echo 400 ms late, and with hard voices."""

LEAST_DB: Final = -18.0
YOUNG_LEAST_DB: Final = -8.0
"""What AEC3 leaves, against what was heard, from which it is somebody who talks; from a young AEC3 it must be more.
What it lets pass is 10 to 30 dB softer, and who talks even half as loud as the echo stands out of it."""

FALL_DB: Final = -0.5
"""How fast a room that reverberates for 2.4 s falls silent, for each piece: what follows a loud one is its echo."""

FORGET_S: Final = 1.5
"""After so long a silence AEC3 begins anew. The loudspeaker's device may have been closed meanwhile, and comes
back some samples earlier or later: an old AEC3 trusts what it knew and lets the echo pass, a new one is careful."""

TAIL_S: Final = 0.7
"""How long the room may ring after the last sound of the loudspeaker."""

SILENT_BELOW: Final = 4
"""Samples up to this are the near-silence that keeps a loudspeaker awake, not sound."""

AHEAD_MS: Final = 45
"""The reference is early by this much, since a filter cannot look ahead and measured delays are not exact: a sound
server's stamps stray by some 20 ms while a stream begins, in the echo test as well as in an answer."""

MOST_GAIN: Final = 1.5
"""Power after the filter against before: what makes the sound so much stronger has nothing to take away."""

MOST_RESIDUE: Final = 4.0
"""What AEC3 leaves has at most so much of the power that the linear filter leaves, which keeps every word. Where it
has more, AEC3 has lost the echo: it now and then settles on a wrong place and stays there."""

LOST: Final = 640 // PIECE_MS
"""After so many such pieces, less the good ones between them, another AEC3 begins."""

NO_ECHO: Final = 2240 // PIECE_MS
"""After so many pieces of loud sound, 2.2 s, that the microphone does not hear, there is no echo: headphones, or a
microphone that cancels it itself. It takes so long since a loudspeaker may be two seconds later than it says, over
Bluetooth for instance, where nothing was measured; and an amplifier that was asleep may need a second."""

NO_ECHO_DBFS: Final = -65.0
"""What the microphone does not hear; nothing so soft counts as speech."""

AUDIBLE_DBFS: Final = -40.0
"""Sound of the loudspeaker that a microphone in the same room hears."""

_POINTER: Final = ctypes.POINTER(ctypes.c_int16)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Microphone sound without the echo: int16, shape (n,), 16 kHz."""

    voice: Samples
    """Every word of somebody in the room, and a faint rest of the echo."""
    residue: Samples
    """Nothing of the echo, and only parts of the words spoken over it."""
    playing: bool
    """Whether the loudspeaker was heard, so that the two differ."""
    stirring: bool = False
    """Whether somebody may just have begun to talk over it."""
    silent: bool = False
    """Whether nothing but a made murmur is in the residue."""


class _Speex:
    """The linear filter alone: Speex's own suppressor would take words along."""

    def __init__(self) -> None:
        import pyaec  # noqa: PLC0415 - as for AEC3 below

        # The package's wrapper class goes through Python lists, sample by sample.
        self._lib = pyaec.lib
        self._state = self._lib.AecNew(BLOCK_SAMPLES, SPEEX_TAPS, WAKE_HZ, False)

    def __del__(self) -> None:
        self._lib.AecDestroy(self._state)

    def push(self, frame: Samples, reference: Samples) -> Samples:
        """A piece without what a linear echo path made of the reference."""
        out = np.empty(frame.size, np.int16)
        whole = [np.ascontiguousarray(one) for one in (frame, reference, out)]
        for at in range(0, frame.size, BLOCK_SAMPLES):
            places = (one[at:].ctypes.data_as(_POINTER) for one in whole)
            self._lib.AecCancelEcho(self._state, *places, BLOCK_SAMPLES)
        return out


class _Aec3:
    """WebRTC's canceller; it finds the delay itself."""

    def __init__(self) -> None:
        # Not at the top: it takes 17 MB, and a speaker that only listens needs none of it.
        from livekit.rtc import AudioFrame, AudioProcessingModule  # noqa: PLC0415

        self._frame = AudioFrame
        self._module = AudioProcessingModule(echo_cancellation=True)

    def push(self, frame: Samples, reference: Samples) -> Samples:
        """A piece without anything that sounds like the reference."""
        near, far = bytearray(pcm.to_bytes(frame)), bytearray(pcm.to_bytes(reference))
        step = pcm.BYTES_PER_SAMPLE * BLOCK_SAMPLES
        cleaned = bytearray()
        for start in range(0, len(near), step):
            self._module.process_reverse_stream(self._frame(far[start : start + step], WAKE_HZ, 1, BLOCK_SAMPLES))
            piece = self._frame(near[start : start + step], WAKE_HZ, 1, BLOCK_SAMPLES)
            self._module.process_stream(piece)
            cleaned += bytes(piece.data)
        return pcm.from_bytes(bytes(cleaned))


class EchoCanceller:
    """Both cancellers over one stream of sound, in order. Not thread-safe: one worker feeds it."""

    def __init__(self, *, doubting: bool = True) -> None:
        """``doubting``: whether what AEC3 leaves must stand out to count. Who measures what it can do, wants it all."""
        self._doubting = doubting
        self._ringing = 0
        """Samples for which the echo of what was played may still be heard."""
        self._pieces = 0
        """Pieces since it began to be heard, less those in which it cannot be trusted."""
        self._quiet = 0
        """Samples since it was last heard."""
        self._unheard = 0
        """Pieces of loud sound that the microphone did not hear, less those in which it heard anything; over all
        answers, and kept once they are enough."""
        self._aec3: _Aec3 | None = None
        self._age = 0
        """Pieces that it has worked on."""
        self._lost = 0
        """Pieces in which it left more than the linear filter did, less the others."""
        self._heard = 0.0
        """Power of what was heard last, as it fades in the room."""
        self._slipped = False
        self._level, self._played = RollingPower(), RollingPower()
        self._double_talk = DoubleTalk()
        self._powers: deque[tuple[float, float, float]] = deque(maxlen=FRAME_SAMPLES // PIECE_SAMPLES)
        """Of the last 80 ms as they were heard, without what the filter takes away, and without all echo: a piece
        alone says too little."""

    def slipped(self) -> None:
        """A device dropped or inserted sound: what is known of the echo's place is wrong. From any thread.

        An AEC3 that trusts the old place lets the echo pass for seconds; measured with slips of 5 to 80 ms, a new one
        never did.
        """
        self._slipped = True

    def push(self, frame: Samples, reference: Samples) -> Cleaned:
        """Pieces of 320 samples, and what the loudspeaker put into the air while they were recorded (a little early).

        Three phases: while nothing rings in the room sound passes untouched; when an echo begins, and after a
        slip, AEC3 is not trusted yet and its output is silence; then both cancellers do their work. Where there turns
        out to be no echo, sound passes untouched again: an AEC3 that never met one takes whole sentences for it.
        """
        if frame.size == PIECE_SAMPLES:
            return self._push(frame, reference)
        places = range(0, frame.size, PIECE_SAMPLES)
        done = [self._push(frame[at : at + PIECE_SAMPLES], reference[at : at + PIECE_SAMPLES]) for at in places]
        return Cleaned(
            np.concatenate([one.voice for one in done]),
            np.concatenate([one.residue for one in done]),
            playing=any(one.playing for one in done),
            stirring=any(one.stirring for one in done),
            silent=all(one.silent for one in done),
        )

    def _push(self, piece: Samples, reference: Samples) -> Cleaned:
        if pcm.peak(reference) >= SILENT_BELOW:
            self._ringing = round(TAIL_S * WAKE_HZ)
        if self._ringing <= 0:
            self._pieces = 0
            self._quiet += piece.size
            self._powers.clear()
            return Cleaned(piece, piece, playing=False)
        self._ringing -= piece.size
        self._pieces += 1
        if self._slipped:
            self._slipped, self._aec3, self._pieces, self._unheard = False, None, -SLIPPED, 0
        if self._aec3 is None or self._quiet > round(FORGET_S * WAKE_HZ):
            self._aec3, self._age = _Aec3(), 0
        self._quiet = 0
        if self._no_echo(piece, reference):
            return Cleaned(piece, piece + self._murmur, playing=True)
        voice, residue = self._speex.push(piece, reference), self._aec3.push(piece, reference)
        self._powers.append((pcm.mean_power(piece) + 1, pcm.mean_power(voice) + 1, pcm.mean_power(residue) + 1))
        heard, kept, left = (sum(powers) / len(self._powers) for powers in zip(*self._powers, strict=True))
        if self._powers[-1][1] > MOST_GAIN * self._powers[-1][0]:
            voice = piece  # where there is no echo, the filter would put one in
        self._age += 1
        trusted = self._trusted(heard, left) and not self._lost_echo(min(kept, heard), left)
        stirring = self._double_talk.push(*self._powers[-1][:2], passes=trusted)
        left = residue + self._murmur if trusted else self._murmur
        return Cleaned(voice, left, playing=True, stirring=stirring, silent=not trusted)

    def _lost_echo(self, kept: float, left: float) -> bool:
        """Whether AEC3 leaves an echo that the linear filter takes away; when that goes on, another one begins."""
        lost = left > MOST_RESIDUE * kept
        self._lost = max(0, self._lost + (1 if lost else -1))
        if self._lost >= LOST:
            self._aec3, self._lost = None, 0
        return lost

    def _trusted(self, heard: float, left: float) -> bool:
        """AEC3 lets the first moment of an echo pass after a silence, and while it is young more of it."""
        self._heard = max(heard, self._heard * 10 ** (FALL_DB / 10))
        if self._pieces <= SETTLE or not self._doubting:
            return self._pieces > SETTLE
        if self._age <= NEW:
            return False
        least_db = YOUNG_LEAST_DB if self._age <= YOUNG else LEAST_DB
        return left > 10 ** (least_db / 10) * self._heard

    def _no_echo(self, piece: Samples, reference: Samples) -> bool:
        if self._unheard < NO_ECHO:
            heard = self._level.push(pcm.swing_power(piece), piece.size)
            played = self._played.push(pcm.mean_power(reference), reference.size)
            if pcm.power_dbfs(played) > AUDIBLE_DBFS:
                self._unheard = max(0, self._unheard + (1 if pcm.power_dbfs(heard) <= NO_ECHO_DBFS else -1))
        return self._unheard >= NO_ECHO

    @property
    def _murmur(self) -> Samples:
        """Noise 75 dB below full scale: in a digital silence voice detectors begin to hear voices."""
        at = PIECE_SAMPLES * (self._pieces % (FRAME_SAMPLES // PIECE_SAMPLES))
        return self._noise[at : at + PIECE_SAMPLES]

    @cached_property
    def _noise(self) -> Samples:
        return np.random.default_rng(0).integers(-8, 9, FRAME_SAMPLES, np.int16)

    @cached_property
    def _speex(self) -> _Speex:
        return _Speex()
