"""Whether a voice may be in a frame: what the wake words are scored for.

The idea. A cheap voice detector, WebRTC's, misses no word, but takes most of the next twenty seconds of plain noise
for more of it once somebody has spoken. What it cannot forget, the loudness tells: a voice stands out of the quietest
moments of the last seconds, and the noise of a fan or of rain does not. A frame may hold a voice if both say so.
"""

from collections import deque
from typing import Final

import numpy as np
import webrtcvad

from speaker.audio import pcm
from speaker.audio.pcm import FRAME_MS, PIECE_SAMPLES, WAKE_HZ, Samples

VOICE_MODE: Final = 1
"""Aggressiveness of the voice detector, 0-3; low, since a missed voice would be a missed wake word."""

STANDS_OUT_DB: Final = 1.5
"""How far a frame stands out of the quiet, if there is a voice in it. The frames of plain noise differ by less than
1 dB; a wake word that is 6 dB softer than the noise, which is seldom detected any more, still stands out."""

_QUIET_FRAMES: Final = 2_000 // FRAME_MS
"""Frames in which the quiet is looked for, 2 s: even who talks without a pause makes gaps between sounds in them."""

_SHARE: Final = 25
"""What counts as the quiet of them: so many percent are quieter."""


class VoiceGate:
    """Frames (int16, shape (1280,), 16 kHz) in, in order."""

    def __init__(self) -> None:
        self._detector = webrtcvad.Vad(VOICE_MODE)
        self._levels: deque[float] = deque(maxlen=_QUIET_FRAMES)

    def push(self, frame: Samples) -> bool:
        """Whether there may be a voice in the next frame."""
        pieces = frame.reshape(-1, PIECE_SAMPLES)
        # Without their means: the rumble of plain noise is below every voice, and rises and falls by itself.
        level = pcm.power_dbfs(float(np.mean(np.var(pieces.astype(np.float32), axis=1))))
        self._levels.append(level)
        if not any(self._detector.is_speech(pcm.to_bytes(one), WAKE_HZ) for one in pieces):
            return False
        known = len(self._levels) == _QUIET_FRAMES
        return not known or level > float(np.percentile(self._levels, _SHARE)) + STANDS_OUT_DB
