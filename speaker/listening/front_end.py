"""A piece of microphone sound through everything that listens on this machine, in order, on one worker.

Echo cancellation first; then the wake words hear every word, and the voice detector, which must not be fooled
by the loudspeaker, hears what nothing of the echo is left in.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np

from speaker.audio.echo_canceller import Cleaned, EchoCanceller
from speaker.audio.pcm import WAKE_HZ, Samples, ms_to_samples
from speaker.audio.recent_sound import RecentSound
from speaker.audio.vad import TurnSettings
from speaker.listening.speech_activity import SpeechActivity, Talk, Turn
from speaker.listening.turn_judge import TurnJudge
from speaker.wake.detector import Detection, WakeWords
from speaker.wake.pre_roll import preroll_start

WORD: Final = ms_to_samples(1040, WAKE_HZ)
"""Samples of a wake word and a little more."""


Source = Literal["", "voice", "residue"]
"""In which sound turns are looked for, as in ``SensedFrame``; nowhere if empty."""


@dataclass(frozen=True, slots=True)
class SenseRequest:
    """What is to be listened for in a frame."""

    wake: bool
    """The wake words."""
    barging: bool
    """Whether they are heard over the speaker's own voice."""
    talk: bool
    """Somebody who talks."""
    turns: Source = ""
    """Where the user's turns begin and end, from the last wake word on; and in which sound."""
    over: bool = False
    """Whether anybody who talks interrupts the speaker, so that the wake words matter only where somebody does."""


@dataclass(frozen=True, slots=True)
class SensedFrame:
    """A piece of sound and what was heard in it: int16, 16 kHz, shape (320,), or (1280,) asleep."""

    voice: Samples
    """Without the echo, with every word."""
    residue: Samples
    """Without any echo, with parts of the words."""
    detection: Detection | None = None
    after_word: int = 0
    """How many samples before the end of this frame came after the wake word."""
    talk: Talk = ""
    turn: Turn | None = None
    """None while turns are not looked for."""
    begun: int = 0
    """Where the turn begins that begins in this frame: so many samples before its end."""
    ended: int = 0
    """And the one that ends in it."""
    reference: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    """What the canceller was told that the loudspeaker played meanwhile."""
    stirring: bool = False
    """Whether somebody talks, or may just have begun to."""
    score: float = 0.0
    """The best score of the wake words in it, 0-1; 0 while they are not listened for."""


class FrontEnd:
    """Wake words, echo canceller and voice detector over one stream of frames. One worker feeds it."""

    def __init__(
        self,
        words: WakeWords,
        canceller: EchoCanceller,
        barge_in_threshold: float,
        turns: TurnSettings,
        judge: TurnJudge | None = None,
    ) -> None:
        """``turns``: how the user's turns are found, when that is wanted; ``judge`` as in ``SpeechActivity``."""
        self.words = words
        self._canceller = canceller
        self._barge_in_threshold = barge_in_threshold
        self._activity = SpeechActivity(turns, judge)
        self._recent = RecentSound(WORD)
        self._alone = 0
        """Samples for which nothing but the echo was heard."""

    def set_threshold(self, threshold: float) -> None:
        """Use another threshold for every wake word."""
        for word in self.words.words:
            word.threshold = threshold

    def sense(self, frame: Samples, reference: Samples, wanted: SenseRequest) -> SensedFrame:
        """The next frame, and what the loudspeaker put into the air meanwhile."""
        clean = self._canceller.push(frame, reference)
        detection = self._hear_words(clean, wanted)
        whole = wanted.turns == "voice"
        heard = clean.voice if whole else clean.residue
        noticed = self._activity.push(
            heard,
            talk=wanted.talk,
            turns=bool(wanted.turns),
            whole=whole,
            silent=heard is clean.residue and clean.silent,
        )
        plain = SensedFrame(
            clean.voice, clean.residue, talk=noticed.talk, turn=noticed.turn, begun=noticed.begun, ended=noticed.ended,
            reference=reference, stirring=noticed.stirring or clean.stirring,
            score=max(word.score for word in self.words.words) if wanted.wake else 0.0,
        )  # fmt: skip
        self._recent.push(clean.voice)
        return plain if detection is None else self._end_word(plain, detection)

    def _hear_words(self, clean: Cleaned, wanted: SenseRequest) -> Detection | None:
        self._alone = self._alone + clean.voice.size if clean.silent and not clean.stirring else 0
        if not wanted.wake or (wanted.over and self._alone > WORD):
            self.words.keep(clean.voice)
            return None
        return self.words.push(clean.voice, barge_in_threshold=self._barge_in_threshold if wanted.barging else None)

    def _end_word(self, plain: SensedFrame, detection: Detection) -> SensedFrame:
        """Find where the wake word ended: a little before the end of the frame that told."""
        word = self._recent.last(WORD)
        after = word.size - preroll_start(word)
        self._activity.after_word(word[word.size - after :])
        return replace(plain, detection=detection, after_word=after)
