"""The official SDK's models as judges of our events: valid, complete, and with nothing of our own invention."""

import json
from collections.abc import Iterator
from typing import Any, Final

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from openai.types.realtime.realtime_session_create_response import RealtimeSessionCreateResponse
from pydantic import BaseModel, TypeAdapter

SERVER: Final[TypeAdapter[Any]] = TypeAdapter(RealtimeServerEvent)
CLIENT: Final[TypeAdapter[Any]] = TypeAdapter(RealtimeClientEvent)

KNOWN: Final = frozenset({"session.id", "session.object", "session.expires_at"})
"""The SDK types the session of session.created as a request; its model of the response has these fields."""


def judge_client(text: str) -> dict[str, Any]:
    """A client event's JSON, once the SDK has found nothing wrong or strange in it."""
    return _judge(CLIENT, text)


def judge_server(text: str) -> dict[str, Any]:
    """A server event's JSON, once the SDK has found nothing wrong or strange in it."""
    event = _judge(SERVER, text)
    if event["type"] in {"session.created", "session.updated"}:
        RealtimeSessionCreateResponse.model_validate(event["session"])
    return event


def _judge(adapter: TypeAdapter[Any], text: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(text)
    model = adapter.validate_python(event)
    assert model.type == event["type"]
    assert set(_strangers(model, "")) <= KNOWN, text
    assert model.model_dump(mode="json", exclude_unset=True) == event
    return event


def _strangers(value: object, path: str) -> Iterator[str]:
    """Paths of fields that the SDK does not know."""
    if isinstance(value, BaseModel):
        yield from (f"{path}{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _strangers(getattr(value, name), f"{path}{name}.")
    elif isinstance(value, list):
        for one in value:
            yield from _strangers(one, path)
