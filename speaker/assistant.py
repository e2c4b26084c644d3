"""The conductor: inbox → conversation → posture and errands → parts.

Everything that happens becomes a small event in one inbox; the conversation decides; ``_assume`` makes the
world match the posture. Sound goes around all this: frames through the router, answers straight to the
loudspeaker.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from speaker.adapters.ledger import Ledger
from speaker.adapters.sound import Loudspeaker, Microphone, SoundSystem
from speaker.adapters.wakeword import Detection, WakeWords
from speaker.core import conversation as co
from speaker.core.chimes import chime
from speaker.core.conversation import Conversation, Errand, Event, State
from speaker.core.errors import SpeakerError
from speaker.core.opening import opening
from speaker.core.pcm import BYTES_PER_SAMPLE, Samples
from speaker.core.phrases import apology, loudest_percent
from speaker.core.pricing import price_of
from speaker.core.settings import Settings
from speaker.core.toolbox import Home, Voice
from speaker.core.wire.objects import Response
from speaker.dialogue import Dialogue, Endpoint, Ports
from speaker.hub import Hub
from speaker.offline.mind import Mind
from speaker.router import Router
from speaker.toolbelt import Ran, Toolbelt
from speaker.turns import Trace

log = logging.getLogger(__name__)

BUTTON: Final = "button"
"""The wake word of a conversation that no word began."""

PATIENCE: Final = 0.4
"""Share of limits.connect_s that the cloud has to answer before the offline server does."""

OWN: Final = "own"
"""The item of what the speaker says by itself; no server knows it."""

DEAF_AFTER_S: Final = 5.0
"""Without a scored frame for so long, the speaker does not count as alive."""


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
        self._ports = Ports(
            post=self.post,
            play=self._play,
            speak=self._speak,
            start=self._start,
            run_tool=self._run_tool,
            opened=self._opened,
            booked=self._book,
            said=self._write_down,
            trouble=self.trouble,
        )
        self._dialogue: Dialogue | None = None
        self._dialogue_task: asyncio.Task[None] | None = None
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
        """Remember and publish what is wrong, or with an empty text that it is right again; it is logged already."""
        self._last_error = problem or None
        if problem:
            self._parts.hub.event({"type": "error", "message": problem})
        self._show()

    def connected(self) -> None:
        """The broker is there: it has to hear the present state."""
        self._show()

    def say(self, text: str) -> None:
        """Speak a text as it stands, in the offline voice. Raises SpeakerError when there is none."""
        if not text.strip():
            raise SpeakerError("there is no text to say")
        self._start(self._speak(text, OWN))

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
        now, before = self._loop.time(), self._machine.state
        errands = self._machine.on(event, now)
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
        """Keep the trace: a new one for each conversation."""
        if self._trace is None:
            if self._machine.awake:
                word, score = (event.word, event.score) if isinstance(event, co.Woken) else (BUTTON, 0.0)
                self._trace, self._wake_word = Trace(now, word, score), word
                self._apply_volume()
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
                if self._dialogue is not None:
                    self._dialogue.reply()
            case Errand.APOLOGISE:
                self._apologise()

    def _apologise(self) -> None:
        dialogue = self._dialogue
        lost, connected = (dialogue.lost, dialogue.is_open) if dialogue is not None else (None, False)
        words = apology(lost, connected=connected)
        log.info("= apologising: %s", words)
        self._start(self._speak(words, OWN))

    def _hush(self) -> None:
        cuts = self._loudspeaker.hush()
        if self._dialogue is not None:
            self._dialogue.hush([cut for cut in cuts if cut.item != OWN])

    def _assume(self) -> None:
        """Make the world match the posture: the one place where anything is opened or closed."""
        posture, machine = self._machine.posture, self._machine
        self._microphone.open(machine.state is not State.MUTED)
        dialogue, task = self._dialogue, self._dialogue_task
        if dialogue is not None and task is not None and (not posture.session or dialogue.number != machine.session):
            task.cancel()
            self._dialogue = dialogue = None
        if posture.session and dialogue is None:
            self._dialogue = dialogue = self._open_dialogue(machine.session)
        sink = self if dialogue is not None and dialogue.is_open else None
        self._router.route(posture.microphone, sink, barging=machine.state is State.SPEAKING)
        self._loudspeaker.hold(posture.session)

    # The session.

    def _open_dialogue(self, number: int) -> Dialogue:
        wanted = opening(self._settings.session, self._parts.describe_house(), self._parts.toolbelt.definitions())
        patience_s = PATIENCE * self._settings.limits.connect_s
        dialogue = Dialogue(number, wanted, self._parts.endpoints(), self._ports, patience_s)
        self._dialogue_task = self._start(dialogue.run())
        return dialogue

    def append(self, samples: Samples) -> None:
        """Send microphone sound to the session; what is sent while asleep is counted, and must be nothing."""
        if self._dialogue is None:
            return
        if not self._machine.awake:
            self._asleep_bytes += BYTES_PER_SAMPLE * samples.size
        if self._trace is not None and self._trace.sent_at is None:
            self._trace.sent_at = self._loop.time()
        self._dialogue.append(samples)

    def _opened(self, endpoint: str) -> None:
        self._endpoint = endpoint
        if self._trace is not None:
            self._trace.opened_at = self._loop.time()
            self._trace.endpoint = endpoint
        self._parts.ledger.count_session(_today())

    def _book(self, response: Response) -> None:
        if self._trace is None or response.usage is None:
            return
        model = self._settings.session.model
        price = price_of(model, self._settings.cost.prices) if self._endpoint == "cloud" else None
        cost = self._trace.book(response.usage, price)
        tokens = (response.usage.input_tokens or 0, response.usage.output_tokens or 0)
        self._parts.ledger.book(_today(), model, self._endpoint, tokens, cost)

    async def _run_tool(self, name: str, arguments: str) -> Ran:
        began, trace = self._loop.time(), self._trace
        ran = await self._parts.toolbelt.run(name, arguments, {Home: self._parts.home, Voice: self})
        took_s = self._loop.time() - began
        log.info("= tool %s: %s in %d ms", name, "done" if ran.ok else "not done", 1000 * took_s)
        self._parts.hub.event({"type": "tool", "name": name, "ok": ran.ok, "confirmed": ran.confirmed})
        if trace is not None:
            trace.tool(name, ok=ran.ok, confirmed=ran.confirmed, took_s=took_s)
        return ran

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
        if self._machine.ended_by != "error":
            self._last_error = None
        if self._machine.ended_by == "no_speech":
            told: dict[str, Any] = {"type": "not_for_me", "wake_word": trace.wake_word, "score": round(trace.score, 3)}
        else:
            with_words = self._settings.privacy.publish_transcripts
            told = trace.event(now, self._machine.ended_by, with_words=with_words)
        log.info("= %s", told)
        self._parts.hub.event(told)

    def _show(self) -> None:
        """Publish the state and the service's status line."""
        today = _today()
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


def _today() -> date:
    """The date in the house's time zone."""
    return datetime.now().astimezone().date()


def _named(event: Event) -> str:
    """An event for the log, as in ``Woken hey_jarvis 0.93``."""
    if isinstance(event, co.Woken):
        return f"{event.word} {event.score:.2f}"
    return type(event).__name__
