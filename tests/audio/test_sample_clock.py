"""The clock of a sound device: found through stamps that jitter, kept over its streams, and a slip is told once."""

import numpy as np
import pytest

from speaker.audio.pcm import FRAME_SAMPLES, WAKE_HZ
from speaker.audio.sample_clock import AGREEING, SampleClock


def run(clock: SampleClock, ppm: float, seconds: float, *, jitter_ms: float = 5.0, late_s: float = 0.0) -> float:
    """Stamp frames of a device that is so much too fast; the error of the last place, ms."""
    random = np.random.default_rng(1)
    true_s = wrong = 0.0
    for _ in range(round(seconds * WAKE_HZ / FRAME_SAMPLES)):
        jitter_s = random.uniform(-jitter_ms, jitter_ms) / 1000
        wrong = clock.place(100 + late_s + true_s + jitter_s, FRAME_SAMPLES) - WAKE_HZ * (100 + late_s + true_s)
        true_s += FRAME_SAMPLES / (WAKE_HZ * (1 + ppm / 1e6))
    return wrong * 1000 / WAKE_HZ


@pytest.mark.parametrize("ppm", [-500, -300, 0, 100, 500])
def test_the_drift_is_found_through_the_jitter(ppm: float) -> None:
    clock = SampleClock()
    wrong_ms = run(clock, ppm, 60)
    assert abs(wrong_ms) < 2
    assert clock.length == pytest.approx(1 / (1 + ppm / 1e6), abs=40e-6)
    assert clock.variance < 40e-6**2


def test_it_is_kept_over_the_streams_of_a_device() -> None:
    clock = SampleClock()
    run(clock, 300, 60)
    clock.restart()
    assert clock.next is None
    run(clock, 300, 2)
    assert clock.length == pytest.approx(1 / 1.0003, abs=60e-6)


def test_stamps_that_are_known_to_lie_elsewhere_are_no_other_pace() -> None:
    """A gap of 12 ms, or sound that is fetched in other lumps."""
    known, unknown = SampleClock(), SampleClock()
    for clock in (known, unknown):
        run(clock, 0, 60, jitter_ms=1)
    known.unsettle()
    for clock in (known, unknown):
        begins_s = (clock.next or 0) / WAKE_HZ + 0.012
        for number in range(1_500):
            clock.place(begins_s + number * 0.02, 320)
    assert abs(known.length - 1) < 3e-6
    assert abs(unknown.length - 1) > abs(known.length - 1)
    assert known.next == pytest.approx(WAKE_HZ * (begins_s + 30), abs=16)


@pytest.mark.parametrize("late_s", [-0.08, 0.08, 0.5])
def test_a_slip_moves_the_stream_once(late_s: float) -> None:
    told: list[bool] = []
    clock = SampleClock(lambda: told.append(True))
    run(clock, 0, 20)
    there = clock.next
    assert there is not None
    now_s = there / WAKE_HZ + late_s
    for number in range(3 * AGREEING):
        clock.place(now_s + number * FRAME_SAMPLES / WAKE_HZ, FRAME_SAMPLES)
    assert told == [True]
    assert clock.next == pytest.approx(WAKE_HZ * now_s + 3 * AGREEING * FRAME_SAMPLES, abs=WAKE_HZ / 200)


def test_a_single_late_stamp_moves_nothing() -> None:
    clock = SampleClock()
    run(clock, 0, 20, jitter_ms=0)
    before = clock.next
    assert before is not None
    place = clock.place(before / WAKE_HZ + 0.3, FRAME_SAMPLES)
    assert place == pytest.approx(before, abs=1e-6)
