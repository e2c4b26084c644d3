"""The word "stop", without the wake word: while the speaker speaks, rings or waits for more.

No model of the word itself is worth having (those that exist fire on every third story). What is short and stands
alone is recognised offline, and must be one of a few orders, word for word.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Final

import numpy as np

from speaker.audio.pcm import Samples
from speaker.language.answer_forms import AnswerForms, plain_answer
from speaker.language.phrasebook import ENGLISH_PHRASES
from speaker.listening.front_end import SensedFrame
from speaker.listening.short_utterance import ShortUtterance

log = logging.getLogger(__name__)

_MISHEARD: Final = frozenset({"top", "its top", "you stop"})
"""What the English recogniser makes of a lone "stop" over the speaker's own voice."""

_LONGEST_MS: Final = 1_600
"""Longest order with the pauses around it. Measured with synthetic voices: 1,240 ms in English spoken slowly, 1,600 in
eight languages at the usual pace. More would only start the recogniser for what is none."""


def is_order(words: str, forms: AnswerForms = ENGLISH_PHRASES.answers) -> bool:
    """Whether somebody said nothing but "stop", as the English recogniser writes it.

    In the language of other ``forms`` only those orders count that are the same in both, as "stop" itself often is.
    """
    english = ENGLISH_PHRASES.answers
    if plain_answer(words) in _MISHEARD:
        return forms.mean_stop("stop")
    return english.mean_stop(words) and forms.mean_stop(words)


class StopWord:
    """Listens to the microphone frames; ``stopped`` is called on the event loop."""

    def __init__(
        self,
        hear: Callable[[Samples], Awaitable[str]],
        stopped: Callable[[], None],
        means_stop: Callable[[str], bool] = is_order,
    ) -> None:
        """``hear`` recognises int16 samples at 16 kHz; ``means_stop``: whether its words are an order to stop."""
        self._hear = hear
        self._stopped = stopped
        self._means_stop = means_stop
        self._whole = ShortUtterance(_LONGEST_MS)
        self._without_echo = ShortUtterance(_LONGEST_MS, attrgetter("residue"))
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, sensed: SensedFrame) -> None:
        """Take the next frame."""
        whole, without_echo = self._whole.take(sensed), self._without_echo.take(sensed)
        if whole is not None and without_echo is not None:
            self._recognise(whole, without_echo)

    def close(self) -> None:
        """Give up what is being recognised."""
        for task in self._tasks:
            task.cancel()

    def _recognise(self, whole: Samples, without_echo: Samples) -> None:
        if self._tasks:
            return  # one at a time: who mutters on and on does not say "stop"
        task = asyncio.create_task(self._judge(whole, without_echo))
        self._tasks.add(task)
        task.add_done_callback(self._judged)

    async def _judge(self, whole: Samples, without_echo: Samples) -> None:
        words = await self._hear(whole)
        if not words and not np.array_equal(whole, without_echo):
            # Nothing can be made out beside an echo that the filter has not learned yet; a short word, said close by,
            # comes nearly whole through the other canceller.
            words = await self._hear(without_echo)
        if self._means_stop(words):
            log.info('= heard "stop"')
            self._stopped()

    def _judged(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error('listening for "stop" failed', exc_info=task.exception())
