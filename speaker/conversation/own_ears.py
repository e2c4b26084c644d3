"""What this machine makes out by itself beside talk: answers to the speaker's own questions, and orders to stop."""

from speaker.audio.pcm import WAKE_HZ, Samples
from speaker.language.codes import ENGLISH
from speaker.language.phrasebook import phrasebook
from speaker.listening.stop_word import is_order
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.espeak import speaking_book


class OwnEars:
    """Ears for the language in which the speaker asks; for orders English ones, too, where there are no others."""

    def __init__(self, engines: OfflineEngines, language: str) -> None:
        """``language``: the session's."""
        self._engines = engines
        self._language = speaking_book(language).code

    async def hear_answer(self, samples: Samples) -> str:
        """The words in int16 samples at 16 kHz; empty where there is no recogniser for the language."""
        return (await self._engines.hear(samples, WAKE_HZ, self._language)).text

    async def hear_order(self, samples: Samples) -> str:
        """The same, as far as it may be an order."""
        return (await self._engines.hear(samples, WAKE_HZ, ENGLISH if self._borrows else self._language)).text

    def means_stop(self, words: str) -> bool:
        """Whether what was made out is an order to stop."""
        forms = phrasebook(self._language).answers
        return is_order(words, forms) if self._borrows or self._language == ENGLISH else forms.mean_stop(words)

    @property
    def _borrows(self) -> bool:
        return not self._engines.can_hear(self._language)
