"""When the speaker connects again: soon after an accident, late when somebody else has its id."""

from speaker.mqtt.reconnecting import SHORT_LIVES, STEADY_S, TAKEN_OVER, ReconnectPlan


def test_after_a_long_life_it_comes_back_at_once() -> None:
    plan = ReconnectPlan("speaker-kitchen")
    for _ in range(10):
        assert plan.ended(STEADY_S, 0) == (1.0, "")


def test_short_lives_are_further_and_further_apart_and_said() -> None:
    plan = ReconnectPlan("speaker-kitchen")
    lives = [plan.ended(0.5, 0) for _ in range(12)]
    waits = [wait_s for wait_s, _ in lives]
    assert waits == sorted(waits)
    assert waits[0] == 1
    assert waits[-1] == 300
    said = [problem for _, problem in lives]
    assert said[: SHORT_LIVES - 1] == [""] * (SHORT_LIVES - 1)
    assert all("speaker have the same id" in problem and "speaker-kitchen" in problem for problem in said[2:])


def test_taken_place_is_left_for_a_minute_and_then_longer() -> None:
    plan = ReconnectPlan("speaker-kitchen")
    waits = []
    for _ in range(10):
        wait_s, problem = plan.ended(60.0, TAKEN_OVER)
        waits.append(wait_s)
        assert "two speakers have the same id" in problem
    assert waits[:3] == [60, 120, 240]
    assert waits[-1] == 1_800
    assert plan.ended(90_000.0, TAKEN_OVER)[0] == 60, "a day later it is another story"


def test_who_is_not_let_in_tries_twice_a_minute() -> None:
    plan = ReconnectPlan("speaker-kitchen")
    waits = [plan.turned_away() for _ in range(40)]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == 30
    plan.ended(100.0, 0)
    assert plan.turned_away() == 1
