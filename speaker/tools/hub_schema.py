"""The JSON Schema of a hub tool: nothing in it leaves the schema, and checking arguments has bounds.

A schema comes from outside, and so do its arguments: a reference would be fetched, a bad pattern would be matched for
years, and both would be done while nobody is listened to.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from speaker.errors import NOT_JSON, ToolError, plain
from speaker.home.pattern_cost import LONGEST_MATCHED, pattern_fault

Json = dict[str, Any]

MOST_PARAMETERS: Final = 20
MOST_SCHEMA_DEPTH: Final = 12
"""Schemas within schemas, and values within values."""

MOST_ARGUMENT_VALUES: Final = 256
"""Values in the arguments, all levels together: some rules compare each with each."""

MOST_ARGUMENT_BYTES: Final = 16_384

_DIALECTS: Final = frozenset({
    "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-07/schema#",
})  # fmt: skip
"""What may stand in ``$schema``, where generators put it; it changes nothing."""

_NAMED: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "definitions"})
"""Keywords whose keys are names, with a schema each."""

_VALUES: Final = frozenset({"enum", "const", "default", "examples"})
"""Keywords that hold values and no schema."""

_COSTLY: Final = frozenset({"unevaluatedProperties", "unevaluatedItems"})
"""What is checked anew on each level, so that its cost doubles with each."""


def schema_faults(schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with the schema of a tool's arguments, each with its place."""
    if schema.get("type", "object") != "object":
        return ['parameters.type: must be "object": the arguments of a function have names']
    if faults := list(_faults(_without_dialect(schema), "parameters", 0)):
        return faults[:5]
    # Not at the top: most houses have no such tool, and it takes 10 MB.
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415

    try:
        Draft202012Validator.check_schema(_without_dialect(schema))
    except (SchemaError, RecursionError, TypeError, ValueError) as error:
        place = ".".join(str(step) for step in getattr(error, "absolute_path", ()))
        reason = plain(getattr(error, "message", "not a JSON Schema"))
        return [f"parameters{'.' * bool(place)}{plain(place)}: {reason}"]
    if len(schema.get("properties", {})) > MOST_PARAMETERS:
        return [f"parameters.properties: at most {MOST_PARAMETERS} parameters"]
    return []


def _faults(schema: object, place: str, depth: int) -> Iterator[str]:
    """What this program does not take, whatever JSON Schema says."""
    if depth > MOST_SCHEMA_DEPTH:
        yield f"{plain(place)[:100]}: more than {MOST_SCHEMA_DEPTH} levels of schemas"
        return
    if isinstance(schema, list):
        for number, one in enumerate(schema):
            yield from _faults(one, f"{place}.{number}", depth + 1)
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        here = f"{place}.{key}"
        if key.startswith("$") and key != "$comment":
            yield f"{plain(here)}: {plain(key)[:40]} is not followed; write the schema out"
        elif key in _COSTLY:
            yield f"{plain(here)}: is not taken; additionalProperties may do the same"
        elif key == "pattern" and isinstance(value, str):
            if fault := pattern_fault(value):
                yield f"{plain(here)}: the pattern {fault}"
        elif key in _NAMED and isinstance(value, dict):
            yield from _named_faults(key, value, here, depth)
        elif key not in _VALUES:
            yield from _faults(value, here, depth + 1)


def _named_faults(key: str, named: Mapping[str, object], here: str, depth: int) -> Iterator[str]:
    for name, one in named.items():
        if key == "patternProperties" and (fault := pattern_fault(name)):
            yield f"{plain(here)}: the pattern {fault}"
        yield from _faults(one, f"{here}.{name}", depth + 1)


def _without_dialect(schema: Mapping[str, Any]) -> Json:
    return {key: value for key, value in schema.items() if key != "$schema" or value not in _DIALECTS}


def checked_arguments(name: str, schema: Mapping[str, Any], arguments: str) -> Json:
    """The model's JSON arguments. Raises ToolError when they do not fit the schema."""
    from jsonschema import Draft202012Validator, ValidationError  # noqa: PLC0415 - as above
    from referencing import Registry  # noqa: PLC0415 - as above

    try:
        given = _read(arguments)
        if fault := _too_much(given):
            raise ToolError(f"{name}: the arguments do not fit: {fault}")
        # With a registry of its own, so that nothing is ever fetched, whatever a schema gets past the check above.
        Draft202012Validator(_with_short_texts(_without_dialect(schema)), registry=Registry()).validate(given)
    except (*NOT_JSON, ArithmeticError) as error:
        raise ToolError(f"{name}: the arguments do not fit: {plain(str(error))}") from error
    except ValidationError as error:
        place = ".".join(str(step) for step in error.absolute_path)
        said = plain(f"{place}{': ' if place else ''}{error.message}")
        raise ToolError(f"{name}: the arguments do not fit: {said}") from error
    return {key: _whole(value, schema.get("properties", {}).get(key)) for key, value in given.items()}


def _read(arguments: str) -> Json:
    if len(arguments) > MOST_ARGUMENT_BYTES:
        raise msgspec.DecodeError(f"they have {len(arguments)} characters; at most {MOST_ARGUMENT_BYTES} are taken")
    return msgspec.json.decode(arguments.strip() or "{}", type=Json)


def _too_much(given: Json) -> str:
    """Whether there is more than a schema should be asked about."""
    seen = 0
    todo: list[tuple[object, int]] = [(given, 0)]
    while todo:
        value, depth = todo.pop()
        seen += 1
        if depth > MOST_SCHEMA_DEPTH or seen > MOST_ARGUMENT_VALUES:
            return f"more than {MOST_ARGUMENT_VALUES} values, or more than {MOST_SCHEMA_DEPTH} levels of them"
        if isinstance(value, dict):
            if any(len(key) > LONGEST_MATCHED for key in value):
                return f"a name has more than {LONGEST_MATCHED} characters"
            todo += [(one, depth + 1) for one in value.values()]
        elif isinstance(value, list):
            todo += [(one, depth + 1) for one in value]
    return ""


def _with_short_texts(schema: object) -> Any:  # noqa: ANN401 - a part of a JSON Schema
    """A schema whose patterns are tried on short texts only: a longer one does not fit, and the pattern waits."""
    if isinstance(schema, list):
        return [_with_short_texts(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made: Json = {}
    for key, value in schema.items():
        if key in _NAMED and isinstance(value, dict):
            made[key] = {name: _with_short_texts(one) for name, one in value.items()}
        else:
            made[key] = value if key in _VALUES else _with_short_texts(value)
    if isinstance(pattern := made.get("pattern"), str):
        del made["pattern"]
        long = {"type": "string", "minLength": LONGEST_MATCHED + 1}
        made["allOf"] = [*made.get("allOf", []), {"if": long, "then": False, "else": {"pattern": pattern}}]
    return made


def _whole(value: object, schema: object) -> object:
    """A value as its schema has it: models write 40.0 for the integer 40, and the schema lets that pass."""
    wants_integer = isinstance(schema, Mapping) and schema.get("type") == "integer"
    return int(value) if wants_integer and isinstance(value, float) else value
