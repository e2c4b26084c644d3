"""The conductor: inbox → conversation → posture and errands → parts.

Everything that happens becomes a small event in one inbox; the conversation decides; ``_assume`` makes the
world match the posture. Sound goes around all this: frames through the router, answers straight to the
loudspeaker.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from speaker.adapters.ledger import Ledger
from speaker.adapters.realtime import Closed, News, Opened, RealtimeSession, Target
from speaker.adapters.sound import Loudspeaker, Microphone, SoundSystem
from speaker.adapters.wakeword import Detection, WakeWords
from speaker.core import conversation as co
from speaker.core.chimes import chime
from speaker.core.conversation import Conversation, Errand, Event, State
from speaker.core.errors import SessionError, SpeakerError
from speaker.core.opening import opening
from speaker.core.pcm import Samples, from_bytes
from speaker.core.phrases import apology, loudest_percent
from speaker.core.pricing import price_of
from speaker.core.settings import Settings
from speaker.core.toolbox import Home, Voice
from speaker.core.wire import client as cl
from speaker.core.wire import server as ev
from speaker.core.wire.objects import Item, Response
from speaker.hub import Hub
from speaker.offline.mind import Mind
from speaker.router import Router
from speaker.toolbelt import Toolbelt
from speaker.turns import Trace

log = logging.getLogger(__name__)

BUTTON: Final = "button"
"""The wake word of a conversation that no word began."""

DEAF_AFTER_S: Final = 5.0
"""Without a scored frame for so long, the speaker does not count as alive."""

HARMLESS: Final = frozenset({
    "response_cancel_not_active", "item_truncate_invalid_item_id", "item_delete_invalid_item_id",
    "input_audio_buffer_commit_empty", "conversation_already_has_active_response", "unsupported_content_type",
})  # fmt: skip
"""Errors that mean no more than that two messages crossed on the way."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Somebody who can answer: ``cloud`` or ``offline``, and where."""

    name: str
    target: Target


@dataclass(frozen=True, slots=True)
class Parts:
    """What the assistant works with."""

    sound: SoundSystem
    words: WakeWords
    toolbelt: Toolbelt
    home: Home
    describe_house: Callable[[], str]
    endpoints: Callable[[], list[Endpoint]]
    """Who may answer, in the order in which they are tried."""
    mind: Mind
    hub: Hub
    ledger: Ledger
    status: Callable[[str], None]
    """Shows one line to whoever looks at the service."""


class Assistant:
    """One speaker. It is also the Voice that tools get."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self._settings = settings
        self._parts = parts
        duplex = settings.audio.duplex
        self._machine = Conversation(settings.limits, "wake" if duplex == "auto" else duplex)
        self._inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._router = Router(parts.words, settings.wake.barge_in_threshold, self._woken)
        self._microphone = Microphone(parts.sound, settings.audio.microphone, self._router.take, self.trouble)
        self._loudspeaker = Loudspeaker(
            parts.sound,
            settings.audio.loudspeaker,
            began=lambda: self._inbox.put_nowait(co.PlaybackBegan()),
            ended=lambda: self._inbox.put_nowait(co.PlaybackEnded()),
            trouble=self.trouble,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: RealtimeSession | None = None
        self._session_task: asyncio.Task[None] | None = None
        self._session_number = 0
        self._open = False
        self._responses: set[str] = set()
        """Responses whose sound may be played."""
        self._active: str | None = None
        self._lost: SessionError | None = None
        self._trace: Trace | None = None
        self._endpoint = ""
        self._wake_word: str | None = None
        self._last_error: str | None = None
        self._asleep_bytes = 0
        chosen = parts.ledger.chosen
        self._volume = int(chosen("volume") or settings.audio.volume)
        self._threshold = float(chosen("threshold") or settings.wake.words[0].threshold)
        if chosen("threshold"):
            self._router.set_threshold(self._threshold)
        if chosen("muted") == "ON":
            self._machine.state = State.MUTED

    # What others may do.

    async def run(self) -> None:
        """Listen and answer, for ever."""
        self._apply_volume()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._microphone.run())
            group.create_task(self._loudspeaker.run())
            group.create_task(self._conduct())

    async def close(self) -> None:
        """End what is under way, politely and soon."""
        self._router.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def post(self, event: Event) -> None:
        """Put an event into the inbox."""
        self._inbox.put_nowait(event)

    @property
    def alive(self) -> bool:
        """Whether microphone frames arrive and are scored, or nobody wants them."""
        return self._machine.state is State.MUTED or self._loop.time() - self._router.worked_at < DEAF_AFTER_S

    @property
    def idle(self) -> bool:
        """Whether no conversation is under way."""
        return not self._machine.awake

    @property
    def volume(self) -> int:
        """Loudness of answers, 0-100 percent, as chosen."""
        return self._volume

    def set_volume(self, percent: int) -> int:
        """Choose the loudness; it survives a restart."""
        self._volume = max(0, min(100, percent))
        self._parts.ledger.choose("volume", str(self._volume))
        self._apply_volume()
        self._show()
        return self._volume

    def set_threshold(self, threshold: float) -> None:
        """Choose the score from which every wake word counts; it survives a restart."""
        self._threshold = threshold
        self._router.set_threshold(threshold)
        self._parts.ledger.choose("threshold", str(threshold))
        self._show()

    def mute(self, wanted: bool) -> None:
        """Close the microphone or open it again; it survives a restart, for nobody wants to be surprised."""
        self._parts.ledger.choose("muted", "ON" if wanted else "OFF")
        self.post(co.Muted() if wanted else co.Unmuted())

    def goodbye(self) -> None:
        """End the conversation when the present answer has been spoken."""
        self.post(co.Goodbye(self._machine.session))

    def trouble(self, problem: str) -> None:
        """Remember and publish what is wrong; somebody else has logged it."""
        self._last_error = problem
        self._parts.hub.event({"type": "error", "message": problem})
        self._show()

    def connected(self) -> None:
        """The broker is there: it has to hear the present state."""
        self._show()

    def say(self, text: str) -> None:
        """Speak a text as it stands, in the offline voice. Raises SpeakerError when there is none."""
        if not text.strip():
            raise SpeakerError("there is no text to say")
        self._start(self._speak(text, "say"))

    # The loop.

    async def _conduct(self) -> None:
        self._assume()
        while True:
            self._take(await self._next())

    async def _next(self) -> Event:
        try:
            async with asyncio.timeout_at(self._machine.deadline):
                return await self._inbox.get()
        except TimeoutError:
            return co.Expired()

    def _take(self, event: Event) -> None:
        if isinstance(event, co.PlaybackQueued | co.PlaybackBegan) and not self._loudspeaker.playing:
            return  # it was hushed while this news was on its way
        now, before, word = self._loop.time(), self._machine.state, BUTTON
        errands = self._machine.on(event, now)
        if isinstance(event, co.Woken):
            word = event.word
        if before is State.ASLEEP and self._machine.awake:
            score = event.score if isinstance(event, co.Woken) else 0.0
            self._trace, self._wake_word = Trace(now, word, score), word
            self._lost = None
            self._apply_volume()
        self._note(event, now)
        for errand in errands:
            self._run(errand)
        if self._trace is not None and not self._machine.awake:
            self._tell_turn(self._trace, now)
        self._assume()
        if self._machine.state is not before:
            log.info("= %s → %s (%s)", before.value, self._machine.state.value, _named(event))
            self._show()

    def _note(self, event: Event, now: float) -> None:
        """Keep the trace."""
        if self._trace is None:
            return
        match event:
            case co.SpeechEnded():
                self._trace.speech_ended(now)
            case co.PlaybackBegan():
                self._trace.sounded(now)
            case _:
                pass

    def _run(self, errand: Errand) -> None:
        match errand:
            case Errand.CHIME:
                self._loudspeaker.play(chime("wake"), chime_percent=self._settings.audio.chime_volume)
            case Errand.HUSH:
                self._hush()
            case Errand.REPLY:
                self._send(cl.CreateResponse())
            case Errand.APOLOGISE:
                words = apology(self._lost, connected=self._open)
                log.info("= apologising: %s", words)
                self._start(self._speak(words, "apology"))

    def _assume(self) -> None:
        """Make the world match the posture: the one place where anything is opened or closed."""
        posture, machine = self._machine.posture, self._machine
        self._microphone.open(machine.state is not State.MUTED)
        if self._session_task is not None and (not posture.session or self._session_number != machine.session):
            self._session_task.cancel()
            self._session_task, self._session, self._open = None, None, False
            self._responses.clear()
            self._active = None
        if posture.session and self._session_task is None:
            self._session_number = machine.session
            self._session_task = self._start(self._converse(machine.session))
        sink = self if self._open else None
        self._router.route(posture.microphone, sink, barging=machine.state is State.SPEAKING)
        self._loudspeaker.hold(posture.session)

    # The session.

    def append(self, samples: Samples) -> None:
        """Send microphone sound to the session; what is sent while asleep is counted, and must be nothing."""
        if self._session is None:
            return
        if not self._machine.awake:
            self._asleep_bytes += 2 * samples.size
        if self._trace is not None and self._trace.sent_at is None:
            self._trace.sent_at = self._loop.time()
        self._session.append(samples)

    async def _converse(self, number: int) -> None:
        """Hold session ``number`` with the first endpoint that answers."""
        wanted = opening(self._settings.session, self._parts.describe_house(), self._parts.toolbelt.definitions())
        for endpoint in self._parts.endpoints():
            self._endpoint = endpoint.name
            session = RealtimeSession(endpoint.target, wanted, lambda news: self._hear(number, news))
            self._session = session
            await session.run()
            if self._open or self._lost is None:
                break
            self.trouble(str(self._lost))
        self.post(co.SessionClosed(number))

    def _hear(self, number: int, news: News) -> None:
        """Turn news of a session into events; sound goes straight to the loudspeaker."""
        if number != self._session_number or self._session is None:
            return
        match news:
            case Opened():
                self._opened(number)
            case Closed(error=error):
                self._lost = error
                if error is not None and self._open:
                    self.trouble(str(error))
            case ev.SpeechStarted():
                self.post(co.SpeechBegan(number))
            case ev.SpeechStopped():
                self.post(co.SpeechEnded(number))
            case ev.ResponseCreated(response=response):
                self._active = response.id
                self._responses.add(response.id)
                self.post(co.ResponseBegan(number, response.id))
            case ev.AudioDelta(response_id=response, item_id=item, delta=delta):
                if response in self._responses:
                    self._play(from_bytes(delta), item)
            case ev.TextDone(response_id=response, item_id=item, text=text):
                if response in self._responses:
                    self._start(self._speak(text, item))
            case ev.ResponseDone(response=response):
                self._response_done(number, response)
            case ev.TranscriptDone(transcript=words):
                self._write_down("assistant", words)
            case ev.TranscriptionCompleted(transcript=words):
                self._write_down("user", words or "")
            case ev.Error(error=problem):
                if problem.code == "conversation_already_has_active_response":
                    self.post(co.ReplyRefused(number))
                elif problem.code not in HARMLESS:
                    self.trouble(f"the Realtime service reports: {problem.message}")
            case _:
                pass

    def _opened(self, number: int) -> None:
        self._open = True
        if self._trace is not None:
            self._trace.opened_at = self._loop.time()
            self._trace.endpoint = self._endpoint
        self._parts.ledger.count_session(datetime.now().astimezone().date())
        self.post(co.SessionOpened(number))

    def _response_done(self, number: int, response: Response) -> None:
        if self._active == response.id:
            self._active = None
        self._book(response)
        calls = {
            item.call_id: item
            for item in response.output
            if item.type == "function_call" and item.call_id and response.status == "completed"
        }
        failed = response.status == "failed"
        if failed and response.status_details and response.status_details.error:
            self.trouble(f"the Realtime service could not answer: {response.status_details.error.message}")
        self.post(co.ResponseEnded(number, response.id, failed=failed, calls=frozenset(calls)))
        for call_id, item in calls.items():
            self._start(self._call(number, call_id, item))

    def _book(self, response: Response) -> None:
        if self._trace is None or response.usage is None:
            return
        model = self._settings.session.model
        price = price_of(model, self._settings.cost.prices) if self._endpoint == "cloud" else None
        cost = self._trace.book(response.usage, price)
        tokens = (response.usage.input_tokens or 0, response.usage.output_tokens or 0)
        self._parts.ledger.book(datetime.now().astimezone().date(), model, self._endpoint, tokens, cost)

    async def _call(self, number: int, call_id: str, item: Item) -> None:
        """Run a tool and put its output into the conversation, whatever has become of the turn."""
        began, name = self._loop.time(), item.name or ""
        providers: dict[type, object] = {Home: self._parts.home, Voice: self}
        ran = await self._parts.toolbelt.run(name, item.arguments or "", providers)
        took_s = self._loop.time() - began
        log.info("= tool %s: %s in %d ms", name, "ok" if ran.ok else "not done", 1000 * took_s)
        self._parts.hub.event({"type": "tool", "name": name, "ok": ran.ok, "confirmed": ran.confirmed})
        if self._trace is not None:
            self._trace.tool(name, ok=ran.ok, confirmed=ran.confirmed, took_s=took_s)
        if number == self._session_number:
            self._send(cl.CreateItem(item=Item(type="function_call_output", call_id=call_id, output=ran.text)))
        self.post(co.ToolAnswered(number, call_id))

    def _send(self, event: cl.ClientEvent) -> None:
        if self._session is not None and self._open:
            self._session.send(event)

    def _hush(self) -> None:
        """Silence now; tell the server what was really heard, so that it remembers no more than that."""
        if self._active is not None:
            self._send(cl.CancelResponse(response_id=self._active))
        self._responses.clear()
        for cut in self._loudspeaker.hush():
            if cut.played_ms > 0:
                self._send(cl.TruncateItem(item_id=cut.item, content_index=0, audio_end_ms=cut.played_ms))
            else:
                self._send(cl.DeleteItem(item_id=cut.item))

    async def _speak(self, text: str, item: str) -> None:
        """Say a text in the offline voice."""
        async for samples in self._parts.mind.speak(text, 1.0):
            self._play(samples, item)

    def _play(self, samples: Samples, item: str) -> None:
        if not self._loudspeaker.playing:
            self.post(co.PlaybackQueued())
        self._loudspeaker.play(samples, item)

    # What is told.

    def _woken(self, detection: Detection) -> None:
        log.info("= wake word %s %.2f", detection.word, detection.score)
        self.post(co.Woken(detection.word, detection.score))
        self._parts.hub.event({"type": "wake", "wake_word": detection.word, "score": round(detection.score, 3)})

    def _write_down(self, who: str, words: str) -> None:
        log.debug("%s: %s", who, words)
        if self._trace is not None and self._settings.privacy.publish_transcripts:
            self._trace.words.append({"who": who, "text": words})

    def _tell_turn(self, trace: Trace, now: float) -> None:
        self._trace = None
        if self._machine.ended_by == "no_speech":
            told: dict[str, Any] = {"type": "not_for_me", "wake_word": trace.wake_word, "score": round(trace.score, 3)}
        else:
            with_words = self._settings.privacy.publish_transcripts
            told = trace.event(now, self._machine.ended_by, with_words=with_words)
        log.info("= %s", told)
        self._parts.hub.event(told)

    def _show(self) -> None:
        """Publish the state and the service's status line."""
        today = datetime.now().astimezone().date()
        cost_today, cost_month = self._parts.ledger.spent_usd(today)
        muted = self._machine.state is State.MUTED
        self._parts.hub.show(
            {
                "state": self._machine.posture.hub,
                "muted": muted,
                "volume": self._volume,
                "threshold": self._threshold,
                "wake_word": self._wake_word,
                "endpoint": self._endpoint or self._parts.endpoints()[0].name,
                "duplex": self._machine.duplex,
                "cost_today_usd": round(cost_today, 6),
                "cost_month_usd": round(cost_month, 6),
                "sessions_today": self._parts.ledger.sessions(today),
                "audio_sent_asleep_bytes": self._asleep_bytes,
                "last_error": self._last_error,
            }
        )
        words = " or ".join(f'"{word.name.replace("_", " ")}"' for word in self._parts.words.words)
        doing = "muted" if muted else f"waiting for {words}" if self.idle else self._machine.state.value
        trouble = f"; last error: {self._last_error}" if self._last_error else ""
        self._parts.status(f"{doing}; ${cost_today:.4f} today{trouble}")

    def _apply_volume(self) -> None:
        now = datetime.now().astimezone().time()
        self._loudspeaker.set_volume(loudest_percent(self._volume, self._settings.quiet_hours, now))

    def _start(self, work: Any) -> asyncio.Task[None]:  # noqa: ANN401 - any coroutine
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a part of the conversation failed", exc_info=task.exception())


def _named(event: Event) -> str:
    """An event for the log, as in ``Woken hey_jarvis 0.93``."""
    if isinstance(event, co.Woken):
        return f"{event.word} {event.score:.2f}"
    return type(event).__name__
