"""A question of the speaker's own: said in its voice, answered in words or by a press.

It serves the hub, which wants one of some answers, and every risky action, which wants a yes. The model has no part in
it: neither is it asked about the answer, nor can it give one. Where nobody here understands the language, the service
writes down what was said, and only these words count.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from speaker.audio.pcm import Samples
from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.errors import SpeakerError
from speaker.language.answer_forms import AnswerForms
from speaker.language.phrasebook import ENGLISH_PHRASES
from speaker.listening.front_end import SensedFrame
from speaker.listening.short_utterance import ShortUtterance
from speaker.speech.answer_matching import match_answer, pressed_answer

log = logging.getLogger(__name__)

BEGIN_S: Final = 3.0
"""A speaker that is busy for so long has no time for a question."""

SAY_S: Final = 30.0
"""How long it may take to say a question."""

MADE_OUT_S: Final = 6.0
"""So much longer an answer that was given in time may take to be made out."""

_LONGEST_MS: Final = 8_000
"""Longer speech is no answer."""


@dataclass(slots=True)
class _Pending:
    """The question that is being asked."""

    answers: Sequence[str]
    began: asyncio.Event = field(default_factory=asyncio.Event)
    """The microphone is ours."""
    settled: "asyncio.Future[str | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    listening: bool = False
    """Whether the question has been said, so that what is heard is an answer."""


class Questions:
    """One question at a time. Microphone frames come in through ``hear`` while one is asked."""

    def __init__(
        self,
        post: Callable[[Event], None],
        say: Callable[[str], Awaitable[None]],
        recognise: Callable[[Samples], Awaitable[str]],
        forms: AnswerForms = ENGLISH_PHRASES.answers,
    ) -> None:
        """``say`` returns when a text has been heard; ``recognise`` takes int16 samples at 16 kHz.

        ``forms``: yes and no in the language in which is asked.
        """
        self._post = post
        self._say = say
        self._recognise = recognise
        self._forms = forms
        self._turn = asyncio.Lock()
        self._pending: _Pending | None = None
        self._utterance = ShortUtterance(_LONGEST_MS)
        self._judging: asyncio.Task[None] | None = None

    @property
    def open(self) -> bool:
        """Whether a question is being asked."""
        return self._pending is not None

    async def ask(self, text: str, answers: Sequence[str], timeout_s: float) -> str | None:
        """Ask, and wait for one of the answers; None when none came in ``timeout_s`` after the question."""
        async with self._turn:
            self._pending = pending = _Pending(answers)
            self._post(events.QuestionAsked())
            try:
                async with asyncio.timeout(BEGIN_S):
                    await pending.began.wait()
                async with asyncio.timeout(SAY_S):
                    await self._say(text)
                pending.listening = True
                return await self._wait(pending, timeout_s)
            except TimeoutError:
                return None
            finally:
                self._pending = None
                self._utterance.forget()
                self._post(events.QuestionSettled())

    async def _wait(self, pending: _Pending, timeout_s: float) -> str | None:
        await asyncio.wait({pending.settled}, timeout=timeout_s)
        if not pending.settled.done() and self._judging is not None:
            # Somebody answered in time, and what they said is still being made out.
            await asyncio.wait([self._judging], timeout=MADE_OUT_S)
        return pending.settled.result() if pending.settled.done() else None

    def begin(self) -> None:
        """The microphone is the question's now."""
        if self._pending is not None:
            self._pending.began.set()

    def give_up(self) -> None:
        """Nobody will answer any more: somebody said stop, or muted the microphone."""
        self._settle(None)

    def press(self, answer: str) -> None:
        """Somebody answers by hand. Raises SpeakerError when nothing is asked, or not that."""
        pending = self._pending
        if pending is None:
            raise SpeakerError("nothing is being asked")
        chosen = pressed_answer(answer, pending.answers, self._forms)
        if chosen is None:
            raise SpeakerError(f"the answer has to be one of {', '.join(pending.answers)}")
        self._settle(chosen)

    def hear(self, sensed: SensedFrame) -> None:
        """Take the next frame of the microphone."""
        pending = self._pending
        if pending is None or not pending.listening:
            self._utterance.forget()
            return
        sound = self._utterance.take(sensed)
        if sound is not None and self._judging is None:
            self._judging = asyncio.create_task(self._judge(sound, pending))

    async def _judge(self, sound: Samples, pending: _Pending) -> None:
        try:
            words = await self._recognise(sound)
            answer = match_answer(words, pending.answers, self._forms)
            log.info("= answered %s", "nothing that was asked for" if answer is None else repr(answer))
            if answer is not None and self._pending is pending:
                self._settle(answer)
        finally:
            self._judging = None

    def _settle(self, answer: str | None) -> None:
        if self._pending is not None and not self._pending.settled.done():
            self._pending.settled.set_result(answer)
