"""The engines behind a session: none of their work is done on the event loop, so nothing waits for it.

One set of engines serves all sessions of a server; each session has its ``share`` of them, and their work is done in
turns. Recogniser, rules and voice are in a process of their own (see ``engine_process``), which starts when it is
first needed, or by ``warm_up``, and ends when nobody needed it for ten minutes, or by ``rest``. What finds the
turns stays here: a barge-in waits for no other process.
"""

import asyncio
import copy
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final, Self

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples, ms_to_samples
from speaker.audio.smart_turn import SmartTurn, smart_turn_file
from speaker.audio.vad import TurnDetector, TurnEvent, TurnSettings
from speaker.errors import ModelError
from speaker.language.codes import ENGLISH
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.offline.speech import engine_messages as msg
from speaker.offline.speech.engine_life import Wanted
from speaker.offline.speech.engine_messages import House
from speaker.offline.speech.engine_process import EngineProcess
from speaker.offline.speech.espeak import espeak, speaking_book
from speaker.offline.speech.recogniser import RecognisedSpeech
from speaker.offline.speech.shared_worker import SharedWorker
from speaker.offline.speech.speech_models import ears_for
from speaker.offline.speech.steps import Steps
from speaker.offline.understanding.past_turn import PastTurn
from speaker.offline.understanding.tool_schema import Call, Reply

log = logging.getLogger(__name__)

_DETECTED_MS: Final = 2_000
"""So much sound is searched for speech in one step."""


class _TurnJudge:
    """Who knows whether a sentence is complete, loaded once for all sessions, read by one worker alone."""

    def __init__(self, state: Path | None) -> None:
        self._state = state

    @cached_property
    def model(self) -> SmartTurn | None:
        """None, and one line in the log, without the model."""
        missing: object = "there is no state directory"
        if self._state is not None:
            try:
                return SmartTurn(smart_turn_file(self._state))
            except ModelError as error:
                missing = error
        log.warning("semantic_vad ends turns by silence alone, since nobody here knows what is complete: %s", missing)
        return None


class OfflineEngines:
    """Recogniser, rules and voice."""

    def __init__(self, state: Path | None = None, language: str = ENGLISH) -> None:
        """``state``: the directory with recognisers for more languages; ``language``: what is heard, unless told."""
        self.language = language
        """What is heard; each share has its own."""
        # Turn detection has a worker of its own: a barge-in must not wait for a sentence to be judged.
        self._detecting = SharedWorker("offline-vad")
        self._judging = SharedWorker("offline-turns")
        self._process = EngineProcess(state)
        self._state = state
        self._judge = _TurnJudge(state)
        self._take_lines()

    def _take_lines(self) -> None:
        self._detection, self._judgement = self._detecting.line(), self._judging.line()
        # Of each session one request is with the process at a time: so they are served in turns.
        self._turn = asyncio.Lock()

    def share(self) -> Self:
        """The same engines for one session, whose work is done in turns with that of the others."""
        one = copy.copy(self)
        one._take_lines()
        return one

    @property
    def pid(self) -> int | None:
        """Of the process with recogniser, rules and voice, while there is one."""
        return self._process.pid

    async def warm_up(self) -> None:
        """LoadAll every model now. Raises ModelError when one is missing."""
        await self._ask(msg.LoadAll(self._process.number(), self.language), msg.Ready)
        await self.detector(TurnSettings())

    async def get_ready(self, house: House | None = None) -> None:
        """Load what this share will need, before it does; its requests do not wait for all of it.

        Raises ModelError when something is missing.
        """
        spoken_here = speaking_book(self.language).is_english
        load = msg.LoadAll(self._process.number(), self.language, spoken_here, house or b"")
        await self._process.ask(load, msg.Ready)

    def rest(self) -> None:
        """Give back the memory of recogniser, rules and voice now, unless somebody uses them; for every share."""
        self._process.rest()

    def close(self) -> None:
        """Give up the workers and the process, for every share; what is under way and what waits is dropped."""
        self._detecting.close()
        self._judging.close()
        self._process.close()

    async def _ask(self, question: msg.EngineQuestion, wanted: type[Wanted]) -> Wanted:
        async with self._turn:
            return await self._process.ask(question, wanted)

    async def detector(self, settings: TurnSettings) -> TurnDetector:
        """A turn detector for one session."""
        return await self._detection.do(lambda: TurnDetector(settings))

    async def detect(self, detector: TurnDetector, samples: Samples) -> list[TurnEvent]:
        """Starts and stops of speech in more of a session's sound: int16, shape (n,), 16 kHz."""
        events = await self._detection.run(_detected(detector, samples))
        while (said := detector.question) is not None:
            complete = await self._judgement.do(partial(self._complete, said))
            events += await self._detection.do(partial(detector.answer, complete))
        return events

    async def can_judge(self) -> bool:
        """Whether there is somebody who knows if a sentence is complete."""
        return await self._judgement.do(lambda: self._judge.model is not None)

    def _complete(self, said: Samples) -> bool:
        model = self._judge.model
        return model is not None and model.is_complete(said)

    def can_hear(self, language: str) -> bool:
        """Whether there is a recogniser for a language."""
        return ears_for(self._state, language) is not None

    async def hear(self, samples: Samples, hz: int = SESSION_HZ, language: str = "") -> RecognisedSpeech:
        """The words of one turn, or of a part of it: int16, shape (n,), at ``hz``.

        In a ``language`` (else the own one) for which there is no recogniser, nothing is made out: nobody guesses.
        """
        sound = pcm.to_bytes(samples)
        heard = await self._ask(msg.Hear(self._process.number(), sound, hz, language or self.language), msg.Heard)
        return RecognisedSpeech(heard.text, heard.confidence)

    def house(self, instructions: str, tools: Sequence[Mapping[str, Any]], language: str = ENGLISH) -> House:
        """For whom the rules are asked; they are made when they are, and kept: a house is the same all day."""
        return msg.encoded_house(instructions, tools, language)

    async def reply(self, house: House, words: str, before: Sequence[PastTurn] = ()) -> Reply:
        """What the rules make of the user's words, after what was said ``before``."""
        question = msg.Understand(self._process.number(), house, words, msg.sent_turns(before))
        understood = await self._ask(question, msg.Understood)
        return Reply(msg.received_calls(understood.calls), understood.text)

    async def answer(self, house: House, outputs: Sequence[str], words: str = "") -> str:
        """The sentence to speak when the tools have returned ``outputs`` for what the user said."""
        question = msg.Summarise(self._process.number(), house, list(outputs), words)
        return (await self._ask(question, msg.Understood)).text

    async def confident(self, house: House, words: str) -> tuple[Call, ...]:
        """The calls for the user's words if the rules hardly doubt them, else none."""
        understood = await self._ask(msg.BeSure(self._process.number(), house, words), msg.Understood)
        return msg.received_calls(understood.calls)

    async def speak(self, text: str, speed: float, book: Phrasebook = ENGLISH_PHRASES) -> AsyncGenerator[Samples, None]:
        """The text in the book's language as speech, int16, shape (n,), 24 kHz.

        Sentence by sentence, of a very long one phrase by phrase. Raises ModelError when there is no voice.
        """
        if not book.is_english:
            # A program of its own, which this process only waits for.
            async with aclosing(espeak(text, book, speed)) as spoken:
                async for piece in spoken:
                    yield piece
            return
        async with aclosing(self._process.phrases(text, speed, self._turn)) as phrases:
            async for phrase in phrases:
                yield pcm.from_bytes(phrase)


def _detected(detector: TurnDetector, samples: Samples) -> Steps[list[TurnEvent]]:
    events: list[TurnEvent] = []
    step = ms_to_samples(_DETECTED_MS, WAKE_HZ)
    for start in range(0, samples.size, step):
        if start:
            yield
        events += detector.push(samples[start : start + step])
    return events
