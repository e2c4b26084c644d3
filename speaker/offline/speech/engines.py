"""The engines behind a session, each call on a worker of its own so that nothing waits for it.

One set of engines serves all sessions of a server; each session has its ``share`` of them, and their work is done in
turns. Models are loaded when they are first needed, or by ``warm_up``.
"""

import copy
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final, Self

from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples, ms_to_samples, resample
from speaker.audio.smart_turn import SmartTurn, smart_turn_file
from speaker.audio.vad import TurnDetector, TurnEvent, TurnSettings
from speaker.errors import ModelError
from speaker.language.codes import ENGLISH, base_language
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.offline.speech.ears import kept_set, recogniser_files, set_folder
from speaker.offline.speech.espeak import espeak
from speaker.offline.speech.recogniser import ENGLISH_FILES, NOTHING, RecognisedSpeech, Recogniser, RecogniserFiles
from speaker.offline.speech.shared_worker import SharedWorker
from speaker.offline.speech.steps import Steps
from speaker.offline.speech.synthesiser import Synthesiser
from speaker.offline.understanding.follow_up import PastTurn
from speaker.offline.understanding.intent_engine import IntentEngine
from speaker.offline.understanding.tool_schema import Call, Reply

log = logging.getLogger(__name__)

HOUSES: Final = 4
"""For so many different houses the rules are kept; they take a second to make and a few megabytes."""

_DETECTED_MS: Final = 2_000
"""So much sound is searched for speech in one step."""


class _Models:
    """What is loaded once for all sessions; each is read by one worker alone, ``smart_turn`` by the one for turns."""

    def __init__(self, state: Path | None) -> None:
        self._state = state
        self._recognisers: dict[str, Recogniser] = {}

    def recogniser(self, language: str = ENGLISH) -> Recogniser | None:
        """The one for a language; None when it is not here. Raises ModelError when it is damaged."""
        base = base_language(language)
        if base not in self._recognisers:
            model = self.ears(base)
            if model is None:
                return None
            self._recognisers[base] = Recogniser(model)
        return self._recognisers[base]

    def ears(self, language: str) -> RecogniserFiles | None:
        """The files of the one for a language."""
        if base_language(language) == ENGLISH:
            return ENGLISH_FILES
        kept = kept_set(self._state, language) if self._state is not None else None
        return recogniser_files(set_folder(self._state, language), kept) if self._state and kept else None

    @cached_property
    def smart_turn(self) -> SmartTurn | None:
        """Who knows whether a sentence is complete; None, and one line in the log, without the model."""
        missing: object = "there is no state directory"
        if self._state is not None:
            try:
                return SmartTurn(smart_turn_file(self._state))
            except ModelError as error:
                missing = error
        log.warning("semantic_vad ends turns by silence alone, since nobody here knows what is complete: %s", missing)
        return None

    @cached_property
    def voice(self) -> Synthesiser:
        voice = Synthesiser()
        voice.warm_up()
        return voice


class OfflineEngines:
    """Recogniser, rules and voice."""

    def __init__(self, state: Path | None = None, language: str = ENGLISH) -> None:
        """``state``: the directory with recognisers for more languages; ``language``: what is heard, unless told."""
        self.language = language
        """What is heard; each share has its own."""
        # Turn detection has a worker of its own: a barge-in must not wait for a sentence to be made.
        self._detecting = SharedWorker("offline-vad")
        self._judging = SharedWorker("offline-turns")
        self._working = SharedWorker("offline-speech")
        self._models = _Models(state)
        self._intent_engines: OrderedDict[int, IntentEngine] = OrderedDict()
        self._take_lines()

    def _take_lines(self) -> None:
        self._detection, self._speech = self._detecting.line(), self._working.line()
        self._judgement = self._judging.line()

    def share(self) -> Self:
        """The same engines for one session, whose work is done in turns with that of the others."""
        one = copy.copy(self)
        one._take_lines()
        return one

    async def warm_up(self) -> None:
        """Load every model now. Raises ModelError when one is missing."""
        await self._speech.do(lambda: (self._models.recogniser(self.language), self._models.voice))
        await self.detector(TurnSettings())

    def close(self) -> None:
        """Give up the workers, for every share; the step under way is finished, what waits is dropped."""
        self._detecting.close()
        self._judging.close()
        self._working.close()

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
        return await self._judgement.do(lambda: self._models.smart_turn is not None)

    def _complete(self, said: Samples) -> bool:
        model = self._models.smart_turn
        return model is not None and model.is_complete(said)

    def can_hear(self, language: str) -> bool:
        """Whether there is a recogniser for a language."""
        return self._models.ears(language) is not None

    async def hear(self, samples: Samples, hz: int = SESSION_HZ, language: str = "") -> RecognisedSpeech:
        """The words of one turn, or of a part of it: int16, shape (n,), at ``hz``.

        In a ``language`` (else the own one) for which there is no recogniser, nothing is made out: nobody guesses.
        """
        return await self._speech.run(self._heard(samples, hz, language or self.language))

    def _heard(self, samples: Samples, hz: int, language: str) -> Steps[RecognisedSpeech]:
        recogniser = self._models.recogniser(language)
        if recogniser is None:
            return NOTHING
        return (yield from recogniser.hear_in_steps(resample(samples, hz, WAKE_HZ)))

    async def intent_engine(
        self, instructions: str, tools: Sequence[Mapping[str, Any]], language: str = "en"
    ) -> IntentEngine:
        """The rules for these instructions, tools and language; kept, since a house has the same ones all day."""
        key = hash((instructions, repr(tools), language))
        found = self._intent_engines.get(key)
        if found is None:
            found = await self._speech.do(lambda: IntentEngine(instructions, tools, language))
        self._intent_engines[key] = found
        self._intent_engines.move_to_end(key)
        while len(self._intent_engines) > HOUSES:
            self._intent_engines.popitem(last=False)
        return found

    async def reply(self, intent_engine: IntentEngine, words: str, before: Sequence[PastTurn] = ()) -> Reply:
        """What the rules make of the user's words, after what was said ``before``."""
        return await self._speech.do(lambda: intent_engine.reply(words, before))

    async def answer(self, intent_engine: IntentEngine, outputs: Sequence[str], words: str = "") -> str:
        """The sentence to speak when the tools have returned ``outputs`` for what the user said."""
        return await self._speech.do(lambda: intent_engine.answer(outputs, words))

    async def confident(self, intent_engine: IntentEngine, words: str) -> tuple[Call, ...]:
        """The calls for the user's words if the rules hardly doubt them, else none."""
        return await self._speech.do(lambda: intent_engine.confident(words))

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
        phrases: Iterator[Samples] = await self._speech.do(lambda: self._models.voice.speak(text, speed=speed))
        while (phrase := await self._speech.do(lambda: next(phrases, None))) is not None:
            yield phrase


def _detected(detector: TurnDetector, samples: Samples) -> Steps[list[TurnEvent]]:
    events: list[TurnEvent] = []
    step = ms_to_samples(_DETECTED_MS, WAKE_HZ)
    for start in range(0, samples.size, step):
        if start:
            yield
        events += detector.push(samples[start : start + step])
    return events
