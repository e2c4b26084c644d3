"""Who talks, over one stream of frames: one voice detector, read with two patiences.

The idea. A neural detector gives one probability for each window of 32 ms; computing it is what costs. What counts as
the beginning or the end of speech is a matter of patience, and costs nothing: so the probabilities are computed once
and read by several readers. One is impatient, since "stop" is one syllable and whoever talks over an answer is to be
noticed at once. One is as patient as the turn's settings say. A third one reads like the second, but was allowed to
hear the end of the wake word: when somebody goes on in one breath, their speech began while the word still sounded,
and only this reader knows where.

    wake word ][ "turn on the lamp" ...          one breath: the third reader's beginning counts
    wake word ]........[ "turn on the lamp" ...  a pause: the second reader's does, and the word's end is no speech

Positions are given as distances back from the end of the piece, since a piece (320 samples) is no multiple of a
window (512): ``pending`` samples wait for the next window, and every distance contains them.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from speaker.audio.pcm import (
    FRAME_SAMPLES,
    SILENCE_DBFS,
    WAKE_HZ,
    RollingPower,
    Samples,
    mean_power,
    ms_to_samples,
    power_dbfs,
)
from speaker.audio.vad import WINDOW_SAMPLES, SileroVad, SpeechOffset, SpeechOnset, Turns, TurnSettings
from speaker.listening.turn_judge import TurnJudge

TALK: Final = TurnSettings(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=240)
"""What counts as somebody talking over the speaker."""

TALK_DBFS: Final = -60.0
"""Nobody talks so softly; in a digital silence the detector hears voices all the same."""

RESTS_AFTER: Final = ms_to_samples(250, WAKE_HZ)
"""Samples of known silence after which the detector need not look at more of it."""

_FALL_DB: Final = 3.0
"""How fast the loudest moment is forgotten, for each 80 ms."""

MOST_MISSED: Final = 2 * WAKE_HZ
"""A machine that is so far behind, samples, has lost the wake word, too."""

Talk = Literal["", "begins", "ends"]
Turn = Literal["", "on", "whole"]
"""Whether a turn of the user goes on at the end of a frame; ``whole`` is one that has begun and ended within it."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a frame changed."""

    talk: Talk = ""
    turn: Turn | None = None
    """None while turns are not looked for."""
    begun: int = 0
    """Where the turn begins that begins in it, its padding included: so many samples before the frame's end."""
    ended: int = 0
    """Where the turn ends that ends in it, its silence included: so many samples before the frame's end."""
    stirring: bool = False
    """Whether somebody talks, or the last sound may be the beginning of it."""


class _Reading:
    """The rules for turns, and where the last one began and ended."""

    def __init__(self, settings: TurnSettings) -> None:
        self.rules = Turns(settings)
        self._start_ms = self._end_ms = 0

    @property
    def begun(self) -> int:
        """Samples of whole windows since the last turn began."""
        return ms_to_samples(self.rules.now_ms - self._start_ms, WAKE_HZ)

    @property
    def ended(self) -> int:
        """Samples of whole windows since the last turn ended."""
        return ms_to_samples(self.rules.now_ms - self._end_ms, WAKE_HZ)

    def finish(self) -> type:
        """End the turn under way."""
        event = self.rules.finish()
        self._end_ms = event.end_ms
        return type(event)

    def read(self, probabilities: list[float], *, loud: bool) -> list[type]:
        """What begins and ends, in order. Speech that is too soft to be any does not begin."""
        found: list[type] = []
        for probability in probabilities:
            event = self.rules.push(probability)
            if isinstance(event, SpeechOnset):
                self._start_ms = event.start_ms
                if not loud:
                    self.rules.reset()
                    continue
            elif event is not None:
                self._end_ms = event.end_ms
            if event is not None:
                found.append(type(event))
        return found


class SpeechActivity:
    """Feeds the detector while somebody wants to know. One worker feeds it."""

    def __init__(self, turns: TurnSettings, judge: TurnJudge | None = None) -> None:
        """``turns``: how the user's turns are found; ``judge``: who knows whether one is complete, if anybody does."""
        self._judge = judge
        self._silero: SileroVad | None = None
        self._talk = _Reading(TALK)
        self._turns = _Reading(turns)
        self._with_word = _Reading(_one_breath(turns))
        """The same, to whom the end of the wake word counts: it knows where speech began that goes on behind it."""
        self._wanted = (False, False)
        self._missed: deque[Samples] = deque()
        """What was said since the wake word, and not looked at yet; empty without one."""
        self._word_windows = 0
        """Windows in which the end of the wake word may still sound, and in which no turn begins therefore."""
        self._loudest_dbfs = SILENCE_DBFS
        self._silent = 0
        """Samples of known silence in a row."""
        self._power = RollingPower()

    def after_word(self, samples: Samples) -> None:
        """The wake word is over; int16 samples at 16 kHz are what was said since it ended, at the earliest.

        Who goes on in one breath still speaks behind them, and the turn begins there; who pauses has said nothing.
        """
        self._missed.clear()
        self._missed.append(samples)
        self._word_windows = -(-samples.size // WINDOW_SAMPLES) + 1
        # What was said before it, the word itself, is no part of a turn.
        self._wanted = (self._wanted[0], False)

    def push(self, samples: Samples, *, talk: bool, turns: bool, whole: bool = True, silent: bool = False) -> Noticed:
        """The next piece (int16, 16 kHz), and whether anybody who talks, or a turn, is looked for in it.

        ``whole``: every word is in it; a sentence that lacks parts of its words is not judged. ``silent``: nothing is
        in it, for certain.
        """
        heard = self._catch_up(samples, turns)
        self._begin(talk, turns)
        if not (talk or turns):
            return Noticed()
        fallen_dbfs = self._loudest_dbfs - _FALL_DB * heard.size / FRAME_SAMPLES
        self._loudest_dbfs = max(power_dbfs(self._power.push(mean_power(heard), heard.size)), fallen_dbfs)
        loud = self._loudest_dbfs >= TALK_DBFS
        # What is too soft to begin anything is as good as nothing, as long as nothing is under way.
        under_way = (talk and self._talk.rules.speaking) or (turns and self._turns.rules.speaking)
        silent = silent or not (loud or under_way)
        self._silent = self._silent + heard.size if silent else 0
        probabilities = self._detector.skip(heard) if self._silent > RESTS_AFTER else self._detector.push(heard)
        said = _last(self._talk.read(probabilities, loud=loud)) if talk else ""
        stirring = talk and loud and self._talk.rules.stirring
        if not turns:
            return Noticed(said, stirring=stirring)
        self._with_word.read(probabilities, loud=loud)
        # Windows in which the word may still sound are kept from the reader of turns: nobody has begun one in them.
        fresh = probabilities[self._word_windows :]
        self._word_windows -= len(probabilities) - len(fresh)
        changes = [*self._turns.read(fresh, loud=loud), *self._judged(heard, whole=whole)]
        began, speaking = SpeechOnset in changes, self._turns.rules.speaking
        # Who was already speaking when the word ended began earlier than the reader of turns could see.
        first = self._with_word if self._with_word.rules.speaking else self._turns
        return Noticed(
            said,
            "on" if speaking else "whole" if began else "",
            begun=first.begun + self._detector.pending if began else 0,
            ended=self._turns.ended + self._detector.pending if SpeechOffset in changes else 0,
            stirring=stirring,
        )

    def _judged(self, heard: Samples, *, whole: bool) -> list[type]:
        """The end of a turn whose sentence is complete, before the silence is long enough for any."""
        if self._judge is None:
            return []
        self._judge.hear(heard)
        if not (whole and self._judge.ends(self._turns.rules, self._detector.pending)):
            return []
        self._with_word.rules.reset()
        return [self._turns.finish()]

    @property
    def _detector(self) -> SileroVad:
        if self._silero is None:
            self._silero = SileroVad()
        return self._silero

    def _catch_up(self, samples: Samples, turns: bool) -> Samples:
        """What the detector has to hear: the frame, and before it what was missed since the wake word."""
        if turns and self._missed:
            samples = np.concatenate([*self._missed, samples])
            self._missed.clear()
        elif sum(piece.size for piece in self._missed) >= MOST_MISSED:
            self._missed.clear()
        elif self._missed:
            self._missed.append(samples)
        return samples

    def _begin(self, talk: bool, turns: bool) -> None:
        """Whoever begins to listen hears what comes now as if it came first."""
        before, self._wanted = self._wanted, (talk, turns)
        if (turns and not before[1]) or ((talk or turns) and not any(before)):
            self._detector.reset()
        if talk and not before[0]:
            self._talk.rules.reset()
        if turns and not before[1]:
            self._turns.rules.reset()
            self._with_word.rules.reset()
        if before[1] and not turns:
            self._word_windows = 0


def _one_breath(turns: TurnSettings) -> TurnSettings:
    """How long somebody who said the wake word may pause and still speak in one breath.

    As long as a silence that ends turns; where sentences are judged, that one is meant for the unfinished.
    """
    if turns.ask_after_ms is None:
        return turns
    usual_ms = TurnSettings().silence_duration_ms
    return replace(turns, ask_after_ms=None, silence_duration_ms=min(usual_ms, turns.silence_duration_ms))


def _last(found: list[type]) -> Talk:
    if not found:
        return ""
    return "begins" if found[-1] is SpeechOnset else "ends"
