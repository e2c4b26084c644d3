"""Samples between samples: a recording read at any pace that differs from its own by a few thousandths at most.

A windowed sinc of 16 points, in 256 steps between two samples. What stands on a sample comes out as it is.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from speaker.audio.pcm import Samples, to_samples

POINTS: Final = 16
"""Samples that a value between them is made of: as many before it as behind it."""

_STEPS: Final = 256
_KAISER: Final = 7.0
"""Shape of the window: errors stay 60 dB below the sound, up to 6 kHz."""


def read_at(padded: Samples, first: float, step: float, count: int) -> Samples:
    """``count`` values, ``step`` apart, shape (count,); ``first`` counts from ``padded``'s first sample.

    ``padded`` holds at least ``POINTS`` / 2 samples before the first value and behind the last one.
    """
    places = first + step * np.arange(count)
    below = places.astype(np.intp)
    phases = np.rint((places - below) * _STEPS).astype(np.intp)
    around = below[:, None] + np.arange(1 - POINTS // 2, POINTS // 2 + 1)
    values = np.einsum("ij,ij->i", padded.astype(np.float32)[around], _sinc()[phases])
    return to_samples(values)


@cache
def _sinc() -> NDArray[np.float32]:
    """Shape (steps + 1, points): the weights of the points around each place between two samples."""
    offsets = np.arange(1 - POINTS // 2, POINTS // 2 + 1)
    distances = offsets - np.arange(_STEPS + 1)[:, None] / _STEPS
    inside = np.clip(1 - (distances / (POINTS / 2)) ** 2, 0, None)
    weights = np.sinc(distances) * np.i0(_KAISER * np.sqrt(inside)) / np.i0(_KAISER)
    whole = weights / weights.sum(axis=1, keepdims=True)
    fine: NDArray[np.float32] = whole.astype(np.float32)
    return fine
