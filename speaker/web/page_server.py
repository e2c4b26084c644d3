"""The page's own small server: what is refused before anything is answered, and how many may come.

Begin here: a request goes through ``_guard``, then to ``PageAnswers``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

from speaker.config.web_settings import WebSettings
from speaker.errors import Trouble, place_of, plain
from speaker.web.page_answers import LARGEST_BODY, PageAnswers
from speaker.web.page_door import PageDoor

log = logging.getLogger(__name__)

CONNECTIONS: Final = 100
"""So many may be open at once."""

BACKLOG: Final = 16
"""So many are taken in one go, and may be more than that for a moment."""

SILENT_S: Final = 10.0
"""A connection on which nobody has asked anything by then is closed."""

LISTEN_AGAIN_S: Final = 30.0
"""After so long it is tried again to listen."""

_NOBODY: Final = ("'none'",)
_FULL: Final = b"too many pages are open; close some\n"
_Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
_OPEN: Final = frozenset({"/api/entry", "/api/login", "/api/logout"})


class _Refused(asyncio.Protocol):
    """A connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - as of every TCP connection
        head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: {len(_FULL)}\r\nRetry-After: 10\r\n"
        transport.write(f"{head}Content-Type: text/plain\r\nConnection: close\r\n\r\n".encode() + _FULL)
        transport.close()


class _RequestLog(logging.LoggerAdapter[logging.Logger]):
    """What fails in an answer is one line; what is wrong with a request is told to whoever made it, and no line."""

    def exception(self, msg: object, *args: object, exc_info: object = True, **_more: object) -> None:  # noqa: ARG002 - as aiohttp calls it
        if isinstance(exc_info, BaseException) and not isinstance(exc_info, HttpProcessingError):
            log.error("an answer of the web page failed: %s", place_of(exc_info))


class PageServer:
    """Listens for browsers, and goes on trying where it cannot."""

    def __init__(self, settings: WebSettings, door: PageDoor, answers: PageAnswers, trouble: Trouble) -> None:
        """``trouble`` is told why nobody can be listened for, and that it is right again."""
        self._settings = settings
        self._door = door
        self._answers = answers
        self._trouble = trouble
        self._problem = ""
        self._full = False
        self._silent: dict[RequestHandler, float] = {}
        """Connections on which nobody has asked anything yet, since when."""
        self._policy = (
            "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
            f"frame-ancestors {' '.join(settings.frames or _NOBODY)}"
        )
        self.port = 0
        """Where it listens; 0 while it does not."""

    async def run(self) -> None:
        """Answer browsers, for ever."""

        @web.middleware
        async def guard(request: web.Request, handler: _Answer) -> web.StreamResponse:
            return await self._guard(request, handler)

        app = web.Application(middlewares=[guard], client_max_size=LARGEST_BODY)
        app.add_routes(self._answers.routes())
        runner = web.AppRunner(
            app, access_log=None, logger=_RequestLog(log), keepalive_timeout=15, shutdown_timeout=1.0
        )
        await runner.setup()
        try:
            while True:
                await self._listen(runner)
                await asyncio.sleep(LISTEN_AGAIN_S)
        finally:
            self.port = 0
            self._answers.end()
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        """Listen until cancelled, or tell once why that is not possible."""
        host, port = self._settings.host, self._settings.port
        if host.lower() == "localhost":
            host = "127.0.0.1"  # the service may not listen on the other one
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: self._connection(runner), host, port, backlog=BACKLOG
            )
        except (OSError, UnicodeError) as error:  # a name that cannot be one is refused by its spelling
            why = plain((isinstance(error, OSError) and error.strerror) or str(error))
            problem = f"the web page cannot be had at {host}:{port}: {why}; it is tried again"
            if problem != self._problem:
                self._problem = problem
                log.warning("%s", problem)
                self._trouble(problem, "page")
            return
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            log.info("the web page is at http://%s:%d", host, self.port)
            if self._problem:
                self._problem = ""
                self._trouble("", "page")
            await self._send_silent_away()

    def _connection(self, runner: web.AppRunner) -> asyncio.Protocol:
        server = runner.server
        if server is None or len(server.connections) >= CONNECTIONS:
            if not self._full:
                self._full = True
                log.warning("%d connections to the web page are open; more are refused", CONNECTIONS)
            return _Refused()
        self._full = False
        made: RequestHandler = server()
        self._silent[made] = asyncio.get_running_loop().time()
        return made

    async def _send_silent_away(self) -> None:
        """Close connections on which nobody asks anything: they take the room of others."""
        while True:
            await asyncio.sleep(SILENT_S / 4)
            since = asyncio.get_running_loop().time() - SILENT_S
            for one in [one for one, at in self._silent.items() if at < since]:
                del self._silent[one]
                one.force_close()

    async def _guard(self, request: web.Request, answer: _Answer) -> web.StreamResponse:
        """The answer, or the sentence with which a request is refused; the same headers stand over both."""
        if isinstance(request.protocol, RequestHandler):
            self._silent.pop(request.protocol, None)
        request_is_live = request.path == "/api/live"
        try:
            self._refuse(request, changes=request.method not in {"GET", "HEAD"} or request_is_live)
            response = await answer(request)
        except web.HTTPException as refusal:
            response = web.Response(status=refusal.status, text=refusal.text, headers=_kept(refusal))
        if not response.prepared:
            self._head(response)
        return response

    def _refuse(self, request: web.Request, *, changes: bool) -> None:
        """Raises HTTPForbidden or HTTPUnauthorized for what is not to be answered."""
        headers = request.headers
        handed_on = bool({"X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"} & set(headers))
        fault = self._door.name_fault(request.host, handed_on=handed_on)
        if not fault and changes:
            fault = self._door.origin_fault(headers.get("Origin"), request.host)
        if fault:
            raise web.HTTPForbidden(text=fault)
        if request.path.startswith("/api/") and request.path not in _OPEN and not self._answers.let_in(request):
            raise web.HTTPUnauthorized(text="the token is asked for first")

    def _head(self, response: web.StreamResponse) -> None:
        response.headers.update({
            "Content-Security-Policy": self._policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        })  # fmt: skip
        if not self._settings.frames:
            response.headers["X-Frame-Options"] = "DENY"


def _kept(refusal: web.HTTPException) -> dict[str, str]:
    """What a refusal says beside its sentence: when to come again, and what is allowed."""
    return {name: refusal.headers[name] for name in ("Retry-After", "Allow") if name in refusal.headers}
