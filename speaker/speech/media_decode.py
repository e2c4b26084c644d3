"""A sound file of a stranger's as 24 kHz mono: block by block, since a small file may claim to be a huge one."""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import RATES_HZ, SESSION_HZ, Samples
from speaker.errors import SpeakerError

MOST_S: Final = 300
"""Longer sounds are cut: this is a speaker of announcements, not of music."""

MOST_CHANNELS: Final = 8

_BLOCK: Final = 65_536
"""Numbers that are decoded at a time, over all channels."""


def decode_sound(data: bytes, shown: str, *, go_on: Callable[[], bool] = lambda: True) -> Samples:
    """WAV, MP3, FLAC or Ogg as int16 samples, shape (n,), 24 kHz, at most ``MOST_S`` long.

    ``shown`` is the address for the error, ``go_on`` whether anybody still wants it. Raises SpeakerError.
    """
    # Not at the top: it takes 14 MB, and most speakers never need it.
    import soundfile  # noqa: PLC0415

    try:
        # Through a file: reading from memory needs callbacks into Python, and with them memory that is both
        # writable and executable, which the service's sandbox denies.
        with tempfile.NamedTemporaryFile() as kept, soundfile.SoundFile(_written(kept, data)) as file:
            hz, channels = int(file.samplerate), int(file.channels)
            if channels > MOST_CHANNELS or not RATES_HZ[0] <= hz <= RATES_HZ[1]:
                raise SpeakerError(
                    f"the sound at {shown} claims {channels} channels at {hz} Hz; "
                    f"at most {MOST_CHANNELS} at {RATES_HZ[0]} to {RATES_HZ[1]} Hz are played"
                )
            return _resampled(_blocks(file, hz, channels, go_on), hz)
    except (soundfile.SoundFileError, OSError, ValueError, TypeError, RuntimeError, AssertionError) as error:
        raise SpeakerError(f"the sound at {shown} is no WAV, MP3, FLAC or Ogg that can be played") from error


def _blocks(file: Any, hz: int, channels: int, go_on: Callable[[], bool]) -> Iterator[Samples]:  # noqa: ANN401 - soundfile has no types
    left = MOST_S * hz
    while left > 0 and go_on():
        block = file.read(min(left, _BLOCK // channels), dtype="float32", always_2d=True)
        if not len(block):
            return
        left -= len(block)
        # A float file may hold what is no number, which would be noise as loud as can be.
        yield pcm.from_float(np.nan_to_num(block.mean(axis=1), nan=0.0, posinf=1.0, neginf=-1.0))


def _resampled(blocks: Iterator[Samples], hz: int) -> Samples:
    rate = pcm.Resampler(hz, SESSION_HZ)
    pieces = [rate.push(block) for block in blocks]
    return np.concatenate([*pieces, rate.push(np.empty(0, np.int16), last=True)])


def _written(file: IO[bytes], data: bytes) -> str:
    file.write(data)
    file.flush()
    return file.name
