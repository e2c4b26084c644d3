"""The features by which a sentence is judged: as Whisper's own extractor makes them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.audio.pcm import WAKE_HZ, Samples
from speaker.audio.recent_sound import RecentSound
from speaker.audio.smart_turn import HEARD_SAMPLES, whisper_features


def chirp(count: int) -> Samples:
    """A tone that rises, and one that stays."""
    at = np.arange(count) / WAKE_HZ
    rising = 8000 * np.sin(2 * np.pi * (120 * at + 300 * at * at))
    made: Samples = np.round(rising + 400 * np.sin(2 * np.pi * 2500 * at)).astype(np.int16)
    return made


@pytest.mark.parametrize(
    ("count", "mean", "right"),
    [
        # What transformers 5's WhisperFeatureExtractor (chunk_length=8, do_normalize) says of eight seconds that end
        # with this sound and begin with zeros: band, frame of 10 ms → value.
        (24_000, -0.08953, {(0, 0): -0.0614, (3, 640): -0.1406, (10, 700): 1.8199, (79, 799): 0.0095}),
        (128_000, -0.15624, {(0, 0): 1.5543, (20, 799): -0.1828, (40, 760): -0.3224, (50, 400): 1.6082}),
        (150_000, -0.194, {(0, 0): 0.8185, (20, 799): -0.2051, (79, 799): 0.1753, (50, 400): 0.9323}),
    ],
)  # fmt: skip
def test_features_are_whispers(count: int, mean: float, right: dict[tuple[int, int], float]) -> None:
    found = whisper_features(chirp(count))
    assert found.shape == (80, 800)
    assert found.dtype == np.float32
    assert {place: round(float(found[place]), 4) for place in right} == pytest.approx(right, abs=2e-4)
    assert float(found.mean()) == pytest.approx(mean, abs=1e-4)


@pytest.mark.parametrize("count", [0, 1, 150, 399, 1_600, 20_001, HEARD_SAMPLES - 7, HEARD_SAMPLES])
def test_what_is_left_out_before_the_sound_changes_nothing(count: int) -> None:
    """Frames of silence before it are alike and made once; made of zeros that were heard, they are the same."""
    sound = chirp(count)
    heard = np.concatenate([np.zeros(HEARD_SAMPLES - count, np.int16), sound])
    assert np.allclose(whisper_features(sound), whisper_features(heard), atol=1e-5)


def test_the_last_eight_seconds_count() -> None:
    sound = chirp(HEARD_SAMPLES + 5_000)
    assert np.array_equal(whisper_features(sound), whisper_features(sound[5_000:]))


def test_silence_has_features_too() -> None:
    assert np.isfinite(whisper_features(np.zeros(HEARD_SAMPLES, np.int16))).all()


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 60), st.integers(0, 80))
def test_recent_sound_is_the_end_of_all(sizes: list[int], most: int, count: int) -> None:
    recent, sound = RecentSound(most), np.arange(sum(sizes), dtype=np.int16)
    for piece in np.split(sound, np.cumsum(sizes)[:-1]) if sizes else []:
        recent.push(piece)
    wanted = min(count, most, sound.size)
    assert recent.last(count).tolist() == sound[sound.size - wanted :].tolist()
    recent.clear()
    assert recent.last(count).size == 0
