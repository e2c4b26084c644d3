"""Measure and print."""

import argparse
import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from speaker.audio.pcm import Samples
from speaker.audio.smart_turn import COMPLETE, SmartTurn, smart_turn_file
from speaker.audio.vad import SpeechOffset, TurnDetector, TurnSettings
from speaker.config.turn_detection import ASK_AFTER_MS, SMART_SILENCE_MS
from tests.bench import table
from tests.bench.endpointing.material import PEOPLE, Utterance, people, sentences, spoken
from tests.bench.endpointing.voices import voices

Judge = Callable[[Samples], tuple[float, float]]
"""A probability, and how long it took to find out, ms."""

LEAST_INSIDE_MS: Final = 100
"""An end before the last word by less is none inside the sentence: the voice detector is that vague."""


@dataclass
class Found:
    """What one way of finding ends did with one kind of material."""

    utterances: int = 0
    cut: int = 0
    """Utterances in which a turn ended before the last word."""
    pauses: int = 0
    cut_pauses: int = 0
    late_ms: list[float] = field(default_factory=list)
    """How long after the last word it ended; of utterances that were not cut, too."""
    answers_ms: list[float] = field(default_factory=list)

    def row(self, name: str) -> list[str]:
        """For the table."""
        median, p95 = (np.percentile(self.late_ms, share) for share in (50, 95)) if self.late_ms else (0, 0)
        pauses = f"{self.cut_pauses} of {self.pauses}" if self.pauses else ""
        return [name, f"{self.cut} of {self.utterances}", pauses, f"{median:.0f} ms", f"{p95:.0f} ms"]


def listen(one: Utterance, settings: TurnSettings, judge: Judge, threshold: float, found: Found) -> None:
    """Feed an utterance in pieces of 20 ms; an answer comes as much later as the model took."""
    detector, ends = TurnDetector(settings), []
    for start in range(0, one.sound.size, 320):
        events = detector.push(one.sound[start : start + 320])
        took_ms = 0.0
        while detector.question is not None:
            probability, took_ms = judge(detector.question)
            found.answers_ms.append(took_ms)
            events = [*events, *detector.answer(probability >= threshold)]
        ends += [(event.end_ms, took_ms) for event in events if isinstance(event, SpeechOffset)]
    found.utterances += 1
    inside = [at for at, _ in ends if at < one.ends_ms - LEAST_INSIDE_MS]
    found.cut += bool(inside)
    found.pauses += len(one.pauses)
    found.cut_pauses += sum(any(begin <= at <= end + 100 for at in inside) for begin, end in one.pauses)
    found.late_ms += [at + took - one.ends_ms for at, took in ends if at >= one.ends_ms - LEAST_INSIDE_MS][:1]


def ways(thresholds: Iterable[float]) -> list[tuple[str, TurnSettings, float]]:
    """The ways that are compared."""
    found = [(f"silence, {ms} ms", TurnSettings(silence_duration_ms=ms), 1.0) for ms in (300, 500, 800)]
    smart = TurnSettings(silence_duration_ms=SMART_SILENCE_MS, ask_after_ms=ASK_AFTER_MS)
    return [*found, *((f"smart, {threshold:g}", smart, threshold) for threshold in thresholds)]


def material(options: argparse.Namespace) -> Iterable[Utterance]:
    """Everything that is said."""
    for voice in voices(options.voice, options.kept):
        count = options.count if "espeak" not in voice.name else options.count // 2
        yield from spoken(voice, sentences(options.checkout, voice.language, count))
    if options.human is not None:
        yield from people(options.human)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--human", type=Path)
    parser.add_argument("--voice", action="append", default=[])
    parser.add_argument("--kept", type=Path, default=Path("build/endpointing"))
    parser.add_argument("--count", type=int, default=60, help="sentences a voice; half as many for espeak-ng")
    parser.add_argument("--threshold", type=float, action="append", default=[])
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    model = SmartTurn(smart_turn_file(options.state))
    model.probability(np.zeros(0, np.int16))
    known: dict[bytes, tuple[float, float]] = {}

    def judge(said: Samples) -> tuple[float, float]:
        key = hashlib.sha256(said.tobytes()).digest()
        if key not in known:
            began = time.perf_counter()
            probability = model.probability(said)
            known[key] = probability, (time.perf_counter() - began) * 1000
        return known[key]

    found: dict[tuple[str, str, str], Found] = defaultdict(Found)
    compared = ways(options.threshold or [COMPLETE])
    for one in material(options):
        group = "people" if one.kind == PEOPLE else "espeak-ng" if "espeak" in one.voice else one.voice
        for name, settings, threshold in compared:
            listen(one, settings, judge, threshold, found[one.kind, group, name])
    groups = list(dict.fromkeys((kind, group) for kind, group, _ in found))
    for kind, group in groups:
        rows = [found[kind, group, name].row(name) for name, _, _ in compared]
        table(f"{kind}: {group}", ["", "cut off", "pauses", "median", "p95"], rows)
    for kind in dict.fromkeys(kind for kind, _ in groups):
        rows = []
        for name, _, _ in compared:
            all_of = Found()
            for group in (group for other, group in groups if other == kind):
                part = found[kind, group, name]
                all_of.utterances += part.utterances
                all_of.cut += part.cut
                all_of.pauses += part.pauses
                all_of.cut_pauses += part.cut_pauses
                all_of.late_ms += part.late_ms
            rows.append(all_of.row(name))
        table(f"{kind}: all voices", ["", "cut off", "pauses", "median", "p95"], rows)
    took = [ms for one in found.values() for ms in one.answers_ms]
    print(f"\nan answer takes {np.median(took):.0f} ms (median of {len(took)})")


if __name__ == "__main__":
    main()
