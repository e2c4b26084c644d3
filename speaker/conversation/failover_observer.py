"""Tells the failover who answers and who refuses, and says aloud when somebody else helps out."""

from speaker.conversation.inbox import MonotonicClock
from speaker.conversation.observers import Observer
from speaker.conversation.sound import Playback
from speaker.errors import SessionError
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.realtime.failover import Failover
from speaker.speech import phrases


class FailoverObserver(Observer):
    """Keeps the failover up to date."""

    def __init__(
        self, failover: Failover, playback: Playback, clock: MonotonicClock, book: Phrasebook = ENGLISH_PHRASES
    ) -> None:
        self._failover = failover
        self._clock = clock
        self._playback = playback
        self._book = book

    def opened(self, endpoint: str) -> None:
        """An endpoint works."""
        self._failover.answered(endpoint)

    def refused(self, endpoint: str, why: SessionError) -> None:
        """Somebody has to change something: say it once, now if another one answers, else with the next apology."""
        if self._failover.refused(endpoint, why, self._clock()):
            self._playback.speak(phrases.apology(why, connected=False, book=self._book))
            self._playback.speak(self._book.own.helped_out)
