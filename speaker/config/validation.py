"""A parsed YAML document as a frozen struct, or every mistake in it: each in one line, with its path.

msgspec stops at the first mistake, so the document is walked here and msgspec checks one value at a time. What is
wrong has its default in the struct, so that the checks after this one can go on and find theirs in the same run.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isfinite
from types import MappingProxyType, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    TypeGuard,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import UNSET, Meta, Struct

from speaker.config.secret_shapes import hide_secrets
from speaker.errors import ConfigError

S = TypeVar("S", bound=Struct)

_MISREAD: Final = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[-+]?0[0-7_]*[0-7]")
"""What YAML 1.1 reads in base sixty (2:00 is 120) and in base eight (060 is 48)."""


class Mistake(NamedTuple):
    """What is wrong with a configuration, and where."""

    place: str
    """The path of the key, as in wake.words[1].threshold."""
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def decode_section(document: object, kind: type[S]) -> S:
    """``document`` as a ``kind``; what is not in it has its default. Raises ConfigError with all problems."""
    section, mistakes = examine_section(document, kind)
    if mistakes:
        raise ConfigError([str(mistake) for mistake in mistakes])
    return section


def examine_section(
    document: object, kind: type[S], words: Mapping[str, str] = MappingProxyType({})
) -> tuple[S, list[Mistake]]:
    """``document`` as a ``kind``, with the default in place of what is wrong, and what is wrong.

    ``words``: path → how an unquoted value is written in the file, where YAML makes something else of it. Raises
    ConfigError with all problems when a key without a default is wrong.
    """
    examiner = _Examiner(words)
    values = examiner.section(document, kind, "")
    lacking = {one.name for one in msgspec.structs.fields(kind) if one.required} - set(values)
    if examiner.mistakes and lacking:
        raise ConfigError([str(mistake) for mistake in examiner.mistakes])
    return kind(**values), examiner.mistakes


def below(place: str, key: object) -> str:
    """The path of a key in the section at ``place``."""
    return f"{place}.{_key(key)}" if place else _key(key)


class _Examiner:
    """Walks through a document and collects what is wrong; a wrong value becomes UNSET."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self.mistakes: list[Mistake] = []
        self._words = words

    def section(self, given: object, kind: type[Struct], place: str) -> dict[str, Any]:
        """The good values of one section by attribute name."""
        if not isinstance(given, Mapping):
            self._add(place or "the file", f"expected a section with keys, got {self._show(given, place)}")
            return {}
        hints = get_type_hints(kind, include_extras=True)
        fields = {one.encode_name: one.name for one in msgspec.structs.fields(kind)}
        values: dict[str, Any] = {}
        for key, value in given.items():
            if key not in fields:
                self._add(below(place, key), f"unknown key. {suggestion(_key(key), fields)}")
            elif (good := self._value(value, hints[fields[key]], below(place, key))) is not UNSET:
                values[fields[key]] = good
        return values

    def _value(self, value: object, hint: Any, place: str) -> Any:  # noqa: ANN401 - a type and a YAML value
        inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        if _is_struct(inner):
            # An emptied section ("audio:" and nothing below) means its defaults.
            return self._struct({} if value is None else value, inner, place)
        if forms := _forms(inner):
            return self._tagged(value, forms, place)
        if isinstance(value, bool) and get_origin(inner) is Literal:
            # YAML 1.1 reads a bare off as False, and whoever writes it means the word.
            value = next((word for word in ("on" if value else "off",) if word in get_args(inner)), value)
        found = len(self.mistakes)
        if isinstance(value, float) and not isfinite(value):
            self._add(place, f"expected a finite number, got {value}")
        if get_origin(inner) is list and isinstance(value, list):
            value = [self._element(one, inner, f"{place}[{index}]") for index, one in enumerate(value)]
            value = [one for one in value if one is not UNSET]
        if get_origin(inner) is dict and isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    self._add(below(place, key), "expected a name as key")
            value = {key: self._element(one, inner, below(place, key)) for key, one in value.items()}
            value = {key: one for key, one in value.items() if one is not UNSET}
        return self._converted(value, hint, place, known=len(self.mistakes) > found)

    def _converted(self, value: object, hint: Any, place: str, *, known: bool) -> Any:  # noqa: ANN401 - a type
        """The value as its type; ``known``: that something is wrong with it has been said already."""
        try:
            good = msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            if not known:
                self.mistakes.append(self._explain(str(error), value, hint, place))
            return UNSET
        word = self._words.get(place, "")
        if isinstance(good, int | float) and not known and _MISREAD.fullmatch(word):
            self._add(place, f"YAML reads {word} as the number {value}; write {value} if that is what you mean")
            return UNSET
        return UNSET if known and isinstance(good, float) else good

    def _element(self, value: object, holder: Any, place: str) -> Any:  # noqa: ANN401 - a type and a value
        """One entry of a list or of a dictionary."""
        kind = get_args(holder)[-1]
        return self._struct(value, kind, place) if _is_struct(kind) else self._value(value, kind, place)

    def _tagged(self, value: object, forms: Mapping[str, type[Struct]], place: str) -> Any:  # noqa: ANN401 - a struct or UNSET
        if not isinstance(value, Mapping):
            kinds = ", ".join(forms)
            self._add(place, f"expected a section with a type ({kinds}), got {self._show(value, place)}")
            return UNSET
        kind = forms.get(shown_text(value.get("type")))
        if kind is None:
            given = self._show(value["type"], f"{place}.type") if "type" in value else "nothing"
            self._add(f"{place}.type", f"expected one of {', '.join(forms)}, got {given}")
            return UNSET
        return self._struct({key: one for key, one in value.items() if key != "type"}, kind, place)

    def _struct(self, value: object, kind: type[Struct], place: str) -> Any:  # noqa: ANN401 - a struct or UNSET
        values = self.section(value, kind, place)
        required = {one.encode_name: one.name for one in msgspec.structs.fields(kind) if one.required}
        if isinstance(value, Mapping):
            for key in required:
                if key not in value:
                    self._add(f"{place}.{key}", "missing")
        return UNSET if not isinstance(value, Mapping) or set(required.values()) - set(values) else kind(**values)

    def _add(self, place: str, text: str) -> None:
        self.mistakes.append(Mistake(place, text))

    def _explain(self, text: str, value: object, hint: Any, place: str) -> Mistake:  # noqa: ANN401 - a type
        what, _, nested = text.partition(" - at `$")
        if nested:
            return Mistake(place + nested.rstrip("`"), hide_secrets(_uncapital(what)))
        # Of a list that is one, msgspec knows what is wrong with it.
        wanted = (not isinstance(value, list) and _wanted(hint)) or _uncapital(what.partition(", got ")[0])
        quotes = "; write it in quotes" if place in self._words and wanted.startswith("expected `str") else ""
        return Mistake(place, f"{wanted}, got {self._show(value, place)}{quotes}")

    def _show(self, value: object, place: str) -> str:
        """A value as its owner wrote it. What stands in a list or a section may be secret and is not shown."""
        kind = type(value).__name__
        if isinstance(value, Mapping | list | tuple | set):
            return kind
        return f"{kind} {hide_secrets(self._words.get(place, shown_text(value)))[:40]!r}"


def _is_struct(hint: object) -> TypeGuard[type[Struct]]:
    return isinstance(hint, type) and issubclass(hint, Struct)


def _forms(hint: object) -> dict[str, type[Struct]]:
    """The structs of a union, by the word in ``type`` that tells which one is meant; empty for anything else."""
    kinds = [one for one in get_args(hint) if _is_struct(one)] if get_origin(hint) in {Union, UnionType} else []
    return {str(one.__struct_config__.tag): one for one in kinds}


def _wanted(hint: object) -> str:
    """What a type asks for, when it says that better than msgspec."""
    said = _described(hint)
    return f"expected {said}" if said else ""


def _described(hint: object) -> str:
    """A type in words; empty where msgspec has better ones."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"one of {', '.join(map(str, parts))}" if len(parts) > 1 else str(parts[0])
    if origin is list:
        return "a list"
    if isinstance(hint, Meta):
        return hint.description or ""
    if origin in {Union, UnionType}:
        kinds = [one for one in parts if one is not NoneType]
        choices = [_described(one) or _number(one) for one in kinds]
        if all(choices) and any(map(_described, kinds)):  # numbers alone are msgspec's own business
            return " or ".join(choices)
    return next(filter(None, map(_described, parts)), "")


def _number(hint: object) -> str:
    """A number with bounds in words; empty for anything else."""
    kind, *metas = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if kind not in {int, float}:
        return ""
    least = next((meta.ge for meta in metas if isinstance(meta, Meta) and meta.ge is not None), None)
    most = next((meta.le for meta in metas if isinstance(meta, Meta) and meta.le is not None), None)
    if least is None:
        return "a number"
    return f"a number of at least {least:g}" if most is None else f"a number from {least:g} to {most:g}"


def suggestion(key: str, known: Iterable[str]) -> str:
    """The nearest of the known names as a question, else all of them."""
    names = list(known)
    close = get_close_matches(key, names, n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else f"Known keys: {', '.join(names)}"


def _uncapital(text: str) -> str:
    return text[:1].lower() + text[1:]


def _key(key: object) -> str:
    return hide_secrets(" ".join(shown_text(key).split()))[:40]


def shown_text(value: object) -> str:
    """Any value of a document as text."""
    try:
        return str(value)
    except ValueError:  # Python does not write out integers of thousands of digits
        return "too long to show"
