"""Channel, offset, gain, and a microphone that is dead."""

import numpy as np
import pytest
from numpy.typing import NDArray

from speaker.audio import pcm
from speaker.audio.capture import ChannelPicker, DcFilter, DeadWatch, Gain, capture_shapes, channel_levels
from speaker.audio.capture_choice import Channel
from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES, WAKE_HZ, Samples

RANDOM = np.random.default_rng(7)


def noise(dbfs: float, count: int = FRAME_SAMPLES) -> Samples:
    samples: Samples = np.rint(RANDOM.standard_normal(count) * 32768 * 10 ** (dbfs / 20)).astype(np.int16)
    return samples


def dithered(count: int = FRAME_SAMPLES) -> Samples:
    """Silence as a card with 32 bits gives it: -1, 0 and 1."""
    return RANDOM.integers(-1, 2, count, np.int16)


def together(*channels: Samples) -> Samples:
    every: NDArray[np.int16] = np.stack(channels, axis=1)
    return every.reshape(-1)


@pytest.mark.parametrize(
    ("wanted", "inputs", "hardware", "first"),
    [
        ("auto", 2, True, (16_000, 2)), ("auto", 1, True, (16_000, 1)), ("auto", 8, True, (16_000, 8)),
        ("auto", 32, False, (16_000, 1)), ("auto", 128, True, (16_000, 8)), ("mix", 2, True, (16_000, 2)),
        ("mix", 1, True, (16_000, 1)), (2, 2, True, (16_000, 2)), (5, 6, True, (16_000, 5)),
    ],
)  # fmt: skip
def test_card_is_opened_with_what_is_needed_of_it(
    wanted: Channel, inputs: int, hardware: bool, first: tuple[int, int]
) -> None:
    shapes = capture_shapes(wanted, inputs, 48_000, 16_000, hardware=hardware)
    assert shapes[0] == first
    assert all(channels <= inputs for _, channels in shapes)
    assert {hz for hz, _ in shapes} == {16_000, 48_000, 44_100, 32_000, 96_000}


def test_channel_is_never_one_that_the_card_does_not_have() -> None:
    assert capture_shapes(3, 2, 48_000, 16_000, hardware=True) == []


def test_microphone_that_is_wired_to_the_right_is_heard() -> None:
    picker = ChannelPicker("auto", 2, WAKE_HZ)
    voice = noise(-30)
    heard = [picker.push(together(dithered(), voice)) for _ in range(40)]
    assert picker.taken == 1
    assert np.array_equal(heard[-1], voice)


def test_channel_that_hears_is_kept_although_another_is_louder() -> None:
    picker = ChannelPicker("auto", 2, WAKE_HZ)
    for _ in range(60):
        picker.push(together(noise(-60), noise(-20)))
    assert picker.taken == 0


def test_nothing_is_chosen_among_dead_channels() -> None:
    picker = ChannelPicker("auto", 2, WAKE_HZ)
    for _ in range(60):
        picker.push(together(dithered(), dithered()))
    assert picker.taken == 0


def test_channel_by_number_and_both_together() -> None:
    left, right = noise(-20), noise(-30)
    assert np.array_equal(ChannelPicker(2, 2, WAKE_HZ).push(together(left, right)), right)
    mixed = ChannelPicker("mix", 2, WAKE_HZ).push(together(left, right))
    assert np.max(np.abs(mixed - (left.astype(np.int32) + right) / 2)) <= 1
    assert channel_levels(together(left, right), 2) == pytest.approx([-20, -30], abs=0.5)


def test_offset_is_no_loudness() -> None:
    quiet, dc = noise(-60, 100 * FRAME_SAMPLES), DcFilter()
    shifted = (quiet + 3_000).astype(np.int16)
    cleaned = [dc.push(shifted[at : at + FRAME_SAMPLES]) for at in range(0, shifted.size, FRAME_SAMPLES)]
    assert pcm.level_dbfs(shifted) > -21
    assert pcm.level_dbfs(np.concatenate(cleaned[2:])) == pytest.approx(-60, abs=1)


def test_sound_without_an_offset_is_not_touched() -> None:
    dc = DcFilter()
    for dbfs in (-70, -40, -20, -10):
        for _ in range(50):
            frame = noise(dbfs)
            frame -= np.int16(round(float(np.mean(frame))))
            assert dc.push(frame) is frame


def test_gain_in_decibels() -> None:
    assert pcm.level_dbfs(Gain(12.0).push(noise(-40))) == pytest.approx(-28, abs=0.5)
    frame = noise(-40)
    assert Gain(0.0).push(frame) is frame


def minutes(gain: Gain, count: int, speech_dbfs: float, room_dbfs: float) -> None:
    """Minutes in a room with a sentence of three seconds in each."""
    frames = 60_000 // FRAME_MS
    for _ in range(count):
        for at in range(frames):
            gain.push(noise(speech_dbfs if at % frames < 40 else room_dbfs))


def test_soft_microphone_is_raised_step_by_step_until_speech_is_loud_enough() -> None:
    gain = Gain("auto")
    minutes(gain, 1, speech_dbfs=-62, room_dbfs=-82)
    assert gain.gain_db == Gain.STEP_DB
    minutes(gain, 8, speech_dbfs=-62, room_dbfs=-82)
    assert gain.gain_db == 24


def test_microphone_that_is_loud_enough_and_a_room_without_speech_are_left_alone() -> None:
    for speech_dbfs, room_dbfs in ((-35, -70), (-70, -70), (-90, -96)):
        gain = Gain("auto")
        minutes(gain, 3, speech_dbfs, room_dbfs)
        assert gain.gain_db == 0


def test_gain_falls_at_once_when_it_would_overdrive() -> None:
    gain = Gain("auto")
    minutes(gain, 5, speech_dbfs=-62, room_dbfs=-82)
    for _ in range(5):
        gain.push(noise(-20))
    assert gain.gain_db <= Gain.STEP_DB


def test_zeros_are_noticed_opened_anew_once_and_told_of_once() -> None:
    watch = DeadWatch(1.0)
    told = [watch.push(dithered() if at % 2 else np.zeros(FRAME_SAMPLES, np.int16)) for at in range(60)]
    assert [one for one in told if one != "alive"] == ["reopen", "dead"]
    dead_before = watch.dead
    assert watch.push(noise(-70)) == "back"
    assert (dead_before, watch.dead) == (True, False)
    assert watch.gates, "it came back by itself: somebody may have pressed its switch"


def test_softest_room_is_not_dead_and_a_watch_can_be_left_out() -> None:
    watch = DeadWatch(1.0)
    assert {watch.push(noise(-80)) for _ in range(100)} == {"alive"}
    assert {DeadWatch(None).push(np.zeros(FRAME_SAMPLES, np.int16)) for _ in range(2_000)} == {"alive"}
