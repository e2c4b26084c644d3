"""The conversation as a pure machine: states, what each state declares, and what leads where.

A state is a posture: it says where microphone frames go and whether a session is open. Events come in
with the time; the machine answers with errands, the few acts that are not "be in this state". Nobody
else decides anything, and nobody but this machine may ask for a response, so two are never in flight.

The table below is the whole of it: a pair that is not in it changes no state. Beside the state stand a
few facts (a response is being made, sound is playing, tools are running). When in THINKING or SPEAKING
none of them holds any more, the turn is over and the machine settles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal

from speaker.core.settings import Limits


class State(Enum):
    """Where the conversation is."""

    MUTED = "muted"
    ASLEEP = "asleep"
    WAKING = "waking"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    FOLLOW_UP = "follow_up"


class Microphone(Enum):
    """Where microphone frames go."""

    OFF = "nowhere"
    WAKE = "wake word"
    HOLD = "held (pre-roll)"
    SESSION = "session"


Duplex = Literal["full", "wake", "half"]


@dataclass(frozen=True, slots=True)
class Posture:
    """What the world looks like while a state lasts."""

    microphone: Microphone
    session: bool
    """Whether a session is open (or being opened)."""
    hub: str
    """The state's name on MQTT."""


POSTURES: Final[Mapping[State, Posture]] = {
    State.MUTED: Posture(Microphone.OFF, session=False, hub="idle"),
    State.ASLEEP: Posture(Microphone.WAKE, session=False, hub="idle"),
    State.WAKING: Posture(Microphone.HOLD, session=True, hub="listening"),
    State.LISTENING: Posture(Microphone.SESSION, session=True, hub="listening"),
    State.THINKING: Posture(Microphone.SESSION, session=True, hub="processing"),
    State.SPEAKING: Posture(Microphone.SESSION, session=True, hub="responding"),
    State.FOLLOW_UP: Posture(Microphone.SESSION, session=True, hub="listening"),
}

WHILE_SPEAKING: Final[Mapping[Duplex, Microphone]] = {
    "full": Microphone.SESSION,
    "wake": Microphone.WAKE,
    "half": Microphone.OFF,
}
"""Where the microphone goes in SPEAKING: what may interrupt an answer."""


class Errand(Enum):
    """An act beside being in a state."""

    CHIME = "chime"
    HUSH = "hush: empty the loudspeaker, cancel the response, truncate it at what was heard"
    REPLY = "ask for a response: all tools have answered"
    APOLOGISE = "say what went wrong"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""


@dataclass(frozen=True, slots=True)
class Woken(Event):
    """The wake word was heard."""

    word: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Pressed(Event):
    """A button or the hub asks the speaker to listen."""


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """Somebody wants silence, now."""


@dataclass(frozen=True, slots=True)
class Muted(Event):
    """The microphone is to be off."""


@dataclass(frozen=True, slots=True)
class Unmuted(Event):
    """The microphone may be on again."""


@dataclass(frozen=True, slots=True)
class Expired(Event):
    """The deadline has passed."""


@dataclass(frozen=True, slots=True)
class PlaybackQueued(Event):
    """Sound of an answer waits for the loudspeaker; the turn is not over although nothing is heard yet."""


@dataclass(frozen=True, slots=True)
class PlaybackBegan(Event):
    """The first sound of an answer is in the air."""


@dataclass(frozen=True, slots=True)
class PlaybackEnded(Event):
    """The loudspeaker has run dry."""


@dataclass(frozen=True, slots=True)
class SessionEvent(Event):
    """News of one session; ignored when that session is not the present one."""

    session: int


@dataclass(frozen=True, slots=True)
class SessionOpened(SessionEvent):
    """The session is configured and takes sound."""


@dataclass(frozen=True, slots=True)
class SessionClosed(SessionEvent):
    """The session is gone, or could not be opened."""


@dataclass(frozen=True, slots=True)
class SpeechBegan(SessionEvent):
    """The user began to speak."""


@dataclass(frozen=True, slots=True)
class SpeechEnded(SessionEvent):
    """The user's turn is complete; a response will follow."""


@dataclass(frozen=True, slots=True)
class ResponseBegan(SessionEvent):
    """A response is being made."""

    response: str


@dataclass(frozen=True, slots=True)
class ResponseEnded(SessionEvent):
    """A response has ended. ``calls`` are the tools it wants, and only those that are complete."""

    response: str
    failed: bool = False
    calls: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReplyRefused(SessionEvent):
    """Our wish for a response met another response: the server made one by itself."""


@dataclass(frozen=True, slots=True)
class ToolAnswered(SessionEvent):
    """The output of a tool is in the conversation."""

    call: str


@dataclass(frozen=True, slots=True)
class Goodbye(SessionEvent):
    """The conversation is to end after this answer."""


_S = State
TABLE: Final[Mapping[tuple[State, type[Event]], State]] = {
    (_S.MUTED, Unmuted): _S.ASLEEP,
    (_S.ASLEEP, Woken): _S.WAKING,
    (_S.ASLEEP, Pressed): _S.WAKING,
    (_S.ASLEEP, Stopped): _S.ASLEEP,
    (_S.ASLEEP, Muted): _S.MUTED,
    (_S.WAKING, SessionOpened): _S.LISTENING,
    (_S.WAKING, SessionClosed): _S.ASLEEP,
    (_S.WAKING, Stopped): _S.ASLEEP,
    (_S.WAKING, Expired): _S.ASLEEP,
    (_S.WAKING, Muted): _S.MUTED,
    (_S.LISTENING, SpeechBegan): _S.LISTENING,
    (_S.LISTENING, SpeechEnded): _S.THINKING,
    (_S.LISTENING, ResponseBegan): _S.THINKING,
    (_S.LISTENING, SessionClosed): _S.ASLEEP,
    (_S.LISTENING, Stopped): _S.ASLEEP,
    (_S.LISTENING, Expired): _S.ASLEEP,
    (_S.LISTENING, Muted): _S.MUTED,
    (_S.THINKING, PlaybackBegan): _S.SPEAKING,
    (_S.THINKING, ResponseBegan): _S.THINKING,
    (_S.THINKING, SpeechBegan): _S.LISTENING,
    (_S.THINKING, Pressed): _S.LISTENING,
    (_S.THINKING, SessionClosed): _S.ASLEEP,
    (_S.THINKING, Stopped): _S.ASLEEP,
    (_S.THINKING, Expired): _S.ASLEEP,
    (_S.THINKING, Muted): _S.MUTED,
    (_S.SPEAKING, SpeechBegan): _S.LISTENING,
    (_S.SPEAKING, Woken): _S.LISTENING,
    (_S.SPEAKING, Pressed): _S.LISTENING,
    (_S.SPEAKING, SessionClosed): _S.ASLEEP,
    (_S.SPEAKING, Stopped): _S.ASLEEP,
    (_S.SPEAKING, Expired): _S.FOLLOW_UP,
    (_S.SPEAKING, Muted): _S.MUTED,
    (_S.FOLLOW_UP, SpeechBegan): _S.LISTENING,
    (_S.FOLLOW_UP, ResponseBegan): _S.THINKING,
    (_S.FOLLOW_UP, PlaybackBegan): _S.SPEAKING,
    (_S.FOLLOW_UP, Pressed): _S.LISTENING,
    (_S.FOLLOW_UP, SessionClosed): _S.ASLEEP,
    (_S.FOLLOW_UP, Stopped): _S.ASLEEP,
    (_S.FOLLOW_UP, Expired): _S.ASLEEP,
    (_S.FOLLOW_UP, Muted): _S.MUTED,
}
"""(state, event) → state. Entering a state anew, even the same one, starts its longest stay afresh."""

_HOME: Final = frozenset({State.MUTED, State.ASLEEP})
_BUSY: Final = frozenset({State.THINKING, State.SPEAKING})
_APOLOGIES: Final = frozenset({(_S.WAKING, Expired), (_S.THINKING, Expired), (_S.WAKING, SessionClosed)})

_ENDINGS: Final[Mapping[type[Event], str]] = {
    Stopped: "stop",
    Muted: "mute",
    Expired: "follow_up_timeout",
    SessionClosed: "error",
}


@dataclass(slots=True)
class Conversation:
    """The machine. Feed it with ``on``, then make the world match ``posture``."""

    limits: Limits
    duplex: Duplex = "wake"
    state: State = State.ASLEEP
    session: int = 0
    """Number of the present (or last) session; news of any other is stale."""
    heard_speech: bool = False
    """Whether the user has spoken since the speaker woke."""
    ended_by: str = ""
    """Why the last conversation ended: follow_up_timeout, stop, goodbye, error, mute or no_speech."""
    _entered_at: float = 0.0
    _opened_at: float = 0.0
    _speaking_user: bool = False
    _response: str | None = None
    _awaited: bool = False
    """A response was asked for, by us or by the end of the user's turn, and has not begun."""
    _owed: bool = False
    """Tools ran for a response whose answer the user still waits for."""
    _calls: set[str] = field(default_factory=set)
    _playing: bool = False
    _leaving: bool = False

    @property
    def awake(self) -> bool:
        """Whether a session is wanted."""
        return self.state not in _HOME

    @property
    def posture(self) -> Posture:
        """What the world is to look like now."""
        posture = POSTURES[self.state]
        if self.state is State.SPEAKING:
            return Posture(WHILE_SPEAKING[self.duplex], session=posture.session, hub=posture.hub)
        return posture

    @property
    def deadline(self) -> float | None:
        """When the present state has lasted long enough, on the clock of ``now``; None at home."""
        if not self.awake:
            return None
        limits = self.limits
        stay_s = {
            State.WAKING: limits.connect_s,
            State.LISTENING: limits.utterance_s if self._speaking_user else limits.listen_s,
            State.THINKING: limits.think_s,
            State.SPEAKING: limits.speak_s,
            State.FOLLOW_UP: limits.follow_up_s,
        }[self.state]
        return min(self._entered_at + stay_s, self._opened_at + limits.session_s)

    def on(self, event: Event, now: float) -> list[Errand]:
        """Take in an event at ``now`` seconds and return what is to be done, in order."""
        if isinstance(event, SessionEvent) and (event.session != self.session or not self.awake):
            return []
        if isinstance(event, Expired) and (self.deadline is None or now < self.deadline):
            return []
        before = self.state
        busy, talking = self._under_way, self._speaking_user
        self._note(event)
        target = TABLE.get((before, type(event)))
        if isinstance(event, Expired) and now >= self._opened_at + self.limits.session_s:
            target = State.ASLEEP
        errands = [] if target is None else self._go(target, event, now, unanswered=busy or talking)
        if self._reply_is_due:
            self._owed, self._awaited = False, True
            errands.append(Errand.REPLY)
        if isinstance(event, ResponseEnded) and event.failed and before in _BUSY:
            errands.append(Errand.APOLOGISE)
        self._settle(now)
        return errands

    @property
    def _under_way(self) -> bool:
        return self._response is not None or self._awaited or self._owed or bool(self._calls)

    @property
    def _reply_is_due(self) -> bool:
        idle = self._response is None and not self._awaited and not self._calls
        return self._owed and idle and self.state in _BUSY

    def _note(self, event: Event) -> None:
        """Keep the facts beside the state."""
        match event:
            case SpeechBegan():
                self.heard_speech, self._speaking_user, self._leaving = True, True, False
            case SpeechEnded():
                self._speaking_user, self._awaited = False, True
            case ResponseBegan(response=response):
                self._response, self._awaited = response, False
            case ResponseEnded(response=response, calls=calls):
                self._response = None if self._response in {response, None} else self._response
                self._calls |= calls
                self._owed = self._owed or bool(calls)
            case ReplyRefused():
                self._awaited, self._owed = False, True
            case ToolAnswered(call=call):
                self._calls.discard(call)
            case Goodbye():
                self._leaving = True
            case PlaybackQueued() | PlaybackBegan():
                self._playing = True
            case PlaybackEnded():
                self._playing = False
            case _:
                pass

    def _go(self, target: State, event: Event, now: float, *, unanswered: bool) -> list[Errand]:
        before = self.state
        errands: list[Errand] = []
        interrupts = before in _BUSY and target not in _BUSY
        lost = isinstance(event, SessionClosed)
        # A complete answer may be heard to its end even if the session is gone.
        if isinstance(event, Stopped) or (interrupts and (unanswered or not lost)):
            errands.append(Errand.HUSH)
            self._forget_turn()
        if (before, type(event)) in _APOLOGIES or (lost and unanswered):
            errands.append(Errand.APOLOGISE)
        if target is State.WAKING:
            errands += [Errand.HUSH, Errand.CHIME] if self._playing else [Errand.CHIME]
            self._begin(now)
        if target in _HOME and self.awake:
            self._end(event)
        self._enter(target, now)
        return errands

    def _forget_turn(self) -> None:
        """Stop waiting for an answer that nobody wants any more; tools that run still deliver."""
        self._response, self._owed, self._playing = None, False, False
        self._awaited = False

    def _begin(self, now: float) -> None:
        self.session += 1
        self._opened_at = now
        self.heard_speech = self._speaking_user = self._leaving = False
        self._forget_turn()
        self._calls.clear()
        self.ended_by = ""

    def _end(self, event: Event) -> None:
        silent = isinstance(event, Expired) and not self.heard_speech
        failed = isinstance(event, Expired) and self.state in {State.WAKING, State.THINKING}
        self.ended_by = "error" if failed else "no_speech" if silent else _ENDINGS[type(event)]

    def _settle(self, now: float) -> None:
        if self.state not in _BUSY or self._under_way or self._playing:
            return
        if self._leaving:
            self.ended_by = "goodbye"
            self._enter(State.ASLEEP, now)
        else:
            self._enter(State.FOLLOW_UP, now)

    def _enter(self, state: State, now: float) -> None:
        self.state, self._entered_at = state, now
        if state is not State.LISTENING:
            self._speaking_user = False
