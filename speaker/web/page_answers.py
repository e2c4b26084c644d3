"""Answers to what browsers ask: the page itself, what it shows, and what it may do."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import WebSocketError, WSMsgType, web

from speaker.cost.cost_tracker import now_here
from speaker.errors import McpError, SpeakerError
from speaker.hub.mcp_offer import McpOffer
from speaker.hub.mqtt_api import MOST_PAYLOAD_BYTES, MqttApi
from speaker.web.page_door import STAYS_S, PageDoor
from speaker.web.page_feed import OpenPage, PageFeed
from speaker.web.page_files import PageFile
from speaker.web.page_reports import PageReports

log = logging.getLogger(__name__)

Json = dict[str, Any]
Examine = Callable[[], Awaitable[list[Json]]]
"""The doctor's checks, as data."""
Pack = Callable[[], Awaitable[bytes]]
"""The archive for whoever helps."""

COOKIE: Final = "speaker_page"
_ONLY_HERE: Final = "HttpOnly; SameSite=Strict"
FROM_PAGE_BYTES: Final = 1_024
"""The page says nothing on its socket; longer than this is not even read."""
BODY_S: Final = 10.0
"""What is sent with a request has to be there by then."""
HEARTBEAT_S: Final = 30.0
LARGEST_BODY: Final = MOST_PAYLOAD_BYTES + 1
"""Bytes that may be sent with a request."""
REPORT_FRESH_S: Final = 1.0
"""A report that is no older is told again as it is."""
REPORTS: Final = ("house", "cost", "health")
AT_A_TIME: Final = 4
"""Tools that are tried at the same time."""


class PageAnswers:
    """The answers of one speaker. Every command goes the way of those that come by the broker."""

    def __init__(
        self,
        door: PageDoor,
        feed: PageFeed,
        *,
        reports: PageReports,
        hub: MqttApi,
        tools: McpOffer,
        files: Mapping[str, PageFile],
        examine: Examine | None = None,
        pack: Pack | None = None,
    ) -> None:
        """``examine`` and ``pack`` are there where somebody lent them."""
        self._door = door
        self._feed = feed
        self._reports = reports
        self._hub = hub
        self._tools = tools
        self._files = files
        self._examine = examine
        self._pack = pack
        self._made: dict[str, tuple[float, str]] = {}
        """Path → when its report was made, and the report."""
        self._examining = asyncio.Lock()
        self._trying = asyncio.Semaphore(AT_A_TIME)

    def routes(self) -> list[web.RouteDef]:
        """Where what is answered."""
        open_to_all = [web.get("/", self._file), web.get("/{file}", self._file), web.get("/api/entry", self._who)]
        return [
            *open_to_all, web.post("/api/login", self._login), web.post("/api/logout", self._logout),
            web.get("/api/live", self._live), *(web.get(f"/api/{name}", self._report) for name in REPORTS),
            web.post("/api/command/{verb}", self._command),
            web.post("/api/tool/{name}", self._tool), web.post("/api/doctor", self._doctor),
            web.get("/api/bundle", self._bundle),
        ]  # fmt: skip

    def let_in(self, request: web.Request) -> bool:
        """Whether whoever asks has shown the token, or none is needed."""
        return self._door.admits(request.cookies.get(COOKIE), time.time())

    def end(self) -> None:
        """Cut off all pages."""
        self._feed.end()

    # Open to everybody.

    async def _file(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info.get("file", "index.html"))
        if file is None:
            raise web.HTTPNotFound(text="there is no such page")
        return web.Response(body=file.content, content_type=file.kind, charset="utf-8")

    async def _who(self, request: web.Request) -> web.Response:
        return web.json_response({"in": self.let_in(request), "token": self._door.token is not None})

    async def _login(self, request: web.Request) -> web.Response:
        address, now = request.remote or "", time.time()
        match self._door.login(await _body(request), address, now):
            case "right":
                # Without a path it counts for this folder, behind a proxy too, and JavaScript never sees it.
                secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
                kept = f"{COOKIE}={self._door.cookie(now)}; Max-Age={STAYS_S}; {_ONLY_HERE}{'; Secure' * secure}"
                return web.json_response({"in": True}, headers={"Set-Cookie": kept})
            case "slow":
                if self._door.guessed(address):
                    log.warning("somebody at %s guesses at the page's token; most tries are not looked at", address)
                raise web.HTTPTooManyRequests(text="too many tries; wait a little", headers={"Retry-After": "10"})
            case "wrong":
                raise web.HTTPForbidden(text="that is not the token")

    async def _logout(self, _request: web.Request) -> web.Response:
        gone = f"{COOKIE}=; Max-Age=0; {_ONLY_HERE}"
        return web.json_response({"in": False}, headers={"Set-Cookie": gone})

    # What it shows.

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=FROM_PAGE_BYTES, compress=False)
        await socket.prepare(request)
        transport = request.transport
        page = self._feed.open(transport.abort if transport is not None else _nothing)
        sending = asyncio.create_task(_send(page, socket))
        try:
            said = await socket.receive()
            # One that is silent because its phone sleeps is none of them.
            if said.type in {WSMsgType.TEXT, WSMsgType.BINARY} or isinstance(said.data, WebSocketError):
                log.warning("%s sends what no page of ours does; it is cut off", request.remote)
                await socket.close(code=1008)
        finally:
            self._feed.close(page)
            sending.cancel()
        return socket

    async def _report(self, request: web.Request) -> web.Response:
        """A report, made once for all who ask within a moment."""
        name, now = request.path, asyncio.get_running_loop().time()
        at, text = self._made.get(name, (0.0, ""))
        if not text or now - at >= REPORT_FRESH_S:
            at, text = now, json.dumps(self._make(name), ensure_ascii=False)
            self._made[name] = at, text
        return web.json_response(text=text)

    def _make(self, name: str) -> Json:
        match name:
            case "/api/house":
                return self._reports.house()
            case "/api/cost":
                return self._reports.cost(now_here().date())
            case _:
                lent = {"doctor": self._examine is not None, "bundle": self._pack is not None}
                return self._reports.health() | lent | {"errors": self._feed.errors}

    # What it may do.

    async def _command(self, request: web.Request) -> web.Response:
        return web.json_response(self._hub.command(request.match_info["verb"], (await _body(request)).encode()))

    async def _tool(self, request: web.Request) -> web.Response:
        name, arguments = request.match_info["name"], await _body(request) or "{}"
        if self._trying.locked():
            raise web.HTTPTooManyRequests(
                text="other tools are being tried; wait for them", headers={"Retry-After": "5"}
            )
        async with self._trying:
            try:
                result = await self._tools.call(name, arguments, "the web page")
            except McpError as error:
                return web.json_response({"ok": False, "text": str(error)})
        said = "\n".join(part.text or "" for part in result.content)
        return web.json_response({"ok": not result.is_error, "text": said})

    async def _doctor(self, _request: web.Request) -> web.Response:
        if self._examine is None:
            raise web.HTTPNotFound(text="run `speaker doctor` on the machine")
        async with self._examining:
            return web.json_response({"checks": await self._examine()})

    async def _bundle(self, _request: web.Request) -> web.Response:
        if self._pack is None:
            raise web.HTTPNotFound(text="run `speaker bundle` on the machine")
        async with self._examining:
            try:
                packed = await self._pack()
            except SpeakerError as error:
                raise web.HTTPServiceUnavailable(text=str(error)) from error
        named = {"Content-Disposition": 'attachment; filename="speaker-bundle.tar.gz"'}
        return web.Response(body=packed, content_type="application/gzip", headers=named)


async def _send(page: OpenPage, socket: web.WebSocketResponse) -> None:
    while True:
        try:
            await socket.send_str(await page.next())
        except ConnectionError:
            return  # whoever reads the socket learns of it


async def _body(request: web.Request) -> str:
    """What was sent with a request, as text."""
    try:
        async with asyncio.timeout(BODY_S):
            given = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="what belongs to the request did not come") from None
    try:
        return given.decode()
    except UnicodeDecodeError:
        raise web.HTTPBadRequest(text="that is not UTF-8 text") from None


def _nothing() -> None:
    """There is no connection to end."""
