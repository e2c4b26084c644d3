"""The page over a real server and real clients: what it answers, and what it refuses."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yarl

from speaker.conversation.states import State
from speaker.web.page_door import GUESSES
from speaker.web.page_files import page_files
from speaker.web.page_server import BACKLOG, CONNECTIONS
from tests.support.shown_page import ShownPage, page_of, with_page
from tests.support.talking_speaker import answer

SHOWN = "a token of some length"

Json = dict[str, Any]


@asynccontextmanager
async def browser(page: ShownPage, **headers: str) -> AsyncIterator[aiohttp.ClientSession]:
    """What the page's own code does; ``headers`` replace its own."""
    jar = aiohttp.CookieJar(unsafe=True)
    named = {"Origin": page.origin} | headers
    async with aiohttp.ClientSession(page.url, headers=named, cookie_jar=jar) as session:
        yield session


async def upgraded(page: ShownPage, limit: int = 65_536) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection of somebody who speaks just enough of the protocol; the reader takes in no more than ``limit``."""
    port = yarl.URL(page.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
    lines = (
        "GET /api/live HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Origin: {page.origin}", "Upgrade: websocket",
        "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )  # fmt: skip
    writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
    return reader, writer


async def told(socket: aiohttp.ClientWebSocketResponse, kind: str) -> Json:
    """The next message of a kind."""
    async with asyncio.timeout(10):
        while True:
            message: Json = await socket.receive_json()
            if message["kind"] == kind:
                return dict(message["is"])


async def test_the_page_and_its_files_are_there_under_a_strict_policy(tmp_path: Path) -> None:
    async with page_of(tmp_path) as page, browser(page) as session:
        for name in ("", *page_files()):
            answered = await session.get(name)
            assert answered.status == 200
            policy = answered.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'self';")
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answered.headers["X-Frame-Options"] == "DENY"
            assert answered.headers["X-Content-Type-Options"] == "nosniff"
        refused = await session.get("../etc/passwd")
        assert refused.status == 404
        assert refused.headers["Content-Security-Policy"] == policy


def test_no_file_of_the_page_names_another_machine_or_holds_inline_code() -> None:
    for name, file in page_files().items():
        text = file.content.decode().replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, name
        assert not any(bad in text for bad in (" style=", " onclick=", "innerHTML", "eval(", "<script>")), name
        assert 'src="/' not in text, f"{name} would not work below a path"
        assert 'href="/' not in text, f"{name} would not work below a path"


async def test_looking_without_a_body_changes_nothing_and_is_allowed(tmp_path: Path) -> None:
    async with page_of(tmp_path) as page, aiohttp.ClientSession(page.url) as session:
        assert (await session.head("")).status == 200
        assert (await session.put("")).status == 403


async def test_named_pages_may_frame_it(tmp_path: Path) -> None:
    settings = with_page(frames=["http://hub.local:8123", "https://hub.example"])
    async with page_of(tmp_path, settings=settings) as page, browser(page) as session:
        headers = (await session.get("")).headers
        assert headers["Content-Security-Policy"].endswith("frame-ancestors http://hub.local:8123 https://hub.example")
        assert "X-Frame-Options" not in headers


async def test_a_whole_turn_is_seen(tmp_path: Path) -> None:
    async with page_of(tmp_path, answer()) as page, browser(page) as session:
        async with session.ws_connect("api/live") as socket:
            hello = await told(socket, "hello")
            assert hello["state"]["state"] == "idle"
            assert hello["turns"] == []
            await page.speaker.converse()
            event = await told(socket, "event")
            while event["type"] != "turn":
                event = await told(socket, "event")
            assert "words" not in event, "nobody allowed transcripts"
            assert event["ms"]["wake_to_speech_end"] >= event["ms"]["wake_to_open"]
        async with session.ws_connect("api/live") as socket:
            assert [one["cost_usd"] for one in (await told(socket, "hello"))["turns"]] == [event["cost_usd"]]


async def test_words_are_shown_where_transcripts_are_allowed(tmp_path: Path) -> None:
    settings = with_page({"privacy": {"publish_transcripts": True}})
    async with page_of(tmp_path, answer(), settings=settings) as page, browser(page) as session:
        await page.speaker.converse()
        async with session.ws_connect("api/live") as socket:
            (turn,) = (await told(socket, "hello"))["turns"]
            assert turn["words"] == [{"who": "assistant", "text": "It is noon."}]


async def test_commands_go_the_way_of_the_brokers(tmp_path: Path) -> None:
    async with page_of(tmp_path) as page, browser(page) as session:
        async with session.ws_connect("api/live") as socket:
            await told(socket, "hello")
            for verb, payload, result in (
                ("mute", "ON", {"verb": "mute", "ok": True}),
                ("mute", "yes", {"verb": "mute", "ok": False, "error": "expected ON or OFF, got 'yes'"}),
                ("volume", "loud", {"verb": "volume", "ok": False,
                                    "error": "expected a number from 0 to 100, got 'loud'"}),
                ("volume", "35", {"verb": "volume", "ok": True}),
                ("threshold", "0.7", {"verb": "threshold", "ok": True}),
            ):  # fmt: skip
                assert await (await session.post(f"api/command/{verb}", data=payload)).json() == result
            state = await told(socket, "state")
            while state["threshold"] != 0.7:
                state = await told(socket, "state")
        await page.speaker.is_in(State.MUTED)
        refused = await (await session.post("api/command/wake")).json()
        assert refused["error"] == "the microphone is muted; unmute it first"
        assert page.speaker.sound.threshold == 0.7
        assert page.controls.value("volume") == 35
        unknown = await (await session.post("api/command/explode")).json()
        assert "there is no command 'explode'" in unknown["error"]
        big = await (await session.post("api/command/say", data="x" * 8_193)).json()
        assert "at most 8192" in big["error"]


async def test_a_flood_of_commands_is_refused_as_from_the_broker(tmp_path: Path) -> None:
    async with page_of(tmp_path) as page, browser(page) as session:
        results = [await (await session.post("api/command/stop")).json() for _ in range(40)]
        refused = [one for one in results if not one["ok"]]
        assert refused
        assert "too many commands" in refused[0]["error"]
        levels = [await (await session.post("api/command/volume", data=str(one))).json() for one in range(40)]
        assert all(one["ok"] for one in levels), "of values the last one counts"
        await page.speaker.until(lambda: page.controls.value("volume") == 39)


async def test_level_and_score_come_once_for_all_and_only_while_somebody_looks(tmp_path: Path) -> None:
    async with page_of(tmp_path) as page, browser(page) as session:
        page.frame(0.3)
        async with session.ws_connect("api/live") as one, session.ws_connect("api/live") as two:
            await told(one, "hello")
            await told(two, "hello")
            for score in (0.1, 0.4, 0.2):
                page.frame(score)
            live = await told(one, "live")
            assert live == {"level_db": -30.3, "score": 0.4}
            assert await told(two, "live") == live


async def test_near_misses_of_before_are_there_for_who_comes_later(tmp_path: Path) -> None:
    async with page_of(tmp_path) as page, browser(page) as session:
        for score in (0.3, 0.45, *[0.0] * 6):
            page.frame(score)
        page.frame(0.9, woke=True)
        async with session.ws_connect("api/live") as socket:
            marks = (await told(socket, "hello"))["marks"]
            assert [(mark["score"], mark["woke"]) for mark in marks] == [(0.45, False), (0.9, True)]


async def test_house_cost_and_health_are_told(tmp_path: Path) -> None:
    async with page_of(tmp_path, answer()) as page, browser(page) as session:
        await page.speaker.converse()
        house = await (await session.get("api/house")).json()
        lamp = next(one for one in house["devices"] if one["name"] == "Ceiling light")
        assert lamp == {"name": "Ceiling light", "room": "kitchen", "kind": "light", "state": "off",
                        "say": "Set the ceiling light to 40 percent"}  # fmt: skip
        lights = next(one for one in house["tools"] if one["name"] == "set_light")
        assert (lights["risk"], lights["source"]) == ("allow", "bundled")
        cost = await (await session.get("api/cost")).json()
        assert cost["total_usd"] == pytest.approx(sum(cost["by_day_usd"]))
        assert cost["by_model_usd"]["gpt-realtime-2.1-mini"] == pytest.approx(cost["total_usd"])
        assert cost["total_usd"] > 0
        health = await (await session.get("api/health")).json()
        assert {name for name, _, _ in health["facts"]} == {"broker", "microphone", "loudspeaker", "pace", "ledger"}
        assert (health["doctor"], health["bundle"]) == (False, False)
        assert (await session.post("api/doctor")).status == 404


async def test_a_tool_is_tried_under_the_rules_of_risk(tmp_path: Path) -> None:
    settings = with_page({"tools": {"paths": [], "risk": {"get_state": "never", "light": "confirm"}}})
    async with page_of(tmp_path, settings=settings) as page, browser(page) as session:
        asked = await session.post("api/tool/set_light", data=json.dumps({"light": "ceiling light", "on": True}))
        assert (await asked.json())["ok"] is False
        assert page.house.orders == [], "nobody confirmed it"
        none = await (await session.post("api/tool/nothing")).json()
        assert "there is no tool" in none["text"]


async def test_a_tool_that_may_run_runs(tmp_path: Path) -> None:
    async with page_of(tmp_path) as page, browser(page) as session:
        asked = await session.post("api/tool/set_light", data=json.dumps({"light": "ceiling light", "on": True}))
        result = await asked.json()
        assert result["ok"], result
        assert page.house.orders == [("k/lamp/set", "ON")]


# Who is let in.


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
async def test_another_page_can_neither_post_nor_connect(tmp_path: Path, origin: str) -> None:
    async with page_of(tmp_path) as page, browser(page, Origin=origin) as session:
        refused = await session.post("api/command/mute", data="ON")
        assert (refused.status, await refused.text()) == (403, "another page may not do that (Origin)")
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect("api/live")
        assert page.speaker.state is State.ASLEEP


async def test_who_says_no_origin_can_change_nothing(tmp_path: Path) -> None:
    async with page_of(tmp_path) as page, aiohttp.ClientSession(page.url) as session:
        assert (await session.post("api/command/mute", data="ON")).status == 403


async def test_a_name_that_was_bent_to_this_machine_is_refused(tmp_path: Path) -> None:
    async with (
        page_of(tmp_path) as page,
        browser(page, Host="rebound.example", Origin="http://rebound.example") as bent,
    ):
        for path in ("", "api/house"):
            refused = await bent.get(path)
            assert refused.status == 403
        assert (await bent.post("api/command/mute", data="ON")).status == 403


async def test_the_token_opens_it_and_stays_out_of_sight(tmp_path: Path) -> None:
    async with page_of(tmp_path, token=SHOWN) as page, browser(page) as session:
        assert (await session.get("")).status == 200
        assert await (await session.get("api/entry")).json() == {"in": False, "token": True}
        for path in ("api/house", "api/cost", "api/health", "api/bundle", "api/live"):
            assert (await session.get(path)).status == 401
        assert (await session.post("api/command/mute", data="ON")).status == 401
        assert (await session.post("api/login", data="wrong")).status == 403
        opened = await session.post("api/login", data=SHOWN)
        cookie = opened.headers["Set-Cookie"]
        assert opened.status == 200
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert SHOWN not in cookie + await opened.text()
        assert (await session.get("api/house")).status == 200
        async with session.ws_connect("api/live") as socket:
            assert SHOWN not in json.dumps(await told(socket, "hello"))
        await session.post("api/logout")
        assert (await session.get("api/house")).status == 401


async def test_behind_a_proxy_the_cookie_is_for_tls_and_for_its_folder(tmp_path: Path) -> None:
    async with page_of(tmp_path, token=SHOWN) as page:
        named = {"Host": "home.example", "Origin": "https://home.example", "X-Forwarded-Proto": "https"}
        async with browser(page, **named, **{"X-Forwarded-For": "192.0.2.7"}) as session:
            cookie = (await session.post("api/login", data=SHOWN)).headers["Set-Cookie"]
            assert "; Secure" in cookie
            assert "path" not in cookie.lower()


async def test_guessing_is_slowed_and_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with page_of(tmp_path, token=SHOWN) as page, browser(page) as session:
        statuses = [(await session.post("api/login", data=f"guess {one}")).status for one in range(GUESSES + 10)]
        assert statuses == [403] * GUESSES + [429] * 10
        assert (await session.post("api/login", data=SHOWN)).headers["Retry-After"] == "10"
    told_of = [one.message for one in caplog.records if "guesses" in one.message]
    assert len(told_of) == 1
    assert "guess 1" not in caplog.text


# What goes wrong.


async def test_a_hundred_megabytes_and_garbage_are_cut_off(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with page_of(tmp_path) as page, browser(page) as session:
        for send in ("garbage", b"\x00\xff" * 50):
            async with session.ws_connect("api/live") as socket:
                await told(socket, "hello")
                await (socket.send_str(send) if isinstance(send, str) else socket.send_bytes(send))
                closed = await socket.receive(timeout=10)
                while closed.type is aiohttp.WSMsgType.TEXT:
                    closed = await socket.receive(timeout=10)
                assert closed.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        reader, writer = await upgraded(page)
        # A text of so many bytes, masked: it is not waited for.
        writer.write(b"\x81\xff" + (100_000_000).to_bytes(8) + b"\0\0\0\0")
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                writer.write(b"x" * 1_000_000)
                await writer.drain()
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(10):
                await reader.read()
        writer.close()
        assert (await session.get("")).status == 200
        big = await session.post("api/command/say", data=b"x" * 20_000)
        assert big.status == 413
    assert len([one for one in caplog.records if "cut off" in one.message]) == 3
    assert "Traceback" not in caplog.text


async def test_what_is_no_http_is_no_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with page_of(tmp_path) as page:
        for garbage in (
            b"\x16\x03\x01\x00\xa5",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /\r\n" * 3,
            b"x" * 100_000 + b"\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", yarl.URL(page.url).port)
            writer.write(garbage)
            async with asyncio.timeout(10):
                assert b" 200 " not in await reader.read(64)
            writer.close()
    assert [one for one in caplog.records if "web" in one.name and one.levelno >= logging.WARNING] == []
    assert "Traceback" not in caplog.text


async def test_of_five_hundred_connections_most_are_refused_in_one_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with page_of(tmp_path) as page:
        port = yarl.URL(page.url).port
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(500)]
        reading = [asyncio.create_task(reader.read(200)) for reader, _ in pairs]
        least = 500 - CONNECTIONS - BACKLOG
        await page.speaker.until(lambda: sum(one.done() for one in reading) >= least, within_s=30)
        refused = [one.result() for one in reading if one.done()]
        assert len(refused) <= 500 - CONNECTIONS
        assert all(b"503" in one and b"too many pages are open" in one for one in refused)
        for one in reading:
            one.cancel()
        for _, writer in pairs:
            writer.close()
        async with browser(page) as session:
            for _ in range(100):
                try:
                    if (await session.get("")).status == 200:
                        break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
            assert (await session.get("")).status == 200
    assert len([one for one in caplog.records if "are open; more are refused" in one.message]) == 1


async def test_who_asks_nothing_makes_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speaker.web.page_server.SILENT_S", 0.2)
    async with page_of(tmp_path) as page:
        reader, writer = await asyncio.open_connection("127.0.0.1", yarl.URL(page.url).port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()


async def test_a_page_that_does_not_read_is_cut_off_and_others_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with page_of(tmp_path) as page, browser(page) as session:
        _reader, writer = await upgraded(page, limit=1)
        async with session.ws_connect("api/live") as socket:
            await told(socket, "hello")
            reading = asyncio.create_task(_read_on(socket))
            await asyncio.sleep(0.05)
            for number in range(2_000):
                page.hub.event({"type": "error", "message": f"{number} " + "x" * 20_000})
                await asyncio.sleep(0)
                if "does not read" in caplog.text:
                    break
            assert caplog.text.count("does not read") == 1
            page.hub.event({"type": "error", "message": "the last one"})
            async with asyncio.timeout(10):
                assert await reading == "the last one"
        writer.close()


async def test_a_page_whose_phone_sleeps_goes_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speaker.web.page_answers.HEARTBEAT_S", 0.1)
    async with page_of(tmp_path) as page:
        reader, writer = await upgraded(page)
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
    assert "cut off" not in caplog.text


async def _read_on(socket: aiohttp.ClientWebSocketResponse) -> str:
    while True:
        message = await socket.receive_json()
        if message["kind"] == "event" and message["is"]["message"] == "the last one":
            return str(message["is"]["message"])


@pytest.mark.parametrize("host", ["192.0.2.7", "a..b", "no-such-name.invalid"])
async def test_a_host_that_is_not_this_machines_is_one_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speaker.web.page_server.LISTEN_AGAIN_S", 0.02)
    async with page_of(tmp_path, settings=with_page(host=host), token=SHOWN, listens=False) as page:
        await page.speaker.until(lambda: bool([one for one in page.speaker.notes.troubles if host in one]))
        await asyncio.sleep(0.2)
        assert len(page.speaker.notes.troubles) == len(set(page.speaker.notes.troubles))
        assert page.hub.state["last_error"].startswith(f"the web page cannot be had at {host}:")
        assert page.speaker.state is State.ASLEEP
    assert len([one for one in caplog.records if "cannot be had" in one.message]) == 1


async def test_the_end_waits_for_no_page(tmp_path: Path) -> None:
    async with page_of(tmp_path) as page, browser(page) as session, session.ws_connect("api/live") as socket:
        await told(socket, "hello")
        page.ending.cancel()
        async with asyncio.timeout(10):
            while not socket.closed:
                await socket.receive()
        again = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", yarl.URL(page.url).port)
        again.close()


async def test_a_port_in_use_is_one_sentence_and_it_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speaker.web.page_server.LISTEN_AGAIN_S", 0.05)
    settings = with_page()
    taken = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", settings.web.port)

    async def leave() -> None:
        await asyncio.sleep(0.5)
        taken.close()
        await taken.wait_closed()

    leaving = asyncio.create_task(leave())
    async with page_of(tmp_path, settings=settings) as page, browser(page) as session:
        await leaving
        assert (await session.get("")).status == 200
        assert [one.split(":")[0] for one in page.speaker.notes.troubles if one] == [
            "the web page cannot be had at 127.0.0.1"
        ]
        assert page.speaker.notes.troubles[-1] == ""
    (line,) = [one.message for one in caplog.records if "cannot be had" in one.message]
    assert line.endswith("; it is tried again")
