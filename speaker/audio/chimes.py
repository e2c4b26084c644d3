"""The speaker's own sounds, made from sine waves: short, soft at both ends, int16 at 24 kHz, shape (n,)."""

from functools import cache
from typing import Final, Literal

import numpy as np

from speaker.audio.pcm import SESSION_HZ, Samples, from_float, ms_to_samples

Chime = Literal["wake", "listened", "done", "error", "timer", "muted", "unmuted", "announcement"]

_TRIAD: Final = ((523.3, 110), (659.3, 110), (784.0, 260))

_NOTES: Final[dict[Chime, tuple[tuple[float, int], ...]]] = {
    "wake": ((659.3, 70), (987.8, 110)),
    "listened": ((784.0, 90),),
    "done": ((784.0, 80), (1046.5, 150)),
    "error": ((329.6, 130), (261.6, 200)),
    "announcement": ((784.0, 120), (523.3, 260)),
    "timer": (*_TRIAD, (0.0, 160), *_TRIAD),
    "muted": ((523.3, 70), (392.0, 120)),
    "unmuted": ((392.0, 70), (523.3, 120)),
}
"""Chime → (frequency in Hz, length in ms), one after the other; 0 Hz is a pause. A timer's is played again and
again, with a pause, by whoever rings."""

_FADE_MS: Final = 12
_PEAK: Final = 0.5
_SEED: Final = 0


@cache
def chime(name: Chime) -> Samples:
    """One of the sounds, always the same array, so it cannot be written to."""
    return _sealed(np.concatenate([_note(hz, ms) for hz, ms in _NOTES[name]]))


@cache
def lead_in(ms: int, hz: int) -> Samples:
    """Near-silence at ``hz``: noise of one step of 16 bits, 90 dB below full scale, the same every time.

    Nobody hears it, but USB and HDMI devices that fall asleep on digital silence stay awake.
    """
    noise = np.random.default_rng(_SEED).integers(-1, 2, ms_to_samples(ms, hz), np.int16)
    return _sealed(noise)


def _sealed(sound: Samples) -> Samples:
    sound.flags.writeable = False
    return sound


def _note(hz: float, ms: int) -> Samples:
    t = np.arange(ms_to_samples(ms, SESSION_HZ)) / SESSION_HZ
    fade = ms_to_samples(_FADE_MS, SESSION_HZ)
    envelope = np.minimum(1.0, np.minimum(np.arange(t.size), np.arange(t.size)[::-1]) / fade)
    # A little of the octave makes it sound struck rather than electric.
    wave = np.sin(2 * np.pi * hz * t) + 0.2 * np.sin(4 * np.pi * hz * t)
    return from_float((_PEAK / 1.2 * envelope * wave).astype(np.float32))
