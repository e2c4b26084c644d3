"""Mono 16-bit PCM: rates, frames, milliseconds, resampling, level and WAV bytes.

Samples are always ``numpy`` arrays of shape (n,), dtype int16; bytes are the same, little-endian.
"""

import io
import math
import wave
from collections import deque
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from speaker.errors import SpeakerError

Samples = NDArray[np.int16]

WAKE_HZ: Final = 16_000
"""Rate of the microphone frames and of every speech model."""

SESSION_HZ: Final = 24_000
"""The only PCM rate of the Realtime protocol."""

PIECE_MS: Final = 20
"""Microphone sound comes in pieces of this length, or of a multiple of it."""

PIECE_SAMPLES: Final = WAKE_HZ * PIECE_MS // 1000

FRAME_MS: Final = 80
"""Length of a frame of the wake word; openWakeWord gives one score for each."""

FRAME_SAMPLES: Final = WAKE_HZ * FRAME_MS // 1000

BYTES_PER_SAMPLE: Final = 2

SILENCE_DBFS: Final = -96.0
"""What the level of digital silence is said to be: the floor of 16 bits."""

RATES_HZ: Final = (4_000, 384_000)
"""Lowest and highest rate of a recording; what a file claims beyond them is damage."""


def ms_to_samples(ms: float, hz: int) -> int:
    """Number of samples in ``ms`` milliseconds at ``hz``."""
    return round(ms * hz / 1000)


def samples_to_ms(count: int, hz: int) -> float:
    """Milliseconds that ``count`` samples last at ``hz``."""
    return count * 1000 / hz


def bytes_to_ms(count: int, hz: int) -> float:
    """Milliseconds that ``count`` bytes of 16-bit mono last at ``hz``."""
    return samples_to_ms(count // BYTES_PER_SAMPLE, hz)


def from_bytes(data: bytes) -> Samples:
    """Little-endian bytes as samples, shape (len(data) // 2,). A trailing odd byte is dropped."""
    read = np.frombuffer(data, dtype="<i2", count=len(data) // BYTES_PER_SAMPLE)
    samples: Samples = read.astype(np.int16, copy=False)
    return samples


def to_bytes(samples: Samples) -> bytes:
    """Samples as little-endian bytes."""
    return samples.astype("<i2", copy=False).tobytes()


def from_float(samples: NDArray[np.float32]) -> Samples:
    """Float samples in [-1, 1] as int16; louder ones are clipped, not wrapped."""
    return to_samples(samples * np.float32(32767))


def amplify(samples: Samples, gain: float) -> Samples:
    """Samples times ``gain`` (1.0 = unchanged), clipped."""
    if gain == 1.0:
        return samples
    return to_samples(samples * np.float32(gain))


def to_samples(values: NDArray[np.float32]) -> Samples:
    """Values in int16's range, shape (n,), as samples; louder ones are clipped, not wrapped."""
    whole = np.rint(values)
    np.maximum(whole, -32768, out=whole)
    np.minimum(whole, 32767, out=whole)
    samples: Samples = whole.astype(np.int16)
    return samples


def both_channels(data: bytes) -> bytes:
    """Bytes of one channel as those of two that are alike."""
    return to_bytes(np.repeat(from_bytes(data), 2))


def level_dbfs(samples: Samples) -> float:
    """RMS level in dB below a full-scale square wave; silence and an empty array give -96.0."""
    if samples.size == 0:
        return SILENCE_DBFS
    return power_dbfs(mean_power(samples))


def mean_power(samples: Samples) -> float:
    """The mean square of the values, squared samples; shape (n,), n at least 1."""
    values = samples.astype(np.float32)
    return float(np.dot(values, values)) / samples.size


def swing_power(samples: Samples) -> float:
    """The same without the constant voltage of a cheap microphone, which is no sound."""
    mean = int(np.add.reduce(samples, dtype=np.int64)) / samples.size
    return max(0.0, mean_power(samples) - mean**2)


def peak(samples: Samples) -> int:
    """The largest value, whatever its sign; 0 of an empty array."""
    if samples.size == 0:
        return 0
    return max(int(np.maximum.reduce(samples)), -int(np.minimum.reduce(samples)))


class RollingPower:
    """The mean power of the last 80 ms, however the sound is cut: a piece of 20 ms says too little by itself."""

    def __init__(self) -> None:
        self._sums: deque[float] = deque()
        self._sizes: deque[int] = deque()

    def push(self, power: float, size: int) -> float:
        """Take in the mean square of ``size`` more samples, at 16 kHz; that of the last 80 ms, squared samples."""
        self._sums.append(power * size)
        self._sizes.append(size)
        while (total := sum(self._sizes)) - self._sizes[0] >= FRAME_SAMPLES:
            self._sums.popleft()
            self._sizes.popleft()
        return sum(self._sums) / total


def power_dbfs(power: float) -> float:
    """A mean square as a level, as ``level_dbfs`` gives it."""
    return max(SILENCE_DBFS, 10 * math.log10(max(power, 1e-18) / 32768**2))


class Resampler:
    """A stateful rate change: what it gives for pieces is what it would give for the whole."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self.from_hz = from_hz
        self.to_hz = to_hz
        # Floats inside: with int16 soxr adds dither, which is noise in silence and differs with the pieces.
        same = from_hz == to_hz
        self._stream = None if same else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")

    def push(self, samples: Samples, *, last: bool = False) -> Samples:
        """Samples at ``from_hz`` in, what is ready at ``to_hz`` out; ``last`` gives up the rest too."""
        if self._stream is None:
            return samples
        return to_samples(self._stream.resample_chunk(samples.astype(np.float32), last=last))


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """A whole recording at another rate."""
    return Resampler(from_hz, to_hz).push(samples, last=True)


def encode_wav(samples: Samples, hz: int) -> bytes:
    """A mono 16-bit WAV file as bytes."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(BYTES_PER_SAMPLE)
        writer.setframerate(hz)
        writer.writeframes(to_bytes(samples))
    return buffer.getvalue()


def decode_wav(data: bytes, to_hz: int, *, name: str = "the WAV data") -> Samples:
    """A 16-bit PCM WAV file as mono samples at ``to_hz``; several channels are averaged.

    Raises SpeakerError, naming ``name``, when it is not such a file.
    """
    try:
        with wave.open(io.BytesIO(data), "rb") as reader:
            channels, width, hz = reader.getnchannels(), reader.getsampwidth(), reader.getframerate()
            frames = reader.readframes(reader.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:  # the last for a chunk that ends outside its file
        raise SpeakerError(
            f"{name} is not a PCM WAV file ({str(error) or 'it is cut short'}); save it as 16-bit PCM WAV"
        ) from error
    if width != BYTES_PER_SAMPLE:
        raise SpeakerError(f"{name} has {8 * width}-bit samples; save it as 16-bit PCM WAV")
    if not RATES_HZ[0] <= hz <= RATES_HZ[1]:
        raise SpeakerError(f"{name} claims a rate of {hz} Hz; save it at {RATES_HZ[0]} to {RATES_HZ[1]} Hz")
    interleaved = from_bytes(frames)
    whole = interleaved[: interleaved.size - interleaved.size % channels].reshape(-1, channels)
    if not whole.size:
        raise SpeakerError(f"{name} holds no sound; record it again")
    mono = whole[:, 0] if channels == 1 else np.rint(whole.mean(axis=1)).astype(np.int16)
    return resample(np.ascontiguousarray(mono), hz, to_hz)
