"""The change of rate that nobody waits for: beside the library's, and beside itself in other pieces."""

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from speaker.audio.live_resampler import LiveResampler
from speaker.audio.pcm import Samples

RATES = [(16_000, 24_000), (24_000, 48_000), (24_000, 44_100), (48_000, 16_000), (24_000, 16_000), (44_100, 16_000)]


def noise(count: int, seed: int = 1) -> Samples:
    samples: Samples = np.random.default_rng(seed).integers(-8_000, 8_000, count, np.int16)
    return samples


def tone(hz: float, rate: int, seconds: float = 0.5) -> Samples:
    wave: Samples = (12_000 * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)).astype(np.int16)
    return wave


def db(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    return float(10 * np.log10(np.mean(np.square(one)) / np.mean(np.square(other)) + 1e-12))


def whole(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    return LiveResampler(from_hz, to_hz).push(samples, last=True)


@settings(max_examples=40)
@given(st.sampled_from(RATES), st.lists(st.integers(0, 900), max_size=12))
def test_pieces_give_what_the_whole_gives(rates: tuple[int, int], sizes: list[int]) -> None:
    samples = noise(sum(sizes))
    stream, at, pieces = LiveResampler(*rates), 0, list[Samples]()
    for size in sizes:
        pieces.append(stream.push(samples[at : at + size]))
        at += size
    pieces.append(stream.push(samples[:0], last=True))
    assert np.array_equal(np.concatenate(pieces), whole(samples, *rates))


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_length_in_time_stays(from_hz: int, to_hz: int) -> None:
    for count in (1, 17, from_hz, from_hz + 1):
        assert abs(whole(noise(count), from_hz, to_hz).size - count * to_hz / from_hz) < 1


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_little_is_held_back(from_hz: int, to_hz: int) -> None:
    stream = LiveResampler(from_hz, to_hz)
    came = stream.push(noise(from_hz)).size
    assert 1 - came / to_hz < 0.0012


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
@pytest.mark.parametrize("hz", [200, 1_000, 3_400, 6_000])
def test_tones_are_those_of_the_library(from_hz: int, to_hz: int, hz: float) -> None:
    sound = tone(hz, from_hz)
    wanted = soxr.resample(sound.astype(np.float64), from_hz, to_hz, "VHQ")
    got = whole(sound, from_hz, to_hz).astype(np.float64)[: wanted.size]
    middle = slice(to_hz // 20, -to_hz // 20)
    assert db(got[middle] - wanted[: got.size][middle], wanted[middle]) < -48


@pytest.mark.parametrize(("from_hz", "to_hz"), [(48_000, 16_000), (24_000, 16_000), (44_100, 16_000)])
@pytest.mark.parametrize("hz", [9_000, 10_500])
def test_what_does_not_fit_is_dropped(from_hz: int, to_hz: int, hz: float) -> None:
    got = whole(tone(hz, from_hz), from_hz, to_hz).astype(np.float64)
    middle = slice(to_hz // 20, -to_hz // 20)
    assert db(got[middle], tone(1_000, to_hz).astype(np.float64)) < -55


def test_same_rate_passes_untouched() -> None:
    sound = noise(100)
    assert LiveResampler(16_000, 16_000).push(sound) is sound
