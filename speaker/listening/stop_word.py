"""The word "stop", without the wake word: while the speaker speaks, rings or waits for more.

No model of the word itself is worth having (those that exist fire on every third story). What is short and stands
alone is recognised offline, and must be one of a few orders, word for word.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from speaker.audio.pcm import Samples
from speaker.listening.front_end import SensedFrame
from speaker.listening.short_utterance import ShortUtterance

log = logging.getLogger(__name__)

ORDERS: Final = frozenset({
    "stop", "stop stop", "stop it", "stop that", "please stop", "stop please", "ok stop", "okay stop", "oh stop",
    "be quiet", "quiet", "shut up", "silence", "enough", "thats enough", "cancel",
    # What the recogniser makes of a lone "stop" over the speaker's own voice.
    "top", "its top", "you stop",
})  # fmt: skip

_LONGEST_MS: Final = 1_900
"""Longest order with the pauses around it."""


class StopWord:
    """Listens to the microphone frames; ``stopped`` is called on the event loop."""

    def __init__(self, hear: Callable[[Samples], Awaitable[str]], stopped: Callable[[], None]) -> None:
        """``hear`` recognises int16 samples at 16 kHz."""
        self._hear = hear
        self._stopped = stopped
        self._utterance = ShortUtterance(_LONGEST_MS)
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, sensed: SensedFrame) -> None:
        """Take the next frame."""
        if (sound := self._utterance.take(sensed)) is not None:
            self._recognise(sound)

    def close(self) -> None:
        """Give up what is being recognised."""
        for task in self._tasks:
            task.cancel()

    def _recognise(self, sound: Samples) -> None:
        if self._tasks:
            return  # one at a time: who mutters on and on does not say "stop"
        task = asyncio.create_task(self._judge(sound))
        self._tasks.add(task)
        task.add_done_callback(self._judged)

    async def _judge(self, sound: Samples) -> None:
        if is_order(await self._hear(sound)):
            log.info('= heard "stop"')
            self._stopped()

    def _judged(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error('listening for "stop" failed', exc_info=task.exception())


def is_order(words: str) -> bool:
    """Whether somebody said nothing but "stop"."""
    kept = "".join(letter for letter in words.lower() if letter.isalnum() or letter == " ")
    return " ".join(kept.split()) in ORDERS
