"""Objects from servers that keep to the protocol in all but a field or two.

A struct is filled field by field: what cannot be what it is said to be is left out, and all else is used. It costs
more than the strict way, so only what that refuses comes here.
"""

import base64
import binascii
import math
from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

_EMPTY: Final[Mapping[Any, Any]] = {str: "", int: 0, float: 0.0, bytes: b""}
"""What a field that must be there holds when it is not."""

_IN_JSON: Final = frozenset({"arguments"})
"""Texts that are JSON, so that the JSON itself is as good."""

_OTHER_ALPHABET: Final = bytes.maketrans(b"-_", b"+/")
_LONGEST_INT: Final = 2.0**63


class _OddError(Exception):
    """A value that a field cannot hold."""


def filled(given: Any, kind: type[S]) -> S:  # noqa: ANN401 - a JSON value
    """The struct with all that can be used of ``given``, a JSON value of any kind."""
    values = given if isinstance(given, dict) else {}
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        try:
            value = values[field.encode_name]
            if field.name in _IN_JSON and isinstance(value, dict | list):
                value = msgspec.json.encode(value).decode()
            found[field.name] = _read(value, hints[field.name])
        except (KeyError, _OddError):
            if field.required:
                found[field.name] = _nothing(hints[field.name])
    return kind(**found)


def sound_bytes(text: str) -> bytes:
    """Base64 of either alphabet, with or without padding and white space; empty when it is none."""
    plain = b"".join(text.encode("ascii", "ignore").split()).translate(_OTHER_ALPHABET).rstrip(b"=")
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return b""


def _read(value: Any, wanted: Any) -> Any:  # noqa: ANN401 - a JSON value, and a type of any kind
    try:
        return msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError:
        pass
    choices = get_args(wanted) if get_origin(wanted) not in {list, dict} and get_args(wanted) else (wanted,)
    for one in [one for one in choices if _tagged_so(value, one)] or choices:
        read = _read_as(value, one)
        if read is not None:
            return read
    raise _OddError


def _tagged_so(value: Any, wanted: Any) -> bool:  # noqa: ANN401 - as above
    """Whether an object says itself that it is this kind of struct, however odd the rest of it is."""
    if not (isinstance(value, dict) and isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)):
        return False
    config = wanted.__struct_config__
    return config.tag is not None and value.get(str(config.tag_field)) == config.tag


def _read_as(value: Any, wanted: Any) -> Any:  # noqa: ANN401 - as above
    """The value as one kind of thing; None if it is none."""
    match value:
        case dict() if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            return filled(value, wanted)
        case int() | float() if wanted is str:
            return msgspec.json.encode(value).decode()
        case list() if get_origin(wanted) is list:
            return _read_list(value, get_args(wanted)[0])
        case float() if wanted is int and math.isfinite(value) and abs(value) < _LONGEST_INT:
            return round(value)
        case str() if wanted is bytes:
            return sound_bytes(value)
        case _:
            return None


def _read_list(values: list[Any], wanted: Any) -> list[Any]:  # noqa: ANN401 - as above
    """Those of the values that can be used."""
    read: list[Any] = []
    for value in values:
        try:
            read.append(_read(value, wanted))
        except _OddError:
            continue
    return read


def _nothing(wanted: Any) -> Any:  # noqa: ANN401 - a type of any kind
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return filled({}, wanted)
    return [] if get_origin(wanted) is list else _EMPTY[wanted]
