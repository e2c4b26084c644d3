"""What strict foreign clients want of an item's body, as far as they read it: one schema for each kind of item.

They check more than the official SDK's models do: a key that may be null must be there all the same, and one that is
a text where it is there must not be null.
"""

from typing import Any, Final

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
STATUS: Final[Schema] = {"enum": ["in_progress", "completed", "incomplete"]}


def _object(needed: Schema, perhaps: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "properties": needed | (perhaps or {}),
        "required": list(needed),
        "additionalProperties": False,
    }


def _kind(name: str) -> Schema:
    return {"const": name}


_SOUND: Final[Schema] = {"type": ["string", "null"]}
_WRITTEN_INPUT: Final = _object({"type": _kind("input_text"), "text": TEXT})
_SPOKEN_INPUT: Final = _object(
    {"type": _kind("input_audio"), "transcript": {"type": ["string", "null"]}}, {"audio": _SOUND}
)
_WRITTEN_OUTPUT: Final = _object({"type": _kind("output_text"), "text": TEXT})
_SPOKEN_OUTPUT: Final = _object({"type": _kind("output_audio"), "transcript": TEXT}, {"audio": _SOUND})

_HEAD: Final[Schema] = {"id": TEXT, "object": _kind("realtime.item"), "status": STATUS}


def _message(role: str, *parts: Schema) -> Schema:
    content = {"type": "array", "items": {"anyOf": list(parts)}}
    return _object(_HEAD | {"type": _kind("message"), "role": _kind(role), "content": content})


ITEM_SHAPES: Final[dict[str, Schema]] = {
    "system": _message("system", _WRITTEN_INPUT),
    "user": _message("user", _WRITTEN_INPUT, _SPOKEN_INPUT),
    "assistant": _message("assistant", _WRITTEN_OUTPUT, _SPOKEN_OUTPUT),
    "function_call": _object(
        _HEAD | {"type": _kind("function_call"), "call_id": TEXT, "name": TEXT, "arguments": TEXT}
    ),
    "function_call_output": _object(_HEAD | {"type": _kind("function_call_output"), "call_id": TEXT, "output": TEXT}),
}
"""By role for messages, else by type."""

PART_SHAPE: Final[Schema] = {
    "anyOf": [_object({"type": _kind("text"), "text": TEXT}), _object({"type": _kind("audio"), "transcript": TEXT})]
}
"""A part of a response under way."""


def kind_of_item(item: dict[str, Any]) -> str:
    """Under which name the item's shape stands."""
    return str(item["role"] if item["type"] == "message" else item["type"])


def check_shape(schema: Schema, body: object) -> None:
    """Raise jsonschema's ValidationError where a body is not as strict clients want it."""
    Draft202012Validator(schema).validate(body)
