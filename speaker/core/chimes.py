"""The speaker's own sounds, made from sine waves: short, soft at both ends, int16 at 24 kHz, shape (n,)."""

from functools import cache
from typing import Final, Literal

import numpy as np

from speaker.core.pcm import SESSION_HZ, Samples, from_float, ms_to_samples

Chime = Literal["wake", "sleep", "error", "muted"]

_NOTES: Final[dict[Chime, tuple[tuple[float, int], ...]]] = {
    "wake": ((659.3, 70), (987.8, 110)),
    "sleep": ((987.8, 70), (659.3, 110)),
    "error": ((329.6, 130), (261.6, 200)),
    "muted": ((392.0, 120),),
}
"""Chime → (frequency in Hz, length in ms), one after the other."""

_FADE_MS: Final = 12
_PEAK: Final = 0.5


@cache
def chime(name: Chime) -> Samples:
    """One of the sounds, always the same array, so it cannot be written to."""
    sound = np.concatenate([_note(hz, ms) for hz, ms in _NOTES[name]])
    sound.flags.writeable = False
    return sound


def _note(hz: float, ms: int) -> Samples:
    t = np.arange(ms_to_samples(ms, SESSION_HZ)) / SESSION_HZ
    fade = ms_to_samples(_FADE_MS, SESSION_HZ)
    envelope = np.minimum(1.0, np.minimum(np.arange(t.size), np.arange(t.size)[::-1]) / fade)
    # A little of the octave makes it sound struck rather than electric.
    wave = np.sin(2 * np.pi * hz * t) + 0.2 * np.sin(4 * np.pi * hz * t)
    return from_float((_PEAK / 1.2 * envelope * wave).astype(np.float32))
