"""A story told in a simulated room, from the echo test to the last word, through the parts that listen in it.

The microphone is opened; the echo is measured as at a start; then the loudspeaker tells the story, and perhaps somebody
talks over it.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.echo_analysis import EchoReport, Mode, judge, test_sound
from speaker.audio.echo_canceller import AHEAD_MS, EchoCanceller
from speaker.audio.echo_reference import EchoReference, ReferenceReader
from speaker.audio.echo_test import BEFORE_S, LONG_AFTER_S, EchoTest
from speaker.audio.own_voice import MAY_BE_HEARD_MS, is_own_voice
from speaker.audio.pcm import FRAME_SAMPLES, PIECE_SAMPLES, SESSION_HZ, WAKE_HZ, Samples, level_dbfs
from speaker.audio.sample_clock import SampleClock
from speaker.audio.vad import TurnSettings
from speaker.listening.frame_router import LATELY
from speaker.listening.front_end import FrontEnd, SensedFrame, SenseRequest
from speaker.wake.detector import WakeWords
from tests.support.simulated_room import Clocks, Moment, Performance, Room

TEST_AT_S: Final = 6.0
"""When the echo test begins: so long the microphone is open."""

OPENING_S: Final = 0.15
"""What a loudspeaker takes to open."""

_PIECE_S: Final = PIECE_SAMPLES / WAKE_HZ
_TEST_S: Final = BEFORE_S + test_sound().size / SESSION_HZ + LONG_AFTER_S
OPENED_AT_S: Final = 16.0
STORY_AT_S: Final = 18.0
"""The loudspeaker is opened for the answer before there is one."""

TALK: Final = SenseRequest(wake=False, barging=False, talk=True)

_NOTICE_S: Final = 0.8
"""So long after their last word somebody who talks may be noticed."""


@dataclass(frozen=True, slots=True)
class Talker:
    """Somebody who talks over the story."""

    at_s: float
    """Seconds after its beginning."""
    sound: Samples
    """Int16, 16 kHz, as loud as the microphone hears it."""


@dataclass
class Outcome:
    """What came of it."""

    report: EchoReport
    mode: Mode
    reason: str
    interruptions: list[bool] = field(default_factory=list)
    """The speaker took for somebody who talks what nobody said; whether it knew its own voice each time."""
    noticed: list[bool] = field(default_factory=list)
    """Which talkers were noticed."""
    mistaken: int = 0
    """How many of them were taken for the speaker's own voice."""
    residue_db: float = 0.0
    """How much of the echo was removed in what is judged, after the first ten seconds."""
    voice_db: float = 0.0
    """And in what a service gets when somebody talks."""
    kept: list[Samples] = field(default_factory=list)
    """What a service gets of each talker: int16, 16 kHz."""
    frame_ms: float = 0.0
    """Processor time for 80 ms: reference, cancellers and detector."""


class Listener:
    """The parts of the speaker that listen while it speaks."""

    def __init__(self, words: WakeWords) -> None:
        canceller = EchoCanceller()
        self._front_end = FrontEnd(words, canceller, 0.25, TurnSettings())
        self._clock = SampleClock(canceller.slipped)
        self.reference = EchoReference(canceller.slipped)
        self.reader = ReferenceReader(self.reference, self._clock, canceller.slipped)
        self.delay = -pcm.ms_to_samples(AHEAD_MS, WAKE_HZ)

    def place(self, moment: Moment) -> int:
        """Take note of the stamps; the place of the piece."""
        for block in moment.taken:
            self.reference.took(block.data, SESSION_HZ, block.heard_at_s, block.stream)
        return round(self._clock.place(moment.begins_s, PIECE_SAMPLES))

    def hear(self, moment: Moment, index: int) -> SensedFrame:
        """One piece."""
        return self._front_end.sense(moment.frame, self.reader.read(index - self.delay, PIECE_SAMPLES), TALK)

    def learn(self, report: EchoReport) -> None:
        """Take what the echo test found, as ``AudioIO`` does."""
        self.delay = pcm.ms_to_samples(report.delay_ms - AHEAD_MS, WAKE_HZ)
        if report.clock_ratio is not None:
            self.reader.learn(report.clock_ratio)


def tell(
    words: WakeWords, story: Samples, room: Room, clocks: Clocks, talkers: list[Talker], *, offset: float = 0.0
) -> Outcome:
    """Tell a story (int16, 24 kHz); ``offset`` is the constant voltage of the microphone, in samples."""
    performance = Performance(room, clocks, STORY_AT_S + story.size / SESSION_HZ + 1, offset=offset)
    after = np.zeros(SESSION_HZ, np.int16)
    performance.play(TEST_AT_S + BEFORE_S + OPENING_S, np.concatenate([test_sound(), after]))
    silence = np.zeros(round((STORY_AT_S - OPENED_AT_S) * SESSION_HZ), np.int16)
    performance.play(OPENED_AT_S, np.concatenate([silence, story, after]))
    for one in talkers:
        performance.say(STORY_AT_S + one.at_s, one.sound)
    listener = Listener(words)
    moments = performance.moments()
    for moment in islice(moments, round(TEST_AT_S / _PIECE_S)):
        listener.place(moment)
    report = measured(listener, islice(moments, round(_TEST_S / _PIECE_S) + 1))
    if report.heard:
        listener.learn(report)
    return Telling(listener, talkers, Outcome(report, *judge(report))).run(moments)


def measured(listener: Listener, moments: Iterator[Moment]) -> EchoReport:
    """The echo test over these moments."""
    test = EchoTest(listener.reference, lambda _: None)
    for moment in moments:
        test.take(moment.frame, listener.place(moment))
    return asyncio.run(test.run())


class Telling:
    """What is heard while the story is told."""

    def __init__(self, listener: Listener, talkers: list[Talker], outcome: Outcome) -> None:
        self._listener = listener
        self._talkers = talkers
        self._outcome = outcome
        self._moments: list[Moment] = []
        self._sensed: list[SensedFrame] = []
        outcome.noticed = [False] * len(talkers)

    def run(self, moments: Iterator[Moment]) -> Outcome:
        """Hear all of it."""
        began = time.thread_time()
        for moment in moments:
            sensed = self._listener.hear(moment, self._listener.place(moment))
            self._moments.append(moment)
            self._sensed.append(sensed)
            if sensed.talk == "begins":
                self._judge()
        self._outcome.frame_ms = 1000 * (time.thread_time() - began) / len(self._sensed) * FRAME_SAMPLES / PIECE_SAMPLES
        self._weigh()
        return self._outcome

    def _told_s(self, count: int) -> float:
        """Seconds from the story's beginning to the end of the ``count``-th piece from the last test on."""
        before = round(TEST_AT_S / _PIECE_S) + round(_TEST_S / _PIECE_S) + 1
        return (before + count) * _PIECE_S - STORY_AT_S

    def _judge(self) -> None:
        now_s = self._told_s(len(self._sensed))
        own = self._own()
        for number, one in enumerate(self._talkers):
            if one.at_s < now_s < one.at_s + one.sound.size / WAKE_HZ + _NOTICE_S:
                self._outcome.noticed[number] = True
                self._outcome.mistaken += own
                return
        self._outcome.interruptions.append(own)

    def _own(self) -> bool:
        frames = self._sensed[-(LATELY // PIECE_SAMPLES) :]
        heard = np.concatenate([one.residue for one in frames])
        reference = np.concatenate([one.reference for one in frames])
        played = self._listener.reference.latest(pcm.ms_to_samples(MAY_BE_HEARD_MS, WAKE_HZ))
        return is_own_voice(heard, reference, played)

    def _weigh(self) -> None:
        """Levels where nobody talks, from the eleventh second on; and what is kept of the talkers."""
        first = round((STORY_AT_S + 10 - self._told_s(0) - STORY_AT_S) / _PIECE_S)
        spans = [(one.at_s - 0.5, one.at_s + one.sound.size / WAKE_HZ + 0.5) for one in self._talkers]
        alone = [at for at in range(first, len(self._sensed)) if not any(a < self._told_s(at) < b for a, b in spans)]
        heard = _level([self._moments[at].frame for at in alone])
        self._outcome.residue_db = heard - _level([self._sensed[at].residue for at in alone])
        self._outcome.voice_db = heard - _level([self._sensed[at].voice for at in alone])
        for one in self._talkers:
            at = round((one.at_s - self._told_s(0)) / _PIECE_S)
            count = -(-one.sound.size // PIECE_SAMPLES) + 8
            self._outcome.kept.append(np.concatenate([frame.voice for frame in self._sensed[at - 4 : at + count]]))


def _level(frames: list[Samples]) -> float:
    return level_dbfs(np.concatenate(frames))
