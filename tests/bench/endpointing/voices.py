"""Who says the sentences: the offline voice, espeak-ng in several languages, and programs that write a WAV file."""

import hashlib
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.offline.speech.synthesiser import Synthesiser

ESPEAK: Final = {
    "en": ("en-us+m1", "en-gb+f3"), "de": ("de+m3", "de+f2"), "fr": ("fr+f4",), "es": ("es+m2",), "nl": ("nl+f1",),
    "it": ("it+m7",),
}  # fmt: skip
"""Voices of espeak-ng for each language."""

TRIMMED_DB: Final = 45.0
"""What is so much softer than the loudest moment is no part of a word."""

_PIECE: Final = WAKE_HZ // 100


@dataclass(frozen=True)
class Speaking:
    """A voice."""

    name: str
    language: str
    say: Callable[[str], Samples]
    """Text to int16 samples at 16 kHz, without silence before or behind."""


def voices(programs: list[str], kept: Path) -> list[Speaking]:
    """All of them; ``programs`` speak English."""
    synthesiser = Synthesiser()

    def hibari(text: str) -> Samples:
        return trimmed(pcm.resample(np.concatenate(list(synthesiser.speak(text))), SESSION_HZ, WAKE_HZ))

    made = [Speaking("hibari", "en", hibari)]
    for one in programs:
        name, _, command = one.partition("=")
        made.append(Speaking(name, "en", _program(command, kept)))
    for language, names in ESPEAK.items():
        made += [
            Speaking(f"espeak-ng {name}", language, _program(f"espeak-ng -v {name} -w {{file}} {{text}}", kept))
            for name in names
        ]
    return made


def trimmed(sound: Samples) -> Samples:
    """Without the silence before the first word and behind the last."""
    whole = sound[: sound.size - sound.size % _PIECE].reshape(-1, _PIECE).astype(np.float64)
    level = 10 * np.log10(np.mean(whole**2, axis=1) + 1)
    loud = np.flatnonzero(level > level.max() - TRIMMED_DB)
    return sound[loud[0] * _PIECE : (loud[-1] + 1) * _PIECE]


def _program(command: str, kept: Path) -> Callable[[str], Samples]:
    def say(text: str) -> Samples:
        file = kept / f"{hashlib.sha256(repr((command, text)).encode()).hexdigest()[:24]}.wav"
        if not file.exists():
            words = [one.format(text=text, file=file) for one in shlex.split(command)]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sound, hz = soundfile.read(file, dtype="int16")
        return trimmed(pcm.resample(sound, hz, WAKE_HZ))

    return say
