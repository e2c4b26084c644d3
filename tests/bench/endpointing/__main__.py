"""Measure and print."""

import argparse
import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from speaker.audio.pcm import WAKE_HZ, Samples
from speaker.audio.smart_turn import COMPLETE, SmartTurn, smart_turn_file
from speaker.audio.vad import SpeechOffset, TurnDetector, TurnSettings
from speaker.config.turn_detection import ASK_AFTER_MS, SMART_SILENCE_MS
from tests.bench import table
from tests.bench.endpointing.material import PEOPLE, Utterance, people, sentences, spoken
from tests.bench.endpointing.voices import voices

Judge = Callable[[Samples], tuple[float, float]]
"""A probability, and how long it took to find out, ms."""

VAGUE_MS: Final = 100
"""An end before the last word by less is none inside the sentence: the voice detector is that vague."""

LONG_MS: Final = 1_000
_PIECE: Final = WAKE_HZ // 50
_HEADS: Final = ("", "cut off", "pauses that cut", "median", "p95", f"more than {LONG_MS} ms")


@dataclass(frozen=True)
class Way:
    """A way to find the end; ``threshold`` of the probability that a sentence is complete."""

    name: str
    settings: TurnSettings
    threshold: float = 1.0


@dataclass
class Found:
    """What one way did with some material."""

    cut: list[bool] = field(default_factory=list)
    """For each utterance, whether a turn ended before its last word."""
    pauses: list[bool] = field(default_factory=list)
    """For each pause inside, whether a turn ended in it."""
    late_ms: list[float] = field(default_factory=list)
    """How long after the last word the turn ended."""

    def take(self, one: Utterance, ends_ms: list[tuple[float, float]]) -> None:
        """What was found in an utterance: where turns ended, and how much later that was known."""
        inside = [at for at, _ in ends_ms if at < one.ends_ms - VAGUE_MS]
        self.cut.append(bool(inside))
        self.pauses += [any(begin <= at <= end + VAGUE_MS for at in inside) for begin, end in one.pauses]
        self.late_ms += [at + took - one.ends_ms for at, took in ends_ms if at >= one.ends_ms - VAGUE_MS][:1]

    def row(self, name: str) -> list[str]:
        """For the table."""
        median, p95 = np.percentile(self.late_ms, (50, 95))
        long = sum(one > LONG_MS for one in self.late_ms)
        counts = [f"{sum(one)} of {len(one)}" if one else "" for one in (self.cut, self.pauses)]
        return [name, *counts, f"{median:.0f} ms", f"{p95:.0f} ms", f"{100 * long / len(self.late_ms):.0f} %"]


class TimedModel:
    """The model, which is asked once about each sound."""

    def __init__(self, state: Path) -> None:
        self._model = SmartTurn(smart_turn_file(state))
        self._model.probability(np.zeros(0, np.int16))
        self._known: dict[bytes, tuple[float, float]] = {}

    def judge(self, said: Samples) -> tuple[float, float]:
        """As a ``Judge``."""
        key = hashlib.sha256(said.tobytes()).digest()
        if key not in self._known:
            began = time.perf_counter()
            probability = self._model.probability(said)
            self._known[key] = probability, (time.perf_counter() - began) * 1000
        return self._known[key]

    @property
    def median_ms(self) -> float:
        """What an answer takes."""
        return float(np.median([took for _, took in self._known.values()]))


def ends(one: Utterance, way: Way, judge: Judge) -> list[tuple[float, float]]:
    """Where turns end in an utterance that comes in pieces of 20 ms, and how long the model took to say so, ms."""
    detector = TurnDetector(way.settings)
    found: list[tuple[float, float]] = []
    for start in range(0, one.sound.size, _PIECE):
        events, took_ms = detector.push(one.sound[start : start + _PIECE]), 0.0
        while detector.question is not None:
            probability, took_ms = judge(detector.question)
            events += detector.answer(probability >= way.threshold)
        found += [(event.end_ms, took_ms) for event in events if isinstance(event, SpeechOffset)]
    return found


def compared(thresholds: Iterable[float]) -> list[Way]:
    """The ways that are compared."""
    smart = TurnSettings(silence_duration_ms=SMART_SILENCE_MS, ask_after_ms=ASK_AFTER_MS)
    silences = [Way(f"silence, {ms} ms", TurnSettings(silence_duration_ms=ms)) for ms in (300, 500, 800)]
    return [*silences, *(Way(f"smart, from {threshold:g} on", smart, threshold) for threshold in thresholds)]


def material(options: argparse.Namespace) -> Iterable[Utterance]:
    """Everything that is said."""
    for voice in voices(options.voice, options.kept):
        count = options.count if "espeak" not in voice.name else options.count // 2
        yield from spoken(voice, sentences(options.checkout, voice.language, count))
    if options.human is not None:
        yield from people(options.human)


def arguments() -> argparse.Namespace:
    """What is wanted."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.endpointing")
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--human", type=Path)
    parser.add_argument("--voice", action="append", default=[])
    parser.add_argument("--kept", type=Path, default=Path("build/endpointing"))
    parser.add_argument("--count", type=int, default=60, help="sentences a voice; half as many for espeak-ng")
    parser.add_argument("--threshold", type=float, action="append", default=[])
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    return options


def main() -> None:
    """Measure and print."""
    options = arguments()
    model, ways = TimedModel(options.state), compared(options.threshold or [COMPLETE])
    found: dict[str, dict[str, Found]] = {}
    for one in material(options):
        group = PEOPLE if one.kind == PEOPLE else "espeak-ng" if "espeak" in one.voice else one.voice
        for way in ways:
            turned = ends(one, way, model.judge)
            for title in dict.fromkeys((f"{one.kind}: {group}", f"{one.kind}: all voices")):
                found.setdefault(title, {}).setdefault(way.name, Found()).take(one, turned)
    for title in sorted(found, key=lambda one: one.endswith("all voices")):
        table(title, _HEADS, [part.row(name) for name, part in found[title].items()])
    print(f"\nan answer takes {model.median_ms:.0f} ms")


if __name__ == "__main__":
    main()
