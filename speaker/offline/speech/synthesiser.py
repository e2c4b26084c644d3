"""Words to speech: the English voice "heart" of hibari, 24 kHz."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from speaker.audio.model_files import ModelFile, Wheel
from speaker.audio.pcm import Samples, from_float
from speaker.language.phrasebook import ENGLISH_PHRASES, VoiceWords

if TYPE_CHECKING:
    from hibari import Hibari

HIBARI: Final = Wheel("hibari-tts", "0.2.1", "hibari")
FILES: Final = (
    ModelFile(HIBARI, "assets/hibari.onnx", "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"),
    ModelFile(HIBARI, "assets/oov.onnx", "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76"),
    ModelFile(
        HIBARI,
        "assets/lexicon_us_gold.json.gz",
        "63ae94f8ef0e906d5b24fe9b59ffcbd1529aca5686a774610e43973cbaa86ad2",
    ),
    ModelFile(
        HIBARI,
        "assets/lexicon_us_silver.json.gz",
        "c4c2546ebf1eb07010331e7ef785a431aa17ba8e7bfb6b4af8d654ee96a71fd3",
    ),
    ModelFile(HIBARI, "assets/tagger.json.gz", "d2da7502284bbbe45d49e0b7ce3ce67bdab82254150f4317f1b8559b4d38d0eb"),
)

VOICE: Final = "heart"
"""The name of the voice."""

MODEL: Final = f"{HIBARI.requirement}, spoken part"
"""What makes it, and what becomes of it; with another one, the same text sounds different."""

SEED: Final = 0
"""The breath in the voice is noise; the same noise each time gives the same samples each time."""

SLOWEST: Final = 0.25
FASTEST: Final = 1.5

LONGEST_PHRASE: Final = 200
"""Characters that are spoken at one go at the natural pace, some ten seconds of sound. A longer sentence is parted: its
memory grows with the square of its length, and one of 20,000 characters would take 17 GB."""

_CLAUSE_END = re.compile(r".*[,;:]\s")
_LONG_NUMBER = re.compile(r"\d{13,}")
"""Numbers that no voice has a word for; they are read digit by digit."""

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ADDRESS = re.compile(r"https?://\S+")
_LINE_MARK = re.compile(r"^[ \t]*(?:#{1,6}|[-*+•]|>+|\|)[ \t]+", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:[-*_=|:][ \t]*){3,}$", re.MULTILINE)
_MARKS = re.compile(r"\*+|`+|~~|(?<!\w)_+|_+(?!\w)")
_DEGREES = re.compile(r"°\s*([CF]\b)?")


class Synthesiser:
    """The synthesiser. What it says is the same, sample by sample, whenever it says it."""

    def __init__(self) -> None:
        """Load the model and the pronunciations. Raises ModelError when a file is missing or damaged."""
        self._hibari = _load()

    def warm_up(self) -> None:
        """Say a word to nobody: the first words read the pronunciations, half a second's work."""
        for _ in self.speak("Ready."):
            pass

    def speak(self, text: str, *, speed: float = 1.0) -> Iterator[Samples]:
        """Int16 samples at 24 kHz, one array (n,) a sentence (or phrase of a long one), each as soon as it is made.

        ``speed`` is 0.25-1.5 times the natural pace; others are brought into that range. Text without
        anything to pronounce gives nothing.
        """
        pace = min(max(speed, SLOWEST), FASTEST)
        noise = np.random.default_rng(SEED)
        for sentence in self._hibari.split_sentences(speakable(text)):
            for phonemes in self._phonemes(sentence, round(LONGEST_PHRASE * min(1.0, pace))):
                sound = self._hibari.from_ids(self._hibari.ids(phonemes), pace, noise)
                if sound.size:
                    yield from_float(sound)

    def _phonemes(self, sentence: str, longest: int) -> Iterator[str]:
        """What is spoken at one go: parted as text, and again where few characters are many sounds, as in numbers."""
        for phrase in phrases(sentence, longest):
            for phonemes in self._hibari.phonemize(phrase):
                yield from phrases(phonemes, longest + longest // 2)


@cache
def _load() -> "Hibari":
    """The engine, once for everybody, for the reasons of ``open_session``; it remembers nothing either."""
    for file in FILES:
        file.locate()
    # Not at the top: it takes scipy along, and a missing package must be told as the ModelError above.
    import hibari  # noqa: PLC0415

    return hibari.Hibari()


def speakable(text: str, words: VoiceWords = ENGLISH_PHRASES.voice) -> str:
    """``text`` without what cannot be pronounced: Markdown, addresses, pictures and control characters.

    ``words`` stand in for addresses and degrees.
    """
    text = _ADDRESS.sub(words.link, _LINK.sub(r"\1", text))
    text = _MARKS.sub("", _LINE_MARK.sub("", _RULE.sub("", text)))
    text = _LONG_NUMBER.sub(lambda found: " ".join(found[0]), text)
    text = _DEGREES.sub(lambda found: f" {words.fahrenheit if found[1] == 'F' else words.degrees}", text)
    text = "".join(character for character in text if _pronounced(character))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if any(character.isalnum() for character in line))


def phrases(sentence: str, longest: int = LONGEST_PHRASE) -> Iterator[str]:
    """A sentence, or its parts of at most ``longest`` characters: up to a comma where there is one, else to a word."""
    rest = sentence.strip()
    while len(rest) > longest:
        head = rest[: longest + 1]
        clause = _CLAUSE_END.match(head, longest // 2)
        end = clause.end() if clause is not None else head.rfind(" ", 1) + 1 or longest
        yield rest[:end].strip()
        rest = rest[end:].strip()
    if rest:
        yield rest


def _pronounced(character: str) -> bool:
    category = unicodedata.category(character)
    picture = category in ("So", "Sk", "Me") or "\ufe00" <= character <= "\ufe0f"
    return character in "\n\t" or not (picture or category[0] == "C")
