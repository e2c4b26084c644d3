"""A client that trusts nobody: each event in both directions goes past the official SDK's models first."""

import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.offline.server.server import RealtimeServer
from speaker.realtime.protocol.codec import Unknown, decode_server
from tests.support.sdk_models import judge_client, judge_server

Json = dict[str, Any]

HOUSE = "You are the voice of this home.\n\nDevices, by room:\n- living room: Sofa lamp (light), Floor lamp (light)"
LIGHT = {
    "type": "function",
    "name": "set_light",
    "description": "Switch a light.",
    "parameters": {"type": "object", "properties": {"light": {"type": "string"}, "on": {"type": "boolean"}}},
}
VAD = {"type": "server_vad"}
REQUEST = "Turn on the sofa lamp."

OPENED = ["response.output_item.added", "conversation.item.added", "response.content_part.added"]
SPOKEN = [
    *OPENED,
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
]
WRITTEN = [
    *OPENED,
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
]
CALLED = [
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "conversation.item.done",
]
HEARD = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]

APPEND_BYTES = 2 * pcm.ms_to_samples(40, SESSION_HZ)


class Peer:
    """One connection, and everything that came over it."""

    def __init__(self, connection: ClientConnection, *, beta: bool = False) -> None:
        self.connection = connection
        self.received: list[Json] = []
        self._beta = beta

    async def send(self, kind: str, **fields: object) -> None:
        """Send an event that the protocol allows."""
        text = json.dumps({"type": kind} | fields)
        if not self._beta:
            judge_client(text)
        await self.connection.send(text)

    async def send_wrong(self, frame: Json | str) -> Json:
        """Send something that it does not allow, and return the problem that the server has with it."""
        await self.connection.send(frame if isinstance(frame, str) else json.dumps(frame))
        return await self.problem()

    async def problem(self) -> Json:
        """The body of the error that must come next."""
        event = await self.next()
        assert event["type"] == "error", event
        problem: Json = event["error"]
        assert problem["type"] == "invalid_request_error"
        assert problem["message"]
        return problem

    async def next(self) -> Json:
        """The next event."""
        text = await self.connection.recv()
        assert isinstance(text, str)
        assert not isinstance(decode_server(text), Unknown)
        event: Json = json.loads(text) if self._beta else judge_server(text)
        assert event["event_id"] not in {one["event_id"] for one in self.received}
        self.received.append(event)
        return event

    async def until(self, kind: str) -> list[Json]:
        """All events up to the first of a kind."""
        events = [await self.next()]
        while events[-1]["type"] != kind:
            events.append(await self.next())
        return events

    async def update(self, **session: object) -> Json:
        """Change the session; the whole session as it then is."""
        await self.send("session.update", session={"type": "realtime"} | session)
        event = await self.next()
        assert event["type"] == "session.updated", event
        changed: Json = event["session"]
        return changed

    async def append(self, samples: Samples) -> None:
        """Send sound: int16, shape (n,), 24 kHz."""
        await self.append_bytes(pcm.to_bytes(samples))

    async def append_bytes(self, data: bytes, step: int = APPEND_BYTES) -> None:
        """Send sound in pieces of so many bytes."""
        for start in range(0, len(data), step):
            audio = base64.b64encode(data[start : start + step]).decode()
            await self.send("input_audio_buffer.append", audio=audio)

    async def write(self, text: str) -> list[Json]:
        """Put written words of the user into the conversation."""
        content = [{"type": "input_text", "text": text}]
        await self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        return await self.until("conversation.item.done")

    async def respond(self, **wish: object) -> list[Json]:
        """Ask for a response and take it in, from response.created to response.done."""
        await self.send("response.create", **({"response": wish} if wish else {}))
        return await self.until("response.done")

    async def retrieve(self, item_id: str) -> Json:
        """An item with its sound."""
        await self.send("conversation.item.retrieve", item_id=item_id)
        event = await self.next()
        assert event["type"] == "conversation.item.retrieved", event
        item: Json = event["item"]
        return item


@asynccontextmanager
async def peer(server: RealtimeServer, *, beta: bool = False, **headers: str) -> AsyncIterator[Peer]:
    """A connection on which session.created has arrived."""
    more = {"OpenAI-Beta": "realtime=v1"} if beta else {}
    async with connect(
        f"{server.url}?model=offline", additional_headers=headers | more, proxy=None, max_size=None
    ) as one:
        client = Peer(one, beta=beta)
        assert (await client.next())["type"] == "session.created"
        yield client


def silence(ms: int) -> Samples:
    return np.zeros(pcm.ms_to_samples(ms, SESSION_HZ), np.int16)


def turn(samples: Samples) -> Samples:
    """Speech with enough silence around it that a turn is found."""
    return np.concatenate([silence(400), samples, silence(700)])


def ladder(events: Sequence[Json]) -> list[str]:
    """The types in order, repeated deltas as one."""
    types = [event["type"] for event in events]
    return [kind for place, kind in enumerate(types) if place == 0 or kind != types[place - 1]]


def response(*rungs: str) -> list[str]:
    """The ladder of a whole response."""
    return ["response.created", "rate_limits.updated", *rungs, "response.done"]


def of(events: Sequence[Json], kind: str) -> list[Json]:
    """The events of a kind."""
    return [event for event in events if event["type"] == kind]


def sound(events: Sequence[Json]) -> bytes:
    """The sound of all deltas."""
    return b"".join(base64.b64decode(event["delta"]) for event in of(events, "response.output_audio.delta"))


def sound_of(item: Json) -> bytes:
    """The sound of a retrieved item."""
    return base64.b64decode(item["content"][0]["audio"])


def ms(audio: bytes) -> int:
    """How long sound lasts, in whole milliseconds."""
    return int(pcm.bytes_to_ms(len(audio), SESSION_HZ))


def user(*content: Json) -> Json:
    """A message of the user."""
    return {"type": "message", "role": "user", "content": list(content)}
