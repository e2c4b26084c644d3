"""The synthesiser, and what of a text is pronounced."""

import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.audio.pcm import SESSION_HZ, Samples, level_dbfs
from speaker.offline.speech.synthesiser import FILES, LONGEST_PHRASE, Synthesiser, phrases, speakable
from tests.support.memory import growth_mb


@pytest.fixture(scope="module")
def voice() -> Synthesiser:
    return Synthesiser()


def whole(voice: Synthesiser, text: str, speed: float = 1.0) -> Samples:
    return np.concatenate([np.zeros(0, np.int16), *voice.speak(text, speed=speed)])


def test_a_sentence_sounds(voice: Synthesiser) -> None:
    samples = whole(voice, "The sofa lamp is on.")
    assert samples.dtype == np.int16
    assert 1 < samples.size / SESSION_HZ < 4
    assert -40 < level_dbfs(samples) < -6


def test_sentences_come_one_by_one(voice: Synthesiser) -> None:
    sentences = list(voice.speak("The lamp is on. It is twenty one degrees in the kitchen. Goodbye!"))
    assert len(sentences) == 3
    assert all(sentence.size > SESSION_HZ // 3 for sentence in sentences)


def test_the_same_words_are_the_same_samples(voice: Synthesiser) -> None:
    first = whole(voice, "Movie night is on.")
    whole(voice, "Something else in between.")
    assert np.array_equal(whole(voice, "Movie night is on."), first)


def test_speed_changes_the_length(voice: Synthesiser) -> None:
    slow, normal, fast = (whole(voice, "It is raining outside.", speed).size for speed in (0.5, 1.0, 1.5))
    assert slow > 1.5 * normal
    assert fast < 0.8 * normal
    assert whole(voice, "Hi there.", 9.0).size == whole(voice, "Hi there.", 1.5).size


@pytest.mark.parametrize("text", ["", " \n ", "😀", "***", "---", "…"])
def test_nothing_to_say_is_no_sound(voice: Synthesiser, text: str) -> None:
    assert whole(voice, text).size == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is **on** 👍🏽 now.", "It is on now."),
        ("## Lights\n\n- kitchen\n* hall\n", "Lights\nkitchen\nhall"),
        ("Use `lamp` or [the manual](https://example.org/a?b=c).", "Use lamp or the manual."),
        ("See https://example.org/x for more.", "See a link for more."),
        ("21.5°C inside, 70 °F outside", "21.5 degrees inside, 70 degrees Fahrenheit outside"),
        ("the _sofa_ lamp, not sofa_lamp", "the sofa lamp, not sofa_lamp"),
        ("5 * 3 = 15, 20% off, $4", "5 3 = 15, 20% off, $4"),
        ("Don't\tworry: it's -5.", "Don't worry: it's -5."),
        ("1️⃣ first ☀️", "1 first"),
        ("Call 004912345678901.", "Call 0 0 4 9 1 2 3 4 5 6 7 8 9 0 1."),
    ],
)
def test_what_is_pronounced(text: str, said: str) -> None:
    assert speakable(text) == said


@given(st.text())
def test_only_printable_characters_are_pronounced(text: str) -> None:
    said = speakable(text)
    assert all(character.isprintable() or character == "\n" for character in said)
    assert not any(unicodedata.category(character) == "So" for character in said)


@given(st.lists(st.text("abcXYZ019.,?'éß", min_size=1, max_size=12), max_size=8))
def test_plain_words_stay_as_they_are(words: list[str]) -> None:
    said = " ".join(words)
    assert speakable(f"  {said} ") == (said if any(map(str.isalnum, said)) else "")


@given(st.text("ab,;: ", max_size=900), st.integers(4, 60))
def test_a_long_sentence_is_parted_between_its_words(sentence: str, longest: int) -> None:
    parts = list(phrases(sentence, longest))
    assert all(0 < len(part) <= longest for part in parts)
    assert "".join("".join(parts).split()) == "".join(sentence.split())
    if all(len(word) < longest for word in sentence.split()):
        assert " ".join(parts).split() == sentence.split()


def test_a_comma_is_the_place_to_part_at() -> None:
    clause = "and then the keeper lit the lamp"
    parts = list(phrases(", ".join([clause] * 12)))
    assert len(parts) > 1
    assert all(part.endswith(f"{clause},") for part in parts[:-1])


def test_a_sentence_without_an_end_is_spoken_in_pieces(voice: Synthesiser) -> None:
    """Many words without a full stop are what a machine writes, or whoever wants to keep another busy."""
    pieces = list(voice.speak("and then we went on " * 40))
    assert len(pieces) >= 4
    assert max(piece.size for piece in pieces) < 20 * SESSION_HZ


def test_slow_speech_is_no_longer_at_one_go(voice: Synthesiser) -> None:
    slow = max(piece.size for piece in voice.speak("and then we went on " * 15, speed=0.25))
    assert slow < 20 * SESSION_HZ


def test_a_sentence_of_any_length_takes_little_memory() -> None:
    first = (
        "from speaker.offline.speech.synthesiser import Synthesiser\n"
        "voice = Synthesiser()\n"
        f"list(voice.speak('and then we went on ' * {LONGEST_PHRASE // 20}))"
    )
    assert growth_mb(first, "list(voice.speak('and then we went on ' * 200))") < 60


def test_a_number_of_any_length_is_read(voice: Synthesiser) -> None:
    for text in ("1234567890" * 12, "123456789012 " * 12):
        pieces = list(voice.speak(text))
        assert sum(piece.size for piece in pieces) > 30 * SESSION_HZ
        assert max(piece.size for piece in pieces) < 30 * SESSION_HZ


def test_loading_needs_no_scikit_learn_and_no_native_speech_library() -> None:
    code = (
        "import sys; from speaker.audio.vad import TurnDetector; "
        "from speaker.offline.speech.recogniser import Recogniser; "
        "from speaker.offline.speech.synthesiser import Synthesiser; TurnDetector(); Recogniser(); Synthesiser(); "
        "print(sorted({name.split('.')[0] for name in sys.modules} & "
        "{'sklearn', 'openwakeword', 'moonshine_voice', 'torch'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_files_of_the_voice_are_known() -> None:
    assert all(file.locate().is_file() for file in FILES)
