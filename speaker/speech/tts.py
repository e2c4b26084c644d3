"""The speaker's own voice: texts spoken as they stand, by the offline voice, and what is spoken often from disk."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Final

import numpy as np

from speaker.audio.pcm import SESSION_HZ, Samples, samples_to_ms
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.espeak import ESPEAK
from speaker.offline.speech.synthesiser import MODEL, VOICE
from speaker.speech.tts_cache import SoundCache, cache_key

SHORT_CHARACTERS: Final = 200
"""Longer texts hardly come twice, and are not kept."""


class TextToSpeech:
    """Texts → int16 samples, shape (n,), 24 kHz."""

    def __init__(
        self,
        engines: OfflineEngines,
        cache: SoundCache,
        spoke: Callable[[float, bool], None],
        book: Phrasebook = ENGLISH_PHRASES,
    ) -> None:
        """``spoke`` is told of each text that was spoken: how many ms, and whether they came from disk.

        ``book``: in whose language the texts are.
        """
        self._engines = engines
        self._cache = cache
        self._spoke = spoke
        self._book = book

    async def speak(
        self, text: str, spoke: Callable[[float, bool], None] | None = None
    ) -> AsyncGenerator[Samples, None]:
        """The text as sound, sentence by sentence. Raises ModelError when there is no voice.

        ``spoke`` is told in place of whoever is told of every text.
        """
        spoke = spoke or self._spoke
        kept = await asyncio.to_thread(self._cache.get, self._key(text))
        if kept is not None:
            spoke(samples_to_ms(kept.size, SESSION_HZ), True)
            yield kept
            return
        size = 0
        async with aclosing(self._make(text)) as made:
            async for sentence in made:
                size += sentence.size
                yield sentence
        spoke(samples_to_ms(size, SESSION_HZ), False)

    def _key(self, text: str) -> str:
        """Under which a text is kept: the same text sounds otherwise in another language or voice."""
        if self._book.is_english:
            return cache_key(text, VOICE, MODEL)
        return cache_key(text, f"{self._book.code} {self._book.espeak}", ESPEAK)

    async def _make(self, text: str) -> AsyncGenerator[Samples, None]:
        """The text as sound, anew; a short one is kept."""
        sentences: list[Samples] = []
        async with aclosing(self._engines.speak(text, 1.0, self._book)) as spoken:
            async for sentence in spoken:
                sentences.append(sentence)
                yield sentence
        if sentences and len(text) <= SHORT_CHARACTERS:
            await asyncio.to_thread(self._cache.put, self._key(text), np.concatenate(sentences))

    async def missing(self, texts: Iterable[str]) -> list[str]:
        """Those that are not on disk, and would be kept there."""
        return [
            text
            for text in texts
            if self._cache.keeps and not await asyncio.to_thread(self._cache.has, self._key(text))
        ]

    async def prepare(self, text: str) -> None:
        """Make what will have to be said when nothing else works, so that it is said at once.

        Raises ModelError when there is no voice.
        """
        if await self.missing([text]):
            async for _ in self._make(text):
                pass
