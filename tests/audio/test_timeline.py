"""Sound that is late, and sound that is missing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from speaker.audio.timeline import Timeline

PIECE_S = 0.02


def told(begins_s: list[float]) -> int:
    timeline = Timeline()
    return sum(timeline.push(one, PIECE_S) for one in begins_s)


def steady(pieces: int, ppm: float = 0.0) -> NDArray[np.float64]:
    return np.array([100 + at * PIECE_S * (1 + ppm / 1e6) for at in range(pieces)], np.float64)


@pytest.mark.parametrize("ppm", [0, 400, -400])
def test_steady_sound_misses_nothing_for_an_hour(ppm: float) -> None:
    jitter = np.random.default_rng(1).uniform(0, 0.01, 180_000)
    assert told(list(steady(180_000, ppm) + jitter)) == 0


@pytest.mark.parametrize("late_s", [0.05, 0.14, 0.3])
def test_what_is_late_and_catches_up_is_not_missing(late_s: float) -> None:
    begins = steady(500)
    begins[200:210] += late_s
    assert told(list(begins)) == 0


@pytest.mark.parametrize("missing_s", [0.06, 0.3, 5.0])
def test_what_was_dropped_is_told_once(missing_s: float) -> None:
    begins = steady(500)
    begins[200:] += missing_s
    assert told(list(begins)) == 1


@pytest.mark.parametrize("break_s", [1.1, 1.5, 60.0])
def test_sound_behind_a_long_break_has_time_to_catch_up(break_s: float) -> None:
    begins = steady(300)
    late = np.array([begins[-1] + break_s + at * PIECE_S + max(0.0, 0.2 - 0.02 * at) for at in range(100)])
    assert told([*begins, *late]) <= 1  # what was missing meanwhile, and nothing of what came late


def test_each_loss_is_told() -> None:
    begins = steady(900)
    begins[200:] += 0.1
    begins[500:] += 0.1
    assert told(list(begins)) == 2
