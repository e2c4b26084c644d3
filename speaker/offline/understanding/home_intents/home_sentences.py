"""What a sentence means by Home Assistant's templates, in the language of the session and the names of this house.

A meaning is taken when it is the only best one. Nothing is corrected here: a name, a room and a number stand in the
sentence as the house and the language know them.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from hassil import Intents, recognize_all
from hassil.models import MatchEntity
from hassil.recognize import RecognizeResult

from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.home_intents.home_match import SPEAKERS_ROOM, HomeMatch, SlotValue
from speaker.offline.understanding.home_intents.house_lists import HouseLists
from speaker.offline.understanding.home_intents.language_file import HomeSentences, LanguageSentences

_LETTERS: Final = re.compile(r"[^\W_]+")
_DIGIT: Final = re.compile(r"\d")
_COMPOUNDING: Final = frozenset({"nl", "de"})
"""Languages that make one word of several."""

_FREE_TEXTS: Final = frozenset({"item", "message", "conversation_command"})
"""Slots for any words; all others hold a short name."""

_MEASURES: Final = frozenset({"measured"})
"""Slots for what a sensor measures."""

LONGEST_HEARD: Final = 4
"""Words in the longest of them."""

LONGEST_HEARD_LETTERS: Final = 30


class HomeTemplates:
    """The templates of one language for one house."""

    def __init__(self, sentences: LanguageSentences, household: Household) -> None:
        self.language = sentences.language
        self._additions = sentences.additions
        self._lists = HouseLists(
            household, english=sentences.language == "en", compounds=sentences.language in _COMPOUNDING
        )
        self._intents = Intents.from_dict(
            {
                "language": sentences.language.partition("-")[0],
                "settings": {"ignore_whitespace": sentences.ignore_whitespace},
                "skip_words": sentences.skip_words,
                "lists": {name: _unsigned(one) for name, one in sentences.lists.items()},
                "expansion_rules": sentences.expansion_rules,
                "intents": {name: {"data": [_plain(g) for g in data]} for name, data in sentences.intents.items()},
            }
        )

    def meanings(self, text: str) -> list[HomeMatch]:
        """All that a sentence can mean as well as anything else; none when it means nothing."""
        said = text.strip().lower()
        lists = self._lists.in_text(said)
        found = [
            result
            for result in recognize_all(said, self._intents, slot_lists=lists, intent_context={"area": SPEAKERS_ROOM})
            if self._is_sound(result, said)
        ]
        best = min(map(_rank, found), default=None)
        return _merged([result for result in found if _rank(result) == best])

    def _is_sound(self, result: RecognizeResult, said: str) -> bool:
        """Whether words that no list knows, and a number, can be what they were taken for."""
        free = [entity for entity in result.entities_list if entity.is_wildcard]
        if any(not self._can_be(entity, said) for entity in free):
            return False
        if self._is_part_of_a_name(result, said):
            return False
        asks = self._additions.questions
        if result.intent.name == "HassGetState" and asks and not _holds(said, asks):
            return False
        if "List" in result.intent.name and "Shopping" not in result.intent.name:
            return _holds(said, self._additions.list_words)
        return not self._is_nudge(result, said) and not _only_names(result, said, self._additions.articles)

    def _is_part_of_a_name(self, result: RecognizeResult, said: str) -> bool:
        """Whether the name is only a piece of a longer one that was said."""
        entity = result.entities.get("name")
        value = entity.value if entity is not None else None
        return isinstance(value, tuple) and self._lists.has_longer(value[0], said)

    def _can_be(self, entity: MatchEntity, said: str) -> bool:
        text = (entity.text or str(entity.value)).strip()
        words = self._additions
        if entity.name in _FREE_TEXTS:
            # "To the list garden chairs": which of it is the list?
            behind = any(re.search(rf"\b{one}\W+(?:\w{{1,3}}\W+)?{re.escape(text)}", said) for one in words.list_words)
            return not (behind and " " in text)
        starts = any(text.startswith(one if not one.isascii() else f"{one} ") or text == one for one in words.no_start)
        return not starts and (entity.name in _MEASURES or _can_be_a_name(text, words.doubts))

    def _is_nudge(self, result: RecognizeResult, said: str) -> bool:
        """Whether a number is meant as a difference, or in degrees, which the templates take for a brightness."""
        numbers = any(name in result.entities for name in ("brightness", "percentage", "temperature", "position"))
        if numbers and _holds(said, self._additions.nudges) and not _holds(said, self._additions.targets):
            return True
        bare = "brightness" in result.entities and "name" not in result.entities and "%" not in said
        return bare and bool(self._additions.shares) and not _holds(said, self._additions.shares)


def _unsigned(words: object) -> object:
    """A list of numbers without a sign of its own.

    The recogniser keeps number words for all lists of one range together, and with them the sign of the list that came
    first: "twenty" would be -20 for a lamp once somebody had turned the sound down by twenty.
    """
    if not isinstance(words, dict) or not isinstance(numbers := words.get("range"), dict):
        return words
    return {**words, "range": {key: value for key, value in numbers.items() if key != "multiplier"}}


def _plain(group: HomeSentences) -> dict[str, object]:
    return {
        "sentences": group.sentences,
        "slots": group.slots,
        "requires_context": group.requires_context,
        "excludes_context": group.excludes_context,
        "response": group.response or None,
    }


def _can_be_a_name(text: str, doubts: Collection[str]) -> bool:
    short = len(text.split()) <= LONGEST_HEARD and len(text) <= LONGEST_HEARD_LETTERS
    return short and not _DIGIT.search(text) and not _holds(text, doubts)


def _only_names(result: RecognizeResult, said: str, articles: Collection[str]) -> bool:
    """Whether nothing was said but a name, which is no order; a scene's is."""
    names = [entity for entity in result.entities_list if entity.name in {"name", "area", "floor"} and entity.text]
    rest = said
    for entity in names:
        rest = rest.replace(entity.text.strip().lower(), " ")
    kinds = {entity.value[1].kind for entity in names if isinstance(entity.value, tuple)}
    words = [word for word in _LETTERS.findall(rest) if word not in articles]
    return bool(names) and not words and kinds != {"scene"}


def _holds(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words stands in a text: as a word, or anywhere where words are not divided."""
    padded = f" {' '.join(_LETTERS.findall(text))} "
    return any(f" {word} " in padded or (not word.isascii() and len(word) < 3 and word in text) for word in words)


def _rank(result: RecognizeResult) -> tuple[int, int, int, int]:
    """Lower is better: fewer free words, longer names, more words of the template."""
    names = [entity for entity in result.entities_list if entity.name == "name"]
    named = sum(len(entity.text) for entity in names if not entity.is_wildcard)
    wild = [entity for entity in result.entities_list if entity.is_wildcard]
    return len(wild), -named, -result.text_chunks_matched, sum(len(entity.text or "") for entity in wild)


def _merged(results: Sequence[RecognizeResult]) -> list[HomeMatch]:
    """Each meaning once; a name that can mean several devices means all of these in one."""
    merged: list[HomeMatch] = []
    # What is called just so is meant before what is only known under that name, too.
    exact = [result for result in results if _is_own_name(result)]
    for match in map(_match, exact or results):
        alike = next((one for one in merged if (one.intent, one.slots) == (match.intent, match.slots)), None)
        if alike is None:
            merged.append(match)
        else:
            both = tuple(dict.fromkeys([*alike.devices, *match.devices]))
            merged[merged.index(alike)] = replace(alike, devices=both)
    return merged


def _is_own_name(result: RecognizeResult) -> bool:
    value = result.entities["name"].value if "name" in result.entities else None
    return isinstance(value, tuple) and value[0] == value[1].name.lower()


def _match(result: RecognizeResult) -> HomeMatch:
    slots: dict[str, SlotValue] = {}
    devices: tuple[Listed, ...] = ()
    for name, entity in result.entities.items():
        value = entity.value
        if isinstance(value, tuple):
            devices = (value[1],)
        elif isinstance(value, list) and value:
            # Of several classes that a word may mean, the tools know the first as well.
            slots[name] = str(value[0])
        elif isinstance(value, str | int | float | bool):
            slots[name] = value.strip() if isinstance(value, str) else value
    template = (result.intent_sentence.text if result.intent_sentence is not None else "") or ""
    step = slots.get("volume_step")
    if isinstance(step, int | float):
        slots["volume_step"] = -abs(step) if "volume_step_down" in template else abs(step)
    wild = any(entity.is_wildcard for entity in result.entities_list)
    return HomeMatch(result.intent.name, slots, devices, result.response or "", wild=wild)
