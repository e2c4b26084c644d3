"""From the frame router to the session: the microphone's sound, and the turns that are found in it."""

from collections.abc import Callable

from speaker.audio.pcm import WAKE_HZ, Samples, samples_to_ms
from speaker.conversation.observers import Observer
from speaker.conversation.session import ConversationSession
from speaker.conversation.user_turns import UserTurns
from speaker.cost.budget_guard import CLOUD
from speaker.listening.uplink_gate import Lead


class Uplink:
    """The frame router's sink. Sound goes through it and not through the controller."""

    def __init__(
        self, turns: UserTurns, observers: Observer, *, awake: Callable[[], bool], answer_here_first: bool
    ) -> None:
        """``answer_here_first``: whether this machine may answer turns that it understands beyond doubt."""
        self._turns = turns
        self._observers = observers
        self._awake = awake
        self._answer_here_first = answer_here_first
        self.session: ConversationSession | None = None
        """Who gets it; nobody while there is no session."""

    def append(self, samples: Samples) -> None:
        """Send more sound: int16, 16 kHz."""
        if self.session is None:
            return
        self._observers.sound_sent(samples_to_ms(samples.size, WAKE_HZ), awake=self._awake())
        self.session.append(samples)
        self._turns.append(samples)

    def turn_began(self, lead: Lead | None) -> None:
        """The user speaks, as far as that is found on this machine."""
        if self.session is not None:
            self._turns.began(self.session, lead, local_first=self._may_answer_here(self.session))

    def turn_ended(self) -> None:
        """The user has finished."""
        if self.session is not None:
            self._turns.ended(self.session, local_first=self._may_answer_here(self.session))

    def _may_answer_here(self, session: ConversationSession) -> bool:
        return self._answer_here_first and session.endpoint == CLOUD
