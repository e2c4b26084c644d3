"""Whether a sound that was taken for somebody who talks was the loudspeaker's own.

What leaks through a canceller goes linearly through the room, so at each frequency it keeps a fixed relation to what
was played: it is coherent. What somebody says is not, not even in the same voice. Two things may have gone wrong, and
each has a law:

- The echo came where it was expected, and was not removed: what is left is coherent with the reference beside it.
- It came from elsewhere, since a device is later than measured, and passed untouched: it is coherent with what was
  played some other time. Among many moments one fits by chance, so far more is asked.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from speaker.audio import pcm
from speaker.audio.echo_canceller import AHEAD_MS
from speaker.audio.pcm import WAKE_HZ, Samples

JUDGED_MS: Final = 640
"""How much of a sound is judged: its loudest part of this length."""

LEAKED: Final = 0.15
"""Coherence, 0-1, with the reference beside it. Measured: of a talker at most 0.05, of an echo's rest 0.2 to 0.8."""

STRAYED: Final = 0.85
"""Coherence with the best moment of what was played. Measured: of a talker at most 0.74, of an echo about 0.9."""

MAY_BE_HEARD_MS: Final = 4_500
"""What may be heard of the loudspeaker in the last two seconds: its echo comes up to two seconds late."""

_WINDOW: Final = 512
_HOP: Final = 128
_OVERLAP: Final = 1.92
"""So many windows count as one, since they overlap: one, and twice the squares of what neighbours share."""

_BAND_HZ: Final = (150, 6_000)
_WHITENED: Final = 0.7
"""How far the spectrum is flattened before moments are compared: voices have peaks that are alike at every moment."""

_Spectra = NDArray[np.complex128]


def is_own_voice(heard: Samples, reference: Samples, played: Samples, ahead_ms: float = AHEAD_MS) -> bool:
    """Judge a sound: int16, 16 kHz.

    ``heard`` is what the canceller left, ``reference`` what it was given with it, both of shape (n,), n at least
    ``JUDGED_MS`` and ``ahead_ms``, by which it was early; ``played`` is longer, shape (m,): all that may be heard.
    """
    length, ahead = pcm.ms_to_samples(JUDGED_MS, WAKE_HZ), pcm.ms_to_samples(ahead_ms, WAKE_HZ)
    if heard.size < length + ahead or played.size < length:
        return False
    begin = _loudest(heard, ahead, length)
    sound = heard[begin : begin + length]
    if coherence(sound, reference[begin - ahead : begin - ahead + length]) > LEAKED:
        return True
    at = _best(sound, played)
    return coherence(sound, played[at : at + length]) > STRAYED


def coherence(one: Samples, other: Samples) -> float:
    """How much of the power of ``one``, 0-1, stands in a fixed relation to ``other``; both of shape (n,).

    What chance alone would give sounds as loud as these at each moment does not count: of a syllable, a fifth.
    """
    first, second = _spectra(one), _spectra(other)
    power, other_power = (np.abs(each) ** 2 for each in (first, second))
    whole, others = np.sum(power) + 1e3, np.sum(other_power, axis=0) + 1e3
    common = np.sum(np.abs(np.sum(first * second.conj(), axis=0)) ** 2 / others) / whole
    chance = min(0.99, _OVERLAP * float(np.sum(np.sum(power * other_power, axis=0) / others) / whole))
    return max(0.0, float(common) - chance) / (1 - chance)


def _spectra(samples: Samples) -> _Spectra:
    pieces = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), _WINDOW)[::_HOP]
    hz = np.fft.rfftfreq(_WINDOW, 1 / WAKE_HZ)
    spectra: _Spectra = np.fft.rfft(pieces * np.hanning(_WINDOW), axis=1)
    return spectra[:, (hz > _BAND_HZ[0]) & (hz < _BAND_HZ[1])]


def _loudest(heard: Samples, first: int, length: int) -> int:
    """Where the loudest part begins, from ``first`` on."""
    sums = np.concatenate([[0.0], np.cumsum(np.square(heard.astype(np.float64)))])
    return first + int(np.argmax(sums[first + length :] - sums[first : sums.size - length]))


def _best(sound: Samples, played: Samples) -> int:
    """Where in ``played`` the sound fits best."""
    size = 1 << (sound.size + played.size).bit_length()
    cross = np.fft.rfft(played, size) * np.conj(np.fft.rfft(sound, size))
    fits = np.abs(np.fft.irfft(cross / (np.abs(cross) ** _WHITENED + 1e-3), size))
    return int(np.argmax(fits[: played.size - sound.size + 1]))
