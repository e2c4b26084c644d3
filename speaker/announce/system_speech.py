"""What the speaker says by itself, beside conversations: announcements, timers, and questions of its own."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from speaker.announce.announcer import Announcement, Announcer
from speaker.announce.answer_ears import AnswerEars
from speaker.announce.confirmation import Questions
from speaker.audio.playback_queue import PlayedItem
from speaker.conversation import events
from speaker.conversation.assembly import Conversation
from speaker.conversation.events import Event
from speaker.conversation.observers import Observer
from speaker.conversation.sound import OWN
from speaker.conversation.states import State
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.speech.answer_matching import YES, YES_OR_NO
from speaker.speech.media_fetch import SoundFetcher
from speaker.speech.tts import TextToSpeech
from speaker.timers.kept_timers import Store
from speaker.timers.scheduler import TimerScheduler

_LOOK_S: Final = 0.05
"""How often it is looked whether a sentence has been heard."""

SETTLE_S: Final = 0.2
"""After a question the room may ring on for so long; nobody answers sooner."""

_QUESTIONS: Final = frozenset({State.ASKING, State.CONFIRMING})
_FREE: Final = frozenset({State.ASLEEP, State.MUTED, State.FOLLOW_UP})
"""Nobody speaks or waits for an answer."""


class SystemSpeech(Observer):
    """Announcements, timers and questions: one loudspeaker, one voice, in order."""

    def __init__(
        self,
        conversation: Conversation,
        tts: TextToSpeech,
        store: Store,
        tell: Callable[[dict[str, Any]], None],
        book: Phrasebook = ENGLISH_PHRASES,
        *,
        hears: bool = True,
    ) -> None:
        """``tell`` publishes an event; ``book``: in whose words is asked and told.

        ``hears``: whether this machine understands that language.
        """
        self._conversation = conversation
        self._sound = conversation.sound
        self._loudness = conversation.loudness
        self._settings = conversation.loudness.settings
        self._post = conversation.inbox.post
        self._tell = tell
        self._tts = tts
        self._book = book
        self._fetcher = SoundFetcher(self._settings.announcements.hosts)
        self.announcer = Announcer(self._sound, tts.speak, self._fetcher.fetch, self._loud, busy=self._busy, tell=tell)
        self.scheduler = TimerScheduler(
            store, ring=self._ring, say=self._say, told=tell, changed=self._timers_changed, book=book,
        )  # fmt: skip
        self.ears = AnswerEars(book, hears, self._sound.recognise, lambda: conversation.sessions.present)
        self.questions = Questions(self._post, self._say, self.ears.hear, book.answers)
        self._sound.attend(self.questions.hear)

    async def run(self) -> None:
        """Announce and ring, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.announcer.run())
            group.create_task(self.scheduler.run())

    def announce(self, wanted: Announcement) -> None:
        """Queue an announcement. Raises SpeakerError when it cannot be taken, or its address cannot be asked."""
        if wanted.url:
            self._fetcher.check(wanted.url)
        self.announcer.announce(wanted)

    async def confirm(self, sentence: str) -> bool:
        """Whether somebody says yes, or presses it, to doing what the sentence says ("unlock the front door")."""
        text, timeout_s = self._book.shall_i(sentence), self._settings.limits.answer_s
        self._tell({"type": "confirm", "text": text, "timeout_s": timeout_s})
        answer = await self.questions.ask(text, YES_OR_NO, timeout_s)
        self._tell({"type": "confirm", "text": text, "answer": answer})
        return answer == YES

    # What it observes.

    def state_changed(self, before: State, after: State, event: Event) -> None:  # noqa: ARG002 - as observers are told
        """Ask when the microphone is the question's; give way to whoever wakes the speaker."""
        if after in _QUESTIONS:
            self.questions.begin()
        elif before in _QUESTIONS:
            self.questions.give_up()
        if after is State.WAKING:
            self._hush()

    def interrupted(self, heard: Sequence[PlayedItem]) -> None:  # noqa: ARG002 - as observers are told
        """Whoever silences the speaker has heard enough of this announcement, too, and of what rings."""
        self._hush()

    def _hush(self) -> None:
        self.announcer.hush()
        self.scheduler.stop()

    # How it speaks.

    def _busy(self) -> bool:
        return self._conversation.machine.state not in _FREE or self.scheduler.ringing

    def _loud(self, percent: int | None) -> int:
        loudness = self._loudness
        return loudness.quietly(loudness.announcements_chosen if percent is None else percent)

    async def _say(self, text: str) -> None:
        """Say a text, and wait until it has been heard."""
        async for samples in self._tts.speak(text):
            self._sound.play(samples, OWN)
        await self._heard()
        await asyncio.sleep(SETTLE_S)

    async def _ring(self) -> None:
        # What somebody set to wake them is not softened by quiet hours.
        self._sound.chime("timer", self._settings.audio.alarm_volume)
        await self._heard()

    async def _heard(self) -> None:
        while self._sound.audible:
            await asyncio.sleep(_LOOK_S)

    def _timers_changed(self) -> None:
        """Ringing begins or ends, or there is another timer: what is listened for, and the state, depend on it."""
        self._post(events.RingingBegan() if self.scheduler.ringing else events.RingingEnded())
        self._conversation.observers.changed()
