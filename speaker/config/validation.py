"""A parsed YAML document as a frozen struct, or every mistake in it: each in one line, with its path.

msgspec stops at the first mistake, so the document is walked here and msgspec checks one value at a time.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isfinite
from types import UnionType
from typing import Annotated, Any, Literal, TypeGuard, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Meta, Struct

from speaker.errors import ConfigError

S = TypeVar("S", bound=Struct)


def decode_section(document: object, kind: type[S]) -> S:
    """``document`` as a ``kind``; what is not in it has its default. Raises ConfigError with all problems."""
    problems: list[str] = []
    values = _section(document, kind, "", problems)
    if problems:
        raise ConfigError(problems)
    return kind(**values)


def _section(given: object, kind: type[Struct], path: str, problems: list[str]) -> dict[str, Any]:
    """The values of one section by attribute name; what is wrong goes into ``problems``."""
    if not isinstance(given, Mapping):
        problems.append(f"{path or 'the file'}: expected a section with keys, got {_show(given)}")
        return {}
    hints = get_type_hints(kind, include_extras=True)
    fields = {one.encode_name: one.name for one in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        place = f"{path}.{_key(key)}" if path else _key(key)
        if key not in fields:
            problems.append(f"{place}: unknown key. {_suggest(_key(key), fields)}")
            continue
        values[fields[key]] = _value(value, hints[fields[key]], place, problems)
    return values


def _value(value: object, hint: Any, place: str, problems: list[str]) -> Any:  # noqa: ANN401 - a type and a YAML value
    inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if _is_struct(inner):
        # An emptied section ("audio:" and nothing below) means its defaults.
        return _struct({} if value is None else value, inner, place, problems)
    if forms := _forms(inner):
        return _tagged(value, forms, place, problems)
    if isinstance(value, bool) and get_origin(inner) is Literal:
        # YAML 1.1 reads a bare off as False, and whoever writes it means the word.
        value = next((word for word in ("on" if value else "off",) if word in get_args(inner)), value)
    found = len(problems)
    if isinstance(value, float) and not isfinite(value):
        problems.append(f"{place}: expected a finite number, got {value}")
    if get_origin(inner) is list and isinstance(value, list):
        value = [_element(one, inner, f"{place}[{index}]", problems) for index, one in enumerate(value)]
    if get_origin(inner) is dict and isinstance(value, dict):
        problems.extend(f"{place}.{_key(key)}: expected a name as key" for key in value if not isinstance(key, str))
        value = {key: _element(one, inner, f"{place}.{_key(key)}", problems) for key, one in value.items()}
    if len(problems) > found:
        return UNSET
    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        problems.append(_explain(str(error), value, hint, place))
        return UNSET


def _element(value: object, holder: Any, place: str, problems: list[str]) -> Any:  # noqa: ANN401 - a type and a value
    """One entry of a list or of a dictionary."""
    kind = get_args(holder)[-1]
    return _struct(value, kind, place, problems) if _is_struct(kind) else _value(value, kind, place, problems)


def _is_struct(hint: object) -> TypeGuard[type[Struct]]:
    return isinstance(hint, type) and issubclass(hint, Struct)


def _forms(hint: object) -> dict[str, type[Struct]]:
    """The structs of a union, by the word in ``type`` that tells which one is meant; empty for anything else."""
    kinds = [one for one in get_args(hint) if _is_struct(one)] if get_origin(hint) in {Union, UnionType} else []
    return {str(one.__struct_config__.tag): one for one in kinds}


def _tagged(value: object, forms: Mapping[str, type[Struct]], place: str, problems: list[str]) -> Struct | None:
    if not isinstance(value, Mapping):
        problems.append(f"{place}: expected a section with a type ({', '.join(forms)}), got {_show(value)}")
        return None
    kind = forms.get(_text(value.get("type")))
    if kind is None:
        given = _show(value["type"]) if "type" in value else "nothing"
        problems.append(f"{place}.type: expected one of {', '.join(forms)}, got {given}")
        return None
    return _struct({key: one for key, one in value.items() if key != "type"}, kind, place, problems)


def _struct(value: object, kind: type[Struct], place: str, problems: list[str]) -> Struct | None:
    found = len(problems)
    values = _section(value, kind, place, problems)
    missing = [one.encode_name for one in msgspec.structs.fields(kind) if one.required and one.name not in values]
    if isinstance(value, Mapping):
        problems.extend(f"{place}.{key}: missing" for key in missing)
    return kind(**values) if len(problems) == found else None


def _explain(text: str, value: object, hint: Any, place: str) -> str:  # noqa: ANN401 - a type
    what, _, below = text.partition(" - at `$")
    where = place + below.rstrip("`")
    if below:
        return f"{where}: {_uncapital(what)}"
    return f"{where}: {_wanted(hint) or _uncapital(what.partition(', got ')[0])}, got {_show(value)}"


def _wanted(hint: object) -> str:
    """What a type asks for, when it says that better than msgspec."""
    if get_origin(hint) is Literal:
        return f"expected one of {', '.join(str(choice) for choice in get_args(hint))}"
    if isinstance(hint, Meta) and hint.description:
        return f"expected {hint.description}"
    return next(filter(None, map(_wanted, get_args(hint))), "")


def _suggest(key: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(key, names, n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else f"Known keys: {', '.join(names)}"


def _uncapital(text: str) -> str:
    return text[:1].lower() + text[1:]


def _show(value: object) -> str:
    return f"{type(value).__name__} {_text(value)[:40]!r}"


def _key(key: object) -> str:
    return " ".join(_text(key).split())[:40]


def _text(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # Python does not write out integers of thousands of digits
        return "too long to show"
