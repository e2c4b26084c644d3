"""A timer called by the length that it was set for: "the 5 minute timer", "my half hour pizza timer"."""

import re
from typing import Final

_NUMBERS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90,
}  # fmt: skip
_UNITS_S: Final = {"hour": 3600, "minute": 60, "second": 1}
_HALF: Final = re.compile(r"\bhalf (?:an? )?hour\b")
_COMPOUND: Final = re.compile(r"\b([2-9]0) ([1-9])\b")
_LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?) (hour|minute|second)s?\b(?: and)?")


def length_and_rest(name: str) -> tuple[float | None, str]:
    """The seconds that a name tells and the words beside them; None when it tells no length."""
    words = re.sub(r"[^\w. ]", " ", name.lower())
    words = " ".join(str(_NUMBERS.get(word, word)) for word in words.split())
    words = _COMPOUND.sub(lambda found: str(int(found[1]) + int(found[2])), _HALF.sub("30 minute", words))
    parts = _LENGTH.findall(words)
    if not parts:
        return None, words
    return sum(float(count) * _UNITS_S[unit] for count, unit in parts), " ".join(_LENGTH.sub(" ", words).split())
