"""The conversation as a pure state machine: states, what each state declares, and what leads where.

Theory. A state is a *posture*: it declares what the world looks like while it lasts, that is where microphone frames
go and whether a session is open. The controller makes the world match the posture after every event, so no path can
forget to close something, because no path closes anything. What is not "be in this state" is an *effect*: a sound,
silence, a wish for a response. Nobody but this machine may ask for a response, so two are never in flight.

Beside the state stand a few *facts* (``facts.py``): a response is being made, sound is playing, tools are running.
They are kept from every event, whatever the state. The table says where an event leads from a state; a pair that is
not in it changes no state. Three rules stand beside the table, since facts decide there:

1. THINKING and SPEAKING end by themselves: when no response is under way, nothing plays and no tool runs, the turn is
   over and the machine settles, into FOLLOW_UP or, after a goodbye, into ASLEEP (``_settle``).
2. A session that is lost while an answer is due is opened anew; what its loss took along decides whether the user's
   words are sent again or only the tools' outputs (``_recover``).
3. Every state but MUTED and ASLEEP has a longest stay (``deadline``), and a session a longest life.

Time is an argument. An event of an older session is stale and changes nothing, so whoever posts events needs no
locks and no order beyond the inbox's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from speaker.config.settings import Limits
from speaker.conversation.events import (
    CLAIMED,
    Event,
    Expired,
    Muted,
    OutClaimed,
    PlaybackBegan,
    Pressed,
    Prompted,
    QuestionAsked,
    QuestionSettled,
    ResponseBegan,
    ResponseEnded,
    RingingBegan,
    RingingEnded,
    SessionClosed,
    SessionEvent,
    SessionLost,
    SessionOpened,
    SpeechBegan,
    SpeechEnded,
    SpokenOver,
    Stopped,
    TurnEnded,
    Unmuted,
    Woken,
)
from speaker.conversation.facts import Facts
from speaker.conversation.states import POSTURES, WHILE_SPEAKING, Duplex, Effect, Posture, State

_S = State
_ROWS: Final[Mapping[State, Mapping[type[Event], State]]] = {
    _S.MUTED: {
        Unmuted: _S.ASLEEP, Stopped: _S.MUTED,
    },
    _S.ASLEEP: {
        Woken: _S.WAKING, Pressed: _S.WAKING, Prompted: _S.WAKING, QuestionAsked: _S.ASKING, Stopped: _S.ASLEEP,
        Muted: _S.MUTED,
    },
    _S.WAKING: {
        SessionOpened: _S.LISTENING, SessionClosed: _S.ASLEEP, OutClaimed: _S.ASLEEP, Stopped: _S.ASLEEP,
        Expired: _S.ASLEEP, Muted: _S.MUTED,
    },
    _S.LISTENING: {
        SpeechBegan: _S.LISTENING, SpeechEnded: _S.THINKING, TurnEnded: _S.THINKING, ResponseBegan: _S.THINKING,
        Prompted: _S.THINKING, OutClaimed: _S.ASLEEP, SessionLost: _S.LISTENING, SessionClosed: _S.ASLEEP,
        Stopped: _S.ASLEEP, Expired: _S.ASLEEP, Muted: _S.MUTED,
    },
    _S.THINKING: {
        PlaybackBegan: _S.SPEAKING, ResponseBegan: _S.THINKING, SpeechBegan: _S.LISTENING, Pressed: _S.LISTENING,
        Prompted: _S.THINKING, QuestionAsked: _S.CONFIRMING, SessionLost: _S.LISTENING, SessionClosed: _S.ASLEEP,
        Stopped: _S.ASLEEP, Expired: _S.ASLEEP, Muted: _S.MUTED,
    },
    _S.SPEAKING: {
        SpeechBegan: _S.LISTENING, SpokenOver: _S.LISTENING, Woken: _S.LISTENING, Pressed: _S.LISTENING,
        Prompted: _S.SPEAKING, QuestionAsked: _S.CONFIRMING, SessionLost: _S.FOLLOW_UP, SessionClosed: _S.ASLEEP,
        Stopped: _S.ASLEEP, Expired: _S.FOLLOW_UP, Muted: _S.MUTED,
    },
    _S.FOLLOW_UP: {
        SpeechBegan: _S.LISTENING, ResponseBegan: _S.THINKING, PlaybackBegan: _S.SPEAKING, Pressed: _S.LISTENING,
        Prompted: _S.THINKING, QuestionAsked: _S.CONFIRMING, SessionLost: _S.FOLLOW_UP, SessionClosed: _S.ASLEEP,
        Stopped: _S.ASLEEP, Expired: _S.ASLEEP, Muted: _S.MUTED,
    },
    _S.CONFIRMING: {
        QuestionSettled: _S.THINKING, SessionClosed: _S.ASLEEP, Stopped: _S.ASLEEP, Expired: _S.THINKING,
        Muted: _S.MUTED,
    },
    _S.ASKING: {
        QuestionSettled: _S.ASLEEP, Stopped: _S.ASLEEP, Expired: _S.ASLEEP, Muted: _S.MUTED,
    },
}  # fmt: skip

TABLE: Final[Mapping[tuple[State, type[Event]], State]] = {
    (state, event): target for state, row in _ROWS.items() for event, target in row.items()
}
"""(state, event) → state. Entering a state anew, even the same one, starts its longest stay afresh."""

_HOME: Final = frozenset({State.MUTED, State.ASLEEP})
_BUSY: Final = frozenset({State.THINKING, State.SPEAKING, State.CONFIRMING})

ROLL_OVER_S: Final = 240
"""How much older than limits.session_s a session may become while it waits for a calm moment to be renewed."""

_ENDINGS: Final[Mapping[type[Event], str]] = {
    Stopped: "stop",
    Muted: "mute",
    Expired: "follow_up_timeout",
    OutClaimed: CLAIMED,
}


@dataclass(slots=True)
class StateMachine:
    """The machine. Feed it with ``on``, then make the world match ``posture``."""

    limits: Limits
    duplex: Duplex = "wake"
    state: State = State.ASLEEP
    session: int = 0
    """Number of the present (or last) session; news of any other is stale."""
    ended_by: str = ""
    """Why the last conversation ended: follow_up_timeout, stop, goodbye, error, mute, no_speech, budget or claimed."""
    facts: Facts = field(default_factory=Facts)
    ringing: bool = False
    """Whether a timer or an alarm rings, whatever the state."""
    _entered_at: float = 0.0
    _opened_at: float = 0.0

    @property
    def awake(self) -> bool:
        """Whether a session is wanted."""
        return POSTURES[self.state].session

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
        if self.state in _HOME:
            return None
        limits = self.limits
        listen_s = limits.utterance_s if self.facts.user_speaks else limits.listen_s
        stay_s = {
            State.WAKING: limits.connect_s,
            State.LISTENING: listen_s if self.facts.is_open else limits.connect_s,
            State.THINKING: limits.think_s,
            State.SPEAKING: limits.speak_s,
            State.FOLLOW_UP: limits.question_s if self.facts.asked else limits.follow_up_s,
            # Who asks has a limit of its own, the sentence and the wait for it included.
            State.CONFIRMING: limits.speak_s,
            State.ASKING: limits.speak_s,
        }[self.state]
        return min(self._entered_at + stay_s, self._oldest) if self.awake else self._entered_at + stay_s

    @property
    def _oldest(self) -> float:
        """When the session ends, whatever goes on in it."""
        return self._opened_at + self.limits.session_s + ROLL_OVER_S

    def on(self, event: Event, now: float) -> list[Effect]:
        """Take in an event at ``now`` seconds and return what is to be done, in order."""
        if isinstance(event, SessionEvent) and (event.session != self.session or not self.awake):
            return []
        if isinstance(event, Expired) and (self.deadline is None or now < self.deadline):
            return []
        if isinstance(event, RingingBegan | RingingEnded):
            self.ringing = isinstance(event, RingingBegan)
        before = self.state
        busy, talking = self.facts.under_way, self.facts.user_speaks
        self.facts.note(event)
        if isinstance(event, ResponseBegan) and before is State.LISTENING:
            # An answer to words of whose end the service told nothing.
            self.facts.unanswered = True
        target = TABLE.get((before, type(event)))
        if isinstance(event, Expired) and self.awake and now >= self._oldest:
            target = State.ASLEEP
        if isinstance(event, SessionOpened) and target is not None and self.facts.owed:
            target = State.THINKING
        if isinstance(event, SessionLost) and before in _BUSY:
            target = self._recover(busy=busy)
        effects = [] if target is None else self._go(target, event, now, pending=busy or talking)
        if self.facts.reply_is_due and self.state in _BUSY:
            effects.append(self._reply())
        if isinstance(event, ResponseEnded) and event.failed and before in _BUSY:
            effects.append(self._apologise())
        return effects + self._settle(now)

    def _reply(self) -> Effect:
        facts = self.facts
        facts.owed, facts.awaited = False, facts.loud
        if not facts.loud:
            facts.unanswered = False
            return Effect.CONFIRM
        return Effect.REPLY if facts.rounds < self.limits.tool_rounds else Effect.LAST_REPLY

    def _apologise(self) -> Effect:
        self.facts.unanswered = self.facts.complaint = False
        return Effect.APOLOGISE

    def _recover(self, *, busy: bool) -> State | None:
        """Where the loss of a session leads while an answer is due: what it took along decides.

        Tools that ran for this turn must not run again, so its words are not repeated: their outputs go to the
        new session, and that is asked for the answer. A complete answer is heard to its end.
        """
        if self.state is State.THINKING and busy and self.facts.acted:
            self.facts.owed = True
            return None
        return TABLE.get((self.state, SessionLost)) if busy else None

    def _go(self, target: State, event: Event, now: float, *, pending: bool) -> list[Effect]:
        before = self.state
        effects: list[Effect] = []
        interrupts = before in _BUSY and target not in _BUSY
        lost = isinstance(event, SessionClosed)
        in_silence = self._leaves_in_silence(event, pending=pending)
        # A complete answer may be heard to its end even if the session is gone.
        if isinstance(event, Stopped) or (interrupts and (pending or not lost)):
            effects.append(Effect.HUSH)
            self.facts.forget_turn()
        if in_silence:
            effects.append(self._apologise())
        if isinstance(event, SessionLost):
            effects.append(Effect.APOLOGISE if before is State.SPEAKING else Effect.REPEAT)
        if target is State.WAKING:
            effects += self._begin(event, now)
        if target in _HOME and self.awake:
            self._end(event)
        self._enter(target, now)
        return effects

    def _leaves_in_silence(self, event: Event, *, pending: bool) -> bool:
        """Whether this event ends a conversation in which somebody waits for an answer; they are told why."""
        facts, state = self.facts, self.state
        if isinstance(event, SessionClosed):
            return pending or facts.unanswered or state in {State.WAKING, State.LISTENING}
        waited = state in {State.WAKING, State.THINKING} or (state is State.LISTENING and not facts.is_open)
        ignored = facts.ignored and state in {State.LISTENING, State.FOLLOW_UP}
        return isinstance(event, Expired) and (waited or ignored)

    def _begin(self, event: Event, now: float) -> list[Effect]:
        effects = [Effect.HUSH] if self.facts.playing else []
        self.session += 1
        self._opened_at = now
        self.facts = Facts()
        self.ended_by = ""
        if isinstance(event, Prompted):
            self.facts.note(event)
            return effects
        return [*effects, Effect.CHIME]

    def _end(self, event: Event) -> None:
        if isinstance(event, SessionClosed):
            self.ended_by = event.why
            return
        silent = isinstance(event, Expired) and not self.facts.heard_speech
        waited = self.state in {State.WAKING, State.THINKING} or not self.facts.is_open
        failed = isinstance(event, Expired) and waited
        self.ended_by = "error" if failed else "no_speech" if silent else _ENDINGS[type(event)]

    def _settle(self, now: float) -> list[Effect]:
        if self.state not in _BUSY or self.facts.under_way or self.facts.playing:
            return []
        effects = self._break_silence()
        if self.facts.leaving:
            self.ended_by = self.facts.leaving
            self._enter(State.ASLEEP, now)
            return effects
        self._enter(State.FOLLOW_UP, now)
        if now < self._opened_at + self.limits.session_s:
            return effects
        self._opened_at, self.facts.is_open = now, False
        return [*effects, Effect.RENEW]

    def _break_silence(self) -> list[Effect]:
        """A turn that comes to its end unheard is told of: by the sound that means done, or by the reason."""
        facts = self.facts
        if not facts.unanswered or (facts.talked_over and not facts.leaving):
            return []
        if not facts.rounds or facts.undone:
            return [self._apologise()]
        facts.unanswered = False
        return [Effect.CONFIRM]

    def _enter(self, state: State, now: float) -> None:
        self.state, self._entered_at = state, now
        if state is not State.LISTENING:
            self.facts.user_speaks = False
