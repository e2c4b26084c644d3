"""A room as numbers: what becomes of a sound on its way from a loudspeaker to a microphone."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from speaker.audio.pcm import Samples, ms_to_samples

Impulse = NDArray[np.float32]
"""An impulse response, shape (n,), n at least 1; 1.0 passes a sample on as it is."""

DIRECT_DB: Final = 6.0
"""How much stronger the direct sound is than all reflections together: loudspeaker and microphone of a speaker
are close to each other, in one case."""

_FALL_DB: Final = 60.0
"""How far the reflections have fallen after the decay time: the usual measure, RT60 (ISO 3382)."""

_SHORTEST_BLOCK: Final = 1024
"""So many samples at least go through one transform."""


def impulse_response(delay_ms: float, gain_db: float, decay_ms: float, hz: int, seed: int) -> Impulse:
    """The direct sound after ``delay_ms``, and noise behind it fallen by 60 dB when it ends ``decay_ms`` later.

    ``gain_db`` is the energy of the whole against the sound that goes in: the level a broadband sound comes
    back with. The same arguments give the same response. Raises ValueError for a negative time.
    """
    count = ms_to_samples(decay_ms, hz)
    fall = 10 ** (-_FALL_DB / 20 * np.arange(1, count + 1) / max(1, count))
    tail = np.random.default_rng(seed).uniform(-1, 1, count) * fall
    energy = float(np.sum(tail**2))
    if energy:
        tail *= 10 ** (-DIRECT_DB / 20) / np.sqrt(energy)
    sound = np.concatenate([[1.0], tail])
    sound *= 10 ** (gain_db / 20) / np.sqrt(np.sum(sound**2))
    return np.concatenate([np.zeros(ms_to_samples(delay_ms, hz)), sound]).astype(np.float32)


class Convolver:
    """A stateful convolution: what it gives for pieces is what it would give for the whole, and without delay."""

    def __init__(self, impulse: Impulse) -> None:
        self._length = 1 << (impulse.size + _SHORTEST_BLOCK - 2).bit_length()
        self._block = self._length - impulse.size + 1
        self._spectrum = np.fft.rfft(impulse, self._length)
        self._rest: NDArray[np.float64] = np.zeros(impulse.size - 1)

    def push(self, samples: Samples) -> Samples:
        """As many samples as come in, int16, shape (n,); too loud ones are clipped, not wrapped."""
        whole = np.empty(samples.size)
        for begin in range(0, samples.size, self._block):
            whole[begin : begin + self._block] = self._add(samples[begin : begin + self._block])
        clipped: Samples = np.clip(np.rint(whole), -32768, 32767).astype(np.int16)
        return clipped

    def _add(self, block: Samples) -> NDArray[np.float64]:
        """Overlap-add: what sounds on after one block is added to the next."""
        whole = np.fft.irfft(np.fft.rfft(block, self._length) * self._spectrum, self._length)
        whole[: self._rest.size] += self._rest
        self._rest = whole[block.size : block.size + self._rest.size]
        return whole[: block.size]
