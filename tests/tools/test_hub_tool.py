"""Definitions of tools that the hub brings: what is good, and what is refused with the name of the field."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from speaker.errors import SpeakerError
from speaker.tools.hub_tool import MOST_BYTES, ConfirmWhen, HubToolDefinition, read_definition

TOPIC = "speaker/tools/start_vacuum"
GOOD: dict[str, Any] = {
    "description": "Start the robot vacuum in a room",
    "parameters": {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]},
    "command_topic": "home/vacuum/start",
    "payload": "{{ arguments | tojson }}",
    "state_topic": "home/vacuum/state",
    "confirm_when": {"equals": "cleaning"},
    "timeout_s": 5,
    "risk": "allow",
}


def defined(**changes: Any) -> HubToolDefinition:
    document = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return read_definition(TOPIC, json.dumps(document).encode())[1]


def test_the_documented_definition_is_good() -> None:
    name, found = read_definition(TOPIC, json.dumps(GOOD).encode())
    assert name == "start_vacuum"
    assert (found.command_topic, found.timeout_s, found.risk, found.respond) == ("home/vacuum/start", 5, "allow", False)


def test_the_least_that_is_needed() -> None:
    found = read_definition(TOPIC, b'{"description":"Go","command_topic":"a/b"}')[1]
    assert found.parameters == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"description": ""}, "description"), ({"description": None}, "description: missing"),
        ({"command_topic": "home/+/start"}, "command_topic"), ({"command_topic": None}, "command_topic: missing"),
        ({"command_topic": "x/" * 250}, "command_topic: the topic has"), ({"command_topic": "$SYS/x"}, "command_topic"),
        ({"state_topic": "a\x7f"}, "state_topic: the topic holds a control"), ({"command_topic": ""}, "command_topic"),
        ({"timeout_s": 0}, "timeout_s"), ({"timeout_s": 600}, "timeout_s"), ({"timeout_s": "soon"}, "timeout_s"),
        ({"risk": "maybe"}, "risk: expected one of allow, confirm, never"),
        ({"confirm_when": {}}, "confirm_when: give exactly one"),
        ({"confirm_when": {"equals": "a", "contains": "b"}}, "confirm_when: give exactly one"),
        ({"confirm_when": None}, "confirm_when and state_topic belong together"),
        ({"respond": True}, "respond"), ({"payload": "{{ arguments"}, "payload"),
        ({"comand_topic": "x"}, "comand_topic: unknown key. Did you mean command_topic?"),
        ({"parameters": {"type": "array"}}, "parameters.type"),
        ({"parameters": {"type": "object", "properties": {"a": {"type": "wish"}}}}, "parameters.properties.a.type"),
        ({"parameters": {"properties": {"a": {"$ref": "http://evil/schema"}}}}, "$ref is not followed"),
        ({"parameters": {"properties": {f"p{i}": {} for i in range(40)}}}, "parameters.properties: at most"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(SpeakerError) as caught:
        defined(**changes)
    assert str(caught.value).startswith(f"{TOPIC}: ")
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ["", "1st", "has space", "a" * 65, "a.b", "ünlock"])
def test_a_name_that_no_function_has(name: str) -> None:
    with pytest.raises(SpeakerError, match="is no tool name"):
        read_definition(f"speaker/tools/{name}", json.dumps(GOOD).encode())


@pytest.mark.parametrize("payload", [b"{", b"[]", b"\xff", b"null", b"x" * (MOST_BYTES + 1), b"[" * 5000])
def test_what_is_no_definition(payload: bytes) -> None:
    with pytest.raises(SpeakerError, match=TOPIC):
        read_definition(TOPIC, payload)


@example(b'"\x80"')
@given(st.binary(max_size=300))
def test_nothing_else_is_ever_raised(payload: bytes) -> None:
    try:
        read_definition(TOPIC, payload)
    except SpeakerError as error:
        assert TOPIC in str(error)


@pytest.mark.parametrize(
    ("when", "payload", "met"),
    [
        (ConfirmWhen(equals="cleaning"), b"Cleaning", True), (ConfirmWhen(equals="cleaning"), b"cleaning up", False),
        (ConfirmWhen(equals=3), b"3", True), (ConfirmWhen(equals=True), b"true", True),
        (ConfirmWhen(contains="clean"), b"now cleaning", True), (ConfirmWhen(in_=["a", "b"]), b"b", True),
        (ConfirmWhen(in_=["a", "b"]), b"", False),
        (ConfirmWhen(equals="on", value_template="{{ value_json.state }}"), b'{"state":"on"}', True),
        (ConfirmWhen(equals="on", value_template="{{ value_json.state }}"), b"on", False),
    ],
)  # fmt: skip
def test_when_a_state_confirms(when: ConfirmWhen, payload: bytes, met: bool) -> None:
    assert when.met_by(payload) is met
