"""Marks of the wake word: what woke the speaker, and what nearly did."""

from hypothesis import given
from hypothesis import strategies as st

from speaker.web.wake_marks import GAP_FRAMES, MARKS_KEPT_S, MOST_MARKS, NEAR_SCORE, WakeMark, WakeMarks


class _Hour:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.told: list[WakeMark] = []
        self.marks = WakeMarks(lambda: self.now, self.told.append)

    def take(self, *scores: float, woke: bool = False) -> None:
        for score in scores:
            self.marks.take(score, woke=woke)
            self.now += 0.08


QUIET = (0.0,) * GAP_FRAMES


def test_a_near_miss_is_one_mark_with_its_best_score() -> None:
    one = _Hour()
    one.take(0.0, 0.2, 0.41, 0.3, *QUIET)
    assert one.marks.last_hour() == [{"at": 1_000_000.1, "score": 0.41, "woke": False}]
    assert len(one.told) == 1


def test_a_dip_ends_no_mark_and_a_pause_does() -> None:
    one = _Hour()
    one.take(0.3, *QUIET[1:], 0.4, *QUIET, 0.2, *QUIET)
    assert [mark["score"] for mark in one.marks.last_hour()] == [0.4, 0.2]


def test_what_woke_the_speaker_is_marked_at_once() -> None:
    one = _Hour()
    one.take(0.4)
    one.take(0.93, woke=True)
    assert one.marks.last_hour() == [{"at": 1_000_000.0, "score": 0.93, "woke": True}]


def test_marks_of_an_hour_ago_are_not_shown() -> None:
    one = _Hour()
    one.take(0.3, *QUIET)
    one.now += MARKS_KEPT_S
    one.take(0.2, *QUIET)
    assert [mark["score"] for mark in one.marks.last_hour()] == [0.2]


@given(st.lists(st.floats(0, 1), max_size=300))
def test_every_score_that_comes_near_is_in_a_mark(scores: list[float]) -> None:
    one = _Hour()
    one.take(*scores, *QUIET)
    near = [score for score in scores if score >= NEAR_SCORE]
    assert len(one.told) <= len(near)
    assert max((mark.score for mark in one.told), default=0.0) == max(near, default=0.0)


def test_no_more_are_kept_than_there_is_room_for() -> None:
    one = _Hour()
    for _ in range(MOST_MARKS + 10):
        one.take(0.2, *QUIET)
    assert len(one.marks.last_hour()) == MOST_MARKS
