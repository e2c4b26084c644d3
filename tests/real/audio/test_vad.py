"""Voice activity: probabilities of real speech, and the laws of turns."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speaker.audio.model_files import ModelFile, Wheel
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples, ms_to_samples, resample
from speaker.audio.vad import (
    MIN_SPEECH_MS,
    SILERO,
    WINDOW_MS,
    SileroVad,
    SpeechOffset,
    SpeechOnset,
    TurnDetector,
    TurnEvent,
    Turns,
    TurnSettings,
)
from speaker.errors import ModelError
from speaker.offline.speech.synthesiser import Synthesiser

PROBABILITIES = st.lists(st.floats(0, 1), max_size=150)
SETTINGS = st.builds(
    TurnSettings,
    threshold=st.floats(0.05, 1),
    prefix_padding_ms=st.integers(0, 1000),
    silence_duration_ms=st.integers(1, 1000),
)


@pytest.fixture(scope="module")
def speech() -> Samples:
    spoken = np.concatenate(list(Synthesiser().speak("Turn on the sofa lamp in the living room.")))
    return resample(spoken, SESSION_HZ, WAKE_HZ)


def silence(ms: int) -> Samples:
    return np.zeros(ms_to_samples(ms, WAKE_HZ), np.int16)


def from_first_sound(spoken: Samples) -> Samples:
    """24 kHz in; as soon as anything is heard, the detector is asked again."""
    said = resample(spoken, SESSION_HZ, WAKE_HZ)
    return said[np.argmax(np.abs(said) > 300) :]


def noise(ms: int, amplitude: float) -> Samples:
    values = np.random.default_rng(7).standard_normal(ms_to_samples(ms, WAKE_HZ)) * amplitude
    return values.astype(np.int16)


def times(events: list[TurnEvent]) -> Iterator[int]:
    for event in events:
        yield event.start_ms if isinstance(event, SpeechOnset) else event.end_ms


def run(turns: Turns, probabilities: list[float]) -> list[TurnEvent]:
    return [event for p in probabilities if (event := turns.push(p)) is not None]


def test_speech_is_likely_and_silence_is_not(speech: Samples) -> None:
    heard = SileroVad().push(speech)
    assert len(heard) == speech.size // 512
    assert np.mean(heard) > 0.6
    assert max(SileroVad().push(silence(2000))) < 0.1
    assert max(SileroVad().push(noise(2000, 300))) < 0.5


def test_voice_behind_silence_that_was_skipped_is_noticed_as_soon_as_behind_any() -> None:
    voice = Synthesiser()
    orders = [np.concatenate(list(voice.speak(text))) for text in ("Stop.", "Wait a moment.", "How long is it?")]

    def windows_until_noticed(said: Samples, lead_ms: int, *, skipped: bool) -> int:
        detector, turns = SileroVad(), Turns(TurnSettings())
        quiet = silence(1_000 + lead_ms)
        (detector.skip if skipped else detector.push)(quiet)
        return next(number for number, chance in enumerate(detector.push(said)) if turns.push(chance))

    cases = [(from_first_sound(order), lead_ms) for order in orders for lead_ms in (0, 9, 17, 25)]
    skipped = sum(windows_until_noticed(said, lead_ms, skipped=True) for said, lead_ms in cases)
    heard = sum(windows_until_noticed(said, lead_ms, skipped=False) for said, lead_ms in cases)
    assert skipped <= heard + len(cases) / 2


def test_one_turn_with_the_times_of_the_protocol(speech: Samples) -> None:
    detector = TurnDetector()
    events = detector.push(np.concatenate([silence(1000), speech, silence(1000)]))
    spoken_ms = speech.size * 1000 / WAKE_HZ
    assert [type(event) for event in events] == [SpeechOnset, SpeechOffset]
    start_ms, end_ms = times(events)
    assert 700 <= start_ms <= 1100
    assert 1000 + spoken_ms <= end_ms + 300
    assert end_ms <= 1000 + spoken_ms + 600
    assert not detector.speaking


def test_start_is_never_before_the_first_sample(speech: Samples) -> None:
    events = TurnDetector(TurnSettings(prefix_padding_ms=5000)).push(speech)
    assert events[0] == SpeechOnset(0)


def test_two_turns_do_not_overlap(speech: Samples) -> None:
    detector = TurnDetector(TurnSettings(prefix_padding_ms=3000, silence_duration_ms=300))
    events = detector.push(np.concatenate([speech, silence(700), speech, silence(700)]))
    assert [type(event) for event in events] == [SpeechOnset, SpeechOffset] * 2
    assert list(times(events)) == sorted(times(events))
    assert events[2] == SpeechOnset(next(iter(times(events[1:2]))))


def test_neither_silence_nor_noise_nor_a_click_is_a_turn() -> None:
    click = silence(1000)
    click[8000:8040] = 20_000
    sound = np.concatenate([silence(500), noise(2000, 30), noise(1000, 300), click])
    assert TurnDetector().push(sound) == []


def test_settings_may_change_while_listening(speech: Samples) -> None:
    detector = TurnDetector(TurnSettings(silence_duration_ms=5000))
    assert len(detector.push(np.concatenate([speech, silence(1000)]))) == 1
    detector.settings = TurnSettings(silence_duration_ms=200)
    (stop,) = detector.push(silence(300))
    assert isinstance(stop, SpeechOffset)


def test_reset_forgets_the_turn_and_keeps_the_clock(speech: Samples) -> None:
    detector = TurnDetector(TurnSettings(prefix_padding_ms=5000))
    detector.push(speech)
    detector.reset()
    assert not detector.speaking
    assert detector.now_ms == speech.size * 1000 // WAKE_HZ
    events = detector.push(np.concatenate([silence(1000), speech, silence(1000)]))
    assert [type(event) for event in events] == [SpeechOnset, SpeechOffset]
    assert detector.now_ms - 3000 - speech.size / 16 <= next(times(events)) <= detector.now_ms


@settings(deadline=None, max_examples=15)
@given(cuts=st.lists(st.integers(1, 3000), min_size=1, max_size=60))
def test_events_do_not_depend_on_how_the_samples_are_cut(speech: Samples, cuts: list[int]) -> None:
    sound = np.concatenate([silence(300), speech, silence(600)])
    detector, events, at = TurnDetector(), [], 0
    for cut in cuts:
        events += detector.push(sound[at : at + cut])
        at = min(at + cut, sound.size)
    events += detector.push(sound[at:])
    assert events == TurnDetector().push(sound)


@given(SETTINGS, PROBABILITIES)
def test_starts_and_stops_alternate_and_time_goes_on(rules: TurnSettings, probabilities: list[float]) -> None:
    events = run(Turns(rules), probabilities)
    assert all(isinstance(event, SpeechOnset) for event in events[::2])
    assert all(isinstance(event, SpeechOffset) for event in events[1::2])
    assert list(times(events)) == sorted(times(events))
    assert all(0 <= ms <= len(probabilities) * WINDOW_MS for ms in times(events))


@given(SETTINGS, PROBABILITIES)
def test_nothing_below_the_threshold_or_too_short_starts_a_turn(
    rules: TurnSettings, probabilities: list[float]
) -> None:
    below = [min(p, rules.threshold * 0.999) for p in probabilities]
    assert run(Turns(rules), below) == []
    too_short = MIN_SPEECH_MS // WINDOW_MS - 1
    clicks = [p if i % (too_short + 1) else 0.0 for i, p in enumerate(probabilities)]
    assert run(Turns(rules), clicks) == []


@given(SETTINGS, PROBABILITIES)
def test_a_turn_always_ends_in_silence(rules: TurnSettings, probabilities: list[float]) -> None:
    turns = Turns(rules)
    run(turns, probabilities)
    run(turns, [0.0] * (rules.silence_duration_ms // WINDOW_MS + 1))
    assert not turns.speaking


def test_a_missing_model_says_which_package_brings_it() -> None:
    gone = ModelFile(SILERO.wheel, "resources/models/gone.onnx", SILERO.sha256)
    with pytest.raises(ModelError, match=r"gone\.onnx.*pip install.*openwakeword==0\.4\.0"):
        gone.locate()
    nowhere = ModelFile(Wheel("no-such-thing", "1.0", "no_such_thing"), "a.onnx", SILERO.sha256)
    with pytest.raises(ModelError, match=r"no package no_such_thing.*no-such-thing==1\.0.*not installed"):
        nowhere.locate()


def test_a_damaged_model_is_refused() -> None:
    damaged = ModelFile(SILERO.wheel, SILERO.path, "0" * 64)
    with pytest.raises(ModelError, match=r"silero_vad\.onnx is damaged.*openwakeword==0\.4\.0"):
        damaged.locate()
    assert SILERO.locate().stat().st_size > 1_000_000
