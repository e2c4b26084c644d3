"""Sentences with pauses in them, spoken by machines, and people who were recorded."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import yaml

from speaker.audio.pcm import WAKE_HZ, Samples, ms_to_samples, samples_to_ms
from tests.bench.endpointing.voices import Speaking

PAUSES_MS: Final = (250, 500, 750, 1000, 1500)
FEWEST_WORDS: Final = 5
AFTER_MS: Final = 3_000
"""Silence behind the last word."""

BEFORE_MS: Final = 400
NOISE: Final = 4.0
"""A quiet room, in steps of 16 bits."""

WHOLE, CUT, PREFIX = "as it is", "a pause cut in", "the beginning spoken for itself"
PEOPLE: Final = "people"


@dataclass(frozen=True)
class Utterance:
    """A turn as a microphone hears it."""

    kind: str
    voice: str
    text: str
    sound: Samples
    """int16, 16 kHz."""
    ends_ms: float
    """Where the last word ends."""
    pauses: tuple[tuple[float, float], ...] = ()
    """Silences inside, from and to, ms."""


def sentences(checkout: Path, language: str, count: int) -> list[str]:
    """So many test sentences of a language, of five words or more, always the same."""
    found = set()
    for file in sorted((checkout / "tests" / language).glob("*_*.yaml")):
        for test in yaml.safe_load(file.read_text("utf-8")).get("tests") or []:
            found |= {one for one in test.get("sentences", []) if len(one.split()) >= FEWEST_WORDS}
    return _dice(language).sample(sorted(found), min(count, len(found)))


def spoken(voice: Speaking, texts: list[str]) -> Iterator[Utterance]:
    """Each sentence as it is, with a pause cut in, and with its beginning spoken for itself."""
    for number, text in enumerate(texts):
        words = text.split()
        first = _dice(f"{voice.name} {text}").randrange(2, len(words))
        beginning, rest = " ".join(words[:first]), " ".join(words[first:])
        pause_ms = PAUSES_MS[number % len(PAUSES_MS)]
        whole, said, left = voice.say(text + "."), voice.say(beginning + ","), voice.say(rest + ".")
        yield _utterance(WHOLE, voice, text, [whole])
        at = quietest(whole, whole.size * said.size // (said.size + left.size))
        yield _utterance(CUT, voice, text, [whole[:at], whole[at:]], pause_ms)
        yield _utterance(PREFIX, voice, text, [said, left], pause_ms)


def quietest(sound: Samples, near: int) -> int:
    """The quietest moment within 0.2 s, which is most probably between two words."""
    size, reach = WAKE_HZ // 50, WAKE_HZ // 5
    begin, end = max(size, near - reach), min(sound.size - 2 * size, near + reach)
    power = np.convolve(sound.astype(np.float64) ** 2, np.ones(size), "valid")
    return begin + int(np.argmin(power[begin : max(begin + 1, end)])) + size // 2


def people(folder: Path) -> Iterator[Utterance]:
    """Recordings of people, with what was marked by hand as speech: name, then from, to, 1 or 0, again and again."""
    for marks in sorted(folder.glob("*.scv")):
        sound, hz = soundfile.read(marks.with_suffix(".wav"), dtype="int16")
        assert hz == WAKE_HZ
        told = [float(one) for one in marks.read_text().strip().split(",")[1:]]
        parts = list(zip(told[::3], told[1::3], told[2::3], strict=True))
        voiced = [index for index, part in enumerate(parts) if part[2]]
        inside = [part for part in parts[voiced[0] : voiced[-1]] if not part[2]]
        ends_ms = parts[voiced[-1]][1] * 1000
        heard = np.concatenate([sound[: ms_to_samples(ends_ms + 100, WAKE_HZ)], _room(AFTER_MS)])
        pauses = tuple((begin * 1000, end * 1000) for begin, end, _ in inside)
        yield Utterance(PEOPLE, marks.stem, marks.stem, heard, ends_ms, pauses)


def _dice(seed: str) -> random.Random:
    """The same chance each time."""
    return random.Random(seed)  # noqa: S311 - no secret depends on it


def _utterance(kind: str, voice: Speaking, text: str, parts: list[Samples], pause_ms: int = 0) -> Utterance:
    pieces, pauses = [_room(BEFORE_MS)], []
    for index, part in enumerate(parts):
        if index:
            begin = samples_to_ms(sum(one.size for one in pieces), WAKE_HZ)
            pauses.append((begin, begin + pause_ms))
            pieces.append(_room(pause_ms))
        pieces.append(_faded(part))
    ends_ms = samples_to_ms(sum(one.size for one in pieces), WAKE_HZ)
    return Utterance(kind, voice.name, text, np.concatenate([*pieces, _room(AFTER_MS)]), ends_ms, tuple(pauses))


def _room(ms: float) -> Samples:
    return np.random.default_rng(round(ms)).normal(0, NOISE, ms_to_samples(ms, WAKE_HZ)).astype(np.int16)


def _faded(sound: Samples) -> Samples:
    slope = np.ones(sound.size)
    ramp = np.linspace(0, 1, WAKE_HZ // 200)
    slope[: ramp.size] *= ramp
    slope[-ramp.size :] *= ramp[::-1]
    return (sound * slope).astype(np.int16)
