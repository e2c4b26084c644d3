"""How often the rules of this machine act wrongly when they are asked first, on the sentences of their own tests.

``python -m tests.bench.local`` prints, for sentences as written and as heard from two synthetic voices, clean and
in noise: commands carried out rightly, left to the service, and carried out wrongly; and foreign sentences (those
that must not lead to any action) that led to one. No row may be read as a rate among real people.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples, decode_wav, resample
from speaker.offline.speech.recogniser import Recogniser
from speaker.offline.speech.synthesiser import Synthesiser
from speaker.offline.understanding.tool_schema import Call
from tests.offline.test_intent_engine import BRAIN, COMMANDS, FOREIGN, each

NOISES_DB = (12.0, 3.0)
"""Speech over pink noise."""

Hearing = Callable[[str], str]
"""A sentence → the words that reach the rules."""


def hearings(noises_db: Sequence[float] = NOISES_DB) -> Iterator[tuple[str, Hearing]]:
    """As written, and as recognised from each voice that is here."""
    yield "as written", lambda words: words
    recogniser, random = Recogniser(), np.random.default_rng(0)
    hibari = Synthesiser()
    voices: dict[str, Callable[[str], Samples]] = {
        "hibari": lambda words: resample(np.concatenate(list(hibari.speak(words))), SESSION_HZ, WAKE_HZ)
    }
    if shutil.which("espeak-ng"):
        voices["espeak-ng"] = _espeak
    for name, voice in voices.items():
        yield f"{name}, clean", lambda words, voice=voice: recogniser.hear(voice(words)).text  # type: ignore[misc]
        for db in noises_db:
            yield (
                f"{name}, {db:g} dB",
                lambda words, voice=voice, db=db: (  # type: ignore[misc]
                    recogniser.hear(in_noise(voice(words), db, random)).text
                ),
            )


def _espeak(words: str) -> Samples:
    done = subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "--stdout", words], capture_output=True, check=True)
    return decode_wav(done.stdout, WAKE_HZ)


def in_noise(sound: Samples, db: float, random: np.random.Generator) -> Samples:
    """Sound (int16, 16 kHz) so many dB above pink noise."""
    spectrum = np.fft.rfft(random.standard_normal(sound.size))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1))
    noise = np.fft.irfft(spectrum, sound.size)
    loud = np.sqrt(np.mean(np.square(sound.astype(np.float64))) / np.mean(np.square(noise)))
    mixed = sound + noise * loud * 10 ** (-db / 20)
    clipped: Samples = np.clip(mixed, -32768, 32767).astype(np.int16)
    return clipped


def measure(hear: Hearing, understand: Callable[[str], tuple[Call, ...]]) -> tuple[int, int, list[str], list[str]]:
    """Commands done rightly, commands left, commands done wrongly, and foreign sentences that led to an action."""
    right, left, wrong = 0, 0, []
    for calls, sentences in COMMANDS:
        for words in each(sentences):
            done = list(understand(heard := hear(words)))
            right, left = right + (done == calls), left + (not done)
            if done and done != calls:
                wrong.append(f"{words!r} heard as {heard!r}: {done}")
    acted = ((words, hear(words), list(understand(hear(words)))) for words in each(FOREIGN))
    false = [f"{words!r} heard as {heard!r}: {done}" for words, heard, done in acted if done]
    return right, left, wrong, false


def main() -> None:
    """Print the table, and every wrong action below it."""
    commands, foreign = sum(len(each(sentences)) for _, sentences in COMMANDS), len(each(FOREIGN))
    mistakes: list[str] = []
    print(f"{commands} commands, {foreign} foreign sentences")
    print(f"{'heard':16} {'rules':9} {'right':>6} {'left':>6} {'wrong':>6} {'foreign acted on':>17}")
    for name, hear in hearings():
        remembered: dict[str, str] = {}

        def once(words: str, hear: Hearing = hear, remembered: dict[str, str] = remembered) -> str:
            return remembered.setdefault(words, hear(words)) if words not in remembered else remembered[words]

        rules: list[tuple[str, Callable[[str], tuple[Call, ...]]]] = [
            ("confident", BRAIN.confident),
            ("all", lambda words: BRAIN.reply(words).calls),
        ]
        for rule, understand in rules:
            right, left, wrong, false = measure(once, understand)
            print(f"{name[:16]:16} {rule:9} {right:>6} {left:>6} {len(wrong):>6} {len(false):>17}", flush=True)
            mistakes += [f"{name}, {rule}: {one}" for one in (*wrong, *false)]
    print("\n".join(mistakes))


if __name__ == "__main__":
    main()
