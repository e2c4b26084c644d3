"""The engines behind a session, each call on a worker of its own so that nothing waits for it.

The workers are not niced, although they have time: whoever holds the interpreter's lock holds up the microphone and
the loudspeaker, and on a busy machine a niced one held it for seconds until it got to run again.

One mind serves all sessions of a server. Models are loaded when they are first needed, or by ``warm_up``.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples, resample
from speaker.audio.vad import TurnDetector, TurnEvent, TurnSettings
from speaker.offline.speech.recogniser import RecognisedSpeech, Recogniser
from speaker.offline.speech.synthesiser import Synthesiser
from speaker.offline.understanding.intent_engine import IntentEngine
from speaker.offline.understanding.tool_schema import Call, Reply

T = TypeVar("T")


class OfflineEngines:
    """Recogniser, rules and voice."""

    def __init__(self) -> None:
        # Turn detection has a worker of its own: a barge-in must not wait for a sentence to be made.
        self._detecting = ThreadPoolExecutor(1, "offline-vad")
        self._working = ThreadPoolExecutor(1, "offline-speech")
        self._intent_engines: dict[int, IntentEngine] = {}

    @cached_property
    def _recogniser(self) -> Recogniser:
        return Recogniser()

    @cached_property
    def _voice(self) -> Synthesiser:
        voice = Synthesiser()
        voice.warm_up()
        return voice

    async def warm_up(self) -> None:
        """Load every model now. Raises ModelError when one is missing."""
        await self._work(lambda: (self._recogniser, self._voice))
        await self.detector(TurnSettings())

    def close(self) -> None:
        """Give up the workers; what runs is finished, what waits is dropped."""
        self._detecting.shutdown(wait=False, cancel_futures=True)
        self._working.shutdown(wait=False, cancel_futures=True)

    async def detector(self, settings: TurnSettings) -> TurnDetector:
        """A turn detector for one session."""
        return await self._loop.run_in_executor(self._detecting, TurnDetector, settings)

    async def detect(self, detector: TurnDetector, samples: Samples) -> list[TurnEvent]:
        """Starts and stops of speech in more of a session's sound: int16, shape (n,), 16 kHz."""
        return await self._loop.run_in_executor(self._detecting, detector.push, samples)

    async def hear(self, samples: Samples, hz: int = SESSION_HZ) -> RecognisedSpeech:
        """The words of one turn: int16, shape (n,), at ``hz``."""
        return await self._work(lambda: self._recogniser.hear(resample(samples, hz, WAKE_HZ)))

    async def intent_engine(self, instructions: str, tools: Sequence[Mapping[str, Any]]) -> IntentEngine:
        """The rules for these instructions and tools; kept, since a house has the same ones all day."""
        key = hash((instructions, repr(tools)))
        if key not in self._intent_engines:
            self._intent_engines.clear()
            self._intent_engines[key] = await self._work(lambda: IntentEngine(instructions, tools))
        return self._intent_engines[key]

    async def reply(self, intent_engine: IntentEngine, words: str) -> Reply:
        """What the rules make of the user's words."""
        return await self._work(lambda: intent_engine.reply(words))

    async def confident(self, intent_engine: IntentEngine, words: str) -> tuple[Call, ...]:
        """The calls for the user's words if the rules hardly doubt them, else none."""
        return await self._work(lambda: intent_engine.confident(words))

    async def speak(self, text: str, speed: float) -> AsyncGenerator[Samples, None]:
        """The text as speech, int16, shape (n,), 24 kHz, sentence by sentence."""
        sentences: Iterator[Samples] = await self._work(lambda: self._voice.speak(text, speed=speed))
        while (sentence := await self._work(lambda: next(sentences, None))) is not None:
            yield sentence

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async def _work(self, task: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._working, task)
