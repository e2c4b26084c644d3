"""The only driver of the state machine: inbox → state machine → effects, observers, and a world that matches.

Everything that happens comes through the one inbox; the state machine decides; ``_match_world`` is the one place where
anything is opened or closed. Sound goes around all this: frames through the frame router and the uplink into the
session, answers straight from the session to the loudspeaker.
"""

import logging
from collections.abc import Callable
from typing import Final

from speaker.conversation import events
from speaker.conversation.effects import Effects
from speaker.conversation.events import Event
from speaker.conversation.inbox import Inbox, MonotonicClock
from speaker.conversation.observers import End, Observer
from speaker.conversation.prompts import Prompts
from speaker.conversation.sessions import Sessions
from speaker.conversation.sound import SoundPart
from speaker.conversation.state_machine import StateMachine
from speaker.conversation.states import State
from speaker.conversation.uplink import Uplink
from speaker.listening.route import MicrophoneRoute, Route

log = logging.getLogger(__name__)

DEAF_AFTER_S: Final = 5.0
"""Without a microphone frame that was worked on for so long, the speaker does not count as hearing."""


class Controller:
    """Takes one event after the other, for ever."""

    def __init__(
        self,
        inbox: Inbox,
        machine: StateMachine,
        sound: SoundPart,
        sessions: Sessions,
        *,
        uplink: Uplink,
        effects: Effects,
        prompts: Prompts,
        observers: Observer,
        percent: Callable[[], int],
        clock: MonotonicClock,
        stop_word: bool,
        failed: Callable[[Exception], None],
    ) -> None:
        """``percent``: how loud answers are now; ``stop_word``: whether "stop" counts without the wake word.

        ``failed`` is told what nobody foresaw.
        """
        self._inbox = inbox
        self._machine = machine
        self._sound = sound
        self._sessions = sessions
        self._uplink = uplink
        self._effects = effects
        self._prompts = prompts
        self._observers = observers
        self._percent = percent
        self._clock = clock
        self._stop_word = stop_word
        self._failed = failed
        self._under_way = False
        """Whether the observers know of a conversation that has not ended."""

    async def run(self) -> None:
        """Drive the state machine, for ever."""
        self._match_world()
        while True:
            event = await self._inbox.next(self._machine.deadline)
            try:
                self.take(event)
            except Exception as error:  # noqa: BLE001 - it is told, with its place
                self._failed(error)
                # Nobody knows how far it came. If it cannot even end, the daemon has to begin anew.
                self.take(events.Stopped())

    @property
    def hears(self) -> bool:
        """Whether microphone frames arrive and are worked on, or nobody wants them."""
        return self._machine.state is State.MUTED or self._clock() - self._sound.worked_at < DEAF_AFTER_S

    @property
    def idle(self) -> bool:
        """Whether neither a conversation nor a question is under way."""
        return self._machine.state in {State.ASLEEP, State.MUTED}

    def take(self, event: Event) -> None:
        """Let one event have its consequences."""
        if isinstance(event, events.PlaybackQueued | events.PlaybackBegan) and not self._sound.playing:
            return  # it was hushed while this news was on its way
        before = self._machine.state
        effects = self._machine.on(event, self._clock())
        self._begin(event)
        if self._machine.awake and self._sessions.present is not None:
            self._prompts.hand_over(self._sessions.present)
        for effect in effects:
            self._effects.carry_out(effect)
        self._end()
        if self._machine.state is not before:
            self._enter(before, event)
        self._match_world()

    def _begin(self, event: Event) -> None:
        """Tell the observers of a conversation that begins, and of what happens in it."""
        if self._machine.awake and not self._under_way:
            self._under_way = True
            self._sound.begin_audit()
            self._sound.set_volume(self._percent())  # the hour may have changed what is too loud
            self._observers.began(event, self._sound.overflows)
        if self._under_way:
            self._observers.happened(event)

    def _end(self) -> None:
        if self._machine.awake or not self._under_way:
            return
        self._under_way = False
        session = self._sessions.present
        sent_bytes = session.sent_bytes if session is not None else 0
        end = End(self._machine.ended_by, self._sound.audit, sent_bytes, self._sound.overflows)
        self._observers.ended(end)

    def _enter(self, before: State, event: Event) -> None:
        state = self._machine.state
        log.info("= %s → %s (%s)", before.value, state.value, _named(event))
        if State.SPEAKING in {before, state}:
            self._sound.answered()
        if state is State.THINKING and before is State.LISTENING:
            self._effects.chime("listened")
        if State.MUTED in {before, state}:
            self._effects.chime("muted" if state is State.MUTED else "unmuted")
        if isinstance(event, events.OutClaimed):
            self._sound.hush()
        self._observers.state_changed(before, state, event)

    def _match_world(self) -> None:
        """Make the world match the posture: the one place where anything is opened or closed."""
        posture, machine = self._machine.posture, self._machine
        self._sound.open_microphone(machine.state is not State.MUTED)
        self._sessions.match(posture.session, machine.session)
        playing = self._sound.audible or machine.ringing
        stoppable = playing or (machine.awake and machine.facts.is_open)
        self._sound.route(
            Route(
                posture.microphone,
                self._uplink if self._sessions.takes_sound else None,
                barging=playing,
                talk=(self._stop_word and stoppable) or posture.microphone is MicrophoneRoute.ANSWER,
            )
        )
        self._sound.hold(posture.session)


def _named(event: Event) -> str:
    """An event for the log, as in ``hey_jarvis 0.93`` for a wake word."""
    if isinstance(event, events.Woken):
        return f"{event.word} {event.score:.2f}"
    return type(event).__name__
