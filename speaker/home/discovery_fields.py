"""The fields of announcements: long names for short ones, the base topic, and values as Home Assistant takes them.

Home Assistant takes a number where a text is wanted, the words for yes and no, and one value where a list is wanted;
bridges rely on that.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from speaker.errors import NOT_JSON, SpeakerError
from speaker.home.discovery_abbreviations import ABBREVIATIONS, DEVICE_ABBREVIATIONS
from speaker.home.naming import clean
from speaker.home.templates import MAX_TEMPLATE_CHARACTERS

Config = dict[str, Any]
T = TypeVar("T", bound=msgspec.Struct)

MAX_ANNOUNCEMENT_BYTES: Final = 256 * 1024
MOST_COMPONENTS: Final = 250
MOST_AVAILABILITIES: Final = 20
MOST_LISTED: Final = 1_000
MAX_FIELD_CHARACTERS: Final = 8_000
"""Bounds of one announcement. More is no device of a house."""

_READ_FROM_THE_FRONT: Final = frozenset({"name", "suggested_area"})
"""Texts that may be too long; they are cut."""

_OUR_OWN: Final = frozenset({"also_on"})
"""Fields of ours that no announcement of this form has."""

_MAY_BE_NULL: Final = frozenset({"name", "payload_open", "payload_close", "payload_stop"})
"""Where null does not mean "as usual" but "like the device", or "the device cannot do that"."""

_YES_NO: Final = {
    "true": True, "yes": True, "on": True, "enable": True, "1": True,
    "false": False, "no": False, "off": False, "disable": False, "0": False,
}  # fmt: skip


def decoded(topic: str, payload: bytes) -> Config:
    """The object in an announcement. Raises SpeakerError."""
    if len(payload) > MAX_ANNOUNCEMENT_BYTES:
        raise SpeakerError(
            f"{topic}: the announcement has {len(payload)} bytes; at most {MAX_ANNOUNCEMENT_BYTES} are read"
        )
    try:
        config = msgspec.json.decode(payload)
    except NOT_JSON as error:
        raise SpeakerError(f"{topic}: the announcement is not JSON: {error}") from error
    return an_object(config, topic, "the announcement")


def an_object(value: object, where: str, field: str) -> Config:
    """The value, which must be an object. Raises SpeakerError."""
    if not isinstance(value, dict):
        raise SpeakerError(f"{where}: {field} is not an object")
    return value


def with_full_keys(config: Mapping[str, Any], where: str, base: str = "") -> Config:
    """The message with full keys, without nulls, and with ``~`` replaced by the base topic. Raises SpeakerError."""
    renamed = ((ABBREVIATIONS.get(key, key), value) for key, value in config.items() if key not in _OUR_OWN)
    full = {key: value for key, value in renamed if value is not None or key in _MAY_BE_NULL}
    own_base = full.pop("~", base)
    if not isinstance(own_base, str):
        raise SpeakerError(f"{where}: ~ is not a text")
    if own_base:
        full = {key: _based(key, value, own_base) for key, value in full.items()}
    if "device" in full:
        owner = an_object(full["device"], where, "device")
        full["device"] = {DEVICE_ABBREVIATIONS.get(key, key): value for key, value in owner.items()}
    if "availability" in full:
        full["availability"] = _availability(full["availability"], where, own_base)
    return full


def _availability(entries: object, where: str, base: str) -> list[Config]:
    listed = entries if isinstance(entries, list) else [entries]
    if len(listed) > MOST_AVAILABILITIES:
        raise SpeakerError(f"{where}: availability has {len(listed)} entries; at most {MOST_AVAILABILITIES} are read")
    return [with_full_keys(an_object(entry, where, "availability"), where, base) for entry in listed]


def _based(key: str, value: Any, base: str) -> Any:  # noqa: ANN401 - whatever the message holds
    if not key.endswith("topic") or not isinstance(value, str):
        return value
    if value.startswith("~"):
        value = base + value[1:]
    return value[:-1] + base if value.endswith("~") else value


def converted(config: Mapping[str, Any], shape: type[T], where: str) -> T:
    """The fields as ``shape`` has them. Raises SpeakerError that names the field."""
    fields = _fields(shape)
    values = {key: _taken(key, value, fields[key], where) for key, value in config.items() if key in fields}
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `")
        if "regex" in problem:
            problem = "holds a character that is not allowed there"
        field = path.rstrip("`").removeprefix("$").removeprefix(".") or "the announcement"
        raise SpeakerError(f"{where}: {field}: {problem}") from error


@cache
def _fields(shape: type[msgspec.Struct]) -> dict[str, tuple[object, ...]]:
    """The names of the fields of a shape, each with the plain types that it takes."""
    hints = get_type_hints(shape)
    return {field.encode_name: tuple(_plain(hints[field.name])) for field in msgspec.structs.fields(shape)}


def _plain(hint: object) -> list[object]:
    if get_origin(hint) in {list, dict}:
        return [list] if get_origin(hint) is list else [dict]
    return [one for part in get_args(hint) for one in _plain(part)] or [hint]


def _taken(key: str, value: Any, wanted: tuple[object, ...], where: str) -> Any:  # noqa: ANN401
    if isinstance(value, str) and key not in _READ_FROM_THE_FRONT:
        limit = MAX_TEMPLATE_CHARACTERS if key.endswith("template") else MAX_FIELD_CHARACTERS
        if len(value) > limit:
            raise SpeakerError(f"{where}: {clean(key)} has {len(value)} characters; at most {limit} are read")
        if wanted == (bool,):
            return _YES_NO.get(value.strip().lower(), value)
    if list in wanted:
        listed = value if isinstance(value, list) else [value]
        return listed[:MOST_LISTED]
    if (
        isinstance(value, int | float)
        and str in wanted
        and not {int, float, bool} & set(wanted)
        and not key.endswith("topic")
    ):
        return str(value)
    return value
