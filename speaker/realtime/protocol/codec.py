"""Bytes to event and back. The tag is read first, so what is unknown is ignored and not an error."""

import json
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from speaker.errors import NOT_JSON, WireError
from speaker.realtime.protocol import beta
from speaker.realtime.protocol.client_events import CLIENT_EVENTS, ClientEvent
from speaker.realtime.protocol.lenient import filled
from speaker.realtime.protocol.server_events import SERVER_EVENTS, ServerEvent

Dialect = Literal["ga", "beta"]


class Unknown(msgspec.Struct, frozen=True):
    """An event whose type this program does not know; new ones appear often and are no mistake."""

    type: str


class _Tag(msgspec.Struct):
    type: str


def _name(event: type[msgspec.Struct]) -> str:
    return str(event.__struct_config__.tag)


_SERVER: Final = {_name(event): event for event in SERVER_EVENTS}
_CLIENT: Final = {_name(event): event for event in CLIENT_EVENTS}
_DIRECT: Final = {
    name: msgspec.json.Decoder(event)
    for name, event in _SERVER.items()
    if not {"item", "part", "response", "session"} & set(event.__struct_fields__)
}
"""Events that are the same in both dialects but for their name; the frequent ones are among them."""

_ANY: Final = msgspec.json.Decoder()
_TAG: Final = msgspec.json.Decoder(_Tag)
_ENCODER: Final = msgspec.json.Encoder()

_OFF: Final = frozenset({"turn_detection", "noise_reduction", "transcription", "tracing", "prompt", "include",
                         "idle_timeout_ms"})  # fmt: skip
"""Settings that null turns off; anywhere else null and absent mean the same."""

_OPAQUE: Final = frozenset({"tools", "tool_choice", "truncation", "tracing", "prompt", "metadata"})
"""Objects that are kept as they are, nulls included."""

LONGEST_EVENT: Final = 4 << 20
"""Characters of a client event that brings no sound."""

MOST_VALUES: Final = 50_000
"""JSON values of one client event; a hundred tools are some 3,000."""

DEEPEST: Final = 64
"""Lists and objects within each other."""

_MOST_SIGNS: Final = 300_000
"""Signs that begin a value, in the text of an event, also where they only stand in a sentence. It is counted before
anything is read, since reading more would hold up everybody."""

_SOUNDING: Final = frozenset({"input_audio_buffer.append", "conversation.item.create"})
"""Events that may bring sound, and are as long as the largest frame."""


def type_of(event: msgspec.Struct) -> str:
    """The protocol's name of an event, such as ``session.update``."""
    return _name(type(event))


def decode_server(data: str | bytes) -> ServerEvent | Unknown:
    """One frame from a server, in either dialect. Raises WireError when it is no JSON object with a type.

    A field that is not what the protocol says is left out, and the rest of the event is used.
    """
    kind = _read_tag(data)
    event = _SERVER.get(beta.SERVER_NAMES.get(kind, kind))
    if event is None:
        return Unknown(kind)
    direct = _DIRECT.get(kind)
    if direct is not None:
        try:
            return direct.decode(data)
        except NOT_JSON:
            pass  # something else, perhaps, where a text is wanted: see below
    raw = _without_nulls(beta.server_to_ga(_any_object(kind, data)))
    raw = _with_error_body(raw) if kind == "error" else raw
    try:
        return msgspec.convert(raw, event, strict=False)
    except msgspec.ValidationError:
        return filled(raw, event)


def _any_object(kind: str, data: str | bytes) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = _ANY.decode(data)
    except NOT_JSON:
        try:
            raw = json.loads(data)  # it reads numbers that are too large for the other
        except (ValueError, RecursionError) as error:
            raise WireError(f"server event {kind}: {error}; it is ignored") from error
    return raw


def _with_error_body(raw: dict[str, Any]) -> dict[str, Any]:
    """An error event in the one form: some servers put its fields, or nothing but a text, beside the type."""
    told = raw.get("error")
    body = {key: raw[key] for key in ("code", "message", "param") if key in raw}
    return raw | {"error": body | (told if isinstance(told, dict) else {"message": told} if told else {})}


def _read_tag(data: str | bytes) -> str:
    try:
        return _TAG.decode(data).type
    except NOT_JSON as error:
        raise WireError(f"server event is not a JSON object with a type: {error}; it is ignored") from error


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 - walks JSON values
    """The same without keys whose null says no more than their absence."""
    if isinstance(value, dict):
        return {
            key: below if key in _OPAQUE else _without_nulls(below)
            for key, below in value.items()
            if below is not None or key in _OFF
        }
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    return value


def encode_client(
    event: ClientEvent, dialect: Dialect = "ga", shape: Callable[[dict[str, Any]], dict[str, Any]] | None = None
) -> str:
    """A client event as the text of one frame; ``shape`` brings a session object into a service's own form."""
    if dialect == "ga" and shape is None:
        return _ENCODER.encode(event).decode()
    message = msgspec.to_builtins(event)
    if shape is not None and "session" in message:
        message["session"] = shape(message["session"])
    return _ENCODER.encode(beta.client_to_beta(message) if dialect == "beta" else message).decode()


def encode_server(event: ServerEvent, dialect: Dialect = "ga") -> str | None:
    """A server event as the text of one frame; None when the dialect has no such event."""
    if dialect == "ga":
        return _ENCODER.encode(event).decode()
    renamed = beta.server_to_beta(msgspec.to_builtins(event))
    return None if renamed is None else _ENCODER.encode(renamed).decode()


class RefusedError(WireError):
    """A client event that a server must answer with an error event."""

    def __init__(self, message: str, *, code: str, param: str | None = None, event_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.event_id = event_id


def decode_client(data: str | bytes, dialect: Dialect = "ga") -> ClientEvent:
    """One frame from a client. Raises RefusedError, with the protocol's error code, when it is not valid.

    Unlike clients, servers refuse fields they do not know (``unknown_parameter``).
    """
    raw = _client_object(data)
    event_id = raw.get("event_id") if isinstance(raw.get("event_id"), str) else None
    kind = raw.get("type")
    _check_extent(raw, event_id)
    if len(data) > LONGEST_EVENT and not (isinstance(kind, str) and kind in _SOUNDING):
        message = f"The event has {len(data)} characters; the most without audio are {LONGEST_EVENT}."
        raise RefusedError(message, code="string_above_max_length", event_id=event_id)
    event = _CLIENT.get(kind) if isinstance(kind, str) else None
    if event is None:
        raise RefusedError(
            f"Invalid value: '{kind}'. Supported values are: {', '.join(map(repr, _CLIENT))}.",
            code="invalid_value", param="type", event_id=event_id,
        )  # fmt: skip
    raw = _without_nulls(beta.client_to_ga(raw) if dialect == "beta" else raw)
    try:
        decoded = msgspec.convert(raw, event)
    except msgspec.ValidationError as error:
        raise _refusal(error, event_id) from error
    stranger = _unknown_path(raw, msgspec.to_builtins(decoded, builtin_types=(bytes,)))
    if stranger:
        raise RefusedError(
            f"Unknown parameter: '{stranger}'.", code="unknown_parameter", param=stranger, event_id=event_id
        )
    return decoded


def _client_object(data: str | bytes) -> dict[str, Any]:
    signs = map(data.count, ",[{") if isinstance(data, str) else map(data.count, b",[{")
    if sum(signs) > _MOST_SIGNS:
        raise _too_much()
    try:
        raw = _ANY.decode(data)
    except NOT_JSON as error:
        raise RefusedError(f"Could not parse the event as JSON: {error}", code="invalid_json") from error
    if not isinstance(raw, dict):
        raise RefusedError("An event must be a JSON object.", code="invalid_json")
    return raw


def _check_extent(raw: dict[str, Any], event_id: str | None) -> None:
    """Raise RefusedError for what holds too many values, or too deep ones, before anything walks through it."""
    level: list[Any] = [raw]
    count = 0
    for _ in range(DEEPEST):
        level = [
            below
            for one in level
            if isinstance(one, dict | list)
            for below in (one.values() if isinstance(one, dict) else one)
        ]
        count += len(level)
        if count > MOST_VALUES:
            raise _too_much(event_id)
        if not level:
            return
    raise RefusedError(f"The event is nested deeper than {DEEPEST} levels.", code="invalid_value", event_id=event_id)


def _too_much(event_id: str | None = None) -> RefusedError:
    return RefusedError(f"The event holds more than {MOST_VALUES} values.", code="invalid_value", event_id=event_id)


def _refusal(error: msgspec.ValidationError, event_id: str | None) -> RefusedError:
    what, _, path = str(error).partition(" - at `$")
    param = path.rstrip("`").lstrip(".") or None
    if "missing required field" in what:
        field = what.rpartition("`")[0].rpartition("`")[2]
        param = f"{param}.{field}" if param else field
        message, code = f"Missing required parameter: '{param}'.", "missing_required_parameter"
        return RefusedError(message, code=code, param=param, event_id=event_id)
    return RefusedError(f"Invalid value for '{param}': {what}.", code="invalid_value", param=param, event_id=event_id)


def _unknown_path(given: Any, known: Any) -> str:  # noqa: ANN401 - walks JSON values
    """Where in ``given`` the first key stands that is not in ``known``, as ``item.content[0].foo``."""
    if isinstance(given, dict) and isinstance(known, dict):
        for key, value in given.items():
            below = _unknown_path(value, known[key]) if key in known else ""
            if below or key not in known:
                joint = "." if below and not below.startswith("[") else ""
                return f"{key}{joint}{below}"
    if isinstance(given, list) and isinstance(known, list):
        for index, (one, other) in enumerate(zip(given, known, strict=False)):
            below = _unknown_path(one, other)
            if below:
                return f"[{index}]{'' if below.startswith('[') else '.'}{below}"
    return ""
