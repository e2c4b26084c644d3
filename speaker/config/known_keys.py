"""What of a document the configuration knows, for those who help: values of known keys, names of the others."""

from collections.abc import Collection, Mapping
from datetime import date
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from speaker.config.secret_shapes import hide_secrets
from speaker.config.settings import Settings
from speaker.config.validation import below, shown_text


def known_part(document: object, device_keys: Collection[str]) -> tuple[object, list[str]]:
    """The document with nothing but known keys, and the paths of all that is left out.

    ``device_keys`` are the keys that an entry of house.devices may have.
    """
    sieve = _Sieve(device_keys)
    return sieve.sift({} if document is None else document, Settings, ""), sieve.unknown


class _Sieve:
    def __init__(self, device_keys: Collection[str]) -> None:
        self.unknown: list[str] = []
        self._device_keys = device_keys

    def sift(self, value: object, hint: Any, place: str) -> object:  # noqa: ANN401 - a type
        """What is known of a value that should be of this type."""
        inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        choices = get_args(inner) if get_origin(inner) in {Union, UnionType} else (inner,)
        structs = [one for one in choices if isinstance(one, type) and issubclass(one, Struct)]
        holders = {get_origin(one): get_args(one) for one in choices if get_origin(one) in {list, dict}}
        if isinstance(value, Mapping) and structs:
            return self._section(value, structs, place)
        if isinstance(value, Mapping) and (inner is Any or holders.get(dict, ())[1:] == (Any,)):
            return self._device(value, place)
        if isinstance(value, Mapping) and dict in holders:
            kind = holders[dict][1]
            return {
                hide_secrets(shown_text(key)): self.sift(one, kind, below(place, key)) for key, one in value.items()
            }
        if isinstance(value, list) and (list in holders or inner is Any):
            kind = holders[list][0] if list in holders else Any
            return [self.sift(one, kind, f"{place}[{index}]") for index, one in enumerate(value)]
        if value is None or isinstance(value, str | bool | int | float | date):
            return hide_secrets(value) if isinstance(value, str) else value
        self.unknown.append(place or "the file")
        return None

    def _section(self, value: Mapping[object, object], structs: list[type[Struct]], place: str) -> object:
        tags = {str(one.__struct_config__.tag): one for one in structs}
        kind = tags.get(shown_text(value.get("type")), structs[0])
        hints = get_type_hints(kind, include_extras=True)
        fields = {one.encode_name: hints[one.name] for one in msgspec.structs.fields(kind)}
        if len(structs) > 1:
            fields["type"] = str
        self.unknown += [below(place, key) for key in value if key not in fields]
        return {key: self.sift(one, fields[key], below(place, key)) for key, one in value.items() if key in fields}

    def _device(self, value: Mapping[object, object], place: str) -> object:
        self.unknown += [below(place, key) for key in value if key not in self._device_keys]
        return {key: self.sift(one, Any, below(place, key)) for key, one in value.items() if key in self._device_keys}
