"""A change of rate that holds back a millisecond, for sound that somebody waits for.

The idea. A good library (soxr) holds back 20 to 40 ms of a stream at this quality, as much as a whole piece or the
buffer of a sound card. Its filters are made for recordings; speech needs less. So this is the textbook's polyphase
filter: each new sample is a weighted sum of the few around its place, and the weights repeat after as many places as
the rates have in common. What it gives does not depend on how the sound is cut.
"""

from functools import cache
from math import ceil, gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from speaker.audio.pcm import Samples

_LOBES: Final = 16
"""How far a sample reaches, in periods of the lower rate: a millisecond at 16 kHz."""

_PASSED: Final = 0.93
"""Where the filter is half open, of half the lower rate: at 16 kHz it passes up to 6.5 kHz as it is, and what is beyond
8.5 kHz is 70 dB softer."""

_KAISER: Final = 7.0

_FEW: Final = 8
"""So many different weights are worth a product each."""


class LiveResampler:
    """Int16 samples, shape (n,), at ``from_hz`` in, what is ready of them at ``to_hz`` out."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        common = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._weights = _weights(self._up, self._down)
        half = self._weights.shape[1] // 2
        self._kept: Samples = np.zeros(half - 1, np.int16)
        self._first = 1 - half
        """Number of the first sample that is kept; before the stream there was silence."""
        self._taken = self._made = 0

    def push(self, samples: Samples, *, last: bool = False) -> Samples:
        """More sound; ``last`` gives up the rest too, so that its length in time is that of what came in."""
        if self._up == self._down:
            return samples
        half = self._weights.shape[1] // 2
        self._taken += samples.size
        tail = [np.zeros(half, np.int16)] if last else []
        self._kept = np.concatenate([self._kept, samples, *tail])
        known = self._first + self._kept.size - half
        end = ceil(self._taken * self._up / self._down) if last else ceil(known * self._up / self._down)
        values = self._at(np.arange(self._made, max(self._made, end)) * self._down)
        self._made += values.size
        done = max(0, self._made * self._down // self._up - (half - 1) - self._first)
        self._kept, self._first = self._kept[done:], self._first + done
        ready: Samples = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
        return ready

    def _at(self, places: NDArray[np.intp]) -> NDArray[np.float32]:
        """The values at these places, which follow each other and are counted in ``up`` parts of a sample."""
        values = np.zeros(places.size, np.float32)
        if not places.size:
            return values
        half = self._weights.shape[1] // 2
        windows = sliding_window_view(self._kept.astype(np.float32), 2 * half)
        begins = places // self._up - (half - 1) - self._first
        if self._up > _FEW:
            np.einsum("ij,ij->i", windows[begins], self._weights[places % self._up], out=values)
            return values
        # Every so many places the weights are the same, so each of them is one product.
        for phase in range(min(self._up, places.size)):
            alike = windows[begins[phase] : begins[-1] + 1 : self._down]
            values[phase :: self._up] = alike @ self._weights[places[phase] % self._up]
        return values


@cache
def _weights(up: int, down: int) -> NDArray[np.float32]:
    """Shape (up, points): what each of the samples around a place counts, for every place there is between two."""
    band = min(1.0, up / down)
    half = ceil(_LOBES / band)
    distances = np.arange(1 - half, half + 1) - np.arange(up)[:, None] / up
    inside = np.clip(1 - (distances / half) ** 2, 0, None)
    weights = np.sinc(_PASSED * band * distances) * np.i0(_KAISER * np.sqrt(inside))
    whole: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return whole
