"""The speaker's own sounds: short, soft, never clipped; and the near-silence before them."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.audio.chimes import Chime, chime, lead_in
from speaker.audio.pcm import SESSION_HZ, Samples, level_dbfs, ms_to_samples, samples_to_ms

CHIMES = get_args(Chime)
SHORT = [name for name in CHIMES if name != "timer"]

RATES = st.sampled_from([8_000, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000])


def length_ms(sound: Samples) -> float:
    return samples_to_ms(sound.size, SESSION_HZ)


def pitch_hz(sound: Samples) -> float:
    """The loudest frequency."""
    return float(np.argmax(np.abs(np.fft.rfft(sound)))) * SESSION_HZ / sound.size


def notes(sound: Samples, *lengths_ms: int) -> list[Samples]:
    return np.split(sound, [ms_to_samples(sum(lengths_ms[:at]), SESSION_HZ) for at in range(1, len(lengths_ms))])


def test_these_are_the_sounds() -> None:
    assert set(CHIMES) == {"wake", "listened", "done", "error", "timer", "muted", "unmuted", "announcement"}


@pytest.mark.parametrize("name", CHIMES)
def test_a_chime_is_loud_enough_and_never_clipped(name: Chime) -> None:
    sound = chime(name)
    assert sound.dtype == np.int16
    assert sound.ndim == 1
    peak = int(np.abs(sound.astype(np.int32)).max())
    assert 0.3 * 32767 < peak <= 0.5 * 32767
    assert level_dbfs(sound) > -20


@pytest.mark.parametrize("name", SHORT)
def test_it_keeps_nobody_waiting(name: Chime) -> None:
    assert 80 <= length_ms(chime(name)) <= 400


def test_that_the_turn_was_taken_is_told_in_passing() -> None:
    assert length_ms(chime("listened")) == min(length_ms(chime(name)) for name in CHIMES)


@pytest.mark.parametrize("name", CHIMES)
def test_it_begins_and_ends_in_silence_without_a_click(name: Chime) -> None:
    sound = chime(name).astype(np.int32)
    assert sound[0] == sound[-1] == 0
    edge = ms_to_samples(2, SESSION_HZ)
    assert max(np.abs(sound[:edge]).max(), np.abs(sound[-edge:]).max()) < 0.1 * 32767
    assert np.abs(np.diff(sound)).max() < 0.3 * 32767  # between its notes too
    assert abs(float(sound.mean())) < 0.01 * 32767


def test_each_sounds_different() -> None:
    assert len({chime(name).tobytes() for name in CHIMES}) == len(CHIMES)


@pytest.mark.parametrize(
    ("name", "lengths_ms", "rises"),
    [("wake", (70, 110), True), ("muted", (70, 120), False), ("unmuted", (70, 120), True)],
)
def test_on_goes_up_and_off_goes_down(name: Chime, lengths_ms: tuple[int, int], rises: bool) -> None:
    first, second = notes(chime(name), *lengths_ms)
    assert (pitch_hz(first) < pitch_hz(second)) is rises


def test_a_timer_is_two_rising_triads() -> None:
    sound = chime("timer")
    assert length_ms(sound) == pytest.approx(1200, abs=100)
    low, middle, high, pause, *again = notes(sound, 110, 110, 260, 160, 110, 110, 260)
    assert pitch_hz(low) < pitch_hz(middle) < pitch_hz(high)
    assert not pause.any()
    assert all(np.array_equal(one, other) for one, other in zip((low, middle, high), again, strict=True))


@pytest.mark.parametrize("name", CHIMES)
def test_nobody_can_spoil_it_for_the_next(name: Chime) -> None:
    with pytest.raises(ValueError, match="read-only"):
        chime(name)[0] = 1
    assert chime(name) is chime(name)


# What keeps a loudspeaker awake.


@given(st.integers(0, 2000), RATES)
def test_a_lead_in_cannot_be_heard_and_is_never_digital_silence(ms: int, hz: int) -> None:
    sound = lead_in(ms, hz)
    assert sound.dtype == np.int16
    assert sound.shape == (ms_to_samples(ms, hz),)
    assert not sound.size or (sound.min() >= -1 and sound.max() <= 1)
    changes = np.flatnonzero(sound)
    gaps = np.diff(np.concatenate([[-1], changes, [sound.size]]))
    assert gaps.max(initial=0) < 32  # a device that sleeps on zeros waits for far more of them
    assert level_dbfs(sound) < -90


@given(st.integers(0, 500), st.integers(0, 500), RATES)
def test_a_lead_in_is_always_the_same(ms: int, more_ms: int, hz: int) -> None:
    short, long = lead_in(ms, hz), lead_in(ms + more_ms, hz)
    assert np.array_equal(short, lead_in(ms, hz))
    assert np.array_equal(short, long[: short.size])


def test_a_lead_in_has_no_tone_and_no_offset() -> None:
    sound = lead_in(1000, 48_000).astype(np.float64)
    assert abs(sound.mean()) < 0.02
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    assert spectrum.max() < 20 * spectrum.mean()
    with pytest.raises(ValueError, match="read-only"):
        lead_in(1000, 48_000)[0] = 1
