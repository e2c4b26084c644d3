"""Impulse responses, and the convolution that goes on from piece to piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples, ms_to_samples
from speaker.demo.room_acoustics import DIRECT_DB, Convolver, Impulse, impulse_response

LEVEL = st.integers(-32768, 32767)
IMPULSES = arrays(np.float32, st.integers(1, 3_000), elements=st.floats(-2, 2, width=32))
RESPONSES = st.builds(
    impulse_response, st.floats(0, 50), st.floats(-40, 6), st.floats(0, 100), st.just(WAKE_HZ), st.integers(0, 9)
)
SOUNDS = st.integers(0, 5_000).flatmap(lambda count: arrays(np.int16, count, elements=LEVEL))


def by_definition(samples: Samples, impulse: Impulse) -> Samples:
    """The same with numpy's own convolution, which needs the whole."""
    if not samples.size:
        return samples
    whole = np.convolve(samples.astype(np.float64), impulse.astype(np.float64))[: samples.size]
    heard: Samples = np.clip(np.rint(whole), -32768, 32767).astype(np.int16)
    return heard


def in_pieces(samples: Samples, impulse: Impulse, cuts: list[int]) -> Samples:
    convolver = Convolver(impulse)
    pieces = [convolver.push(piece) for piece in np.split(samples, sorted(cut % (samples.size + 1) for cut in cuts))]
    return np.concatenate(pieces)


def far_apart(one: Samples, other: Samples) -> int:
    return int(np.max(np.abs(one.astype(np.int32) - other.astype(np.int32)), initial=0))


@given(SOUNDS, st.one_of(IMPULSES, RESPONSES), st.lists(st.integers(0, 5_000), max_size=20))
def test_pieces_give_what_the_whole_gives(samples: Samples, impulse: Impulse, cuts: list[int]) -> None:
    found = in_pieces(samples, impulse, cuts)
    assert found.dtype == np.int16
    assert found.shape == samples.shape
    assert far_apart(found, by_definition(samples, impulse)) <= 1


@given(SOUNDS, st.integers(1, 700))
def test_blocks_of_any_size_give_the_same(samples: Samples, size: int) -> None:
    impulse = impulse_response(5, 0, 40, WAKE_HZ, 3)
    found = in_pieces(samples, impulse, list(range(0, samples.size, size)))
    assert far_apart(found, by_definition(samples, impulse)) <= 1


@given(SOUNDS, st.integers(1, 400))
def test_one_impulse_passes_everything_on_at_once_or_later(samples: Samples, later: int) -> None:
    assert np.array_equal(Convolver(np.ones(1, np.float32)).push(samples), samples)
    impulse = np.zeros(later + 1, np.float32)
    impulse[later] = 1
    delayed = np.concatenate([np.zeros(later, np.int16), samples])[: samples.size]
    assert np.array_equal(Convolver(impulse).push(samples), delayed)


@given(st.integers(1, 2_000))
def test_too_loud_is_clipped_not_wrapped(count: int) -> None:
    loud = np.full(count, 32767, np.int16)
    assert np.all(Convolver(np.array([4], np.float32)).push(loud) == 32767)
    assert np.all(Convolver(np.array([-4], np.float32)).push(loud) == -32768)


def test_silence_follows_when_the_response_has_ended() -> None:
    impulse = impulse_response(80, -6, 200, SESSION_HZ, 1)
    convolver = Convolver(impulse)
    convolver.push(np.random.default_rng(1).integers(-30_000, 30_000, SESSION_HZ).astype(np.int16))
    rest = convolver.push(np.zeros(2 * impulse.size, np.int16))
    assert np.any(rest[: impulse.size - 1])
    assert not np.any(rest[impulse.size - 1 :])


@given(
    st.floats(0, 300), st.floats(-60, 12), st.floats(0, 500), st.sampled_from([8_000, WAKE_HZ, 48_000]), st.integers(0)
)
def test_response_is_what_was_asked_for(delay_ms: float, gain_db: float, decay_ms: float, hz: int, seed: int) -> None:
    impulse = impulse_response(delay_ms, gain_db, decay_ms, hz, seed)
    delay, count = ms_to_samples(delay_ms, hz), ms_to_samples(decay_ms, hz)
    assert impulse.dtype == np.float32
    assert impulse.shape == (delay + 1 + count,)
    assert not np.any(impulse[:delay])
    assert impulse[delay] > 0
    assert 10 * np.log10(np.sum(np.square(impulse, dtype=np.float64))) == pytest.approx(gain_db, abs=0.01)
    assert np.array_equal(impulse, impulse_response(delay_ms, gain_db, decay_ms, hz, seed))


@given(st.floats(20, 500), st.integers(0, 1_000))
def test_reflections_fall_by_60_db(decay_ms: float, seed: int) -> None:
    impulse = impulse_response(0, 0, decay_ms, WAKE_HZ, seed).astype(np.float64)
    direct, tail = impulse[0], impulse[1:]
    assert 10 * np.log10(direct**2 / np.sum(tail**2)) == pytest.approx(DIRECT_DB, abs=0.01)
    passed = np.arange(1, tail.size + 1) / tail.size
    # Uniform noise under an exponential: where the fall is taken back, its halves are equally loud.
    first, second = np.array_split(np.square(tail * 10 ** (3 * passed)), 2)
    assert abs(10 * np.log10(np.mean(first) / np.mean(second))) < 2


def test_another_seed_is_another_room() -> None:
    one, other = (impulse_response(0, 0, 100, WAKE_HZ, seed) for seed in (1, 2))
    assert not np.array_equal(one, other)
    assert abs(np.corrcoef(one[1:], other[1:])[0, 1]) < 0.2


def test_time_does_not_run_backwards() -> None:
    for delay_ms, decay_ms in ((-1, 100), (1, -100)):
        with pytest.raises(ValueError, match="negative"):
            impulse_response(delay_ms, 0, decay_ms, WAKE_HZ, 1)
