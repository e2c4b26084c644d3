"""How sessions of our client end: dropped, closed, refused, left, or never begun. Each end is told once."""

import asyncio
import socket

import pytest

from speaker.audio.pcm import WAKE_HZ
from speaker.offline.server.scripted import Close, Delay, Drop, EmitStep, Expect, ScriptStep
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.client import Closed
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import type_of
from speaker.realtime.protocol.objects import Response
from tests.support.scripted_session import HELLO, OPEN, SPEECH, Told, error, line, played, tone

BEGUN: list[ScriptStep] = [*OPEN, EmitStep(ev.ResponseCreated(event_id="e4", response=Response(id="resp_1")))]
STAGES: dict[str, list[ScriptStep]] = {
    "before the session": [],
    "before the update": HELLO,
    "after the update": [*HELLO, Expect("session.update")],
    "once open": OPEN,
    "in a response": BEGUN,
    "while sound is sent": [*OPEN, Expect("input_audio_buffer.append")],
}


@pytest.mark.parametrize("stage", STAGES)
async def test_a_dropped_line_is_one_clear_end(engines: OfflineEngines, stage: str) -> None:
    async with played(engines, *STAGES[stage], Drop()) as (_, url):
        told = Told(url, says=tone(WAKE_HZ))
        end = await told.run()
    assert end is not None
    assert (end.code, end.fatal) == ("1006", False)
    assert str(end) == f"the connection to the Realtime service at {url.split('/')[2]} broke"
    assert told.opened == (stage in {"once open", "in a response", "while sound is sent"})


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("close", "code", "fatal"),
    [
        (Close(1000), "1000", False),
        (Close(1001, "Your session hit the maximum duration of 60 minutes."), "1001", False),
        (Close(1011, "keepalive ping timeout"), "1011", False),
        (Close(1012), "1012", False),
        (Close(3000, "invalid_request_error.invalid_api_key"), "invalid_api_key", True),
        (Close(4000, "invalid_request_error.beta_api_shape_disabled"), "beta_api_shape_disabled", True),
        (Close(4000, "invalid_request_error.something_new"), "something_new", True),
        (Close(4000), "4000", True),
    ],
)
async def test_a_close_is_one_clear_end(
    engines: OfflineEngines, stage: str, close: Close, code: str, fatal: bool
) -> None:
    async with played(engines, *STAGES[stage], close) as (_, url):
        told = Told(url, says=tone(WAKE_HZ))
        end = await told.run()
    assert end is not None
    assert (end.code, end.fatal) == (code, fatal)
    assert str(end).startswith("the Realtime service at 127.0.0.1:")


@pytest.mark.parametrize(
    ("scene", "code", "fatal"),
    [
        ([EmitStep(error("invalid_api_key")), Close(3000, "x.invalid_api_key")], "invalid_api_key", True),
        ([EmitStep(error("new_code")), Close(4000, "x.new_code")], "new_code", True),
        ([*HELLO, EmitStep(error("new_code")), Delay(0.2), Close(4000, "x.new_code")], "new_code", True),
        ([EmitStep(error(None, "insufficient_quota")), Close(1000)], "insufficient_quota", True),
        ([*OPEN, EmitStep(error("insufficient_quota")), EmitStep(SPEECH), Drop()], "insufficient_quota", True),
        ([*OPEN, EmitStep(error("session_expired")), Close(1001, "Your session hit …")], "1001", False),
        ([*OPEN, EmitStep(error("response_cancel_not_active")), Drop()], "1006", False),
        ([*OPEN, EmitStep(error("server_error")), EmitStep(SPEECH), Close(4000, "x.other")], "other", True),
    ],
)
async def test_an_error_event_explains_the_close_behind_it(
    engines: OfflineEngines, scene: list[ScriptStep], code: str, fatal: bool
) -> None:
    async with played(engines, *scene) as (cloud, url):
        told = Told(url)
        end = await told.run()
    assert end is not None
    assert (end.code, end.fatal) == (code, fatal)
    errors = [type_of(news) for news in told.news if isinstance(news, ev.Error)]
    assert errors == ["error"] * len(cloud.headers), "once for each connection"


async def test_leaving_is_polite_and_told_once(engines: OfflineEngines) -> None:
    async with played(engines, *BEGUN) as (cloud, url):
        told = Told(url)
        task = asyncio.create_task(told.session.run())
        await told.until(lambda news: any(isinstance(one, ev.ResponseCreated) for one in news))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert told.end is None
        while not cloud.close_codes:
            await asyncio.sleep(0.01)
    assert cloud.close_codes == [1000]


@pytest.mark.parametrize("scene", [[], HELLO])
async def test_leaving_before_the_session_is_open_is_told_once(
    engines: OfflineEngines, scene: list[ScriptStep]
) -> None:
    async with played(engines, *scene) as (cloud, url), line(url, delay_s=0.0 if scene else 5.0) as slow:
        told = Told(slow)
        task = asyncio.create_task(told.session.run())
        while scene and not (cloud.script.seen and cloud.seen):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert told.news == [Closed(None)]


# Services that are not there, or do not want us.


@pytest.mark.parametrize(
    ("given", "code", "fatal"),
    [
        (ServerSettings(port=0, token="right"), "invalid_api_key", True),  # noqa: S106
        (ServerSettings(port=0, max_sessions=0), "503", False),
    ],
)
async def test_a_refused_upgrade_is_explained(
    engines: OfflineEngines, given: ServerSettings, code: str, fatal: bool
) -> None:
    async with RealtimeServer(given, engines) as server:
        end = await Told(server.url, key="wrong").run()
    assert end is not None
    assert (end.code, end.fatal) == (code, fatal)
    assert "HTTP" in str(end)


async def test_another_path_is_no_endpoint(cloud: RealtimeServer) -> None:
    end = await Told(cloud.url.replace("realtime", "live")).run()
    assert end is not None
    assert end.fatal
    assert "check session.url" in str(end)


async def test_nobody_there_is_told_after_a_few_tries() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    end = await Told(f"ws://127.0.0.1:{port}/v1/realtime").run()
    assert end is not None
    assert (end.code, end.fatal) == ("network", False)
    assert f"127.0.0.1:{port} cannot be reached" in str(end)


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "http://127.0.0.1/", "ws://", "ws://[::1", "ws://127.0.0.1:99999/", "ws://127.0.0.1:x/",
     f"ws://{'a' * 70}.invalid/"],
)  # fmt: skip
async def test_what_is_no_address_is_told_as_such(url: str) -> None:
    end = await Told(url).run()
    assert end is not None
    assert end.fatal
    assert str(end) == f"session.url: {url!r} is not a WebSocket address"


async def test_something_that_is_no_web_server_is_told() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"220 mail.example ready\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        end = await Told(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/").run()
    assert end is not None
    assert end.code == "network"
