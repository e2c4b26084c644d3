"""Tests of templates, as in ``{% if value is defined %}``, and what a text or a list may be asked for."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from jinja2 import Undefined

from speaker.home.template_filters import joined_text, replaced
from speaker.home.template_numbers import is_number

Test = Callable[..., object]

TESTS: Final[dict[str, Test]] = {
    "boolean": lambda value: isinstance(value, bool),
    "contains": lambda value, one: one in value,
    "defined": lambda value: not isinstance(value, Undefined),
    "divisibleby": lambda value, by: value % by == 0,
    "eq": lambda one, other: one == other,
    "equalto": lambda one, other: one == other,
    "even": lambda value: value % 2 == 0,
    "false": lambda value: value is False,
    "float": lambda value: isinstance(value, float),
    "ge": lambda one, other: one >= other,
    "gt": lambda one, other: one > other,
    "greaterthan": lambda one, other: one > other,
    "in": lambda one, others: one in others,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "is_number": is_number,
    "iterable": lambda value: isinstance(value, str | list | tuple | Mapping),
    "le": lambda one, other: one <= other,
    "list": lambda value: isinstance(value, list),
    "lower": lambda value: str(value).islower(),
    "lt": lambda one, other: one < other,
    "lessthan": lambda one, other: one < other,
    "mapping": lambda value: isinstance(value, Mapping),
    "ne": lambda one, other: one != other,
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float),
    "odd": lambda value: value % 2 == 1,
    "sameas": lambda one, other: one is other,
    "sequence": lambda value: isinstance(value, str | list | tuple | Mapping),
    "string": lambda value: isinstance(value, str),
    "string_like": lambda value: isinstance(value, str),
    "true": lambda value: value is True,
    "undefined": lambda value: isinstance(value, Undefined),
    "upper": lambda value: str(value).isupper(),
}

_PLAIN_METHODS: Final[dict[str, Callable[..., object]]] = {
    method.__name__: method
    for method in (
        str.capitalize, str.casefold, str.count, str.endswith, str.find, str.index, str.isalnum, str.isalpha,
        str.isdecimal, str.isdigit, str.islower, str.isnumeric, str.isspace, str.isupper, str.lower, str.lstrip,
        str.partition, str.removeprefix, str.removesuffix, str.rfind, str.rindex, str.rpartition, str.rsplit,
        str.rstrip, str.split, str.splitlines, str.startswith, str.strip, str.swapcase, str.title, str.upper,
    )
}  # fmt: skip
_TEXT_METHODS: Final[dict[str, Callable[..., object]]] = {
    **_PLAIN_METHODS,
    "replace": replaced,
    "join": lambda between, items: joined_text(items, between),
}
"""Methods of texts: none that pads, repeats or formats."""


def method_of(value: object, name: str) -> Callable[..., object] | None:
    """A method that a template may call on a value; None when there is none. Nothing here changes the value."""
    if isinstance(value, str):
        method = _TEXT_METHODS.get(name)
        return None if method is None else partial(method, value)
    if isinstance(value, Mapping):
        of_objects: dict[str, Callable[..., object]] = {
            "get": lambda key, default=None: value.get(key, default),
            "items": lambda: [list(pair) for pair in value.items()],
            "keys": lambda: list(value.keys()),
            "values": lambda: list(value.values()),
        }
        return of_objects.get(name)
    if isinstance(value, list | tuple):
        of_lists: dict[str, Callable[..., object]] = {"index": value.index, "count": value.count}
        return of_lists.get(name)
    return None
