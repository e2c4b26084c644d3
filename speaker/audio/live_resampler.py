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

from speaker.audio.pcm import Samples, to_samples

_LOBES: Final = 16
"""How far a sample reaches, in periods of the lower rate: a millisecond at 16 kHz."""

_PASSED: Final = 0.93
"""Where the filter is half open, of half the lower rate: at 16 kHz it passes up to 6.5 kHz as it is, and what is beyond
8.5 kHz is 70 dB softer."""

_KAISER: Final = 7.0

_FEW: Final = 8
"""Up to so many different weights all are one product."""


class LiveResampler:
    """Int16 samples, shape (n,), at ``from_hz`` in, what is ready of them at ``to_hz`` out."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        common = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._weights = _weights(self._up, self._down)
        half = self._weights.shape[1] // 2
        self._blocks = _block_weights(self._up, self._down) if self._up <= _FEW else None
        self._kept: NDArray[np.float32] = np.zeros(half - 1, np.float32)
        self._first = 1 - half
        """Number of the first sample that is kept; before the stream there was silence."""
        self._taken = self._made = 0

    def push(self, samples: Samples, *, last: bool = False) -> Samples:
        """More sound; ``last`` gives up the rest too, so that its length in time is that of what came in."""
        if self._up == self._down:
            return samples
        half = self._weights.shape[1] // 2
        self._taken += samples.size
        tail = [np.zeros(half, np.float32)] if last else []
        self._kept = np.concatenate([self._kept, samples, *tail], dtype=np.float32)
        known = self._first + self._kept.size - half
        end = ceil(self._taken * self._up / self._down) if last else ceil(known * self._up / self._down)
        values = self._between(self._made, max(self._made, end))
        self._made += values.size
        done = max(0, self._made * self._down // self._up - (half - 1) - self._first)
        self._kept, self._first = self._kept[done:], self._first + done
        return to_samples(values)

    def _between(self, begin: int, end: int) -> NDArray[np.float32]:
        """The values from number ``begin`` to ``end``."""
        if begin == end:
            return np.zeros(0, np.float32)
        half = self._weights.shape[1] // 2
        if self._blocks is not None:
            return self._in_blocks(begin, end, self._blocks)
        places = np.arange(begin, end) * self._down
        windows = sliding_window_view(self._kept, 2 * half)[places // self._up - (half - 1) - self._first]
        values: NDArray[np.float32] = np.einsum("ij,ij->i", windows, self._weights[places % self._up])
        return values

    def _in_blocks(self, begin: int, end: int, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same where the weights soon repeat: all values between two repetitions are one row of a product."""
        first, behind = begin // self._up, -(-end // self._up)
        half = self._weights.shape[1] // 2
        starts = first * self._down - (half - 1) - self._first
        # The last block may want more than is there, for values that nobody asks for yet.
        missing = max(0, starts + (behind - first - 1) * self._down + weights.shape[0] - self._kept.size)
        kept = np.concatenate([np.zeros(max(0, -starts), np.float32), self._kept, np.zeros(missing, np.float32)])
        step = kept.strides[0]
        windows: NDArray[np.float32] = np.ndarray(
            (behind - first, weights.shape[0]), np.float32, kept, max(0, starts) * step, (self._down * step, step)
        )
        values: NDArray[np.float32] = (windows @ weights).reshape(-1)
        return values[begin - first * self._up :][: end - begin]


@cache
def _block_weights(up: int, down: int) -> NDArray[np.float32]:
    """Shape (points, up): the weights of every place in a block, each below those that it does not look at."""
    single = _weights(up, down)
    offsets = [place * down // up for place in range(up)]
    block = np.zeros((offsets[-1] + single.shape[1], up), np.float32)
    for place, offset in enumerate(offsets):
        block[offset : offset + single.shape[1], place] = single[place * down % up]
    return block


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
