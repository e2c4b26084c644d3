"""Which of the allowed answers somebody gave to a question of the speaker's own.

Yes and no are a language's forms of them, word for word; other answers may be said among other words.
"""

from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

from speaker.language.answer_forms import AnswerForms, plain_answer
from speaker.language.phrasebook import ENGLISH_PHRASES

YES: Final = "yes"
NO: Final = "no"
YES_OR_NO: Final = (YES, NO)
"""What programs call them, whatever the language."""

_CLOSE: Final = 80.0
"""From this likeness on, 0-100, words are taken for an answer that is no yes or no."""

LEAD: Final = 8.0
"""How much more like it than like any other."""


def match_answer(words: str, answers: Sequence[str], forms: AnswerForms = ENGLISH_PHRASES.answers) -> str | None:
    """The answer that was meant in the language of ``forms``; None when it was none of them, or might be two."""
    said = plain_answer(words)
    if not said:
        return None
    agreeing, refusing = {YES, plain_answer(forms.yes[0])}, {NO, plain_answer(forms.no[0])}
    for one in answers:
        plain = plain_answer(one)
        if plain in agreeing:
            meant = forms.mean_yes(words)
        elif plain in refusing:
            meant = forms.mean_no(words)
        else:
            meant = plain == said
        if meant:
            return one
    return _among_others(said, [one for one in answers if plain_answer(one) not in agreeing | refusing])


def pressed_answer(text: str, answers: Sequence[str], forms: AnswerForms = ENGLISH_PHRASES.answers) -> str | None:
    """The same for what a program sends, which may call an answer as it was given to it."""
    exact = [one for one in answers if plain_answer(one) == plain_answer(text)]
    return exact[0] if exact else match_answer(text, answers, forms)


def _among_others(said: str, answers: Sequence[str]) -> str | None:
    """The one of these answers, none of which is yes or no, that was said or nearly said."""
    named = [one for one in answers if f" {plain_answer(one)} " in f" {said} "]
    if len(named) == 1:
        return named[0]
    scored = sorted(((fuzz.ratio(said, plain_answer(one)), one) for one in answers), reverse=True)
    if not scored or scored[0][0] < _CLOSE or (len(scored) > 1 and scored[0][0] - scored[1][0] < LEAD):
        return None
    return scored[0][1]
