"""What the state machine asks for beside being in a state: each effect is one act on sound and session."""

import logging
from collections.abc import Callable

from speaker.audio.chimes import Chime
from speaker.conversation.observers import Observer
from speaker.conversation.sessions import Sessions
from speaker.conversation.sound import OWN, SoundPart
from speaker.conversation.states import Effect
from speaker.conversation.user_turns import UserTurns
from speaker.cost.budget_guard import CLOUD
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.speech import phrases

log = logging.getLogger(__name__)


class Effects:
    """Carries effects out, in the order in which they were asked for."""

    def __init__(
        self,
        sound: SoundPart,
        sessions: Sessions,
        turns: UserTurns,
        observers: Observer,
        chime_percent: Callable[[], int],
        *,
        book: Phrasebook = ENGLISH_PHRASES,
    ) -> None:
        """``chime_percent``: how loud chimes are now; ``book``: in which words what fails is told."""
        self._sound = sound
        self._sessions = sessions
        self._turns = turns
        self._observers = observers
        self._chime_percent = chime_percent
        self._book = book

    def carry_out(self, effect: Effect) -> None:
        """Do it now."""
        session = self._sessions.present
        match effect:
            case Effect.CHIME:
                self.chime("wake")
            case Effect.HUSH:
                self._hush()
            case Effect.APOLOGISE:
                self._apologise()
            case Effect.REPEAT:
                self._turns.forget()
                self._sound.repeat()
            case Effect.REPLY | Effect.LAST_REPLY if session is not None:
                session.reply(last_word=effect is Effect.LAST_REPLY)
            case Effect.CONFIRM:
                self._confirm()
            case Effect.RENEW if session is not None:
                session.renew()
            case _:
                pass

    def chime(self, name: Chime) -> None:
        """Make one of the speaker's sounds."""
        self._sound.chime(name, self._chime_percent())

    def _hush(self) -> None:
        """Silence at once; the service is told how much of the answer was really heard."""
        self._turns.forget_answer()
        heard = [one for one in self._sound.hush() if one.item != OWN]
        self._observers.interrupted(heard)
        if self._sessions.present is not None:
            self._sessions.present.hush(heard)

    def _apologise(self) -> None:
        session = self._sessions.present
        problem, connected = (session.problem, session.is_open) if session is not None else (None, False)
        words = phrases.apology(problem or self._sessions.spared, connected=connected, book=self._book)
        log.info("= apologising: %s", words)
        self.chime("error")
        if words:
            self._sound.speak(words)

    def _confirm(self) -> None:
        """A sound is answer enough. What this machine answers by itself spares no sentence of the service."""
        self.chime("done")
        self._sound.answered()
        session = self._sessions.present
        if session is not None:
            session.confirmed()
        if session is not None and session.endpoint == CLOUD and not self._turns.answering:
            self._observers.kept_quiet()
