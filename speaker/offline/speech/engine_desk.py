"""The process of the engines, inside: takes requests, has them worked on in turns, gives their results."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from functools import partial

from speaker.audio import pcm
from speaker.audio.pcm import WAKE_HZ, Samples, resample
from speaker.errors import ModelError
from speaker.offline.speech import engine_messages as msg
from speaker.offline.speech.engine_messages import EngineQuestion, EngineRequest, EngineResult
from speaker.offline.speech.recogniser import NOTHING, RecognisedSpeech
from speaker.offline.speech.shared_worker import SharedWorker
from speaker.offline.speech.speech_models import SpeechModels
from speaker.offline.speech.spoken_part import spoken_part
from speaker.offline.speech.steps import Steps

log = logging.getLogger(__name__)

_ANYTHING = "what time is it"


class EngineDesk:
    """One request is one line of work, so the worker serves those that are there step by step, in turns."""

    def __init__(self, models: SpeechModels, send: Callable[[EngineResult], None]) -> None:
        """``send`` is called on the event loop."""
        self._models = models
        self._send = send
        self._worker = SharedWorker("offline-speech")
        self._tasks: dict[int, asyncio.Task[EngineResult]] = {}
        self._spoken: dict[int, Iterator[Samples]] = {}
        """Texts of which not every phrase was asked for."""

    def take(self, request: EngineRequest) -> None:
        """Begin with a request, or forget one. Needs a running loop."""
        if isinstance(request, msg.Forget):
            self._spoken.pop(request.id, None)
            if (task := self._tasks.pop(request.id, None)) is not None:
                task.cancel()
            return
        task = asyncio.create_task(self._worker.line().run(self._work(request)))
        self._tasks[request.id] = task
        task.add_done_callback(partial(self._worked, request.id))

    def close(self) -> None:
        """Take no more work."""
        self._worker.close()

    def _worked(self, number: int, task: "asyncio.Task[EngineResult]") -> None:
        if self._tasks.get(number) is task:
            del self._tasks[number]
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._send(task.result())
            return
        self._spoken.pop(number, None)
        explained = isinstance(error, ModelError)
        if not explained:
            log.error("the engines failed", exc_info=error)
        self._send(msg.Failed(number, str(error) if explained else repr(error), explained))

    def _work(self, request: EngineQuestion) -> Steps[EngineResult]:  # noqa: PLR0911 - one for each kind
        match request:
            case msg.LoadAll():
                return (yield from self._load(request))
            case msg.Hear():
                heard = yield from self._hear(request)
                return msg.Heard(request.id, heard.text, heard.confidence)
            case msg.Speak(id=number, text=text, speed=speed):
                self._spoken[number] = self._models.voice.speak(text, speed=speed)
                return self._phrase(number)
            case msg.SpeakOn(id=number):
                return self._phrase(number)
            case msg.Understand(id=number, words=words, before=before):
                rules = self._models.rules(request.house)
                yield
                reply = rules.reply(words, msg.received_turns(before))
                return msg.Understood(number, msg.sent_calls(reply.calls), reply.text)
            case msg.Summarise(id=number, outputs=outputs, words=words):
                return msg.Understood(number, [], self._models.rules(request.house).answer(outputs, words))
            case msg.BeSure(id=number, words=words):
                rules = self._models.rules(request.house)
                yield
                return msg.Understood(number, msg.sent_calls(rules.confident(words)), "")

    def _load(self, request: msg.LoadAll) -> Steps[EngineResult]:
        self._models.recogniser(request.language)
        yield
        if request.house:
            self._models.rules(request.house).reply(_ANYTHING)  # sentences are read with the first question
            yield
        if request.voice:
            _ = self._models.voice
        return msg.Ready(request.id)

    def _hear(self, request: msg.Hear) -> Steps[RecognisedSpeech]:
        recogniser = self._models.recogniser(request.language)
        if recogniser is None:
            return NOTHING
        samples = resample(pcm.from_bytes(request.sound), request.hz, WAKE_HZ)
        return (yield from recogniser.hear_in_steps(samples))

    def _phrase(self, number: int) -> EngineResult:
        phrases = self._spoken.get(number)
        phrase = next(phrases, None) if phrases is not None else None
        if phrase is None:
            self._spoken.pop(number, None)
            return msg.Sounded(number, b"")
        return msg.Sounded(number, pcm.to_bytes(spoken_part(phrase)))
