"""Something short that is said by itself: an order, an answer."""

from collections.abc import Callable
from operator import attrgetter
from typing import Final

from speaker.audio.pcm import WAKE_HZ, Samples, ms_to_samples
from speaker.audio.recent_sound import RecentSound
from speaker.listening.front_end import SensedFrame

_BEFORE: Final = ms_to_samples(480, WAKE_HZ)
"""Samples before that: the detector notices speech so late."""


class ShortUtterance:
    """Collects the microphone's sound, and gives speech that was no longer than was allowed, once it is over."""

    def __init__(self, longest_ms: int, sound: Callable[[SensedFrame], Samples] = attrgetter("voice")) -> None:
        """``longest_ms`` counts the pauses around it: whoever talks longer means something else.

        ``sound``: what is collected of a piece.
        """
        self._sound = sound
        self._longest = ms_to_samples(longest_ms, WAKE_HZ)
        self._recent = RecentSound(self._longest + _BEFORE)
        self._spoken_for = 0
        """Samples since somebody began to talk, 0 = nobody does."""

    def take(self, sensed: SensedFrame) -> Samples | None:
        """The next piece; int16 samples, 16 kHz, when it ends something short."""
        self._recent.push(self._sound(sensed))
        if sensed.talk == "begins" or self._spoken_for:
            self._spoken_for += sensed.voice.size
        if sensed.talk != "ends":
            return None
        length, self._spoken_for = self._spoken_for, 0
        if not 0 < length <= self._longest:
            return None
        return self._recent.last(length + _BEFORE)

    def forget(self) -> None:
        """What was said so far is meant for somebody else."""
        self._recent.clear()
        self._spoken_for = 0
