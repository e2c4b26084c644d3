"""Which of the allowed answers somebody gave to a question of the speaker's own."""

from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

YES: Final = "yes"
NO: Final = "no"
YES_OR_NO: Final = (YES, NO)

_MEANS: Final = {
    YES: frozenset({
        "yes", "yeah", "yep", "yup", "yes please", "please do", "do it", "yes do it", "sure", "ok", "okay",
        "go ahead", "confirm", "confirmed", "of course", "certainly", "absolutely", "i confirm", "thats right", "right",
    }),
    NO: frozenset({
        "no", "nope", "nah", "no thanks", "no thank you", "dont", "do not", "no dont", "cancel", "stop", "never",
        "never mind", "better not", "not now", "please dont", "leave it",
    }),
}  # fmt: skip
"""Words that mean yes and no by themselves. A sentence that only begins so may mean anything."""

_CLOSE: Final = 80.0
"""From this likeness on, 0-100, words are taken for an answer that is no yes or no."""

LEAD: Final = 8.0
"""How much more like it than like any other."""


def match_answer(words: str, answers: Sequence[str]) -> str | None:
    """The answer that was meant; None when it was none of them, or might be two."""
    said = plain_answer(words)
    if not said:
        return None
    exact = [one for one in answers if plain_answer(one) == said]
    if exact:
        return exact[0]
    meant = [one for one in answers if said in _MEANS.get(plain_answer(one), ())]
    if meant:
        return meant[0]
    open_ones = [one for one in answers if plain_answer(one) not in _MEANS]
    named = [one for one in open_ones if f" {plain_answer(one)} " in f" {said} "]
    if len(named) == 1:
        return named[0]
    scored = sorted(((fuzz.ratio(said, plain_answer(one)), one) for one in open_ones), reverse=True)
    if not scored or scored[0][0] < _CLOSE or (len(scored) > 1 and scored[0][0] - scored[1][0] < LEAD):
        return None
    return scored[0][1]


def plain_answer(words: str) -> str:
    """Letters, digits and single spaces."""
    kept = "".join(letter for letter in words.casefold().replace("-", " ") if letter.isalnum() or letter.isspace())
    return " ".join(kept.split())
