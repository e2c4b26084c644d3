"""Where the pre-roll begins: after the wake word, and before anything that was said behind it.

A wake word is detected some time after its end. What lies between is sent too, since nobody can be sure
that it is not the command already; unless there is a pause in it, for then the pause is where the word
ended, and its last consonant need not be sent along.
"""

from typing import Final

import numpy as np

from speaker.audio.pcm import WAKE_HZ, Samples, ms_to_samples

WAKE_LAG_MS: Final = 200
"""A wake word is detected so long after its end, measured with synthetic voices (90-180 ms, and up to
one frame). What follows the word begins no earlier."""

SHORTEST_LAG_MS: Final = 100
"""And so long at least: a pause that begins later is one inside the command, the closure of a t or a k."""

PAUSE_MS: Final = 60
"""Shortest pause between two words; closures inside a word are mostly shorter."""

PAUSE_DB: Final = 30
"""How much softer than the loudest moment of the word a pause is; in a noisy room there is none."""

LONG_PAUSE_MS: Final = 90
"""Shortest pause that is no closure of a t or a k, wherever it is."""

LATE_MS: Final = 60
"""So long after it was told of, a wake word may still sound: some voices are known before they have said all of it."""

_STEP_MS: Final = 10


def preroll_start(word: Samples) -> int:
    """Index of the first sample to send, in sound (int16, 16 kHz) that ends where the wake word was detected.

    It is WAKE_LAG_MS before the end, or the beginning of a pause after that. ``word`` holds about a second,
    so that the loudness of the word is in it.
    """
    step = ms_to_samples(_STEP_MS, WAKE_HZ)
    levels = _levels(word, step)
    if levels.size == 0:
        return 0
    quiet = levels < np.max(levels) / 10 ** (PAUSE_DB / 20)
    first = max(0, quiet.size - WAKE_LAG_MS // _STEP_MS)
    last = quiet.size - SHORTEST_LAG_MS // _STEP_MS
    length = PAUSE_MS // _STEP_MS
    for begin in range(first, last + 1):
        if np.all(quiet[begin : begin + length]) and begin + length <= quiet.size:
            return word.size - (quiet.size - begin) * step
    return max(0, word.size - ms_to_samples(WAKE_LAG_MS, WAKE_HZ))


def word_end(word: Samples, after: Samples, told: int) -> int:
    """Index in ``after`` where a long pause behind the wake word begins; 0 without one.

    ``after`` is what follows ``word`` (int16, 16 kHz, the end of the wake word may still be in it); it was told of at
    index ``told``. A pause is known only when it is over, so this is asked later than ``preroll_start``.
    """
    step = ms_to_samples(_STEP_MS, WAKE_HZ)
    whole = after[: after.size - after.size % step]
    if not whole.size or word.size < step:
        return 0
    quiet = _levels(whole, step) < np.max(_levels(word, step)) / 10 ** (PAUSE_DB / 20)
    length = LONG_PAUSE_MS // _STEP_MS
    last = min((told + ms_to_samples(LATE_MS, WAKE_HZ)) // step, quiet.size - length)
    return next((begin * step for begin in range(last + 1) if np.all(quiet[begin : begin + length])), 0)


def _levels(samples: Samples, step: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """RMS of each step, counted back from the end."""
    whole = samples[samples.size % step :].astype(np.float64).reshape(-1, step)
    levels: np.ndarray[tuple[int], np.dtype[np.float64]] = np.sqrt(np.mean(np.square(whole), axis=1))
    return levels
