"""Filters of templates: those that devices use, as Home Assistant has them.

What goes in was measured before, and what comes out is measured after, so a filter here only has to make sure that
it does not make much of little.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final
from urllib.parse import quote

import msgspec
from jinja2 import Undefined

from speaker.home.template_budget import MAX_SIZE
from speaker.home.template_numbers import (
    as_bool,
    as_float,
    as_int,
    average,
    clamped,
    is_number,
    logarithm,
    remapped,
    rounded,
)

_WIDE: Final = re.compile(r"%[^a-zA-Z%]*(\*|[1-9]\d)")
_MISSING: Final = object()

Filter = Callable[..., object]


def formatted(pattern: object, *values: object) -> str:
    """Texts like "#%02x": one digit of width is enough for devices, and cannot fill the memory."""
    if _WIDE.search(str(pattern)):
        raise ValueError("a width of one digit is enough")
    return str(pattern) % (values if len(values) != 1 else values[0])


def replaced(text: object, old: object, new: object, count: int = -1) -> str:
    """A text with others in place of some. Raises ValueError when it would get too long."""
    whole, before, after = str(text), str(old), str(new)
    times = whole.count(before) if before else len(whole) + 1
    if len(whole) + times * len(after) > MAX_SIZE:
        raise ValueError("this text gets too long")
    return whole.replace(before, after, count)


def joined_text(items: Iterable[object], between: object = "", attribute: object = None) -> str:
    """The parts in one text. Raises ValueError when it would get too long."""
    named = str(between)
    parts = [str(item if attribute is None else member(item, attribute)) for item in items]
    if len(parts) * len(named) + sum(map(len, parts)) > MAX_SIZE:
        raise ValueError("this text gets too long")
    return named.join(parts)


def member(value: object, key: object) -> object:
    """What a list or an object holds under a key, which may be a path such as "a.b"; Undefined when nothing."""
    for part in str(key).split(".") if isinstance(key, str) else [key]:
        if isinstance(value, Mapping):
            value = value.get(part, _MISSING)
        elif isinstance(value, Sequence) and str(part).lstrip("-").isdigit():
            at = int(str(part))
            value = value[at] if -len(value) <= at < len(value) else _MISSING
        else:
            value = _MISSING
        if value is _MISSING:
            return Undefined(name=str(key)[:40])
    return value


def _defined(value: object) -> object:
    if isinstance(value, Undefined):
        raise ValueError("the message does not have this field")  # noqa: TRY004
    return value


def _default(value: object, instead: object = "", boolean: object = False) -> object:
    return instead if isinstance(value, Undefined) or (boolean and not value) else value


def _iif(value: object, if_true: object = True, if_false: object = False, if_none: object = _MISSING) -> object:
    if value is None and if_none is not _MISSING:
        return if_none
    return if_true if value else if_false


def _compact(value: object, **_: object) -> str:
    return msgspec.json.encode(value).decode()


def _json(value: object, indent: int | None = None) -> str:
    if indent is not None and not 0 <= indent <= 8:
        raise ValueError("nobody indents so far")
    return json.dumps(value, indent=indent)


def _truncated(text: object, length: int = 255, killwords: object = False, end: object = "...", leeway: int = 5) -> str:
    whole, tail = str(text), str(end)
    if len(whole) <= length + leeway:
        return whole
    kept = whole[: max(0, length - len(tail))]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + tail


def _sorted(
    items: Iterable[Any], reverse: object = False, case_sensitive: object = False, attribute: object = None
) -> list[Any]:
    def key(item: Any) -> Any:  # noqa: ANN401
        found = item if attribute is None else member(item, attribute)
        return found if case_sensitive or not isinstance(found, str) else found.lower()

    return sorted(items, key=key, reverse=bool(reverse))


def _unique(items: Iterable[Any], case_sensitive: object = False, attribute: object = None) -> list[Any]:
    kept: dict[object, Any] = {}
    for item in items:
        found = item if attribute is None else member(item, attribute)
        kept.setdefault(found if case_sensitive or not isinstance(found, str) else found.lower(), item)
    return list(kept.values())


def _summed(items: Iterable[Any], attribute: object = None, start: float = 0) -> object:
    figures: list[Any] = [item if attribute is None else member(item, attribute) for item in items]
    return sum(figures, start)


def _extreme(choose: Callable[..., Any]) -> Filter:
    def extreme(*items: Any, attribute: object = None) -> object:  # noqa: ANN401
        given = items[0] if len(items) == 1 else items
        return choose(given, key=lambda one: one if attribute is None else member(one, attribute))

    return extreme


def _slug(text: object, separator: str = "_") -> str:
    return re.sub(r"[^a-z0-9]+", separator, str(text).lower()).strip(separator)


def _items(value: object) -> list[object]:
    if isinstance(value, Undefined):
        return []
    if not isinstance(value, Mapping):
        raise TypeError("only an object has items")
    return [list(pair) for pair in value.items()]


def _first(items: Any) -> object:  # noqa: ANN401
    return next(iter(items), Undefined(name="first"))


def _last(items: Any) -> object:  # noqa: ANN401
    return next(iter(reversed(items)), Undefined(name="last"))


def _reversed(value: Any) -> object:  # noqa: ANN401
    return value[::-1] if isinstance(value, str) else list(value)[::-1]


FILTERS: Final[dict[str, Filter]] = {
    "abs": abs,
    "add": lambda value, amount: float(value) + float(amount),
    "average": average,
    "bitwise_and": lambda one, other: int(one) & int(other),
    "bitwise_or": lambda one, other: int(one) | int(other),
    "bitwise_xor": lambda one, other: int(one) ^ int(other),
    "bool": as_bool,
    "capitalize": lambda text: str(text).capitalize(),
    "clamp": clamped,
    "contains": lambda items, one: one in items,
    "count": len,
    "d": _default,
    "default": _default,
    "dictsort": lambda value: sorted(_items(value)),  # type: ignore[type-var]  # as the payload allows
    "e": str,
    "escape": str,
    "first": _first,
    "float": as_float,
    "format": formatted,
    "from_json": lambda text: msgspec.json.decode(str(text)),
    "iif": _iif,
    "int": as_int,
    "is_defined": _defined,
    "is_number": is_number,
    "items": _items,
    "join": joined_text,
    "last": _last,
    "length": len,
    "list": list,
    "log": logarithm,
    "lower": lambda text: str(text).lower(),
    "max": _extreme(max),
    "median": lambda *items: median(float(one) for one in (items[0] if len(items) == 1 else items)),
    "min": _extreme(min),
    "multiply": lambda value, amount: float(value) * float(amount),
    "ord": ord,
    "remap": remapped,
    "replace": replaced,
    "reverse": _reversed,
    "round": rounded,
    "safe": str,
    "slugify": _slug,
    "sort": _sorted,
    "sqrt": lambda value: math.sqrt(float(value)),
    "string": str,
    "striptags": lambda text: re.sub(r"<[^<>]{0,200}>", "", str(text)),
    "sum": _summed,
    "title": lambda text: str(text).title(),
    "to_json": _compact,
    "tojson": _json,
    "trim": lambda text, chars=None: str(text).strip(chars),
    "truncate": _truncated,
    "unique": _unique,
    "upper": lambda text: str(text).upper(),
    "urlencode": lambda text: quote(str(text)),
    "wordcount": lambda text: len(str(text).split()),
}  # fmt: skip
"""Filters that take a value and give a value. Those that take other filters and tests are the program's own."""
