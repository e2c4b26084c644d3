"""How long an answer waits for somebody who may have begun to talk."""

from hypothesis import given
from hypothesis import strategies as st

from speaker.audio.pcm import PIECE_SAMPLES, WAKE_HZ
from speaker.listening.talk_guess import GUESSED, TalkGuess


def waits(signs: list[bool]) -> list[bool]:
    """Whether the answer waits after each piece."""
    guess = TalkGuess()
    return [guess.push(at * PIECE_SAMPLES, (at + 1) * PIECE_SAMPLES, stirring=one) for at, one in enumerate(signs)]


def pieces(samples: int) -> int:
    return samples // PIECE_SAMPLES


def test_answer_waits_at_the_first_sign() -> None:
    assert waits([False, False, True]) == [False, False, True]


def test_sign_that_flickers_is_one_sign() -> None:
    assert waits([True, False, True, False, True]) == [True] * 5


def test_noise_that_goes_on_holds_nothing_up_for_long() -> None:
    found = waits([True] * 500)
    assert found == [True] * pieces(GUESSED) + [False] * (500 - pieces(GUESSED))


def test_short_noise_lets_the_answer_go_on_soon() -> None:
    assert sum(waits([True] + [False] * 100)) < 10


def test_who_begins_later_is_believed_again() -> None:
    quiet = [False] * (pieces(WAKE_HZ) + 1)
    assert waits([True] * 100 + quiet + [True])[-1]


def test_other_answer_begins_anew() -> None:
    guess = TalkGuess()
    for at in range(100):
        guess.push(at * PIECE_SAMPLES, (at + 1) * PIECE_SAMPLES, stirring=True)
    guess.forget()
    assert guess.push(100 * PIECE_SAMPLES, 101 * PIECE_SAMPLES, stirring=True)


@given(st.lists(st.booleans(), max_size=400))
def test_nothing_holds_an_answer_up_for_longer_than_a_guess(signs: list[bool]) -> None:
    longest = run = 0
    for one in waits(signs):
        run = run + 1 if one else 0
        longest = max(longest, run)
    assert longest <= pieces(GUESSED)
