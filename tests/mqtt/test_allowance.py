"""So many at once, so many a second, and one word about each flood."""

from hypothesis import given
from hypothesis import strategies as st

from speaker.mqtt.allowance import Allowance


def test_burst_is_taken_and_then_the_rate() -> None:
    allowance = Allowance(per_s=10, burst=5)
    assert [allowance.take(100.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert allowance.wait_s() == 0.1
    assert [allowance.take(100.1 + 1e-6) for _ in range(2)] == [True, False]
    assert sum(allowance.take(110.0) for _ in range(20)) == 5


def test_flood_is_told_once_until_it_is_over() -> None:
    allowance = Allowance(per_s=10, burst=4)
    told = 0
    for number in range(400):
        if not allowance.take(number / 100):
            told += allowance.begins()
    assert told == 1
    assert allowance.take(100.0)
    for _ in range(10):
        if not allowance.take(100.0):
            told += allowance.begins()
    assert told == 2


@given(st.lists(st.floats(0, 0.5), max_size=200))
def test_never_more_than_it_says(pauses: list[float]) -> None:
    allowance = Allowance(per_s=3, burst=6)
    now, taken = 0.0, 0
    for pause in pauses:
        now += pause
        taken += allowance.take(now)
    assert taken <= 6 + 3 * now + 1e-6
