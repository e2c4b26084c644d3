"""Schemas of hub tools: nothing leaves them, and checking arguments has an end."""

import json
import time
from typing import Any

import pytest

from speaker.errors import ToolError
from speaker.tools.hub_schema import (
    MOST_ARGUMENT_BYTES,
    MOST_ARGUMENT_VALUES,
    MOST_SCHEMA_DEPTH,
    checked_arguments,
    schema_faults,
)
from tests.support.rude_web import answering, rude_web, whole

ROOM = {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]}


def parameter(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}}


def nested(levels: int) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


REFUSED: dict[str, Any] = {
    "a reference": parameter({"$ref": "http://evil/schema"}),
    "a reference into itself": parameter({"$ref": "#"}),
    "a dynamic reference": parameter({"$dynamicRef": "http://evil/schema"}),
    "a recursive reference": parameter({"$recursiveRef": "#"}),
    "a dialect of somebody's": {"$schema": "http://evil/schema"} | ROOM,
    "a dialect within": parameter({"$schema": "http://json-schema.org/draft-04/schema#"}),
    "an id": {"$id": "http://evil/schema"} | ROOM,
    "an anchor": parameter({"$anchor": "x"}),
    "definitions": {"$defs": {"x": {}}} | ROOM,
    "a vocabulary": {"$vocabulary": {"http://evil/x": True}} | ROOM,
    "a reference deep within": parameter({"anyOf": [{"items": {"not": {"$dynamicRef": "#x"}}}]}),
    "a reference in a parameter named enum": {"properties": {"enum": {"$ref": "#"}}},
    "a reference in a parameter named default": {"properties": {"default": {"items": {"$ref": "#"}}}},
    "a reference behind a pattern": {"patternProperties": {"^a$": {"$ref": "#"}}},
    "a reference in if": parameter({"if": {"$ref": "#"}}),
    "what doubles on each level": {"unevaluatedProperties": False} | ROOM,
    "a bad pattern": parameter({"type": "string", "pattern": "^(a+)+$"}),
    "a bad pattern in a parameter named enum": {"properties": {"enum": {"pattern": "^(a+)+$"}}},
    "a bad pattern of names": {"patternProperties": {"^(a|a)*$": {}}},
    "a bad pattern in propertyNames": {"propertyNames": {"pattern": "(x+x+)+y"}},
    "no pattern at all": parameter({"pattern": "["}),
    "a pattern that is no text": parameter({"pattern": 7}),
    "depth": parameter(nested(MOST_SCHEMA_DEPTH)),
    "an unknown type": parameter({"type": "wish"}),
    "too many parameters": {"properties": {f"p{number}": {} for number in range(21)}},
    "no object": {"type": "array"},
}


@pytest.mark.parametrize("schema", REFUSED.values(), ids=REFUSED)
def test_what_is_not_taken_is_named_with_its_place(schema: dict[str, Any]) -> None:
    faults = schema_faults(schema)
    assert faults
    assert all(one.startswith("parameters") and one.isprintable() and len(one) < 400 for one in faults)


@pytest.mark.parametrize(
    "schema",
    [
        ROOM,
        {},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"} | ROOM,
        parameter({"type": "string", "pattern": r"^[0-9]{2}:[0-9]{2}$", "format": "time"}),
        parameter({"enum": ["on", "off"]}) | {"additionalProperties": False},
        parameter({"anyOf": [{"type": "integer", "minimum": 0}, {"const": "all"}], "$comment": "either"}),
        parameter({"const": {"$ref": "a value and no reference"}}),
        parameter({"type": "array", "items": {"type": "string"}, "maxItems": 5, "uniqueItems": True}),
    ],
)
def test_usual_schema_is_taken(schema: dict[str, Any]) -> None:
    assert schema_faults(schema) == []


async def test_nobody_is_asked_for_a_schema() -> None:
    async with rude_web(answering(whole(b"{}"))) as web:
        for word in ("$ref", "$dynamicRef"):
            schema = parameter({word: web.url("/schema")})
            assert schema_faults(schema)
            with pytest.raises(Exception, match="schema"):  # not even if it were let through
                checked_arguments("x", schema, '{"a": 1}')
    assert web.asked == []


def test_arguments_that_do_not_fit_are_told_to_the_model() -> None:
    assert checked_arguments("x", ROOM, '{"room":"hall"}') == {"room": "hall"}
    for arguments in ("{}", '{"room":1}', "{", "[]"):
        with pytest.raises(ToolError, match="the arguments do not fit"):
            checked_arguments("x", ROOM, arguments)


def test_whole_number_written_with_a_point_is_whole() -> None:
    given = checked_arguments("x", parameter({"type": "integer"}), '{"a": 40.0}')
    assert repr(given["a"]) == "40"


@pytest.mark.parametrize(
    "arguments",
    [
        json.dumps({"a": list(range(MOST_ARGUMENT_VALUES + 1))}),
        json.dumps({"a": "x" * MOST_ARGUMENT_BYTES}),
        json.dumps({"a" * 200: 1}),
        '{"a":' + "[" * 30 + "]" * 30 + "}",
        '{"a":' + "[" * 5_000,
        '{"a": 1e999}',
        '{"a": NaN}',
    ],
)
def test_more_than_a_schema_is_asked_about_does_not_fit(arguments: str) -> None:
    with pytest.raises(ToolError, match="the arguments do not fit"):
        checked_arguments("x", parameter({}), arguments)


def test_pattern_is_tried_on_short_texts_only() -> None:
    schema = parameter({"type": "string", "pattern": "^[a-z]+-[a-z]+$"})
    assert checked_arguments("x", schema, '{"a":"one-two"}') == {"a": "one-two"}
    for text in ("x" * 10_000, "x" * 10_000 + "-y", "-", "one"):
        with pytest.raises(ToolError, match="do not fit"):
            checked_arguments("x", schema, json.dumps({"a": text}))


def test_worst_that_is_taken_costs_a_moment() -> None:
    """Minutes of CPU before; the bound is loose, for slow machines."""
    worst = {
        "type": "array", "uniqueItems": True,
        "items": {"anyOf": [{"pattern": "^[a-z]*[a-z]*x$"}, {"pattern": "[a-z]+1"}, {"type": "array"}]},
    }  # fmt: skip
    schema = parameter(worst)
    assert schema_faults(schema) == []
    given = json.dumps({"a": ["a" * 100 + "bcdefghijk"[number % 10] * (number // 10) for number in range(100)]})
    before = time.process_time()
    with pytest.raises(ToolError):
        checked_arguments("x", schema, given)
    assert time.process_time() - before < 10
