"""Voice activity: where in a stream of samples somebody speaks, and when a turn begins and ends.

Silero v4 gives a probability for each window of 32 ms; the rules of ``server_vad`` make turns of them.
All times are milliseconds since the first sample that was ever pushed.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from speaker.audio.model_files import ModelFile, Wheel, open_session
from speaker.audio.pcm import WAKE_HZ, Samples, ms_to_samples, samples_to_ms
from speaker.audio.recent_sound import RecentSound

WINDOW_SAMPLES: Final = 512
WINDOW_MS: Final = 32

HYSTERESIS: Final = 0.15
"""Speech that has begun goes on until the probability is this much below the threshold (or below its half)."""

MIN_SPEECH_MS: Final = 96
"""Anything shorter is a click, a cough or a door."""

ASKED_MS: Final = 8_000
"""So much of a turn, its end, is shown to whoever is asked."""

_SETTLED_WINDOWS: Final = 8
"""Silence, a quarter of a second, by which a detector is ready for the next voice."""

SILERO: Final = ModelFile(
    Wheel("openwakeword", "0.4.0", "openwakeword"),
    "resources/models/silero_vad.onnx",
    "a35ebf52fd3ce5f1469b2a36158dba761bc47b973ea3382b3186ca15b1f5af28",
)


@dataclass(frozen=True, slots=True)
class SpeechOnset:
    """Somebody began to speak; ``start_ms`` is earlier than the first sound by the prefix padding."""

    start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechOffset:
    """The silence after a turn was long enough; ``end_ms`` is the end of that silence."""

    end_ms: int


TurnEvent = SpeechOnset | SpeechOffset


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """The settings of ``turn_detection`` in a Realtime session."""

    threshold: float = 0.5
    """Probability of speech, 0-1, from which on a window counts as speech."""
    prefix_padding_ms: int = 300
    """How much before the first sound belongs to the turn, ms."""
    silence_duration_ms: int = 500
    """How long it must be silent until the turn is over, ms."""
    ask_after_ms: int | None = None
    """How long it must be silent until somebody is asked whether the sentence is complete, ms; None: nobody is."""


class SileroVad:
    """A stream of samples in, one probability of speech for each window of 512 out."""

    def __init__(self) -> None:
        """Load the model. Raises ModelError when it is missing or damaged."""
        self._session = open_session(SILERO)
        self._rate = np.array(WAKE_HZ, dtype=np.int64)
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far, also the samples of a window that is not full yet."""
        self._rest: Samples = np.zeros(0, np.int16)
        self._h = np.zeros((2, 1, 64), np.float32)
        self._c = np.zeros((2, 1, 64), np.float32)

    @property
    def pending(self) -> int:
        """Samples of a window that is not full yet."""
        return self._rest.size

    def push(self, samples: Samples) -> list[float]:
        """Probabilities 0-1 of the windows that (n,) int16 samples at 16 kHz complete."""
        waiting = np.concatenate([self._rest, samples])
        full = waiting.size - waiting.size % WINDOW_SAMPLES
        self._rest = waiting[full:]
        return [self._score(window) for window in waiting[:full].reshape(-1, WINDOW_SAMPLES)]

    def skip(self, samples: Samples) -> list[float]:
        """The same for samples of which it is known that nobody speaks in them, as if they were silence.

        What was heard before is forgotten. A detector that has heard nothing at all takes 70 ms longer to notice a
        voice than one that has heard silence.
        """
        waiting = np.concatenate([self._rest, samples])
        full = waiting.size - waiting.size % WINDOW_SAMPLES
        self._rest = waiting[full:]
        self._h, self._c = _after_silence()
        return [0.0] * (full // WINDOW_SAMPLES)

    def heard(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What it remembers of all whole windows so far: both parts, each (2, 1, 64)."""
        return self._h, self._c

    def _score(self, window: Samples) -> float:
        values = window.astype(np.float32)[None] / np.float32(32768)
        inputs = {"input": values, "sr": self._rate, "h": self._h, "c": self._c}
        score, self._h, self._c = self._session.run(None, inputs)
        return float(score[0, 0])


@cache
def _after_silence() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    detector = SileroVad()
    detector.push(np.zeros(_SETTLED_WINDOWS * WINDOW_SAMPLES, np.int16))
    return detector.heard()


class Turns:
    """The rules: probabilities of consecutive windows in, starts and stops of speech out."""

    def __init__(self, settings: TurnSettings) -> None:
        self.settings = settings
        self._now_ms = 0
        self._start_ms = 0
        self.reset()

    @property
    def speaking(self) -> bool:
        """Whether a turn has started and not stopped yet."""
        return self._speaking

    @property
    def stirring(self) -> bool:
        """Whether a turn has started, or the last window may be the beginning of one."""
        return self._speaking or self._began_ms is not None

    @property
    def silent_ms(self) -> int:
        """How long it has been silent in the turn under way, ms; 0 while somebody speaks, and without a turn."""
        return self._silent_ms if self._speaking else 0

    @property
    def lasts_ms(self) -> int:
        """How long ago the last turn started, its padding included, ms."""
        return self._now_ms - self._start_ms

    @property
    def pause_ms(self) -> int | None:
        """Since when it has been silent in the turn under way, ms; None while that is not worth a question.

        The next word ends a pause: an answer to a question about it is void.
        """
        after = self.settings.ask_after_ms
        asked = self._speaking and after is not None and self._silent_ms >= after
        return self._now_ms - self._silent_ms if asked else None

    @property
    def now_ms(self) -> int:
        """Milliseconds of all windows so far."""
        return self._now_ms

    def reset(self) -> None:
        """Forget a turn under way, without an event. The clock goes on; the next turn starts after now."""
        self._earliest_ms = self._now_ms
        self._speaking = False
        self._began_ms: int | None = None
        self._silent_ms = 0

    def finish(self) -> SpeechOffset:
        """End the turn under way here, however short the silence."""
        self.reset()
        return SpeechOffset(self._now_ms)

    def push(self, probability: float) -> TurnEvent | None:
        """What the next window changes, if anything."""
        self._now_ms += WINDOW_MS
        return self._continue(probability) if self._speaking else self._wait(probability)

    @property
    def _floor(self) -> float:
        return max(self.settings.threshold - HYSTERESIS, self.settings.threshold / 2)

    def _wait(self, probability: float) -> SpeechOnset | None:
        if probability < (self.settings.threshold if self._began_ms is None else self._floor):
            self._began_ms = None
            return None
        if self._began_ms is None:
            self._began_ms = self._now_ms - WINDOW_MS
        if self._now_ms - self._began_ms < MIN_SPEECH_MS:
            return None
        self._speaking, self._silent_ms = True, 0
        self._start_ms = max(self._earliest_ms, self._began_ms - self.settings.prefix_padding_ms)
        return SpeechOnset(self._start_ms)

    def _continue(self, probability: float) -> SpeechOffset | None:
        if probability >= self._floor:
            self._silent_ms = 0
            return None
        self._silent_ms += WINDOW_MS
        if self._silent_ms < self.settings.silence_duration_ms:
            return None
        return self.finish()


class TurnDetector:
    """Samples in, starts and stops of speech out, however the samples are cut.

    By silence alone, as ``server_vad``; or with questions, where the settings say after how much silence to ask. Then
    samples wait while there is a ``question``, and go on with its ``answer``: what comes of it does not depend on how
    long the answer took.
    """

    def __init__(self, settings: TurnSettings | None = None) -> None:
        """Load the model. Raises ModelError when it is missing or damaged."""
        self._silero = SileroVad()
        self._turns = Turns(settings or TurnSettings())
        self._pushed = 0
        self._waiting: Samples = np.zeros(0, np.int16)
        self._recent = RecentSound(ms_to_samples(ASKED_MS, WAKE_HZ))
        self._asked_ms: int | None = None
        """The pause that was asked about last."""
        self.question: Samples | None = None
        """The end of a turn in which it is silent now: is the sentence complete? int16, 16 kHz."""

    @property
    def settings(self) -> TurnSettings:
        """The settings in force; new ones count from the next window on."""
        return self._turns.settings

    @settings.setter
    def settings(self, settings: TurnSettings) -> None:
        self._turns.settings = settings

    @property
    def now_ms(self) -> int:
        """Milliseconds pushed so far."""
        return int(samples_to_ms(self._pushed, WAKE_HZ))

    @property
    def speaking(self) -> bool:
        """Whether a turn has started and not stopped yet."""
        return self._turns.speaking

    @property
    def silent_ms(self) -> int:
        """How long it has been silent in the turn under way, ms; 0 while somebody speaks, and without a turn."""
        return self._turns.silent_ms

    def push(self, samples: Samples) -> list[TurnEvent]:
        """Events in (n,) int16 samples at 16 kHz, n of any size, up to the next question."""
        self._pushed += samples.size
        self._waiting = np.concatenate([self._waiting, samples])
        return self._go_on()

    def answer(self, complete: bool) -> list[TurnEvent]:
        """Whether the sentence in question is complete; events in what was pushed since, up to the next question."""
        if self.question is None:
            return []
        self.question = None
        return [*([self._turns.finish()] if complete else []), *self._go_on()]

    def reset(self) -> None:
        """Forget a turn under way, as after a manual commit or clear; the clock goes on."""
        self._turns.reset()
        self.question = None

    def restart(self) -> None:
        """Forget everything that was heard, as if what comes next came first; the clock goes on."""
        self._silero.reset()
        self.reset()

    def _go_on(self) -> list[TurnEvent]:
        events: list[TurnEvent] = []
        while self.question is None and self._waiting.size:
            piece, self._waiting = np.split(self._waiting, [WINDOW_SAMPLES - self._silero.pending])
            self._recent.push(piece)
            for probability in self._silero.push(piece):
                event = self._turns.push(probability)
                events += [event] if event is not None else []
                self._ask()
        return events

    def _ask(self) -> None:
        pause_ms = self._turns.pause_ms
        if pause_ms is not None and pause_ms != self._asked_ms:
            self._asked_ms = pause_ms
            self.question = self._recent.last(ms_to_samples(self._turns.lasts_ms, WAKE_HZ))
