"""Rooms, clocks and voices: does the speaker interrupt itself, and does it hear who talks over it?

``python -m tests.bench.rooms [--minutes 1.3]``, faster than real time: a story is told in simulated rooms by several
voices, on sound devices whose clocks differ, behind the echo test that a start begins with. Over the last part of it
somebody talks. Voices of espeak-ng are added where it is installed.
"""

import argparse
import io
import shutil
import subprocess
from collections.abc import Iterator
from typing import Final

import numpy as np
import soxr

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.offline.speech.recogniser import Recogniser
from speaker.offline.speech.synthesiser import Synthesiser
from speaker.wake.detector import WakeWords, open_word
from tests.bench import table
from tests.support.simulated_room import Clocks, Room
from tests.support.told_story import Outcome, Talker, tell

ROOMS: Final = {
    "20 ms, -20 dB": Room(20, -20, 150),
    "80 ms, -10 dB": Room(80, -10, 200),
    "400 ms, -6 dB": Room(400, -6, 400),
}
CLOCKS_PPM: Final = (0, 100, -300, 500)
STORY: Final = (
    "Once upon a time there was a lighthouse keeper who lived alone on a rock in the sea. Every evening he climbed "
    "the stairs and lit the lamp. Ships went by, and sometimes he waved, although nobody could see him. One night "
    "the fog came so thick that the light could not get through it. He took his old horn and began to blow. Far "
    "away somebody answered him. It was a small boat with a girl in it, who had lost her way. "
)
OVER: Final = (
    "Turn off the kitchen light please.",
    "How long is the train ride to Berlin?",
    "Set a timer for ten minutes.",
)
TALKER_DBFS: Final = -26.0
"""How loud the microphone hears who talks over the story."""

TALKER_S: Final = 6.0
"""From one of them to the next."""


class Voices:
    """Several voices out of few."""

    def __init__(self) -> None:
        self._heart = Synthesiser()

    def names(self) -> list[str]:
        """What there is on this machine."""
        more = ["espeak en-gb", "espeak en-us+f3"] if shutil.which("espeak-ng") else []
        return ["heart", "heart, deeper", "heart, higher", *more]

    def speak(self, name: str, text: str) -> Samples:
        """Int16, 24 kHz, peak 0.6."""
        match name.split():
            case ["espeak", variant]:
                run = subprocess.run(["espeak-ng", "-v", variant, "--stdout", text], capture_output=True, check=True)
                samples = pcm.decode_wav(_whole(run.stdout), SESSION_HZ)
            case [_, "deeper"]:
                samples = self._pitched(text, 0.8)
            case [_, "higher"]:
                samples = self._pitched(text, 1.2)
            case _:
                samples = np.concatenate(list(self._heart.speak(text)))
        return pcm.amplify(samples, 0.6 * 32767 / float(np.abs(samples.astype(np.float32)).max()))

    def _pitched(self, text: str, pitch: float) -> Samples:
        slow = np.concatenate(list(self._heart.speak(text, speed=1 / pitch))).astype(np.float32)
        return pcm.from_float(soxr.resample(slow, SESSION_HZ * pitch, SESSION_HZ) / 32767)


def _whole(wav: bytes) -> bytes:
    """espeak-ng does not know how long its sound will be when it writes the head."""
    data = wav.index(b"data") + 8
    return pcm.encode_wav(pcm.from_bytes(wav[data:]), int.from_bytes(io.BytesIO(wav[24:28]).read(), "little"))


def at_level(samples: Samples, dbfs: float) -> Samples:
    """The same at 16 kHz, so loud where it sounds."""
    heard = pcm.resample(samples, SESSION_HZ, WAKE_HZ)
    return pcm.amplify(heard, 10 ** ((dbfs - pcm.level_dbfs(heard[np.abs(heard) > 300])) / 20))


def understood(recogniser: Recogniser, heard: Samples, clean: Samples) -> float:
    """Share of the words in the clean sound that are recognised in what was kept of it."""
    wanted, got = (_words(recogniser.hear(one).text) for one in (clean, heard))
    return sum(word in got for word in wanted) / max(1, len(wanted))


def _words(text: str) -> list[str]:
    return "".join(letter for letter in text.lower() if letter.isalnum() or letter == " ").split()


def scenes(voices: Voices, minutes: float) -> Iterator[tuple[str, Samples, list[Talker]]]:
    """Each voice, its story, and who talks over the end of it: another voice."""
    names = voices.names()
    for number, name in enumerate(names):
        once = voices.speak(name, STORY)
        needed = minutes * 60 + TALKER_S * (len(OVER) + 1)
        story = np.tile(once, 1 + int(needed * SESSION_HZ / once.size))[: round(needed * SESSION_HZ)]
        other = names[(number + 1) % len(names)]
        yield (
            name,
            story,
            [
                Talker(minutes * 60 + TALKER_S * (at + 1), at_level(voices.speak(other, text), TALKER_DBFS))
                for at, text in enumerate(OVER)
            ],
        )


def row(where: str, voice: str, ppm: int, outcome: Outcome, words: float) -> list[str]:
    """One line of the table."""
    noticed = f"{sum(outcome.noticed)}/{len(outcome.noticed)}"
    counts = [str(len(outcome.interruptions)), noticed, str(outcome.mistaken), f"{100 * words:.0f}"]
    levels = [f"{outcome.residue_db:.0f}", f"{outcome.voice_db:.0f}", f"{outcome.frame_ms:.1f}"]
    return [where, voice, f"{ppm:+d}", outcome.mode, *counts, *levels]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.3, help="length of the undisturbed story")
    minutes = parser.parse_args().minutes
    recogniser, words = Recogniser(), WakeWords([open_word("hey_jarvis", 0.5, 1)], refractory_s=1.5)
    rows: list[list[str]] = []
    for voice, story, talkers in scenes(Voices(), minutes):
        for where, room in ROOMS.items():
            for ppm in CLOCKS_PPM:
                outcome = tell(words, story, room, Clocks.apart(ppm), talkers)
                shares = [
                    understood(recogniser, kept, one.sound) for kept, one in zip(outcome.kept, talkers, strict=True)
                ]
                rows.append(row(where, voice, ppm, outcome, float(np.mean(shares))))
                print("  ".join(rows[-1]), flush=True)
    head = ["room", "voice", "ppm", "test", "false", "noticed", "own", "words %", "judged dB", "voice dB", "ms"]
    table(f"A story of {minutes:g} min, and three sentences over it", head, rows)


if __name__ == "__main__":
    main()
