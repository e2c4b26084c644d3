"""Sentences that the rules know, matched exactly by templates and then, for recognition slips, nearly.

The idea. Templates are expanded once into *skeletons*: every known sentence with its names left open and 0 in place of
each number. What was said is masked the same way, and compared as letters, which is fast:

    said      "turn on the safe a lamp to 40 percent"   →  "turn on the safe a lamp to 0 percent"
    skeleton  "turn on the {light} to 0 percent"        →  with the nearest names: "turn on the sofa lamp to 0 percent"

The nearest known sentence is only a *proposal*. It is taken when nothing of weight is lost by it: the words that a slip
never makes ("on", "off", "not", "all") and every number must stand there as said, what differs must look like one
misheard word and not like another word, and no sentence with another meaning may be nearly as near. Then the corrected
words are matched exactly, numbers put back, so that a near match can mean nothing that an exact one could not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Final

from hassil import Intents, recognize_all
from hassil.intents import RangeFractionType, RangeSlotList, SlotList, TextSlotList
from hassil.sample import sample_sentence
from rapidfuzz import fuzz, process

from speaker.offline.understanding.devices_from_prompt import Listed
from speaker.offline.understanding.normalise import DOUBTS, sound, stem

NEAR: Final = 78.0
"""Least similarity (0-100) of a whole sentence to a known one."""

SLIP: Final = 75.0
"""Least similarity (0-100) of the words that differ."""

BROKEN_SLIP: Final = 65.0
"""The same where a word was heard as several."""

SMALL_SLIP: Final = 85.0
"""The same where hardly a doubt may be left: "fall" is 75 like "hall", and could have been "all"."""

MARGIN: Final = 4.0
"""How much better than a sentence with another meaning the nearest one must be."""

CANDIDATES: Final = 8
"""How many of the nearest sentences are looked at."""

NEAREST_NAMES: Final = 4
"""How many names of each list are tried; all of them in all sentences would be too many for a Pi."""

LONG_WORD: Final = 4
"""Letters from which on a word is no product of chance."""

SMALL_WORDS: Final = frozenset({"in", "and", "of", "to", "for", "too"})
"""Words that sound alike or are hardly heard, and change nothing."""

TURNING: Final = ("un", "de", "dis", "in", "non", "re", "mis", "anti")
"""What turns a word into its opposite, or into another one."""

SETTING: Final = frozenset({"to", "at", "and"})
"""Words before a number that it is set to; what is heard for "to"."""

RELATING: Final = frozenset({"in", "for", "by", "after", "within", "until", "from", "than"})
"""Words before a number that make it something else than a value to set."""

EXACT_WORDS: Final = frozenset({"on", "off", "up", "down", "not", "all", "at"})
"""Words that a slip never adds, drops or changes."""

_PLACES: Final = frozenset({"room", "place"})
"""Lists that most templates know besides a device: a house without rooms still has the rest of these sentences."""

_SLOT = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"\d+(?:[.:]\d+)*")


Slot = str | float | bool | tuple[Listed, ...]
"""What a slot of a sentence holds; several devices when the name can mean each of them."""


@dataclass(frozen=True, slots=True)
class Match:
    """A sentence understood: the tool (or topic) it is for and what fills its slots."""

    topic: str
    slots: Mapping[str, Slot]


@dataclass(frozen=True, slots=True)
class Sentences:
    """Templates that share their fixed slots."""

    topic: str
    templates: Sequence[str]
    slots: Mapping[str, Slot]


class Grammar:
    """Templates with the names of one house in them."""

    def __init__(
        self,
        sentences: Sequence[Sentences],
        rules: Mapping[str, str],
        names: Mapping[str, Mapping[str, Slot]],
        numbers: Mapping[str, tuple[int, int]],
        words: Iterable[str] = (),
    ) -> None:
        """``names``: what people say → what it means, for each list. ``numbers``: lowest and highest.

        ``words`` are known to be no slips of others, besides those of the sentences.
        """
        self._words = frozenset(words)
        self._lists: dict[str, SlotList] = {
            name: TextSlotList.from_tuples(list(values.items()), allow_template=False, name=name)
            for name, values in names.items()
            if values or name in _PLACES
        }
        self._forms = {name: [_mask(form) for form in names[name]] for name in self._lists}
        for name, (lowest, highest) in numbers.items():
            self._lists[name] = RangeSlotList(
                name, lowest, highest, words=False, fraction_type=RangeFractionType.TENTHS
            )
        self._intents = Intents.from_dict(
            {"language": "en", "expansion_rules": dict(rules), "intents": self._usable(sentences)}
        )

    def _usable(self, sentences: Sequence[Sentences]) -> dict[str, dict[str, list[object]]]:
        """Templates as hassil takes them, without those that need a list which is empty in this house."""
        intents: dict[str, dict[str, list[object]]] = {}
        for group in sentences:
            templates = [text for text in group.templates if self._lists.keys() >= set(_SLOT.findall(text))]
            if templates:
                data = {"sentences": templates, "slots": dict(group.slots)}
                intents.setdefault(group.topic, {"data": []})["data"].append(data)
        return intents

    def exact(self, words: Sequence[str]) -> Match | None:
        """What the words mean if they are a known sentence; names that can mean one thing go first."""
        matches = list(self._matches(" ".join(words)))
        return min(matches, key=_unclear, default=None)

    def _matches(self, text: str) -> Iterator[Match]:
        for result in recognize_all(text, self._intents, slot_lists=self._lists):
            yield Match(result.intent.name, {name: entity.value for name, entity in result.entities.items()})

    def respell(self, words: Sequence[str]) -> list[str]:
        """The words, where one that is not known gives way to the known one that sounds the same."""
        return [word if word in self._vocabulary else self._homophones.get(sound(word), word) for word in words]

    @cached_property
    def _homophones(self) -> dict[str, str]:
        # Names come last and win.
        names = sorted(word for forms in self._forms.values() for form in forms for word in form.split())
        known = [*sorted(self._vocabulary), *names]
        return {sound(word): word for word in known if len(word) >= LONG_WORD}

    def near(self, words: Sequence[str], least: float = NEAR) -> Match | None:
        """What the words mean if they are a known sentence with a slip, and no other meaning is as near.

        ``least``: how similar (0-100) the whole sentence must be.
        """
        text = _mask(" ".join(words))
        known = self._filled(text)  # proposals: skeletons with the names that are nearest to what was said
        found = process.extract(text, known, scorer=fuzz.ratio, score_cutoff=NEAR, limit=CANDIDATES)
        best: tuple[float, Match] | None = None
        for masked, score, _ in found:
            if best is not None and score < best[0] - MARGIN:
                break
            match = self._corrected(words, masked, sure=False)
            if match is not None and best is not None and match != best[1]:
                return None
            if match is not None and best is None:
                best = score, match
        # Less similar ones were looked at all the same: they may have made the meaning doubtful.
        if best is None or best[0] < least:
            return None
        # Who asks for more than is usual wants small slips only.
        sure = least <= NEAR or any(self._corrected(words, masked, sure=True) == best[1] for masked, *_ in found)
        return best[1] if sure else None

    def _corrected(self, words: Sequence[str], masked: str, *, sure: bool) -> Match | None:
        known = masked.split()
        # What a slip never changes must be the same, in the same order; numbers are counted, and put back as said.
        if [w for w in words if w in EXACT_WORDS] != [w for w in known if w in EXACT_WORDS]:
            return None
        numbers = [word for word in words if _NUMBER.fullmatch(word)]
        if len(numbers) != known.count("0") or not self._is_slip(words, known, sure=sure):
            return None
        rest = iter(numbers)
        # Exact again: a number that stands in a name must be the number that was said.
        return self.exact([next(rest) if word == "0" else word for word in known])

    def _is_slip(self, words: Sequence[str], known: Sequence[str], *, sure: bool) -> bool:
        said = [w for w in _without(words, known) if not _NUMBER.fullmatch(w)]
        meant = [w for w in _without(known, words) if w != "0"]
        # A long word that the grammar knows is that word, not another one misheard.
        if any(word in DOUBTS or (len(word) >= LONG_WORD and word in self._vocabulary) for word in said):
            return False
        if _is_opposite(said, meant) or _relates(words) != _relates(known):
            return False
        likeness = fuzz.ratio("".join(_weighty(said)), "".join(_weighty(meant)))
        return likeness >= (SMALL_SLIP if sure else BROKEN_SLIP if len(said) > len(meant) else SLIP)

    def _filled(self, text: str) -> list[str]:
        """Every known sentence in which the names are among those that are nearest to ``text``."""
        near = {
            name: [form for form, *_ in process.extract(text, forms, scorer=fuzz.partial_ratio, limit=NEAREST_NAMES)]
            for name, forms in self._forms.items()
        }
        filled: list[str] = []
        for skeleton, lists in self._skeletons:
            sentences = [skeleton]
            for name in lists:
                sentences = [s.replace(f"{{{name}}}", form) for s in sentences for form in near[name]]
            filled += sentences
        return list(dict.fromkeys(filled))

    @cached_property
    def _skeletons(self) -> list[tuple[str, list[str]]]:
        """Every known sentence with its names left open and 0 for each number, and which names these are."""
        groups = (data for intent in self._intents.intents.values() for data in intent.data)
        sampled = {
            text
            for group in groups
            for sentence in group.sentences
            for text in sample_sentence(sentence, self._lists, self._intents.expansion_rules, expand_lists=False)
        }
        texts = sorted({_SLOT.sub(self._open, text) for text in sampled})
        return [(text, _SLOT.findall(text)) for text in texts]

    def _open(self, slot: re.Match[str]) -> str:
        return slot[0] if slot[1] in self._forms else "0"

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        texts = [text for text, _ in self._skeletons]
        names = [form for forms in self._forms.values() for form in forms]
        return self._words.union(word for text in texts + names for word in text.split())


def _is_opposite(said: Sequence[str], meant: Sequence[str]) -> bool:
    """Whether a prefix such as "un" or "de" is all that tells what was said from what is known."""
    pairs = [*product(said, meant), ("".join(said), "".join(meant))]
    return any(
        longer.startswith(prefix) and fuzz.ratio(longer.removeprefix(prefix), shorter) >= SLIP
        for pair in pairs
        for longer, shorter in (pair, pair[::-1])
        for prefix in TURNING
        if len(longer) > len(prefix) + 2 and not shorter.startswith(prefix)
    )


def _relates(words: Sequence[str]) -> list[str]:
    """What stands before each number and says what it is for: "in 10", "for 10", "by 10", or the number of a thing."""
    return [
        "set" if before in SETTING else before if before in RELATING else "bare"
        for before, word in pairwise(words)
        if _NUMBER.fullmatch(word)
    ]


def _mask(text: str) -> str:
    return _NUMBER.sub("0", text)


def _unclear(match: Match) -> bool:
    return any(isinstance(value, tuple) and len(value) > 1 for value in match.slots.values())


def _weighty(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in SMALL_WORDS]


def _without(words: Sequence[str], others: Sequence[str]) -> list[str]:
    """``words`` less one for each time that the same word, or its plural, stands in ``others``."""
    left = [stem(word) for word in others]
    kept: list[str] = []
    for word in words:
        if stem(word) in left:
            left.remove(stem(word))
        else:
            kept.append(word)
    return kept
