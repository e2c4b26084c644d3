"""Who makes out what was said to a question: this machine where it knows the language, else the service that writes.

Nobody guesses: in a language that neither knows, what was said is nothing, which counts as no answer.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from speaker.audio.pcm import Samples
from speaker.language.codes import language_name
from speaker.language.phrasebook import Phrasebook

log = logging.getLogger(__name__)


class WritingSession(Protocol):
    """A session whose service writes down what people say."""

    async def write_down(self, samples: Samples) -> str | None:
        """The words in int16 samples at 16 kHz; empty when there were none, None when it cannot tell."""


class AnswerEars:
    """Takes what was said (int16, 16 kHz) and gives the words."""

    def __init__(
        self,
        book: Phrasebook,
        hears: bool,
        recognise: Callable[[Samples], Awaitable[str]],
        session: Callable[[], WritingSession | None],
    ) -> None:
        """``hears``: whether ``recognise``, on this machine, knows the language of the ``book``."""
        self._book = book
        self._hears = hears
        self._recognise = recognise
        self._session = session
        self._told = False

    async def hear(self, samples: Samples) -> str:
        """The words; empty when they cannot be made out."""
        if self._hears:
            return await self._recognise(samples)
        session = self._session()
        words = await session.write_down(samples) if session is not None else None
        if words is None:
            self._tell()
        return words or ""

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            code = self._book.code
            log.warning(
                "an answer in %s is not understood: there is no recogniser for it here (speaker language add %s), and "
                "no service writes it down; it can be pressed", language_name(code), code,
            )  # fmt: skip
