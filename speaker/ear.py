"""One microphone frame through everything that listens on this machine, in order, on one worker.

Echo cancellation first; then the wake words hear every word, and the voice detector, which must not be fooled
by the loudspeaker, hears what nothing of the echo is left in.
"""

from dataclasses import dataclass
from typing import Final, Literal

from speaker.adapters.echo import EchoCanceller
from speaker.adapters.wakeword import Detection, WakeWords
from speaker.core.pcm import SILENCE_DBFS, Samples, level_dbfs
from speaker.offline.vad import SpeechStarted, TurnDetector, TurnSettings

TALK: Final = TurnSettings(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=240)
"""What counts as somebody talking over the speaker. The silence is short: "stop" is one syllable."""


TALK_DBFS: Final = -60.0
"""Nobody talks so softly; in a digital silence the detector hears voices all the same."""

FALL_DB: Final = 3.0
"""How fast the loudest moment is forgotten, for each frame."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be listened for in a frame."""

    wake: bool
    """The wake words."""
    barging: bool
    """Whether they are heard over the speaker's own voice."""
    talk: bool
    """Somebody who talks."""


@dataclass(frozen=True, slots=True)
class Sensed:
    """A frame and what was heard in it: int16, shape (1280,), 16 kHz."""

    voice: Samples
    """Without the echo, with every word."""
    residue: Samples
    """Without any echo, with parts of the words."""
    detection: Detection | None = None
    talk: Literal["", "begins", "ends"] = ""


class Ear:
    """Wake words, echo canceller and voice detector over one stream of frames. One worker feeds it."""

    def __init__(self, words: WakeWords, canceller: EchoCanceller, barge_in_threshold: float) -> None:
        self.words = words
        self._canceller = canceller
        self._barge_in_threshold = barge_in_threshold
        self._detector: TurnDetector | None = None
        self._attentive = False
        self._loudest_dbfs = SILENCE_DBFS

    def set_threshold(self, threshold: float) -> None:
        """Use another threshold for every wake word."""
        for word in self.words.words:
            word.threshold = threshold

    def sense(self, frame: Samples, reference: Samples, wanted: Wanted) -> Sensed:
        """The next frame, and what the loudspeaker put into the air meanwhile."""
        clean = self._canceller.push(frame, reference)
        detection = self._hear_words(clean.voice, wanted)
        return Sensed(clean.voice, clean.residue, detection, self._hear_talk(clean.residue, wanted.talk))

    def _hear_words(self, voice: Samples, wanted: Wanted) -> Detection | None:
        if not wanted.wake:
            self.words.keep(voice)
            return None
        return self.words.push(voice, barge_in_threshold=self._barge_in_threshold if wanted.barging else None)

    def _hear_talk(self, residue: Samples, wanted: bool) -> Literal["", "begins", "ends"]:
        if not wanted:
            self._attentive = False
            return ""
        if self._detector is None:
            self._detector = TurnDetector(TALK)
        elif not self._attentive:
            self._detector.restart()
        self._attentive = True
        self._loudest_dbfs = max(level_dbfs(residue), self._loudest_dbfs - FALL_DB)
        events = self._detector.push(residue)
        if not events:
            return ""
        if self._loudest_dbfs < TALK_DBFS:
            self._detector.restart()
            return ""
        return "begins" if isinstance(events[-1], SpeechStarted) else "ends"
