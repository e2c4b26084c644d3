"""What a template of a stranger may cost: work is counted before it is done, and ends where the budget ends."""

from collections.abc import Mapping
from typing import Final

from speaker.errors import SpeakerError

RENDER_UNITS: Final = 5_000
"""Work that one template may do: about one for each name, operator, filter and member of a list."""

MESSAGE_UNITS: Final = 12_000
"""Work that all templates of one message may do together: some milliseconds."""

MAX_SIZE: Final = 64 * 1024
"""Characters that one text may have."""

MAX_NUMBER: Final = 1e18
"""Largest product and power of two numbers."""

_MEMBERS_A_UNIT: Final = 4
_CHARACTERS_A_UNIT: Final = 512


class OverBudgetError(SpeakerError):
    """A template wants more than it may have."""


class Budget:
    """Units of work that are left, perhaps out of a bigger budget that several share."""

    __slots__ = ("left", "spent", "whole")

    def __init__(self, units: int = RENDER_UNITS, whole: "Budget | None" = None) -> None:
        self.left: int = units if whole is None else min(units, whole.left)
        self.whole = whole
        self.spent = 0

    def spend(self, units: int = 1) -> None:
        """Count work that is to be done. Raises OverBudgetError when there is not so much left."""
        if units > self.left:
            raise OverBudgetError("a template wants to do more work than a device's value is worth")
        self.left -= units
        self.spent += units

    def settle(self) -> None:
        """Take what was spent from the budget that this one is a part of."""
        if self.whole is not None:
            self.whole.left -= self.spent
            self.whole.spent += self.spent
        self.spent = 0

    def measure(self, *values: object) -> None:
        """Count the members of values at all depths, what occurs twice twice. Raises OverBudgetError.

        Printing and comparing would go through them all, so this is done before.
        """
        waiting: list[object] = [*values]
        seen = 0
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                self.text(one)
            elif isinstance(one, Mapping):
                waiting += [*one.keys(), *one.values()]
            elif isinstance(one, list | tuple | set | frozenset):
                waiting += one
            seen += 1
            if seen % _MEMBERS_A_UNIT == 0:
                self.spend()

    def text(self, text: str) -> str:
        """Count a text. Raises OverBudgetError for one that is too long."""
        if len(text) > MAX_SIZE:
            raise OverBudgetError("a text gets too long in a template")
        if len(text) >= _CHARACTERS_A_UNIT:
            self.spend(len(text) // _CHARACTERS_A_UNIT)
        return text
