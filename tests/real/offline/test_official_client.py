"""The official client holds a whole spoken turn with our server: a request, a tool call, an answer."""

import base64
import json
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, resample
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import Recogniser
from tests.support.real_parts import Speech
from tests.support.strict_client import APPEND_BYTES, HOUSE, LIGHT, REQUEST, turn


async def until(connection: AsyncRealtimeConnection, kind: str) -> list[Any]:
    """All events up to the first of a kind; an error is none that anybody waits for."""
    events: list[Any] = []
    async for event in connection:
        assert event.type != "error", event
        events.append(event)
        if event.type == kind:
            break
    return events


async def test_the_official_client_holds_a_spoken_turn(engines: OfflineEngines, speech: Speech) -> None:
    lamp = {"sofa lamp": False}
    async with (
        RealtimeServer(ServerSettings(port=0, token="sk-local"), engines) as server,  # noqa: S106
        AsyncOpenAI(api_key="sk-local", websocket_base_url=server.url.removesuffix("/realtime")) as client,
        client.realtime.connect(model="gpt-realtime-2.1-mini") as connection,
    ):
        created = (await until(connection, "session.created"))[-1]
        assert created.session.model == "gpt-realtime-2.1-mini"
        wanted: Any = {"type": "realtime", "instructions": HOUSE, "tools": [LIGHT], "tool_choice": "auto"}
        await connection.session.update(session=wanted)
        updated = (await until(connection, "session.updated"))[-1]
        assert updated.session.tools[0].name == "set_light"

        data = pcm.to_bytes(turn(speech(REQUEST)))
        for start in range(0, len(data), APPEND_BYTES):
            audio = base64.b64encode(data[start : start + APPEND_BYTES]).decode()
            await connection.input_audio_buffer.append(audio=audio)
        asked = await until(connection, "response.done")
        assert "input_audio_buffer.speech_started" in [event.type for event in asked]
        (limits,) = [event.rate_limits for event in asked if event.type == "rate_limits.updated"]
        assert {one.name for one in limits} == {"requests", "tokens"}
        (call,) = asked[-1].response.output
        assert (call.type, call.name) == ("function_call", "set_light")
        arguments = json.loads(call.arguments)
        lamp[arguments["light"].lower()] = arguments["on"]

        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "Confirmed: sofa lamp is on."}
        await connection.conversation.item.create(item=output)
        await connection.response.create()
        answered = await until(connection, "response.done")
        assert answered[-1].response.status == "completed"
        assert answered[-1].response.usage.output_token_details.audio_tokens > 0

        (message,) = answered[-1].response.output
        await connection.conversation.item.retrieve(item_id=message.id)
        kept = (await until(connection, "conversation.item.retrieved"))[-1].item.content[0]

    pieces = [base64.b64decode(event.delta) for event in answered if event.type == "response.output_audio.delta"]
    assert base64.b64decode(kept.audio) == b"".join(pieces)
    heard = Recogniser().hear(resample(pcm.from_bytes(b"".join(pieces)), SESSION_HZ, WAKE_HZ)).text.lower()
    assert "sofa lamp" in heard
    assert "on" in heard.split()[-1]
    assert lamp == {"sofa lamp": True}


async def test_the_official_client_is_asked_when_nobody_speaks(engines: OfflineEngines) -> None:
    async with (
        RealtimeServer(ServerSettings(port=0), engines) as server,
        AsyncOpenAI(api_key="any", websocket_base_url=server.url.removesuffix("/realtime")) as client,
        client.realtime.connect(model="offline") as connection,
    ):
        turns: Any = {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 500}}
        await connection.session.update(session={"type": "realtime", "audio": {"input": turns}})
        updated = (await until(connection, "session.updated"))[-1].session
        assert updated.audio.input.turn_detection.idle_timeout_ms == 500
        await connection.response.create(response={"instructions": "Say exactly: Hi."})
        await until(connection, "response.done")
        triggered, *_, done = await until(connection, "response.done")
        assert triggered.type == "input_audio_buffer.timeout_triggered"
        assert done.response.output[0].content[0].transcript == "Are you still there?"


async def test_the_official_client_interrupts_and_truncates(engines: OfflineEngines) -> None:
    async with (
        RealtimeServer(ServerSettings(port=0), engines) as server,
        AsyncOpenAI(api_key="any", websocket_base_url=server.url.removesuffix("/realtime")) as client,
        client.realtime.connect(model="offline") as connection,
    ):
        await connection.response.create(response={"instructions": "Say exactly: " + "And so on. " * 200})
        item_id = (await until(connection, "response.output_audio.delta"))[-1].item_id
        await connection.response.cancel()
        done = (await until(connection, "response.done"))[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=100)
        assert (await until(connection, "conversation.item.truncated"))[-1].audio_end_ms == 100
        await connection.conversation.item.delete(item_id=item_id)
        assert (await until(connection, "conversation.item.deleted"))[-1].item_id == item_id
