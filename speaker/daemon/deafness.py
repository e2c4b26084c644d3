"""Whether the speaker is deaf: it had a microphone, and hears nothing of it any more."""

from collections.abc import Callable

from speaker.speech import phrases


class Deafness:
    """Looked at again and again. Who never had a microphone is not deaf: it announces, rings and serves the hub."""

    def __init__(self, hears: Callable[[], bool], say: Callable[[str], None]) -> None:
        """``hears``: whether frames arrive and are worked on, or nobody wants them; ``say`` speaks a sentence."""
        self._hears = hears
        self._say = say
        self._had = False
        self._told = False

    def look(self) -> bool:
        """Whether all is as it should be; a microphone that is gone is told of once, until it is back."""
        if self._hears():
            self._had, self._told = True, False
            return True
        if self._had and not self._told:
            self._told = True
            self._say(phrases.DEAF)
        return not self._had
