"""What this house can be told: a sentence that would help somebody who was not understood, and all abilities."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.normalise import plain_words
from speaker.offline.understanding.sentence_book import KnownAbility, sentence_book
from speaker.offline.understanding.tool_schema import ToolSchema

ALIKE: Final = 85.0
"""Least similarity (0-100) of an example to what was refused at which it would only repeat that."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """For the tools and names of one session."""

    household: Household
    tools: Mapping[str, ToolSchema]
    others: Sequence[ToolSchema]
    """Tools that no sentences were written for."""

    def fitting(self, said: Sequence[str]) -> Iterator[str]:
        """Sentences for this house that are not what was just refused, or hidden in that."""
        for example in self._examples():
            if fuzz.partial_ratio(" ".join(plain_words(example)), " ".join(said)) < ALIKE:
                yield example

    def abilities(self) -> str:
        """All that the session's tools allow, as one sentence."""
        verbs = [ability.ability for ability in self._abilities_here()]
        verbs += [tool.name.replace("_", " ") for tool in self.others]
        if not verbs:
            return "I can't do anything here offline."
        return f"I can {_enumerated(verbs)}."

    def _examples(self) -> Iterator[str]:
        names = {
            "{light}": self._unmistakable("light"),
            "{scene}": self._unmistakable("scene"),
            "{cover}": self._unmistakable("cover"),
            "{device}": self._unmistakable("light"),
            "{room}": next(iter(self.household.rooms), ""),
        }
        for ability in self._abilities_here():
            needed = next((slot for slot in names if slot in ability.example), "")
            if ability.example and (not needed or names[needed]):
                yield ability.example.replace(needed, names[needed]) if needed else ability.example

    def _unmistakable(self, kind: str) -> str:
        names = [device.name for device in self.household.of(kind)]
        return next((name for name in names if names.count(name) == 1), "")

    def _abilities_here(self) -> list[KnownAbility]:
        return [ability for name, ability in sentence_book().tools.items() if name in self.tools]


def _enumerated(verbs: Sequence[str]) -> str:
    return " and ".join([", ".join(verbs[:-1]), verbs[-1]]) if len(verbs) > 1 else verbs[0]
