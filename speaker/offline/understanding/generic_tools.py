"""Tools that no sentence was written for: called when the words name the tool and fill what it needs.

Every word must be accounted for: it belongs to the tool's name or description, fills a parameter, or joins
others. All words of the name must be there. So "start the vacuum in the kitchen" starts it, and "why did
the vacuum start" does not.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.normalise import DOUBTS, plain_words, spoken_name, stem, without_separators
from speaker.offline.understanding.tool_schema import ArgumentValue, Call, Parameter, ToolSchema

_JOINING_WORDS = "in to at for of with by from and please it"
_JOINING: Final = frozenset(_JOINING_WORDS.split())
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_UNITS: Final = frozenset([*_SECONDS, "percent", "degree", "day", "time", "watt", "meter"])
_ROOM_KEYS: Final = frozenset({"room", "area", "zone", "place", "location"})
_DEVICE_KEYS: Final = frozenset({"device", "name", "entity", "target"})
_SWITCHES: Final = {"on": True, "off": False}

_NUMBER = re.compile(r"\d+(?:\.\d+)?")

_Fill = tuple[ArgumentValue, list[str]]
"""A parameter's value and the words that are left when those that gave it are taken out."""


def fill_call(tool: ToolSchema, words: Sequence[str], household: Household) -> Call | None:
    """The call of ``tool`` that plain ``words`` ask for; None unless they do so beyond doubt."""
    name = _stems(_kept_words(tool.name.replace("_", " ").replace("-", " ")))
    described = _stems(without_separators(_kept_words(tool.description.split(". ")[0])))
    if not name or not _covers(name, described, words, tool):
        return None
    arguments: dict[str, ArgumentValue] = {}
    left = list(words)
    for key, parameter in _in_order(tool):
        found = _take(key, parameter, left, household)
        if found is not None:
            arguments[key], left = found
    known = ({*name, *described} | set(_stems(tool.parameters.properties))) - DOUBTS
    if any(word not in known and word not in _JOINING for word in _stems(left)):
        return None
    return tool.call(**arguments)


def words_of(tool: ToolSchema) -> Iterator[str]:
    """All the words that can have a part in a call of ``tool``."""
    yield from plain_words(tool.name.replace("_", " "))
    yield from plain_words(tool.description)
    for parameter in tool.parameters.properties.values():
        for choice in parameter.choices:
            yield from plain_words(choice)


def _covers(name: Sequence[str], described: Sequence[str], words: Sequence[str], tool: ToolSchema) -> bool:
    """Whether all of the tool's name, or all that its description says, was said."""
    said = set(_stems(words))
    parameters = {stem for key in tool.parameters.properties for stem in _stems(key.split("_"))}
    content = set(described) - _JOINING - parameters
    return set(name) <= said or (len(content) >= 2 and content <= said)


def _in_order(tool: ToolSchema) -> list[tuple[str, Parameter]]:
    """Parameters, those that are needed first and those with few choices before those with many."""
    needed = tool.parameters.required
    return sorted(tool.parameters.properties.items(), key=lambda item: (item[0] not in needed, not item[1].choices))


def _take(key: str, parameter: Parameter, words: list[str], household: Household) -> _Fill | None:
    if parameter.choices:
        return _take_name(parameter.choices, words)
    if parameter.is_number:
        return _take_number(key, parameter, words)
    if "boolean" in parameter.types:
        return _take_switch(words)
    parts = set(key.lower().split("_"))
    if parts & _ROOM_KEYS:
        return _take_name(household.rooms, words)
    named = [
        device.name
        for device in household.devices
        if parts & _DEVICE_KEYS or parts & {device.kind, *spoken_name(device.name).split()}
    ]
    return _take_name(named, words)


def _take_name(names: Iterable[str], words: list[str]) -> _Fill | None:
    """The longest of ``names`` that stands in the words; None as well when two devices have that name."""
    names = list(names)
    for name in sorted(names, key=len, reverse=True):
        parts = spoken_name(name).split()
        at = _find(parts, words)
        if at is not None and names.count(name) == 1:
            return name, words[:at] + words[at + len(parts) :]
    return None


def _find(parts: list[str], words: list[str]) -> int | None:
    places = range(len(words) - len(parts) + 1)
    return next((at for at in places if words[at : at + len(parts)] == parts), None) if parts else None


def _take_number(key: str, parameter: Parameter, words: list[str]) -> _Fill | None:
    """The first number, brought into the parameter's own unit of time when both have one."""
    for at, (word, following) in enumerate(pairwise([*words, ""])):
        if not _NUMBER.fullmatch(word):
            continue
        unit = stem(following) if stem(following) in _UNITS else ""
        value = _converted(float(word), unit, _unit_of(key, parameter))
        if value is None or ("number" not in parameter.types and value != int(value)):
            return None
        end = at + (2 if unit else 1)
        return (int(value) if value == int(value) else value), words[:at] + words[end:]
    return None


def _unit_of(key: str, parameter: Parameter) -> str:
    """The unit that a parameter's name, or else its description, gives; empty if neither does."""
    short = {"s": "second", "sec": "second", "min": "minute", "h": "hour"}
    last = key.lower().split("_")[-1]
    stems = [short.get(last, last), *_stems(key.split("_")), *_stems(_kept_words(parameter.description))]
    return next((unit for word in stems if (unit := stem(word)) in _UNITS), "")


def _converted(value: float, said: str, wanted: str) -> float | None:
    if said in _SECONDS and wanted in _SECONDS:
        return value * _SECONDS[said] / _SECONDS[wanted]
    if said == wanted or not said:
        return value
    return value if said not in _SECONDS and not wanted else None


def _take_switch(words: list[str]) -> _Fill | None:
    for at, word in enumerate(words):
        if word in _SWITCHES:
            return _SWITCHES[word], words[:at] + words[at + 1 :]
    return None


@lru_cache(4096)
def _kept(text: str) -> tuple[str, ...]:
    return tuple(plain_words(text))


def _kept_words(text: str) -> list[str]:
    """Plain words of what a tool says of itself, which is asked for anew with every part of a sentence."""
    return list(_kept(text))


def _stems(words: Iterable[str]) -> list[str]:
    return [stem(word) for word in words]
