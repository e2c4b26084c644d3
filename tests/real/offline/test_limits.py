"""What is too much is refused with one error, and the session goes on; a client that never reads is given up."""

import asyncio
import contextlib
import json
import socket
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from speaker.offline.server import outbox
from speaker.offline.server.conversation_entry import LONGEST_ITEM_TEXT
from speaker.offline.server.problems import LONGEST_TOLD
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.server.session_settings import LONGEST_INSTRUCTIONS, LONGEST_TOOLS, MOST_SESSION_TOOLS
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.protocol.codec import DEEPEST, LONGEST_EVENT, MOST_VALUES
from tests.support.strict_client import LIGHT, Json, Peer, of, peer, user


def tools(count: int, padding: int = 0) -> list[Json]:
    """Tools of the size that a household has."""
    return [LIGHT | {"name": f"script_{one}", "description": "Run a script." + "x" * padding} for one in range(count)]


def house(devices: int) -> str:
    names = ", ".join(f"Lamp {one}" for one in range(devices))
    return f"You are the voice of this home.\n\nDevices, by room:\n- hall: {names} (light)"


def nested(depth: int) -> Json:
    value: Json = {}
    for _ in range(depth):
        value = {"x": value}
    return value


def update(**session: object) -> Json:
    return {"type": "session.update", "session": {"type": "realtime"} | session}


def create(item: Json) -> Json:
    return {"type": "conversation.item.create", "item": item}


def call(**fields: str) -> Json:
    return create({"type": "function_call", "name": "x", "call_id": "c", "arguments": "{}"} | fields)


LONG = "x" * (LONGEST_ITEM_TEXT + 1)
TOO_MUCH: dict[str, tuple[Json, str, str | None]] = {
    "devices": (update(instructions=house(150_000)), "string_above_max_length", "session.instructions"),
    "for one response": (
        {"type": "response.create", "response": {"instructions": "x" * (LONGEST_INSTRUCTIONS + 1)}},
        "string_above_max_length",
        "response.instructions",
    ),
    "many tools": (update(tools=tools(2_000)), "array_above_max_length", "session.tools"),
    "large tools": (
        update(tools=tools(20, padding=LONGEST_TOOLS // 20)),
        "string_above_max_length",
        "session.tools",
    ),
    "text": (create(user({"type": "input_text", "text": LONG})), "string_above_max_length", "item.content[0].text"),
    "arguments": (call(arguments=LONG), "string_above_max_length", "item.arguments"),
    "id": (call(id=LONG), "string_above_max_length", "item.id"),
    "unknown keys": (
        {"type": "session.update", "session": {f"k{n}": 0 for n in range(600_000)}},
        "invalid_value",
        None,
    ),
    "values": ({"type": "response.create", "x": [[]] * (MOST_VALUES + 1)}, "invalid_value", None),
    "depth": ({"type": "session.update", "session": nested(DEEPEST)}, "invalid_value", None),
    "great depth": ({"type": "session.update", "session": {"tools": [nested(450)]}}, "invalid_value", None),
    "length": (update(prompt={"id": "x" * LONGEST_EVENT}), "string_above_max_length", None),
    "no type": ({"type": ["x" * LONGEST_EVENT]}, "string_above_max_length", None),
    "a long type": ({"type": "x" * 1_000_000}, "invalid_value", "type"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
async def test_what_is_too_much_is_refused_with_one_error(cloud: RealtimeServer, what: str) -> None:
    frame, code, param = TOO_MUCH[what]
    async with peer(cloud) as client:
        problem = await client.send_wrong(frame)
        assert (problem["code"], problem["param"]) == (code, param)
        assert len(problem["message"]) <= LONGEST_TOLD + 1
        assert await client.update() == client.received[0]["session"]


async def test_an_unknown_key_of_any_length_is_told_shortly(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        problem = await client.send_wrong({"type": "response.create", "x" * 100_000: 1, "event_id": "y" * 100_000})
        assert problem["code"] == "unknown_parameter"
        assert all(len(problem[key]) <= LONGEST_TOLD + 1 for key in ("message", "param", "event_id"))


async def test_a_large_house_with_many_tools_works(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=house(400), tools=[*tools(110), LIGHT], output_modalities=["text"])
        await client.write("Turn on lamp 399.")
        (made,) = (await client.respond())[-1]["response"]["output"]
        assert (made["name"], json.loads(made["arguments"])) == ("set_light", {"light": "Lamp 399", "on": True})


async def test_the_limits_themselves_are_allowed(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        session = await client.update(instructions="x" * LONGEST_INSTRUCTIONS, tools=tools(MOST_SESSION_TOOLS))
        assert len(session["tools"]) == MOST_SESSION_TOOLS
        await client.write("x" * LONGEST_ITEM_TEXT)
        answer = (await client.respond(output_modalities=["text"]))[-1]["response"]
        assert answer["status"] == "completed"


# A client that does not read.


async def test_a_client_that_reads_nothing_is_given_up(
    engines: OfflineEngines, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox, "MOST_UNREAD_BYTES", 200_000)
    monkeypatch.setattr(outbox, "FLUSH_S", 0.2)
    async with RealtimeServer(ServerSettings(port=0), engines) as server:
        address = urlsplit(server.url)
        line = socket.create_connection((str(address.hostname), int(address.port or 0)))
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        async with connect(server.url, proxy=None, sock=line, max_size=None, max_queue=1) as deaf:
            asked = json.dumps(create(user({"type": "input_text", "text": "x" * 40_000})))
            while not server._open:
                await asyncio.sleep(0)
            with contextlib.suppress(ConnectionClosed):
                while server._open:
                    await deaf.send(asked)
                    await asyncio.sleep(0)
            while server._open:
                await asyncio.sleep(0.01)
            deaf.transport.abort()
        async with peer(server) as other:
            assert (await other.update())["id"]
    assert any("does not read" in record.getMessage() for record in caplog.records)


async def test_whoever_reads_late_but_does_read_is_served(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.send("response.create", response={"instructions": "Say exactly: " + "And so on. " * 10})
        await asyncio.sleep(0.5)
        events = await client.until("response.done")
    assert events[-1]["response"]["status"] == "completed"
    assert len(of(events, "response.output_audio.delta")) > 30


async def test_the_news_of_the_end_says_why(engines: OfflineEngines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_UNREAD_BYTES", 0)
    async with RealtimeServer(ServerSettings(port=0), engines) as server, connect(server.url, proxy=None) as one:
        client = Peer(one)
        await client.send("response.create", response={"instructions": "Say exactly: Hello there."})
        with pytest.raises(ConnectionClosed):
            while True:
                await client.next()
        assert (one.close_code, one.close_reason) == (1008, "The client does not read what is sent to it.")
