"""Regular expressions in templates, as far as their cost has a bound: Python's engine goes back and forth."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from speaker.home.pattern_cost import LONGEST_MATCHED, pattern_fault

_NAME: Final = re.compile(r"\(\?P<[A-Za-z_]\w{0,30}>")

PATTERN_UNITS: Final = 400
"""Work of one search."""


@lru_cache(maxsize=256)
def _compiled(pattern: str, *, ignorecase: bool) -> re.Pattern[str]:
    # The name of a group costs nothing.
    if fault := pattern_fault(_NAME.sub("(", pattern)):
        raise ValueError(f"a pattern {fault}")
    return re.compile(pattern, re.IGNORECASE if ignorecase else 0)


def _given(value: object, pattern: object, ignorecase: object) -> tuple[re.Pattern[str], str]:
    text = str(value)
    if len(text) > LONGEST_MATCHED:
        raise ValueError(f"patterns are tried on {LONGEST_MATCHED} characters at most")
    return _compiled(str(pattern), ignorecase=bool(ignorecase)), text


def _match(value: object, find: object = "", ignorecase: object = False) -> bool:
    pattern, text = _given(value, find, ignorecase)
    return bool(pattern.match(text))


def _search(value: object, find: object = "", ignorecase: object = False) -> bool:
    pattern, text = _given(value, find, ignorecase)
    return bool(pattern.search(text))


def _replace(value: object, find: object = "", replace: object = "", ignorecase: object = False) -> str:
    pattern, text = _given(value, find, ignorecase)
    if len(str(replace)) > LONGEST_MATCHED:
        raise ValueError("this text gets too long")
    return pattern.sub(str(replace), text)


def _all(value: object, find: object = "", ignorecase: object = False) -> list[object]:
    pattern, text = _given(value, find, ignorecase)
    return pattern.findall(text)


def _one_of_all(value: object, find: object = "", index: int = 0, ignorecase: object = False) -> object:
    return _all(value, find, ignorecase)[index]


PATTERN_FILTERS: Final[dict[str, Callable[..., object]]] = {
    "regex_match": _match,
    "regex_search": _search,
    "regex_replace": _replace,
    "regex_findall": _all,
    "regex_findall_index": _one_of_all,
}

PATTERN_TESTS: Final[dict[str, Callable[..., object]]] = {"match": _match, "search": _search}
