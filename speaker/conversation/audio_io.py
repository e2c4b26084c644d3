"""The real sound part: one microphone, one loudspeaker, the front end, the speaker's own voice."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

import numpy as np

from speaker.audio import pcm
from speaker.audio.capture_choice import Capture
from speaker.audio.chimes import Chime, chime
from speaker.audio.devices import SoundSystem
from speaker.audio.echo_analysis import EchoReport
from speaker.audio.echo_canceller import AHEAD_MS, EchoCanceller
from speaker.audio.echo_reference import ReferenceReader
from speaker.audio.echo_test import EchoTest
from speaker.audio.loudspeaker import Loudspeaker
from speaker.audio.microphone import Microphone
from speaker.audio.own_voice import MAY_BE_HEARD_MS, is_own_voice
from speaker.audio.pcm import WAKE_HZ, Samples
from speaker.audio.playback_queue import PlayedItem
from speaker.audio.vad import TurnSettings
from speaker.config.settings import Settings
from speaker.conversation import events
from speaker.conversation.inbox import Post
from speaker.conversation.own_ears import OwnEars
from speaker.conversation.sound import OWN, Spoke
from speaker.errors import Trouble
from speaker.listening.frame_router import FrameRouter
from speaker.listening.front_end import FrontEnd, SensedFrame
from speaker.listening.route import Route
from speaker.listening.sample_audit import SampleAudit
from speaker.listening.stop_word import StopWord
from speaker.listening.turn_choice import turn_settings
from speaker.listening.turn_judge import TurnJudge
from speaker.listening.uplink_gate import SpeechGate, WordGate
from speaker.offline.speech.engines import OfflineEngines
from speaker.speech.tts import TextToSpeech
from speaker.wake.detector import Detection, WakeWords

log = logging.getLogger(__name__)


class AudioIO:
    """Sound in and out. What goes where is decided elsewhere."""

    def __init__(
        self,
        settings: Settings,
        system: SoundSystem,
        words: WakeWords,
        *,
        engines: OfflineEngines,
        tts: TextToSpeech,
        post: Post,
        woken: Callable[[Detection], None],
        trouble: Trouble,
        judge: TurnJudge | None = None,
    ) -> None:
        """``woken`` is told of every wake word, ``trouble`` what is wrong with a device.

        ``judge`` knows whether a sentence is complete, where the settings want that.
        """
        audio = settings.audio
        self._sounds = frozenset(audio.sounds)
        self._tts = tts
        self._post = post
        self._canceller = canceller = EchoCanceller()
        self._ears = OwnEars(engines, settings.session.language)
        turns = turn_settings(settings.session)
        self._judge = judge
        barge_in = settings.wake.barge_in_threshold
        self._front_end = FrontEnd(words, canceller, barge_in, turns or TurnSettings(), judge)
        self._stop_word = StopWord(self._ears.hear_order, lambda: post(events.Stopped()), self._ears.means_stop)
        self._attentive: list[Callable[[SensedFrame], None]] = [self._stop_word.hear]
        gate = SpeechGate(turns) if turns is not None else WordGate()
        self._loudspeaker = Loudspeaker(
            system, audio.loudspeaker, lambda: post(events.PlaybackBegan()), self._ran_dry,
            lambda problem: trouble(problem, "loudspeaker"), slipped=canceller.slipped, lead_in_ms=audio.lead_in_ms,
        )  # fmt: skip
        self._router = FrameRouter(
            self._front_end, woken, lambda: post(events.SpokenOver()), self._tell_sensed, gate,
            stirred=self._loudspeaker.pause, patient=self._set_pace,
        )  # fmt: skip
        self._microphone = Microphone(
            system, audio.microphone, self._take, lambda problem: trouble(problem, "microphone"),
            silent=lambda problem: trouble(problem, "silence"), slipped=canceller.slipped,
            capture=Capture(audio.channel, audio.gain_db, audio.dead_after_s),
        )  # fmt: skip
        self._reader = ReferenceReader(self._loudspeaker.reference, self._microphone.clock, canceller.slipped)
        self._speaking: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        """Sentences are spoken one after the other, in the order in which they were asked for."""
        self._test: EchoTest | None = None
        self._delay = -pcm.ms_to_samples(AHEAD_MS, WAKE_HZ)
        """How much later than the drivers say the echo arrives, samples at 16 kHz, less the canceller's reserve."""

    async def run(self) -> None:
        """Hear and play, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._microphone.run())
            group.create_task(self._loudspeaker.run())

    def close(self) -> None:
        """End what is under way."""
        self._router.close()
        if self._judge is not None:
            self._judge.close()
        self._stop_word.close()
        self._silence()

    @property
    def overflows(self) -> int:
        """How often the microphone's driver dropped sound."""
        return self._microphone.overflows

    @property
    def slips(self) -> tuple[int, int]:
        """How often the loudspeaker ran dry, and the microphone overflowed: this machine was too slow."""
        return self._loudspeaker.underflows, self._microphone.overflows

    def open_microphone(self, wanted: bool) -> None:
        """Whether the microphone's stream is to exist at all."""
        self._microphone.open(wanted)

    def set_threshold(self, threshold: float) -> None:
        """Use another threshold for every wake word."""
        self._front_end.set_threshold(threshold)

    @property
    def words(self) -> list[str]:
        """The names of the wake words that are listened for."""
        return [word.name for word in self._front_end.words.words]

    def use_words(self, words: WakeWords) -> None:
        """Listen for other wake words from the next frame on."""
        self._front_end.words = words

    def attend(self, hear: Callable[[SensedFrame], None]) -> None:
        """Tell somebody else of every frame in which talk is listened for."""
        self._attentive.append(hear)

    def watch(self, look: Callable[[SensedFrame], None]) -> None:
        """Let somebody look at every frame that was worked on, after all that has to do with it."""
        self._router.watch(look)

    def route(self, route: Route) -> None:
        """Send microphone sound there."""
        self._router.route(route)

    def play(self, samples: Samples, item: str, percent: int | None = None) -> None:
        """Queue sound (int16, 24 kHz) of an item; ``percent`` None means as loud as answers are."""
        if not self.playing:
            self._post(events.PlaybackQueued())
        self._loudspeaker.play(samples, item, percent=percent)

    @property
    def playing(self) -> bool:
        """Whether something is heard, or will be."""
        return self._loudspeaker.playing or bool(self._speaking)

    @property
    def audible(self) -> bool:
        """Whether the loudspeaker has sound in it just now."""
        return self._loudspeaker.playing

    @property
    def unheard(self) -> str:
        """Why nothing that is played can be heard; empty when it can."""
        return self._loudspeaker.problem

    @property
    def dead(self) -> bool:
        """Whether the microphone delivers frames, and nothing but silence in them."""
        return self._microphone.dead

    @property
    def worked_at(self) -> float:
        """Monotonic time at which microphone sound was last done with."""
        return self._router.worked_at

    @property
    def audit(self) -> SampleAudit:
        """What became of the microphone's samples in this conversation."""
        return self._router.audit

    def begin_audit(self) -> None:
        """A conversation begins."""
        self._router.begin_audit()

    def answered(self) -> None:
        """What the session got so far needs not be sent again."""
        self._router.answered()

    def repeat(self) -> None:
        """The session that got the user's last words is lost: the next one gets them first."""
        self._router.repeat()

    def hold(self, wanted: bool) -> None:
        """Keep the loudspeaker open, or let it close when nothing is played."""
        self._loudspeaker.hold(wanted)

    def set_volume(self, percent: int) -> None:
        """How loud answers are from now on."""
        self._loudspeaker.set_volume(percent)

    def chime(self, name: Chime, percent: int) -> None:
        """Make one of the speaker's sounds, unless the configuration leaves it out.

        Who wants one with an announcement says so in the announcement.
        """
        if name == "announcement" or name in self._sounds or (name == "unmuted" and "muted" in self._sounds):
            self._loudspeaker.play(chime(name), percent=percent)

    def speak(self, text: str, item: str = OWN, spoke: Spoke | None = None) -> None:
        """Say a text in the offline voice, behind what is being played; ``spoke`` as in ``TextToSpeech.speak``."""
        if not self.playing:
            self._post(events.PlaybackQueued())
        self._start(self._say(text, item, spoke))

    def hush(self) -> list[PlayedItem]:
        """Silence, at once; what was heard of each item that was not heard in full."""
        self._silence()
        return self._loudspeaker.hush()

    async def test_echo(self, percent: int) -> EchoReport:
        """Play the test sound as loud as an answer, and measure. Raises SoundError without a microphone."""
        self._test = EchoTest(self._loudspeaker.reference, lambda sound: self._loudspeaker.play(sound, percent=percent))
        self._set_pace(self._router.patient)
        try:
            return await self._test.run()
        finally:
            self._test = None
            self._set_pace(self._router.patient)

    def expect_echo(self, delay_ms: float, clock_ratio: float | None) -> None:
        """The echo comes so much later than the drivers say, and the clocks run like this (see ``EchoReport``)."""
        self._delay = pcm.ms_to_samples(delay_ms - AHEAD_MS, WAKE_HZ)
        if clock_ratio is not None:
            self._reader.learn(clock_ratio)

    def heard_itself(self) -> bool:
        """Whether what was taken for somebody who talks over an answer, just now, was the speaker's own voice."""
        frames = self._router.over
        if not frames:
            return False
        heard, reference = (
            np.concatenate(part) for part in zip(*((one.residue, one.reference) for one in frames), strict=True)
        )
        played = self._loudspeaker.reference.latest(pcm.ms_to_samples(MAY_BE_HEARD_MS, WAKE_HZ))
        if own := is_own_voice(heard, reference, played, AHEAD_MS - self._reader.late_ms):
            self._canceller.slipped()
        return own

    def _set_pace(self, patient: bool) -> None:
        """Whether wake words are all that sound is wanted for."""
        self._microphone.be_patient(patient and self._test is None)

    def _take(self, frame: Samples, index: int) -> None:
        if (test := self._test) is not None:
            test.take(frame, index)
        if deaf := self._router.deaf:
            self._reader.rest()
        self._router.take(frame, frame if deaf else self._reader.read(index - self._delay, frame.size))

    def _tell_sensed(self, sensed: SensedFrame) -> None:
        for hear in self._attentive:
            hear(sensed)

    async def recognise(self, samples: Samples) -> str:
        """The words in int16 samples at 16 kHz."""
        return await self._ears.hear_answer(samples)

    async def _say(self, text: str, item: str, spoke: Spoke | None) -> None:
        async with self._turn, aclosing(self._tts.speak(text, spoke)) as spoken:
            async for samples in spoken:
                self.play(samples, item)

    def _silence(self) -> None:
        for task in self._speaking:
            task.cancel()
        self._speaking.clear()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._speaking.add(task)
        task.add_done_callback(self._spoken)

    def _ran_dry(self) -> None:
        if not self._speaking:
            self._post(events.PlaybackEnded())

    def _spoken(self, task: asyncio.Task[None]) -> None:
        self._speaking.discard(task)
        if not self.playing:
            self._post(events.PlaybackEnded())
        if not task.cancelled() and task.exception() is not None:
            log.error("a sentence could not be spoken", exc_info=task.exception())
