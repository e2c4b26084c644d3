"""When a speaker is deaf, and what it says of it."""

from speaker.daemon.deafness import Deafness
from speaker.language.phrasebook import ENGLISH_PHRASES


def looked(*hears: bool, dead: bool = False) -> tuple[list[bool], list[str]]:
    """What is found, look by look, and what is said."""
    said: list[str] = []
    left = list(hears)
    deafness = Deafness(lambda: left.pop(0), lambda: dead, said.append)
    return [deafness.look() for _ in hears], said


def test_who_never_had_a_microphone_is_not_deaf() -> None:
    assert looked(False, False, False) == ([True, True, True], [])


def test_who_had_one_is_and_says_so_once() -> None:
    assert looked(False, True, True, False, False) == ([True, True, True, False, False], [ENGLISH_PHRASES.own.deaf])


def test_a_microphone_that_is_back_may_be_lost_again() -> None:
    assert looked(True, False, True, False) == (
        [True, False, True, False],
        [ENGLISH_PHRASES.own.deaf, ENGLISH_PHRASES.own.deaf],
    )


def test_a_microphone_that_is_muted_is_told_of_once_and_needs_no_new_start() -> None:
    assert looked(True, True, True, dead=True) == ([True, True, True], [ENGLISH_PHRASES.own.silent])
