"""What the speaker says by itself, beside conversations: announcements, timers, and questions of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from speaker.announce.announcer import Announcement, Announcer
from speaker.announce.announcer import Ports as AnnouncerPorts
from speaker.announce.confirmation import Questions
from speaker.audio.pcm import Samples
from speaker.conversation.audio_io import OWN, AudioIO
from speaker.conversation.events import Event
from speaker.speech.answer_matching import YES, YES_OR_NO
from speaker.speech.media_fetch import fetch_sound
from speaker.speech.tts import TextToSpeech
from speaker.store.runtime_settings import RuntimeSettings
from speaker.timers.scheduler import Store, TimerScheduler

_LOOK_S: Final = 0.05
"""How often it is looked whether a sentence has been heard."""

SETTLE_S: Final = 0.2
"""After a question the room may ring on for so long; nobody answers sooner."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Whom it tells, and what it has to know."""

    post: Callable[[Event], None]
    told: Callable[[dict[str, Any]], None]
    """Publishes an event."""
    busy: Callable[[], bool]
    """Whether somebody speaks or waits for an answer."""
    changed: Callable[[], None]
    """Something begins or ends that decides what is listened for."""


class SystemSpeech:
    """Announcements, timers and questions: one loudspeaker, one voice, in order."""

    def __init__(
        self, air: AudioIO, speech: TextToSpeech, choices: RuntimeSettings, store: Store, ports: Ports
    ) -> None:
        self._air = air
        self._choices = choices
        self._answer_s = choices.settings.limits.answer_s
        self._told = ports.told
        self.announcer = Announcer(
            AnnouncerPorts(
                speak=speech.speak,
                fetch=fetch_sound,
                play=self._play,
                chime=lambda volume: air.sound("announcement", self._loudness(volume)),
                busy=lambda: ports.busy() or self.ringer.ringing,
                playing=lambda: air.loudspeaker.playing,
                told=ports.told,
            )
        )
        self.ringer = TimerScheduler(
            store, ring=self._ring, say=self._say, told=ports.told, changed=ports.changed
        )  # fmt: skip
        self.questions = Questions(ports.post, self._say, air.recognise)
        self._speech = speech
        air.attend(self.questions.hear)

    async def run(self) -> None:
        """Announce and ring, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.announcer.run())
            group.create_task(self.ringer.run())

    def hush(self) -> None:
        """Whoever listens has heard enough: of this announcement, and of what rings."""
        self.announcer.hush()
        self.ringer.stop()

    def announce(self, wanted: Announcement) -> None:
        """Queue an announcement. Raises SpeakerError when it cannot be taken."""
        self.announcer.announce(wanted)

    async def confirm(self, sentence: str) -> bool:
        """Whether somebody says yes, or presses it, to doing what the sentence says ("unlock the front door")."""
        text = f"Shall I {sentence}? Say yes or no."
        self._told({"type": "confirm", "text": text, "timeout_s": self._answer_s})
        answer = await self.questions.ask(text, YES_OR_NO, self._answer_s)
        self._told({"type": "confirm", "text": text, "answer": answer})
        return answer == YES

    def _loudness(self, volume: int | None) -> int:
        return self._choices.quietly(self._choices.announcement_volume if volume is None else volume)

    def _play(self, samples: Samples, volume: int | None) -> None:
        self._air.play(samples, OWN, percent=self._loudness(volume))

    async def _say(self, text: str) -> None:
        """Say a text, and wait until it has been heard."""
        async for samples in self._speech.speak(text):
            self._air.play(samples, OWN)
        await self._heard()
        await asyncio.sleep(SETTLE_S)

    async def _ring(self) -> None:
        # What somebody set to wake them is not softened by quiet hours.
        self._air.sound("timer", self._choices.settings.audio.alarm_volume)
        await self._heard()

    async def _heard(self) -> None:
        while self._air.loudspeaker.playing:
            await asyncio.sleep(_LOOK_S)
