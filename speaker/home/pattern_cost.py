"""How many ways a regular expression may have to try: Python's engine goes back and forth, and some take years.

Only what this page can read is taken: letters, classes, groups, alternatives and repetitions. For these the ways
multiply and add up, so that there is a bound before anything is matched.
"""

import re
from typing import Final

LONGEST_PATTERN: Final = 200
"""Characters of a pattern."""

LONGEST_MATCHED: Final = 128
"""Characters of a text that a pattern is tried on."""

MOST_WAYS: Final = 20_000
"""Some ms on a small machine: one unlimited repetition that may begin anywhere, or two behind ^."""

_ENDLESS: Final = 1e12
_REPEATED: Final = re.compile(r"\{(\d{1,4})(?:(,)(\d{0,4}))?\}")
_CLASSES: Final = "dDwWsStnrfv"


def pattern_fault(pattern: str) -> str:
    """Why a pattern is not taken, as the end of a sentence; empty when it is."""
    if len(pattern) > LONGEST_PATTERN:
        return f"has {len(pattern)} characters; at most {LONGEST_PATTERN} are taken"
    try:
        reader = _Reader(pattern)
        ways = reader.ways()
        re.compile(pattern)
    except (_NotSimpleError, re.error, OverflowError):
        return "is not simple; letters, classes, groups, | and repetitions are understood"
    if not pattern.startswith("^") or reader.split:
        ways *= LONGEST_MATCHED  # it may begin anywhere
    if ways > MOST_WAYS:
        return "may take too long; begin it with ^ and repeat less, such as {1,20} in place of +"
    return ""


class _NotSimpleError(Exception):
    """The pattern holds something that is not understood here."""


class _Reader:
    """Reads a pattern once, from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self.split = False
        """Whether alternatives stand outside of all groups, so that ^ is of the first alone."""

    def ways(self) -> float:
        """The ways of the whole pattern."""
        found = self._sequence()
        while self._take("|"):
            self.split = True
            found += self._sequence()
        if self._at < len(self._pattern):
            raise _NotSimpleError
        return found

    def _alternatives(self) -> float:
        total = self._sequence()
        while self._take("|"):
            total += self._sequence()
        return total

    def _sequence(self) -> float:
        product = 1.0
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            product = min(product * self._repeated(self._one()), _ENDLESS)
        return product

    def _one(self) -> float:
        """One letter, class or group."""
        if self._take("("):
            if self._take("?") and not self._take(":"):
                raise _NotSimpleError
            inner = self._alternatives()
            if not self._take(")"):
                raise _NotSimpleError
            return inner
        if self._take("["):
            self._class()
        elif self._take("\\"):
            self._escape()
        elif self._pattern[self._at] in "*+?{}])":
            raise _NotSimpleError
        else:
            self._at += 1
        return 1.0

    def _class(self) -> None:
        self._take("^")
        self._take("]")  # at the beginning it is a letter
        while not self._take("]"):
            if self._take("\\"):
                self._escape()
            elif self._at >= len(self._pattern) or self._strange_in_class():
                raise _NotSimpleError
            else:
                self._at += 1

    def _strange_in_class(self) -> bool:
        """What Python says that it will mean something else one day."""
        return self._pattern[self._at] in "[&|~" or self._pattern.startswith("--", self._at)

    def _escape(self) -> None:
        letter = self._pattern[self._at : self._at + 1]
        # Other letters and digits refer back, look around or name a character by its code.
        if not letter or (letter.isalnum() and letter not in _CLASSES):
            raise _NotSimpleError
        self._at += 1

    def _repeated(self, ways: float) -> float:
        bounds = self._bounds()
        if bounds is None:
            return ways
        self._take("?")  # fewer first, which changes the order of the ways only
        least, most = bounds
        if ways <= 1:
            return most - least + 1.0
        total, power = 0.0, ways ** min(least, 60)
        for _ in range(least, most + 1):
            total += power
            power *= ways
            if total > _ENDLESS:
                return _ENDLESS
        return total

    def _bounds(self) -> tuple[int, int] | None:
        for sign, least, most in (("*", 0, LONGEST_MATCHED), ("+", 1, LONGEST_MATCHED), ("?", 0, 1)):
            if self._take(sign):
                return least, most
        found = _REPEATED.match(self._pattern, self._at)
        if found is None:
            return None
        self._at = found.end()
        least = int(found[1])
        most = least if found[2] is None else int(found[3]) if found[3] else max(LONGEST_MATCHED, least)
        if most < least:
            raise _NotSimpleError
        return least, most

    def _take(self, text: str) -> bool:
        if not self._pattern.startswith(text, self._at):
            return False
        self._at += len(text)
        return True
