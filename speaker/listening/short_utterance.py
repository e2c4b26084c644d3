"""Something short that is said by itself: an order, an answer."""

from collections import deque
from typing import Final

import numpy as np

from speaker.audio.pcm import FRAME_MS, Samples
from speaker.listening.front_end import SensedFrame

_BEFORE_FRAMES: Final = 500 // FRAME_MS
"""The detector notices speech so late."""


class ShortUtterance:
    """Collects the microphone's frames, and gives speech that was no longer than was allowed, once it is over."""

    def __init__(self, longest_ms: int) -> None:
        """``longest_ms`` counts the pauses around it: whoever talks longer means something else."""
        self._longest = longest_ms // FRAME_MS
        self._recent: deque[Samples] = deque(maxlen=self._longest + _BEFORE_FRAMES)
        self._spoken_for = 0
        """Frames since somebody began to talk, 0 = nobody does."""

    def take(self, sensed: SensedFrame) -> Samples | None:
        """The next frame; int16 samples, 16 kHz, when it ends something short."""
        self._recent.append(sensed.voice)
        if sensed.talk == "begins":
            self._spoken_for = 1
        elif self._spoken_for:
            self._spoken_for += 1
        if sensed.talk != "ends":
            return None
        length, self._spoken_for = self._spoken_for, 0
        if not 0 < length <= self._longest:
            return None
        return np.concatenate(list(self._recent)[-(length + _BEFORE_FRAMES) :])

    def forget(self) -> None:
        """What was said so far is meant for somebody else."""
        self._recent.clear()
        self._spoken_for = 0
