"""The embedded server on a real socket: who may connect, in which dialect, and for how long."""

import asyncio
import logging
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from speaker.errors import SpeakerError
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from tests.support.strict_client import Peer, ladder, peer, sound_of


async def test_without_a_token_the_server_stays_on_this_machine(engines: OfflineEngines) -> None:
    with pytest.raises(SpeakerError, match=r"0\.0\.0\.0 without a token"):
        RealtimeServer(ServerSettings(host="0.0.0.0", port=0), engines)  # noqa: S104 - that it will not is the point
    async with RealtimeServer(ServerSettings(host="0.0.0.0", port=0, token="sesame"), engines):  # noqa: S104, S106
        pass


async def test_a_taken_port_is_told(cloud: RealtimeServer, engines: OfflineEngines) -> None:
    port = int(cloud.url.rpartition(":")[2].partition("/")[0])
    with pytest.raises(SpeakerError, match=f"cannot listen on 127.0.0.1:{port}.*another port"):
        await RealtimeServer(ServerSettings(port=port), engines).start()


@pytest.mark.parametrize(
    "given",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic sesame"}, {"Authorization": "Bearer sésame"}],
)
async def test_a_wrong_token_is_unauthorized(engines: OfflineEngines, given: dict[str, str]) -> None:
    async with RealtimeServer(ServerSettings(port=0, token="sesame"), engines) as server:  # noqa: S106
        with pytest.raises(InvalidStatus) as caught:
            await connect(server.url, additional_headers=given, proxy=None)
        assert caught.value.response.status_code == 401
        async with peer(server, Authorization="Bearer sesame"):
            pass


async def test_there_is_one_path(cloud: RealtimeServer) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await connect(cloud.url.replace("realtime", "live"), proxy=None)
    assert caught.value.response.status_code == 404


UPGRADE = (
    "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def status_of(server: RealtimeServer, target: bytes) -> int:
    """With which status the server answers a request for something, sent byte for byte."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(b"GET " + target + b" HTTP/1.1\r\n" + UPGRADE.encode())
    status = (await reader.readline()).split()[1]
    writer.close()
    await writer.wait_closed()
    return int(status)


@pytest.mark.parametrize(
    "target",
    [b"//[::1", b"http://[", b"http://[x]/v1/realtime]", b"", b"*", b"v1/realtime", b"/v1/\x01", b"/v1/\x7f"],
)
async def test_what_is_no_path_is_a_bad_request(
    cloud: RealtimeServer, target: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert await status_of(cloud, target) == 400
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_path_may_come_as_a_whole_address(cloud: RealtimeServer) -> None:
    assert await status_of(cloud, b"http://localhost/v1/realtime?model=offline") == 101
    assert await status_of(cloud, b"http://localhost/v1/live") == 404


async def test_sessions_are_capped(engines: OfflineEngines) -> None:
    async with RealtimeServer(ServerSettings(port=0, max_sessions=1), engines) as server:
        async with peer(server) as first:
            with pytest.raises(InvalidStatus) as caught:
                await connect(server.url, proxy=None)
            assert caught.value.response.status_code == 503
            await first.connection.close()
        async with peer(server):
            pass


@pytest.mark.parametrize(
    ("offered", "chosen"), [(None, None), (["realtime", "openai-insecure-api-key.sk-x"], "realtime"), (["chat"], None)]
)
async def test_subprotocols_are_welcome_and_not_needed(cloud: RealtimeServer, offered: Any, chosen: str | None) -> None:
    async with connect(cloud.url, subprotocols=offered, proxy=None) as one:
        assert one.subprotocol == chosen
        assert (await Peer(one).next())["type"] == "session.created"


async def test_a_session_ends_when_its_time_is_up(engines: OfflineEngines) -> None:
    async with RealtimeServer(ServerSettings(port=0, session_s=0.4), engines) as server, peer(server) as client:
        await client.send("response.create", response={"instructions": "Say exactly: " + "Much to say. " * 300})
        with pytest.raises(ConnectionClosed):
            while True:
                await client.next()
        last = client.received[-1]
        assert (last["type"], last["error"]["code"]) == ("error", "session_expired")
        assert (client.connection.close_code, client.connection.close_reason) == (1001, last["error"]["message"])


# The older dialect.


async def test_the_older_dialect_is_served(cloud: RealtimeServer) -> None:
    async with peer(cloud, beta=True) as client:
        session = client.received[0]["session"]
        assert (session["modalities"], session["input_audio_format"]) == (["text", "audio"], "pcm16")
        assert session["turn_detection"]["type"] == "server_vad"
        flat = {"voice": "alloy", "temperature": 0.8, "turn_detection": None, "instructions": "Say exactly: Yes."}
        await client.send("session.update", session=flat)
        session = (await client.next())["session"]
        assert (session["voice"], session["turn_detection"], session["instructions"]) == (
            "alloy",
            None,
            "Say exactly: Yes.",
        )
        said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
        await client.send("conversation.item.create", item=said)
        assert (await client.next())["type"] == "conversation.item.created"
        events = await client.respond()
    assert ladder(events) == [
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.audio_transcript.delta",
        "response.audio.delta",
        "response.audio.done",
        "response.audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    answer = events[-1]["response"]
    assert (answer["modalities"], answer["voice"]) == (["text", "audio"], "alloy")
    assert answer["output"][0]["content"] == [{"type": "audio", "transcript": "Yes."}]


async def test_the_older_dialect_is_refused_as_the_cloud_does(engines: OfflineEngines) -> None:
    async with RealtimeServer(ServerSettings(port=0, beta="refuse"), engines) as server:
        async with connect(server.url, additional_headers={"OpenAI-Beta": "realtime=v1"}, proxy=None) as one:
            problem = await Peer(one).problem()
            assert problem["code"] == "beta_api_shape_disabled"
            with pytest.raises(ConnectionClosed):
                await one.recv()
            assert (one.close_code, one.close_reason) == (4000, "invalid_request_error.beta_api_shape_disabled")
        async with peer(server):
            pass


async def test_the_largest_append_of_the_protocol_is_taken(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(audio={"input": {"turn_detection": None}})
        await client.append_bytes(bytes(11 << 20), step=11 << 20)
        await client.send("input_audio_buffer.commit")
        item_id = (await client.until("conversation.item.done"))[0]["item_id"]
        assert len(sound_of(await client.retrieve(item_id))) == 11 << 20


async def test_the_token_is_never_written_down(engines: OfflineEngines, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = ServerSettings(port=0, token="sesame-42")  # noqa: S106
    async with RealtimeServer(settings, engines) as server, peer(server, Authorization="Bearer sesame-42"):
        pass
    server_side = [record.getMessage() for record in caplog.records if record.name != "websockets.client"]
    assert any("> session.created" in line for line in server_side)
    assert not any("sesame" in line for line in server_side)


async def test_what_a_session_needs_is_loaded_before_anything_is_said() -> None:
    engines = OfflineEngines()
    try:
        async with RealtimeServer(ServerSettings(port=0), engines) as server:
            assert engines.pid is None
            async with peer(server):
                while engines.pid is None:
                    await asyncio.sleep(0.01)
    finally:
        engines.close()
