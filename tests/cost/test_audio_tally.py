"""What of an answer was paid for and not heard."""

from hypothesis import given
from hypothesis import strategies as st

from speaker.cost.audio_tally import AudioTally, ItemAudio


def test_an_answer_that_was_heard_is_no_waste() -> None:
    tally = AudioTally()
    tally.deliver("a", 600)
    tally.deliver("a", 400)
    assert tally.made(["a"], billed_ms=1_050) == ItemAudio(1_050, 0)


def test_what_was_cut_is_waste_with_what_never_came() -> None:
    tally = AudioTally()
    tally.deliver("a", 3_000)
    tally.cut("a", 1_200)
    assert tally.made(["a"], billed_ms=5_000) == ItemAudio(5_000, 3_800)


def test_an_answer_that_was_silenced_before_it_began() -> None:
    assert AudioTally().made(["a"], billed_ms=2_000) == ItemAudio(2_000, 2_000)
    assert AudioTally().made([], billed_ms=0) == ItemAudio(0, 0)


def test_items_count_once_as_said_before() -> None:
    tally = AudioTally()
    tally.deliver("a", 1_000)
    tally.deliver("b", 500)
    assert tally.open_items == ["a", "b"]
    tally.complete(["a"])
    tally.complete(["a"])
    assert (tally.before_ms, tally.open_items) == (1_000, ["b"])
    tally.cut("c", 0)
    assert tally.open_items == ["b", "c"]


_ms = st.floats(0, 60_000)


@given(st.lists(st.tuples(st.sampled_from("ab"), _ms)), st.none() | _ms, _ms)
def test_nobody_hears_more_than_there_is(sounds: list[tuple[str, float]], cut: float | None, billed: float) -> None:
    tally = AudioTally()
    for item, ms in sounds:
        tally.deliver(item, ms)
    if cut is not None:
        tally.cut("a", cut)
    made = tally.made("ab", billed)
    assert 0 <= made.unheard_ms <= made.generated_ms
