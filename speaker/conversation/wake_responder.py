"""Who answers a wake word: this speaker, unless another one on the broker claimed it first."""

import logging
from collections.abc import Callable

from speaker.conversation import events
from speaker.conversation.inbox import MonotonicClock, Post
from speaker.conversation.observers import Observer
from speaker.conversation.state_machine import StateMachine
from speaker.conversation.states import State
from speaker.errors import plain
from speaker.wake.arbitration import Claim, Claims
from speaker.wake.detector import Detection

log = logging.getLogger(__name__)


class WakeResponder:
    """Claims what it hears, and gives up what another speaker heard first."""

    def __init__(
        self,
        speaker: str,
        machine: StateMachine,
        post: Post,
        observers: Observer,
        *,
        publish: Callable[[str, Claim], None],
        clock: MonotonicClock,
        wall: Callable[[], float],
    ) -> None:
        """``publish`` tells the other speakers of a claim: wake word and claim. ``wall``: seconds since 1970."""
        self._speaker = speaker
        self._machine = machine
        self._post = post
        self._observers = observers
        self._publish = publish
        self._clock = clock
        self._wall = wall
        self._claims = Claims(speaker)

    def woken(self, detection: Detection) -> None:
        """The front end heard a wake word."""
        busy = self._machine.state is not State.ASLEEP
        at = round(self._wall(), 3)
        if not self._claims.heard(detection.word, self._clock(), busy=busy, at=at):
            log.info("= wake word %s %.2f, which another speaker answers", detection.word, detection.score)
            self._post(events.NotForUs())
            return
        score = round(detection.score, 3)
        self._publish(detection.word, Claim(speaker=self._speaker, score=score, busy=busy, at=at))
        log.info("= wake word %s %.2f", detection.word, detection.score)
        self._post(events.Woken(detection.word, detection.score))
        self._observers.woken(detection)

    def claimed(self, word: str, claim: Claim) -> None:
        """A speaker, perhaps this one, says that it heard a wake word."""
        if self._claims.take(word, claim, self._clock()):
            log.info("= %s was heard first by %s", plain(word), plain(claim.speaker))
            self._post(events.OutClaimed())
        elif self._claims.doubts(claim):
            log.warning("speaker %s claims wake words and never answers; it is not believed", plain(claim.speaker))

    def showed(self, speaker: str, talking: bool) -> None:
        """The state of another speaker: whether it shows a conversation, so that its claims were meant."""
        self._claims.credibility.saw(speaker, talking=talking)
