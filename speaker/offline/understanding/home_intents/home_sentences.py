"""What a sentence means by Home Assistant's templates, in the language of the session and the names of this house.

A meaning is taken when it is the only best one. Nothing is corrected here: a name, a room and a number stand in the
sentence as the house and the language know them.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from hassil import Intents, recognize_all
from hassil.recognize import RecognizeResult

from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.home_intents.home_match import HERE, HomeMatch, SlotValue
from speaker.offline.understanding.home_intents.house_lists import HouseLists
from speaker.offline.understanding.home_intents.language_file import HomeSentences, LanguageSentences

_LETTERS: Final = re.compile(r"[^\W_]+")
_DIGIT: Final = re.compile(r"\d")
_NAMES_HEARD: Final = frozenset({"timer_name", "zone", "name", "list_name"})
"""Slots for a short name that no list has."""

LONGEST_NAME: Final = 4
"""Words in the longest of them."""

LONGEST_NAME_LETTERS: Final = 30


class HomeTemplates:
    """The templates of one language for one house."""

    def __init__(self, sentences: LanguageSentences, household: Household) -> None:
        self.language = sentences.language
        self._additions = sentences.additions
        self._lists = HouseLists(household, english=sentences.language == "en")
        self._intents = Intents.from_dict(
            {
                "language": sentences.language.partition("-")[0],
                "settings": {"ignore_whitespace": sentences.ignore_whitespace},
                "skip_words": sentences.skip_words,
                "lists": sentences.lists,
                "expansion_rules": sentences.expansion_rules,
                "intents": {name: {"data": [_plain(g) for g in data]} for name, data in sentences.intents.items()},
            }
        )

    def meaning(self, text: str) -> HomeMatch | None:
        """The one meaning of a sentence; None when it has none, or several that are as good."""
        said = text.strip().lower()
        lists = self._lists.in_text(said)
        found = [
            result
            for result in recognize_all(said, self._intents, slot_lists=lists, intent_context={"area": HERE})
            if self._is_sound(result, said)
        ]
        if not found:
            return None
        best = min(map(_rank, found))
        return _only([result for result in found if _rank(result) == best])

    def _is_sound(self, result: RecognizeResult, said: str) -> bool:
        """Whether what no list knows can be what it was taken for."""
        doubts = self._additions.doubts
        for entity in result.entities.values():
            text = (entity.text or "").strip()
            if entity.is_wildcard and entity.name in _NAMES_HEARD and not _can_be_a_name(text, doubts):
                return False
            if entity.is_wildcard and not text:
                return False
        if "List" in result.intent.name and "Shopping" not in result.intent.name:
            return _holds(said, self._additions.list_words)
        return not self._is_nudge(result, said)

    def _is_nudge(self, result: RecognizeResult, said: str) -> bool:
        """Whether a number is meant as a difference, which the templates take for the new value."""
        numbers = any(name in result.entities for name in ("brightness", "percentage", "temperature", "position"))
        return numbers and _holds(said, self._additions.nudges) and not _holds(said, self._additions.targets)


def _plain(group: HomeSentences) -> dict[str, object]:
    return {
        "sentences": group.sentences,
        "slots": group.slots,
        "requires_context": group.requires_context,
        "excludes_context": group.excludes_context,
        "response": group.response or None,
    }


def _can_be_a_name(text: str, doubts: Collection[str]) -> bool:
    short = len(text.split()) <= LONGEST_NAME and len(text) <= LONGEST_NAME_LETTERS
    return short and not _DIGIT.search(text) and not _holds(text, doubts)


def _holds(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words stands in a text: as a word, or anywhere where words are not divided."""
    padded = f" {' '.join(_LETTERS.findall(text))} "
    return any(f" {word} " in padded or (not word.isascii() and len(word) < 3 and word in text) for word in words)


def _rank(result: RecognizeResult) -> tuple[int, int, int, int]:
    """Lower is better: fewer free words, longer names, more words of the template."""
    names = [entity for entity in result.entities_list if entity.name in {"name", "area", "floor"}]
    named = sum(len(entity.text) for entity in names if not entity.is_wildcard)
    wild = [entity for entity in result.entities_list if entity.is_wildcard]
    return len(wild), -named, -result.text_chunks_matched, sum(len(entity.text or "") for entity in wild)


def _only(results: Sequence[RecognizeResult]) -> HomeMatch | None:
    """What several best results agree on; a name may mean several devices."""
    matches = [_match(result) for result in results]
    first = matches[0]
    alike = [one for one in matches if (one.intent, one.slots) == (first.intent, first.slots)]
    if any(one.intent != first.intent for one in matches):
        return None
    devices = tuple(dict.fromkeys(device for one in alike for device in one.devices))
    return HomeMatch(first.intent, first.slots, devices, first.response, wild=first.wild)


def _match(result: RecognizeResult) -> HomeMatch:
    slots: dict[str, SlotValue] = {}
    devices: tuple[Listed, ...] = ()
    for name, entity in result.entities.items():
        value = entity.value
        if isinstance(value, tuple):
            devices = (value[1],)
        elif isinstance(value, str | int | float | bool):
            slots[name] = value.strip() if isinstance(value, str) else value
    wild = any(entity.is_wildcard for entity in result.entities_list)
    return HomeMatch(result.intent.name, slots, devices, result.response or "", wild=wild)
