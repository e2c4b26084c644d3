"""The conductor: inbox → conversation → posture and errands → parts.

Everything that happens becomes a small event in one inbox; the conversation decides; ``_assume`` makes the
world match the posture. Sound goes around all this: frames through the air's router, answers straight to its
loudspeaker.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from speaker.announce.system_speech import Ports as AsidePorts
from speaker.announce.system_speech import SystemSpeech
from speaker.audio.chimes import Chime
from speaker.audio.devices import SoundSystem
from speaker.audio.echo_analysis import judge
from speaker.audio.pcm import BYTES_PER_SAMPLE, SESSION_HZ, WAKE_HZ, Samples, samples_to_ms
from speaker.config.settings import Settings
from speaker.conversation import audio_io, events
from speaker.conversation.audio_io import OWN, AudioIO
from speaker.conversation.events import Event
from speaker.conversation.local_intents import Done, LocalIntents
from speaker.conversation.session import ConversationSession, Ports, SessionPatience
from speaker.conversation.short_memory import ShortMemory
from speaker.conversation.state_machine import Errand, State, StateMachine
from speaker.conversation.trace_recorder import CLAIMED, TraceRecorder
from speaker.conversation.user_turns import Ports as TurnPorts
from speaker.conversation.user_turns import UserTurns
from speaker.cost.budget_guard import CLOUD
from speaker.cost.cost_tracker import SENTENCE_MS, CostTracker
from speaker.errors import SessionError, SoundError, SpeakerError
from speaker.hub.controls import Controls
from speaker.hub.controls import Ports as ControlPorts
from speaker.hub.mqtt_api import MqttApi
from speaker.hub.status import Status, today
from speaker.listening.route import MicrophoneRoute, Route
from speaker.listening.uplink_gate import Lead
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.failover import Failover
from speaker.realtime.protocol.objects import Response
from speaker.speech import phrases
from speaker.speech.tts import TextToSpeech
from speaker.store.runtime_settings import RuntimeSettings
from speaker.store.store import Ledger
from speaker.tools.api import Clock, Lists, Voice
from speaker.tools.registry import ToolRegistry
from speaker.tools.result import ToolResult
from speaker.wake.arbitration import Claim, Claims
from speaker.wake.detector import Detection, WakeWords

log = logging.getLogger(__name__)

_QUESTIONS: Final = frozenset({State.ASKING, State.CONFIRMING})

PATIENCE: Final = 0.4
"""Share of limits.connect_s that the cloud has to answer before the offline server does."""

DEAF_AFTER_S: Final = 5.0
"""Without a scored frame for so long, the speaker does not count as alive."""

SLOW_TOOL_S: Final = 1.0
"""A tool that takes longer is excused, once a turn."""

MOST_PROMPT_CHARACTERS: Final = 2_000
"""Longest written request."""

READY_S: Final = 0.5
"""How often the echo test looks whether the room is free for it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the assistant works with."""

    sound: SoundSystem
    words: Callable[[str], WakeWords]
    """The wake words of a choice. Raises SpeakerError."""
    toolbelt: ToolRegistry
    providers: Mapping[type, object]
    """What tools get, beside the speaker itself."""
    reachable: Callable[[str], None]
    """Raises SpeakerError when an endpoint cannot be chosen."""
    choices: RuntimeSettings
    describe_house: Callable[[], str]
    standby: Failover
    mind: OfflineEngines
    speech: TextToSpeech
    hub: MqttApi
    ledger: Ledger
    accounts: CostTracker
    status: Callable[[str], None]
    """Shows one line to whoever looks at the service."""


class Controller:
    """One speaker. It is also the Voice that tools get."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self._settings = settings
        self._parts = parts
        self._machine = StateMachine(settings.limits)
        self._inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._choices = parts.choices
        words = parts.words(self._choices.wake_word)
        self._air = AudioIO(settings, parts.sound, words, mind=parts.mind, speech=parts.speech, ports=self._air_ports())
        self.controls = Controls(self._choices, self._machine, self._air, self._control_ports())
        self.aside = SystemSpeech(self._air, parts.speech, self._choices, parts.ledger.memory, self._aside_ports())
        self._status = Status(
            self._choices,
            parts.accounts,
            parts.hub,
            self._machine,
            air=self._air,
            ringer=self.aside.ringer,
            line=parts.status,
        )
        self._status.endpoint = parts.standby.first
        self._claims = Claims(str(settings.id))
        self._prompts: deque[str] = deque()
        """Written requests that the session has not got yet."""
        self._ports = self._dialogue_ports()
        self._user = UserTurns(LocalIntents(parts.mind, parts.toolbelt), self._turn_ports())
        self._limits = SessionPatience(PATIENCE * settings.limits.connect_s, settings.limits.stalled_s)
        self._recall = ShortMemory(settings.limits.remember_s)
        self._journal = TraceRecorder(
            parts.accounts, parts.hub, parts.ledger, self._recall, with_words=settings.privacy.publish_transcripts
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialogue: ConversationSession | None = None
        self._dialogue_task: asyncio.Task[None] | None = None
        self._spared: SessionError | None = None
        self._excused = False
        """Whether somebody was told in this turn that it takes a moment."""
        self.controls.apply()
        if self._choices.muted:
            self._machine.state = State.MUTED

    def _air_ports(self) -> audio_io.Ports:
        return audio_io.Ports(
            woken=self._woken,
            spoken_over=lambda: self.post(events.SpokenOver()),
            stopped=lambda: self.post(events.Stopped()),
            queued=lambda: self.post(events.PlaybackQueued()),
            began=lambda: self.post(events.PlaybackBegan()),
            ended=lambda: self.post(events.PlaybackEnded()),
            trouble=self.trouble,
        )

    def _control_ports(self) -> ControlPorts:
        return ControlPorts(
            post=self.post,
            show=lambda: self._status.show(),  # noqa: PLW0108 - it does not exist yet
            words=self._parts.words,
            reachable=self._parts.reachable,
            measure_echo=self._choose_duplex,
            start=self._start,
        )

    def _aside_ports(self) -> AsidePorts:
        return AsidePorts(
            post=self.post,
            told=self._parts.hub.event,
            busy=lambda: self._machine.state not in {State.ASLEEP, State.MUTED, State.FOLLOW_UP},
            changed=self._aside_changed,
        )

    def _dialogue_ports(self) -> Ports:
        parts = self._parts
        return Ports(
            post=self.post,
            play=self._play,
            speak=self._air.speak,
            start=self._start,
            run_tool=self._run_tool,
            recall=lambda: self._recall.summary(self._loop.time()),
            opened=self._opened,
            refused=self._refused,
            booked=self._book,
            said=self._write_down,
            transcribed=lambda usage: parts.accounts.transcribed(usage, self._status.endpoint),
            trouble=self.trouble,
        )

    def _turn_ports(self) -> TurnPorts:
        return TurnPorts(
            post=self.post,
            start=self._start,
            run_tool=self._run_tool,
            said=self._write_down,
            answer=self._answer_here,
        )

    # What others may do.

    async def run(self) -> None:
        """Listen and answer, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._air.run())
            group.create_task(self._conduct())
            group.create_task(self.aside.run())
            if self._choices.duplex == "auto":
                group.create_task(self._choose_duplex())

    async def close(self) -> None:
        """End what is under way, politely and soon."""
        self._air.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def post(self, event: Event) -> None:
        """Put an event into the inbox."""
        self._inbox.put_nowait(event)

    @property
    def alive(self) -> bool:
        """Whether microphone frames arrive and are scored, or nobody wants them."""
        return self.muted or self._loop.time() - self._air.router.worked_at < DEAF_AFTER_S

    @property
    def idle(self) -> bool:
        """Whether neither a conversation nor a question is under way."""
        return self._machine.state in {State.ASLEEP, State.MUTED}

    @property
    def slips(self) -> tuple[int, int]:
        """How often the loudspeaker ran dry, and the microphone overflowed."""
        return self._air.slips

    @property
    def muted(self) -> bool:
        """Whether the microphone is off."""
        return self._machine.state is State.MUTED

    @property
    def volume(self) -> int:
        """Loudness of answers, 0-100 percent, as chosen."""
        return self.controls.volume

    def set_volume(self, percent: int) -> int:
        """Choose the loudness; it survives a restart."""
        return self.controls.set_volume(percent)

    def ask(self, text: str) -> None:
        """Let the model answer a written request aloud. Raises SpeakerError when it cannot be taken."""
        if not text.strip():
            raise SpeakerError("there is nothing to answer")
        if len(text) > MOST_PROMPT_CHARACTERS:
            raise SpeakerError(f"the text has {len(text)} characters; at most {MOST_PROMPT_CHARACTERS} are answered")
        if self.muted:
            raise SpeakerError("the microphone is muted, and an answer would open it; unmute it first")
        self._prompts.append(text.strip())
        self.post(events.Prompted())

    def claimed(self, word: str, claim: Claim) -> None:
        """A speaker, perhaps this one, says that it heard a wake word."""
        if self._claims.take(word, claim, self._loop.time()):
            log.info("= %s was heard first by %s", word, claim.speaker)
            self.post(events.OutClaimed())

    def raise_budget(self, usd: float) -> None:
        """Let more be spent today than the budgets allow, in USD."""
        self._parts.accounts.purse.raise_today(usd)
        self._status.show()

    def goodbye(self) -> None:
        """End the conversation when the present answer has been spoken."""
        self.post(events.Goodbye(self._machine.session))

    def trouble(self, problem: str) -> None:
        """Remember and publish what is wrong, or with an empty text that it is right again; it is logged already."""
        self._status.trouble(problem)

    def connected(self) -> None:
        """The broker is there: it has to hear the present state."""
        self._status.show()

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
            return events.Expired()

    def _take(self, event: Event) -> None:
        if isinstance(event, events.PlaybackQueued | events.PlaybackBegan) and not self._air.playing:
            return  # it was hushed while this news was on its way
        now, before = self._loop.time(), self._machine.state
        errands = self._machine.on(event, now)
        self._note(event, now)
        self._hand_over_prompts()
        for errand in errands:
            self._run(errand)
        if self._journal.open and not self._machine.awake:
            self._tell_turn(now)
        if self._machine.state is not before:
            self._changed(before, event)
        self._assume()
        if self._machine.state is not before:
            self._status.show()

    def _changed(self, before: State, event: Event) -> None:
        state = self._machine.state
        log.info("= %s → %s (%s)", before.value, state.value, _named(event))
        if State.SPEAKING in {before, state}:
            self._air.router.answered()
        if state is State.THINKING and before is State.LISTENING:
            self._sound("listened")
        if state is State.LISTENING or before is State.FOLLOW_UP:
            self._excused = False
        if state is State.SPEAKING:
            self._excused = True  # the model has said something already, perhaps that it takes a moment
        if State.MUTED in {before, state}:
            self._sound("muted" if state is State.MUTED else "unmuted")
        if state in _QUESTIONS:
            self.aside.questions.begin()
        elif before in _QUESTIONS:
            self.aside.questions.give_up()
        if state is State.WAKING:
            self.aside.hush()
        if isinstance(event, events.OutClaimed):
            self._air.hush()

    def _hand_over_prompts(self) -> None:
        while self._prompts and self._dialogue is not None and self._machine.awake:
            self._dialogue.prompt(self._prompts.popleft())

    def _note(self, event: Event, now: float) -> None:
        """Keep the journal: a new page for each conversation."""
        if self._machine.awake and not self._journal.open:
            self._status.wake_word = self._journal.begin(event, now, self._air.overflows)
            self._air.router.begin_audit()
            self.controls.apply_volume()
        self._journal.note(event, now, self._machine.session)

    def _run(self, errand: Errand) -> None:
        dialogue = self._dialogue
        match errand:
            case Errand.CHIME:
                self._sound("wake")
            case Errand.HUSH:
                self._hush()
            case Errand.APOLOGISE:
                self._apologise()
            case Errand.REPEAT:
                self._user.forget()
                self._air.router.repeat()
            case Errand.REPLY if dialogue is not None:
                dialogue.reply()
            case Errand.CONFIRM:
                self._sound("done")
                self._air.router.answered()
                if self._status.endpoint == CLOUD and not self._user.answering:
                    self._parts.accounts.kept_quiet()
            case Errand.RENEW if dialogue is not None:
                dialogue.renew()
            case _:
                pass

    def _apologise(self) -> None:
        dialogue = self._dialogue
        lost, connected = (dialogue.lost, dialogue.is_open) if dialogue is not None else (None, False)
        words = phrases.apology(lost or self._spared, connected=connected)
        log.info("= apologising: %s", words)
        self._sound("error")
        if words:
            self._air.speak(words)

    def _hush(self) -> None:
        self.aside.hush()
        self._user.forget_answer()
        cuts = self._air.hush()
        self._parts.accounts.cut((cut.item, cut.played_ms) for cut in cuts if cut.item != OWN)
        if self._dialogue is not None:
            self._dialogue.hush([cut for cut in cuts if cut.item != OWN])

    def _assume(self) -> None:
        """Make the world match the posture: the one place where anything is opened or closed."""
        posture, machine = self._machine.posture, self._machine
        self._air.open_microphone(machine.state is not State.MUTED)
        dialogue, task = self._dialogue, self._dialogue_task
        if dialogue is not None and task is not None and (not posture.session or dialogue.number != machine.session):
            task.cancel()
            self._dialogue = dialogue = None
        if posture.session and dialogue is None:
            self._dialogue = dialogue = self._open_dialogue(machine.session)
        playing = self._air.loudspeaker.playing or self.aside.ringer.ringing
        stoppable = playing or (machine.awake and machine.facts.is_open)
        self._air.route(
            Route(
                posture.microphone,
                self if dialogue is not None and dialogue.is_open else None,
                barging=playing,
                talk=(self._settings.wake.stop_word and stoppable) or posture.microphone is MicrophoneRoute.ANSWER,
            )
        )
        self._air.loudspeaker.hold(posture.session)

    # The session.

    def _open_dialogue(self, number: int) -> ConversationSession:
        wanted = self._parts.accounts.session(self._parts.describe_house(), self._parts.toolbelt.definitions())
        endpoints, self._spared = self._parts.standby.now(self._loop.time())
        dialogue = ConversationSession(number, wanted, endpoints, self._ports, self._limits)
        self._user.forget()
        while self._prompts:
            dialogue.prompt(self._prompts.popleft())
        self._dialogue_task = self._start(dialogue.run())
        return dialogue

    def append(self, samples: Samples) -> None:
        """Send microphone sound to the session; what is sent while asleep is counted, and must be nothing."""
        if self._dialogue is None:
            return
        if not self._machine.awake:
            self._status.asleep_bytes += BYTES_PER_SAMPLE * samples.size
        self._journal.sent(self._loop.time())
        self._parts.accounts.heard(samples_to_ms(samples.size, WAKE_HZ))
        self._dialogue.append(samples)
        self._user.append(samples)

    def turn_began(self, lead: Lead | None) -> None:
        """The user speaks, as far as that is found on this machine."""
        if self._dialogue is not None:
            self._user.began(self._dialogue, lead)

    def turn_ended(self) -> None:
        """The user has finished."""
        if self._dialogue is not None:
            local = self._settings.session.local_first == "confident" and self._status.endpoint == CLOUD
            self._user.ended(self._dialogue, local_first=local)

    def _answer_here(self, done: Done, heard_ms: float) -> None:
        """Say what was done without the service; where a sound is enough, the conversation asks for that."""
        accounts = self._parts.accounts
        if done.quiet:
            accounts.answered_here(heard_ms, SENTENCE_MS)
        else:
            self._air.speak(done.text, spoke=lambda ms, _: accounts.answered_here(heard_ms, ms))

    def _play(self, samples: Samples, item: str) -> None:
        self._parts.accounts.said(item, samples_to_ms(samples.size, SESSION_HZ))
        self._air.play(samples, item)

    def _opened(self, endpoint: str) -> None:
        self._status.endpoint = endpoint
        self._parts.standby.answered(endpoint)
        self._journal.opened(self._loop.time(), endpoint)
        self._parts.ledger.count_session(today())

    def _refused(self, endpoint: str, why: SessionError) -> None:
        """Somebody has to change something; it is said once, and by the next apology if nobody else answers."""
        helped = self._parts.standby.refused(endpoint, why, self._loop.time())
        if helped:
            self._air.speak(phrases.apology(why, connected=False))
            self._air.speak(phrases.HELPED_OUT)

    def _book(self, response: Response) -> None:
        accounts, endpoint = self._parts.accounts, self._status.endpoint
        if not self._journal.open:
            return
        self._journal.book(response, endpoint)
        if endpoint == CLOUD and accounts.purse.used_up:
            accounts.ended_by_budget = True
            self.goodbye()

    async def _run_tool(self, name: str, arguments: str) -> ToolResult:
        began = self._loop.time()
        excuse = self._loop.call_later(SLOW_TOOL_S, self._excuse)
        try:
            ran = await self._parts.toolbelt.run(name, arguments, self._providers)
        finally:
            excuse.cancel()
        now = self._loop.time()
        self._recall.did(name, arguments, ran.output, now)
        self._journal.ran(name, ran, now - began)
        return ran

    def _excuse(self) -> None:
        """A tool takes its time; whoever waits is told, once."""
        if self._machine.state is State.THINKING and not self._excused and not self._air.loudspeaker.playing:
            self._excused = True
            self._air.speak(phrases.ONE_MOMENT)

    # What is measured once.

    async def _choose_duplex(self) -> None:
        """Find out how well the echo can be removed, when nobody needs the room, and say so."""
        while not (self._machine.state is State.ASLEEP and self.alive) or self._air.loudspeaker.playing:
            if self.muted:
                return
            await asyncio.sleep(READY_S)
        try:
            report = await self._air.test_echo(self._choices.quietly(self._choices.volume))
        except SoundError as error:
            log.warning("%s; only the wake word interrupts an answer", error)
            self._status.duplex_reason = str(error)
            return
        mode, reason = judge(report)
        if report.heard:
            self._air.expect_echo(report.delay_ms)
        self._status.duplex_reason = reason
        if self._choices.duplex == "auto":
            self._machine.duplex = mode
        log.info("= duplex %s: %s", mode, reason)
        self._status.show()

    # What is told.

    def _woken(self, detection: Detection) -> None:
        busy, now = self._machine.state is not State.ASLEEP, self._loop.time()
        if not self._claims.heard(detection.word, now, busy=busy):
            log.info("= wake word %s %.2f, which another speaker answers", detection.word, detection.score)
            self._assume()
            return
        claim = Claim(speaker=str(self._settings.id), score=round(detection.score, 3), busy=busy)
        self._parts.hub.claim(detection.word, claim)
        log.info("= wake word %s %.2f", detection.word, detection.score)
        self.post(events.Woken(detection.word, detection.score))
        self._parts.hub.event({"type": "wake", "wake_word": detection.word, "score": round(detection.score, 3)})

    def _write_down(self, who: str, words: str) -> None:
        self._journal.said(who, words, self._loop.time())

    def _tell_turn(self, now: float) -> None:
        ended_by = self._journal.end(
            now,
            self._machine.ended_by,
            audit=self._air.router.audit,
            sent_bytes=self._dialogue.sent_bytes if self._dialogue is not None else 0,
            overflows=self._air.overflows,
        )
        if ended_by not in {"error", CLAIMED}:
            self._status.last_error = None

    def _sound(self, name: Chime) -> None:
        self._air.sound(name, self._choices.quietly(self._settings.audio.chime_volume))

    def _aside_changed(self) -> None:
        self._assume()
        self._status.show()

    @property
    def _providers(self) -> dict[type, object]:
        return {**self._parts.providers, Voice: self, Clock: self.aside.ringer, Lists: self._parts.ledger.memory}

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
    if isinstance(event, events.Woken):
        return f"{event.word} {event.score:.2f}"
    return type(event).__name__
