"""A room as numbers: what becomes of a sound on its way from a loudspeaker to a microphone."""

import numpy as np
from numpy.typing import NDArray

from speaker.core.pcm import Samples, ms_to_samples

Floats = NDArray[np.float64]


def impulse_response(delay_ms: float, gain_db: float, decay_ms: float, hz: int, seed: int = 1) -> Floats:
    """The direct sound after ``delay_ms`` and a tail that is 60 dB softer ``decay_ms`` later, always the same.

    ``gain_db`` is the energy of it all: what the microphone hears compared with what is played.
    """
    count = max(1, ms_to_samples(decay_ms, hz))
    tail = np.random.default_rng(seed).standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    response = 0.3 * tail
    response[0] = 1.0
    response *= 10 ** (gain_db / 20) / np.sqrt(np.sum(response**2))
    return np.concatenate([np.zeros(ms_to_samples(delay_ms, hz)), response])


class Convolver:
    """A stateful convolution: what it gives for pieces is what it would give for the whole."""

    def __init__(self, response: Floats) -> None:
        self._response = response
        self._rest: Floats = np.zeros(response.size - 1)

    def push(self, samples: Samples) -> Samples:
        """As many samples as come in, int16; too loud ones are clipped."""
        size = samples.size + self._response.size - 1
        length = 1 << max(1, (size - 1).bit_length())
        spectrum = np.fft.rfft(samples, length) * np.fft.rfft(self._response, length)
        whole: Floats = np.fft.irfft(spectrum, length)[:size]
        whole[: self._rest.size] += self._rest
        self._rest = whole[samples.size :]
        out: Samples = np.clip(np.rint(whole[: samples.size]), -32768, 32767).astype(np.int16)
        return out
