"""How long a guess that somebody begins to talk over an answer may hold the answer up.

A guess comes within some 50 ms, long before a voice is known to be one. The answer waits for that moment: it goes on
where it stopped if nobody talks, and what the guess was about, a slammed door, a noisy room, does not stop it again.
"""

from typing import Final

from speaker.audio.pcm import WAKE_HZ, ms_to_samples

GUESSED: Final = ms_to_samples(300, WAKE_HZ)
"""Samples after which somebody who may talk is known to do so, or does not."""

_FLICKERS: Final = ms_to_samples(100, WAKE_HZ)
"""Samples for which a guess is kept when nothing speaks for it any more."""

_FORGIVEN: Final = ms_to_samples(1_000, WAKE_HZ)
"""Samples without a sign of anybody after which one is believed again."""


class TalkGuess:
    """Takes what each piece of sound says; positions are counted in samples."""

    def __init__(self) -> None:
        self._since: int | None = None
        self._seen = 0

    def forget(self) -> None:
        """What comes next is another answer."""
        self._since = None

    def push(self, first: int, end: int, *, stirring: bool) -> bool:
        """Whether the answer should wait, after a piece from ``first`` to ``end`` in which somebody may talk."""
        if stirring:
            self._seen = end
            if self._since is None:
                self._since = first
        if self._since is None:
            return False
        if end - self._seen > _FORGIVEN:
            self._since = None
            return False
        return end - self._since <= GUESSED and end - self._seen <= _FLICKERS
