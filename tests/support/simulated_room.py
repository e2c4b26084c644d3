"""A room with a loudspeaker and a microphone that each have a clock of their own, faster than real time.

What is played goes through an impulse response and arrives on the microphone's clock. Both devices stamp their blocks
as drivers do: with a jitter of milliseconds. The speaker's own parts do the rest: ``SampleClock``, ``EchoReference``,
``FrontEnd``. Everything is computed, so the same arguments give the same result on a machine of any load.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from speaker.audio import pcm
from speaker.audio.pcm import PIECE_SAMPLES, SESSION_HZ, WAKE_HZ, Samples
from speaker.demo.room_acoustics import Convolver, impulse_response

STAMP_JITTER_MS: Final = 5.0
"""Stamps are wrong by at most this much, evenly spread."""

_BEGUN_S: Final = 1_000.0
"""When the microphone was opened, on the monotonic clock."""

_AHEAD_S: Final = 0.03
"""How much before it is heard the device takes a block."""

_BLOCK: Final = SESSION_HZ * 10 // 1000
_RATTLE: Final = 0.7
"""How often loose parts knock, radians a sample: about 1,800 times a second."""

_ROOM_NOISE: Final = 10.0
"""Standard deviation of the room's own noise, samples: about -70 dBFS."""


@dataclass(frozen=True, slots=True)
class Room:
    """How the microphone hears the loudspeaker."""

    delay_ms: float = 80.0
    gain_db: float = -10.0
    decay_ms: float = 200.0
    seed: int = 1
    rattle: float = 0.0
    """How loud loose parts of the loudspeaker knock against the sound that moves them; 1 is as loud."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """How fast both devices run, in millionths against true time."""

    microphone_ppm: float = 0.0
    loudspeaker_ppm: float = 0.0

    @classmethod
    def apart(cls, ppm: float) -> "Clocks":
        """The loudspeaker runs so much faster than the microphone, and neither is right."""
        return cls(microphone_ppm=-0.4 * ppm, loudspeaker_ppm=0.6 * ppm)


@dataclass(frozen=True, slots=True)
class Block:
    """What the loudspeaker's device took, as ``EchoReference.took`` is told of it."""

    data: bytes
    heard_at_s: float
    stream: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A piece of microphone sound: int16, shape (320,), 16 kHz; and what the loudspeaker took until it came."""

    frame: Samples
    begins_s: float
    """As the driver stamps it."""
    taken: list[Block]


@dataclass
class Performance:
    """What happens in a room: what is played when, and what is said when. Times are seconds since the beginning."""

    room: Room
    clocks: Clocks
    length_s: float
    jitter_ms: float = STAMP_JITTER_MS
    offset: float = 0.0
    """Constant voltage of the microphone, in samples."""
    seed: int = 7
    _played: list[tuple[float, Samples]] = field(default_factory=list)
    _said: list[tuple[float, Samples]] = field(default_factory=list)

    def play(self, at_s: float, samples: Samples) -> None:
        """The loudspeaker's device is opened, plays (int16, 24 kHz), and is closed."""
        self._played.append((at_s, samples))

    def say(self, at_s: float, samples: Samples) -> None:
        """Somebody in the room speaks: int16, 16 kHz, as loud as the microphone hears it."""
        self._said.append((at_s, samples))

    def moments(self) -> Iterator[Moment]:
        """Piece by piece, in order."""
        random = np.random.default_rng(self.seed)
        heard, blocks = self._heard(random), self._blocks(random)
        rate = WAKE_HZ * (1 + self.clocks.microphone_ppm / 1e6)
        for start in range(0, heard.size - PIECE_SAMPLES + 1, PIECE_SAMPLES):
            now_s = _BEGUN_S + (start + PIECE_SAMPLES) / rate
            taken: list[Block] = []
            while blocks and blocks[0][0] <= now_s:
                taken.append(blocks.pop(0)[1])
            begins_s = _BEGUN_S + start / rate + self._jitter(random)
            yield Moment(heard[start : start + PIECE_SAMPLES], begins_s, taken)

    def _jitter(self, random: np.random.Generator) -> float:
        return float(random.uniform(-self.jitter_ms, self.jitter_ms)) / 1000

    def _heard(self, random: np.random.Generator) -> Samples:
        rate = WAKE_HZ * (1 + self.clocks.microphone_ppm / 1e6)
        air = np.zeros(round(self.length_s * rate))
        for at_s, samples in self._played:
            from_hz = SESSION_HZ * (1 + self.clocks.loudspeaker_ppm / 1e6)
            sound = soxr.resample(samples.astype(np.float64), from_hz, rate, "VHQ")
            _add(air, round(at_s * rate), sound)
        room = self.room
        if room.rattle:
            knocks = np.sign(np.sin(_RATTLE * np.arange(air.size)))
            air += room.rattle * np.abs(air) * knocks
        response = impulse_response(room.delay_ms, room.gain_db, room.decay_ms, WAKE_HZ, room.seed)
        whole = Convolver(response).push(pcm.from_float((air / 32767).astype(np.float32))).astype(np.float64)
        for at_s, samples in self._said:
            _add(whole, round(at_s * rate), samples.astype(np.float64))
        whole += random.normal(self.offset, _ROOM_NOISE, whole.size)
        return pcm.from_float((whole / 32767).astype(np.float32))

    def _blocks(self, random: np.random.Generator) -> list[tuple[float, Block]]:
        """Each block, and when the device takes it."""
        rate = SESSION_HZ * (1 + self.clocks.loudspeaker_ppm / 1e6)
        found = []
        for stream, (at_s, samples) in enumerate(self._played):
            for start in range(0, samples.size - _BLOCK + 1, _BLOCK):
                true_s = _BEGUN_S + at_s + start / rate
                block = Block(pcm.to_bytes(samples[start : start + _BLOCK]), true_s + self._jitter(random), stream)
                found.append((true_s - _AHEAD_S, block))
        return sorted(found, key=lambda one: one[0])


def _add(whole: NDArray[np.float64], at: int, sound: NDArray[np.float64]) -> None:
    piece = sound[: max(0, whole.size - at)]
    whole[at : at + piece.size] += piece
