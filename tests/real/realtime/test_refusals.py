"""Services that refuse at the door, send the speaker elsewhere, or show papers that do not hold."""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from speaker.errors import SessionError
from speaker.realtime.protocol.codec import Dialect
from tests.support.certificates import authority, signed
from tests.support.real_parts import require
from tests.support.scripted_session import Told

SECRET = "hunter2hunter2"  # noqa: S105 - made up, to be looked for


class Door:
    """A web server that answers every request with the same bytes, and keeps what it was asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.requests: list[bytes] = []

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def door(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Door, str]]:
    one = Door(answer)
    async with await asyncio.start_server(one.hold, "127.0.0.1", 0, ssl=tls) as server:
        yield one, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def says(status: str, body: bytes = b"", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def refusal(url: str, **target: Any) -> SessionError:
    end = await Told(url, **target).run()
    assert end is not None
    return end


@pytest.mark.parametrize(
    ("status", "error", "code", "fatal", "words"),
    [
        ("401 Unauthorized", {"code": "invalid_api_key", "message": f"Incorrect: sk-{SECRET}"}, "invalid_api_key", True,
         "check the credential"),
        ("403 Forbidden", {"code": "unsupported_country_region_territory", "message": "Not here"},
         "unsupported_country_region_territory", True, "country"),
        ("404 Not Found", {"code": "model_not_found", "message": "No such model"}, "model_not_found", True, "gpt-9"),
        ("429 Too Many Requests", {"type": "insufficient_quota", "message": "No money"}, "insufficient_quota", True,
         "no credit"),
        ("429 Too Many Requests", {"code": "rate_limit_exceeded", "message": "Slowly"}, "rate_limit_exceeded", False,
         "Slowly"),
    ],
)  # fmt: skip
async def test_what_stands_in_a_refusal_is_told(
    status: str, error: dict[str, str], code: str, fatal: bool, words: str
) -> None:
    async with door(says(status, json.dumps({"error": error}).encode())) as (asked, place):
        end = await Told(f"ws://{place}/v1/realtime", model="gpt-9").run()
    assert end is not None
    assert (end.code, end.fatal) == (code, fatal)
    assert words in str(end)
    assert SECRET not in str(end)
    assert len(asked.requests) == (1 if fatal else 3), "what does not pass is not tried again"


async def test_a_body_without_end_is_not_read_to_its_end() -> None:
    async with door(b"HTTP/1.1 503 Busy\r\n\r\n" + b"x" * (3 << 20)) as (_, place):
        end = await refusal(f"ws://{place}/v1/realtime")
    assert not end.fatal
    assert len(str(end)) < 400


@pytest.mark.parametrize(
    ("dialect", "service", "url", "line", "header"),
    [
        ("ga", None, "ws://{}/v1/realtime", "/v1/realtime?model=gpt-9", "Authorization: Bearer sk-key"),
        ("ga", "azure", "ws://{}/openai/v1/realtime", "/openai/v1/realtime?model=gpt-9", "api-key: sk-key"),
        (
            "beta",
            "azure",
            "ws://{}/openai/realtime?api-version=1",
            "?api-version=1&deployment=gpt-9",
            "api-key: sk-key",
        ),
        ("beta", "azure", "ws://{}/x?deployment=mine", "/x?deployment=mine ", "api-key: sk-key"),
        ("ga", "xai", "ws://{}/v1/realtime?model=grok", "/v1/realtime?model=grok ", "Authorization: Bearer sk-key"),
    ],
)
async def test_each_service_is_asked_in_its_own_way(
    dialect: Dialect, service: str | None, url: str, line: str, header: str
) -> None:
    async with door(says("401 Unauthorized")) as (asked, place):
        await Told(url.format(place), model="gpt-9", dialect=dialect, service=service, key="sk-key").run()
    request = asked.requests[0].decode()
    assert line in request.splitlines()[0]
    assert header in request
    assert ("OpenAI-Beta" in request) == (dialect == "beta" and service != "azure")
    assert request.lower().count("sk-key") == 1


@pytest.mark.parametrize("service", [None, "azure"])
async def test_the_key_follows_no_redirect(service: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """A captive portal, or a service that moved: nobody else is asked, and no address is shown with what is in it."""
    caplog.set_level(logging.DEBUG)
    async with door(says("404 Not Found")) as (other, elsewhere):
        target = f"Location: ws://me:{SECRET}@{elsewhere}/login?api-key={SECRET}\r\n"
        async with door(says("302 Found", headers=target)) as (asked, place):
            url = f"ws://me:{SECRET}@{place}/v1/realtime?api-key={SECRET}"
            end = await refusal(url, key=f"sk-{SECRET}", service=service)
    assert SECRET in asked.requests[0].decode()
    assert other.requests == []
    assert end.code == "web_page"
    assert f"{elsewhere}/login (HTTP 302)" in str(end)
    assert SECRET not in str(end)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("place", ["https://portal.example/", "nowhere", "http://[::1", f"//x/?token={SECRET}"])
async def test_a_redirect_to_anywhere_is_told(place: str) -> None:
    async with door(says("307 Temporary Redirect", headers=f"Location: {place}\r\n")) as (_, here):
        end = await refusal(f"ws://{here}/v1/realtime")
    assert end.code == "web_page"
    assert SECRET not in str(end)


async def test_a_web_page_in_place_of_the_service_is_told() -> None:
    async with door(says("200 OK", b"<html>Please log in</html>")) as (_, place):
        end = await refusal(f"ws://{place}/v1/realtime")
    assert end.code == "web_page"
    assert "login" in str(end)


@pytest.mark.parametrize(
    "url",
    [f"ws://me:{SECRET}@127.0.0.1:1/v1/realtime?api-key={SECRET}", f"ws://me:{SECRET}@127.0.0.1:x/?k={SECRET}",
     f"http://127.0.0.1/?api-key={SECRET}"],
)  # fmt: skip
async def test_an_address_is_shown_without_what_is_secret_in_it(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = Told(url)
    end = await told.run()
    assert SECRET not in f"{end} {told.session!r} {caplog.text}"


# Certificates.


@pytest.mark.parametrize(
    ("valid", "code", "words"),
    [
        (("20990101000000Z", "20990201000000Z"), "clock", "the clock of this machine is wrong"),
        (("20200101000000Z", "20200201000000Z"), "clock", "is the clock of this machine right?"),
        (None, "certificate", "not to be trusted"),
    ],
    ids=["not yet", "no more", "unknown authority"],
)
async def test_a_certificate_that_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, valid: tuple[str, str] | None, code: str, words: str
) -> None:
    require("openssl")
    await authority(tmp_path)
    await signed(tmp_path, "server", "/CN=127.0.0.1", valid=valid)
    if valid is not None:
        monkeypatch.setenv("SSL_CERT_FILE", f"{tmp_path}/ca.pem")
    papers = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    papers.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    async with door(b"", papers) as (asked, place):
        end = await refusal(f"wss://{place}/v1/realtime")
    assert (end.code, end.fatal) == (code, False)
    assert words in str(end)
    assert asked.requests == [], "nothing is said to somebody who is not known"
