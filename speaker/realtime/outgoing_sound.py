"""The microphone's sound on its way to a service: resampled to the rate that it takes, in pieces of one length."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.live_resampler import LiveResampler
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples

APPEND_MS: Final = 100
"""The longest append. What comes as a piece of the microphone's sound goes out as one; what was held goes together."""


class OutgoingSound:
    """One turn after the other, each cut to its last sample."""

    def __init__(self) -> None:
        self.hz = SESSION_HZ
        """Rate that the service takes, from the next turn on."""
        self._resampler = LiveResampler(WAKE_HZ, self.hz)

    def forget(self) -> None:
        """What has not gone out is not to go out."""
        self._resampler = LiveResampler(WAKE_HZ, self.hz)

    def push(self, samples: Samples) -> Iterator[bytes]:
        """More sound: int16, shape (n,), 16 kHz, any n. What is ready comes out as 16-bit mono bytes at ``hz``."""
        ready = pcm.to_bytes(self._resampler.push(samples))
        step = pcm.BYTES_PER_SAMPLE * pcm.ms_to_samples(APPEND_MS, self.hz)
        return (ready[start : start + step] for start in range(0, len(ready), step))

    def end(self) -> bytes:
        """The turn is over: what is left of it."""
        rest = pcm.to_bytes(self._resampler.push(np.zeros(0, np.int16), last=True))
        self.forget()
        return rest
