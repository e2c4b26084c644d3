"""The many forms of yes, no and stop in one language, and what is none of them.

Only a whole sentence counts: "ja, aber nicht" is no yes, and what means yes in another language is none in this one.
"""

import unicodedata

from msgspec import Struct


class AnswerForms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What people say, as a phrase file has it: lower case, without punctuation."""

    yes: list[str]
    """The first is the one that the speaker asks for."""
    no: list[str]
    stop: list[str]
    """Said while something plays or rings."""

    def mean_yes(self, words: str) -> bool:
        """Whether somebody said yes and nothing else. Who asks back ("Yes?") did not."""
        asks = words.rstrip().endswith(("?", "？"))
        return not asks and _among(words, self.yes) and not _among(words, self.no)

    def mean_no(self, words: str) -> bool:
        """Whether somebody said no and nothing else."""
        return _among(words, self.no)

    def mean_stop(self, words: str) -> bool:
        """Whether somebody said stop and nothing else."""
        return _among(words, self.stop)


def plain_answer(words: str) -> str:
    """Letters, digits and single spaces; one spelling for letters that can be written in several ways."""
    spelled = unicodedata.normalize("NFKC", words).casefold().replace("-", " ")
    kept = "".join(letter for letter in spelled if letter.isalnum() or letter.isspace())
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _among(words: str, forms: list[str]) -> bool:
    said = plain_answer(words)
    known = {plain_answer(form) for form in forms}
    # Where a language has no spaces, whoever writes it down may put some all the same.
    return bool(said) and (_once(said) in known or said in known or (not said.isascii() and _closed(said) in known))


def _once(said: str) -> str:
    """What was said again and again, "stop stop stop", only once."""
    words = said.split()
    for count in range(1, len(words) // 2 + 1):
        if words == words[:count] * (len(words) // count):
            return " ".join(words[:count])
    return said


def _closed(said: str) -> str:
    """Chinese without spaces; anything else as it is."""
    ideographs = all(letter == " " or unicodedata.name(letter, "").startswith("CJK") for letter in said)
    return said.replace(" ", "") if ideographs else said
