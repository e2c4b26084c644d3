"""Whether the speaker is deaf: it had a microphone, and hears nothing of it any more."""

from collections.abc import Callable

from speaker.language.phrasebook import ENGLISH_PHRASES, OwnWords


class Deafness:
    """Looked at again and again. Who never had a microphone is not deaf: it announces, rings and serves the hub."""

    def __init__(
        self,
        hears: Callable[[], bool],
        dead: Callable[[], bool],
        say: Callable[[str], None],
        words: OwnWords = ENGLISH_PHRASES.own,
    ) -> None:
        """``hears``: whether frames arrive and are worked on, or nobody wants them; ``say`` speaks a sentence.

        ``dead``: whether nothing but silence is in them.
        """
        self._hears = hears
        self._dead = dead
        self._say = say
        self._words = words
        self._had = False
        self._told = ""

    def look(self) -> bool:
        """Whether the service is of use as it is; a microphone that is gone is told of once, until it is back.

        One that is muted or led elsewhere is told of, too, but no new start would mend it.
        """
        if self._hears():
            self._had = True
            self._tell(self._words.silent if self._dead() else "")
            return True
        if self._had:
            self._tell(self._words.deaf)
        return not self._had

    def _tell(self, sentence: str) -> None:
        if sentence and sentence != self._told:
            self._say(sentence)
        self._told = sentence
