"""The recogniser on real speech, on silence and on noise; and the whole way from words to words."""

import re
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz import fuzz

from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples, amplify, decode_wav, ms_to_samples, resample
from speaker.audio.vad import SpeechOffset, SpeechOnset, TurnDetector
from speaker.offline.speech.recogniser import CONFIDENCE_FLOOR, NOTHING, TOKENIZER, Recogniser, read_pieces
from speaker.offline.speech.synthesiser import Synthesiser
from speaker.offline.understanding.intent_engine import IntentEngine
from tests.support.daemon_scenes import STORY
from tests.support.memory import growth_mb
from tests.support.real_parts import require_file

LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
"""Sentences of a novel, read by a person (Debian's pocketsphinx-testdata)."""

INSTRUCTIONS = """Devices, by room:
- kitchen: Ceiling (light), Thermostat (climate)
- living room: Sofa lamp (light)
- elsewhere: Movie night (scene)"""


def tool(name: str, **properties: str) -> dict[str, object]:
    schema = {key: {"type": kind} for key, kind in properties.items()}
    return {"type": "function", "name": name, "parameters": {"type": "object", "properties": schema}}


TOOLS = [
    tool("set_light", light="string", room="string", on="boolean", brightness="integer"),
    tool("set_temperature", degrees="number", room="string", thermostat="string"),
    tool("activate_scene", scene="string"),
    tool("get_weather"),
    tool("end_conversation"),
]


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


@pytest.fixture(scope="module")
def voice() -> Synthesiser:
    return Synthesiser()


def say(voice: Synthesiser, text: str) -> Samples:
    return resample(np.concatenate(list(voice.speak(text))), SESSION_HZ, WAKE_HZ)


def letters(text: str) -> str:
    return " ".join(re.findall(r"[a-z]+", text.lower()))


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        ("Turn on the sofa lamp.", [("set_light", {"light": "Sofa lamp", "on": True})]),
        ("Sofa lamp to forty percent.", [("set_light", {"light": "Sofa lamp", "on": True, "brightness": 40})]),
        ("Switch the kitchen ceiling off.", [("set_light", {"light": "Ceiling", "on": False})]),
        ("Make it twenty one degrees in the kitchen.", [("set_temperature", {"room": "kitchen", "degrees": 21})]),
        ("Activate movie night.", [("activate_scene", {"scene": "Movie night"})]),
        ("What's the weather like?", [("get_weather", {})]),
        ("Thank you, that's all.", [("end_conversation", {})]),
        (
            "Turn on the sofa lamp and set the kitchen to nineteen degrees.",
            [
                ("set_light", {"light": "Sofa lamp", "on": True}),
                ("set_temperature", {"room": "kitchen", "degrees": 19}),
            ],
        ),
        ("Who painted the ceiling of the chapel?", []),
        ("Order a pizza for tomorrow.", []),
    ],
)
def test_from_spoken_words_to_calls(
    voice: Synthesiser, recogniser: Recogniser, words: str, calls: list[tuple[str, dict[str, object]]]
) -> None:
    pause = np.zeros(ms_to_samples(1000, WAKE_HZ), np.int16)
    sound = np.concatenate([pause, say(voice, words), pause])
    started, stopped = TurnDetector().push(sound)
    assert isinstance(started, SpeechOnset)
    assert isinstance(stopped, SpeechOffset)
    turn = sound[ms_to_samples(started.start_ms, WAKE_HZ) : ms_to_samples(stopped.end_ms, WAKE_HZ)]
    heard = recogniser.hear(turn)
    assert heard.confidence > CONFIDENCE_FLOOR
    reply = IntentEngine(INSTRUCTIONS, TOOLS).reply(heard.text)
    assert [(call.name, dict(call.arguments)) for call in reply.calls] == calls
    assert bool(reply.text) is not bool(calls)


def test_it_hears_the_same_words_quietly(voice: Synthesiser, recogniser: Recogniser) -> None:
    loud = say(voice, "Turn off all the lights.")
    assert letters(recogniser.hear(loud).text) == "turn off all the lights"
    assert letters(recogniser.hear(amplify(loud, 0.02)).text) == "turn off all the lights"


def test_each_call_stands_for_itself(voice: Synthesiser, recogniser: Recogniser) -> None:
    first, second = say(voice, "Turn on the lamp."), say(voice, "Good morning, everybody.")
    before = recogniser.hear(first)
    recogniser.hear(second)
    assert recogniser.hear(first) == before


def test_silence_and_scraps_are_nothing(recogniser: Recogniser) -> None:
    loud = np.full(ms_to_samples(150, WAKE_HZ), 5000, np.int16)
    assert recogniser.hear(np.zeros(0, np.int16)) == NOTHING
    assert recogniser.hear(np.zeros(WAKE_HZ, np.int16)) == NOTHING
    assert recogniser.hear(loud) == NOTHING


@pytest.mark.parametrize("amplitude", [30, 300, 3000])
@pytest.mark.parametrize("seconds", [0.3, 1, 3])
def test_noise_is_not_words(recogniser: Recogniser, amplitude: float, seconds: float) -> None:
    random = np.random.default_rng(5)
    white = random.standard_normal(round(seconds * WAKE_HZ)) * amplitude
    assert recogniser.hear(white.astype(np.int16)).text == ""


def test_a_person_reading_a_novel(recogniser: Recogniser) -> None:
    require_file(LIBRIVOX)
    said = re.findall(r"<s> (.*) </s> \((.*)\)", (LIBRIVOX / "transcription").read_text("utf-8"))
    assert len(said) == 5
    for words, name in said:
        samples = decode_wav((LIBRIVOX / f"{name}.wav").read_bytes(), WAKE_HZ, name=name)
        heard = recogniser.hear(samples)
        assert fuzz.ratio(letters(heard.text), letters(words)) > 85, heard
        assert IntentEngine(INSTRUCTIONS, TOOLS).reply(heard.text).calls == ()


def test_long_speech_is_heard_to_its_end(voice: Synthesiser, recogniser: Recogniser) -> None:
    heard = recogniser.hear(say(voice, STORY * 2))
    assert heard.confidence > CONFIDENCE_FLOOR
    assert fuzz.ratio(letters(heard.text), letters(STORY * 2)) > 90, heard


def test_words_before_and_after_a_long_noise_are_heard(voice: Synthesiser, recogniser: Recogniser) -> None:
    noise = (np.random.default_rng(5).standard_normal(45 * WAKE_HZ) * 300).astype(np.int16)
    sound = np.concatenate([say(voice, "Good morning, everybody."), noise, say(voice, "Turn on the lamp.")])
    heard = letters(recogniser.hear(sound).text)
    assert heard.startswith("good morning everybody"), heard
    assert heard.endswith("turn on the lamp"), heard


def test_two_minutes_take_little_more_memory_than_five_seconds() -> None:
    """A television may keep a turn open for long."""
    first = (
        "import numpy as np\n"
        "from speaker.offline.speech.recogniser import Recogniser\n"
        "ears, noise = Recogniser(), (np.random.default_rng(5).standard_normal(120 * 16_000) * 300).astype(np.int16)\n"
        "ears.hear(noise[: 5 * 16_000])"
    )
    assert growth_mb(first, "ears.hear(noise)") < 300


def test_the_vocabulary_is_text() -> None:
    pieces = read_pieces(TOKENIZER.locate())
    assert len(pieces) == 32_768
    assert pieces[1] == pieces[2] == b""
    assert b" the" in pieces
    assert bytes([0x0A]) in pieces
