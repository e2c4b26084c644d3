"""Where the pre-roll begins: nothing that was said behind the wake word is missing from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.audio.pcm import WAKE_HZ, Samples, ms_to_samples
from speaker.wake.pre_roll import LONG_PAUSE_MS, PAUSE_MS, SHORTEST_LAG_MS, WAKE_LAG_MS, preroll_start, word_end

LAG = ms_to_samples(WAKE_LAG_MS, WAKE_HZ)


def voiced(ms: int) -> Samples:
    t = np.arange(ms_to_samples(ms, WAKE_HZ))
    tone: Samples = np.rint(8000 * np.sin(t / 7)).astype(np.int16)
    return tone


def pause(ms: int) -> Samples:
    return np.zeros(ms_to_samples(ms, WAKE_HZ), np.int16)


def start_ms(*parts: Samples) -> float:
    """Milliseconds before the end at which the pre-roll begins."""
    sound = np.concatenate(parts)
    return (sound.size - preroll_start(sound)) / 16


def test_without_a_pause_all_that_may_be_the_command_is_kept() -> None:
    assert start_ms(voiced(1000)) == WAKE_LAG_MS


def test_a_pause_is_where_the_word_ended() -> None:
    assert start_ms(voiced(840), pause(80), voiced(80)) == 160


def test_a_pause_that_is_still_going_on_counts_as_well() -> None:
    assert start_ms(voiced(850), pause(150)) == 150


@pytest.mark.parametrize("closure_ms", [20, PAUSE_MS - 10])
def test_a_closure_inside_a_word_is_no_pause(closure_ms: int) -> None:
    assert start_ms(voiced(850), pause(closure_ms), voiced(150 - closure_ms)) == WAKE_LAG_MS


def test_a_late_pause_belongs_to_the_command() -> None:
    assert start_ms(voiced(930), pause(70)) == WAKE_LAG_MS


def test_a_noisy_room_has_no_pauses() -> None:
    noise = np.random.default_rng(0).normal(0, 600, ms_to_samples(1000, WAKE_HZ))
    sound = np.concatenate([voiced(840), pause(80), voiced(80)]) + noise
    assert preroll_start(sound.astype(np.int16)) == sound.size - LAG


@given(st.lists(st.integers(-32768, 32767), max_size=4000))
def test_it_never_begins_outside_and_never_too_late(samples: list[int]) -> None:
    sound = np.array(samples, np.int16)
    start = preroll_start(sound)
    assert 0 <= start <= max(0, sound.size - min(sound.size, ms_to_samples(SHORTEST_LAG_MS, WAKE_HZ)))
    assert start >= sound.size - LAG or start == 0


@pytest.mark.parametrize("pause_ms", [0, 40, 80, 100, 150, 400])
@pytest.mark.parametrize("late_ms", [-150, -60, 0, 50])
def test_long_pause_behind_the_word_is_its_end(pause_ms: int, late_ms: int) -> None:
    """The word ends ``late_ms`` after it was told of; what is said behind a pause is kept whole."""
    random = np.random.default_rng(5)

    def loud(ms: float) -> Samples:
        return random.integers(-6_000, 6_000, ms_to_samples(ms, WAKE_HZ), np.int16)

    rest = loud(200 + late_ms)
    after = np.concatenate([rest, np.zeros(ms_to_samples(pause_ms, WAKE_HZ), np.int16), loud(500)])
    end = word_end(loud(1_000), after, ms_to_samples(200, WAKE_HZ))
    assert end == (rest.size if pause_ms >= LONG_PAUSE_MS else 0)
