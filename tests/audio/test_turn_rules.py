"""The rules for turns where somebody may be asked whether a sentence is complete."""

from hypothesis import given
from hypothesis import strategies as st

from speaker.audio.vad import WINDOW_MS, SpeechOffset, SpeechOnset, Turns, TurnSettings

ASKED = TurnSettings(silence_duration_ms=2_000, ask_after_ms=200)
TO_ASK = -(-200 // WINDOW_MS)
"""Windows of silence until a question."""


def said(turns: Turns, speech: int, silence: int) -> list[object]:
    return [event for p in [1.0] * speech + [0.0] * silence if (event := turns.push(p)) is not None]


def pause(turns: Turns) -> int | None:
    """Since when it is silent; asked anew each time."""
    return turns.pause_ms


def test_a_pause_is_known_from_the_asked_silence_on() -> None:
    turns = Turns(ASKED)
    said(turns, 20, TO_ASK - 1)
    assert pause(turns) is None
    turns.push(0.0)
    assert pause(turns) == 20 * WINDOW_MS
    turns.push(0.0)
    assert pause(turns) == 20 * WINDOW_MS


def test_a_word_ends_a_pause_and_the_next_one_is_another() -> None:
    turns = Turns(ASKED)
    said(turns, 20, TO_ASK)
    first = pause(turns)
    turns.push(1.0)
    assert pause(turns) is None
    said(turns, 0, TO_ASK)
    assert pause(turns) not in {None, first}


def test_a_finished_turn_ends_here_and_leaves_no_pause() -> None:
    turns = Turns(ASKED)
    said(turns, 20, TO_ASK)
    assert turns.finish() == SpeechOffset((20 + TO_ASK) * WINDOW_MS)
    assert (turns.speaking, pause(turns)) == (False, None)
    (again,) = said(turns, 20, 0)
    assert isinstance(again, SpeechOnset)
    assert again.start_ms >= (20 + TO_ASK) * WINDOW_MS


def test_nobody_is_asked_where_silence_decides() -> None:
    turns = Turns(TurnSettings(silence_duration_ms=2_000))
    said(turns, 20, 60)
    assert pause(turns) is None


@given(st.lists(st.floats(0, 1), max_size=150), st.integers(1, 600))
def test_questions_change_nothing_by_themselves(probabilities: list[float], after_ms: int) -> None:
    plain, asked = Turns(TurnSettings()), Turns(TurnSettings(ask_after_ms=after_ms))
    for probability in probabilities:
        assert plain.push(probability) == asked.push(probability)
        assert asked.pause_ms is None or asked.speaking
        assert asked.pause_ms is None or asked.now_ms - asked.pause_ms >= after_ms
        assert not asked.speaking or 0 < asked.lasts_ms <= asked.now_ms
