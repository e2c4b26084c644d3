"""The speaker's own voice: texts spoken as they stand, by the offline voice, and what is spoken often from disk."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Final

import numpy as np

from speaker.adapters.cache import SoundCache, cache_key
from speaker.core.errors import ModelError
from speaker.core.pcm import Samples
from speaker.offline.mind import Mind
from speaker.offline.speaking import MODEL, VOICE

log = logging.getLogger(__name__)

SHORT_CHARACTERS: Final = 200
"""Longer texts hardly come twice, and are not kept."""


class Speech:
    """Texts → int16 samples, shape (n,), 24 kHz."""

    def __init__(self, mind: Mind, cache: SoundCache) -> None:
        self._mind = mind
        self._cache = cache

    async def speak(self, text: str) -> AsyncGenerator[Samples, None]:
        """The text as sound, sentence by sentence. Raises ModelError when there is no voice."""
        key = cache_key(text, VOICE, MODEL)
        kept = await asyncio.to_thread(self._cache.get, key)
        if kept is not None:
            yield kept
            return
        sentences: list[Samples] = []
        async with aclosing(self._mind.speak(text, 1.0)) as spoken:
            async for sentence in spoken:
                sentences.append(sentence)
                yield sentence
        if sentences and len(text) <= SHORT_CHARACTERS:
            await asyncio.to_thread(self._cache.put, key, np.concatenate(sentences))

    async def prepare(self, texts: Iterable[str]) -> None:
        """Make what will have to be said when nothing else works, so that it is said at once."""
        try:
            for text in texts:
                async for _ in self.speak(text):
                    pass
        except ModelError as error:
            log.warning("the speaker cannot say what goes wrong: %s", error)
