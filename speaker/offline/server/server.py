"""The listening side: who may connect, how many, in which dialect, for how long."""

import asyncio
import contextlib
import hmac
import http
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol
from urllib.parse import SplitResult, parse_qs, urlsplit

from websockets import Subprotocol
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from speaker.errors import SpeakerError
from speaker.offline.server.conversation_entry import new_id
from speaker.offline.server.outbox import FLUSH_S, Outbox, end_connection, send
from speaker.offline.server.session import ServerSession
from speaker.offline.server.session_settings import new_session
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Dialect
from speaker.realtime.protocol.objects import Problem

log = logging.getLogger(__name__)

_socket_log = logging.getLogger(f"{__name__}.socket")
# At debug level the library writes down request headers, and with them the token.
_socket_log.setLevel(logging.WARNING)

PATH: Final = "/v1/realtime"
MAX_FRAME_BYTES: Final = 16 << 20
"""Larger than the protocol's largest append (15 MiB of base64)."""
MAX_FRAMES: Final = 4
"""So many frames of a client may wait to be taken in; then nothing more is read from it."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
EXPIRED: Final = "Your session hit the maximum duration of {} minutes."
UNREAD: Final = "The client does not read what is sent to it."


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the server behaves."""

    host: str = "127.0.0.1"
    port: int = 8765
    """0 takes any free port."""
    token: str | None = None
    """Bearer token that clients must show; needed on any address but loopback."""
    beta: Literal["serve", "refuse"] = "serve"
    """What happens to clients of the older dialect; the cloud refuses them."""
    max_sessions: int = 16
    session_s: float = 3600


class Script(Protocol):
    """An answerer for tests: it holds the whole connection instead of a session."""

    async def hold(self, connection: ServerConnection, dialect: Dialect) -> None:
        """Expect and emit until the connection is over."""


class RealtimeServer:
    """Realtime over WebSocket for any number of clients with one set of engines."""

    def __init__(self, settings: ServerSettings, engines: OfflineEngines, script: Script | None = None) -> None:
        if settings.host not in LOOPBACK and not settings.token:
            raise SpeakerError(
                f"the offline server will not listen on {settings.host} without a token; "
                "set OPENAI_API_KEY to any secret and give the same to its clients"
            )
        self._settings = settings
        self._engines = engines
        self.script = script
        self._open = 0
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        if self._server is None:
            raise SpeakerError("the offline server is not running")
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return f"ws://{f'[{host}]' if ':' in host else host}:{port}{PATH}"

    async def start(self) -> None:
        """Listen. Raises SpeakerError when the address is taken."""
        settings = self._settings
        try:
            self._server = await serve(
                self._hold, settings.host, settings.port, process_request=self._admit,
                select_subprotocol=_choose_subprotocol, max_size=MAX_FRAME_BYTES, max_queue=MAX_FRAMES,
                compression=None, logger=_socket_log,
            )  # fmt: skip
        except OSError as error:
            message = f"the offline server cannot listen on {settings.host}:{settings.port}: {error.strerror}"
            raise SpeakerError(f"{message}; choose another port") from error
        log.info("= offline server at %s", self.url)

    async def stop(self) -> None:
        """End every session and stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> "RealtimeServer":
        """Start it."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop it."""
        await self.stop()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        target = _target(request)
        if target is None:
            return connection.respond(http.HTTPStatus.BAD_REQUEST, "The request has no valid path\n")
        if target.path != PATH:
            return connection.respond(http.HTTPStatus.NOT_FOUND, f"Realtime sessions are at {PATH}\n")
        token = self._settings.token
        if token and not hmac.compare_digest(_token(request).encode(), token.encode()):
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "Incorrect API key provided\n")
        if self._open >= self._settings.max_sessions:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "Too many sessions\n")
        return None

    async def _hold(self, connection: ServerConnection) -> None:
        self._open += 1
        try:
            dialect: Dialect = "beta" if _wants_beta(connection.request) else "ga"
            with contextlib.suppress(ConnectionClosed):
                if dialect == "beta" and self._settings.beta == "refuse":
                    await _refuse_beta(connection)
                elif self.script is not None:
                    await self.script.hold(connection, dialect)
                else:
                    await self._converse(connection, dialect)
        finally:
            self._open -= 1

    async def _converse(self, connection: ServerConnection, dialect: Dialect) -> None:
        outbox = Outbox(connection, dialect)
        expires_at = int(time.time() + self._settings.session_s)
        session = ServerSession(
            new_session(new_id("sess"), _model(connection.request), expires_at),
            self._engines.share(),
            outbox.put,
            dialect,
        )
        sending = asyncio.create_task(outbox.send_all())
        giving_up = asyncio.create_task(_give_up_when_full(outbox, connection, sending))
        session.open()
        try:
            async with asyncio.timeout(self._settings.session_s):
                async for frame in connection:
                    await session.receive(frame)
        except TimeoutError:
            text = EXPIRED.format(round(self._settings.session_s / 60))
            session.emit(ev.Error(error=Problem(type="invalid_request_error", code="session_expired", message=text)))
            outbox.finish()
            await asyncio.wait([sending], timeout=FLUSH_S)
            sending.cancel()
            await end_connection(connection, 1001, text)
        finally:
            await session.close()
            sending.cancel()
            giving_up.cancel()
            await asyncio.gather(sending, giving_up, return_exceptions=True)


async def _give_up_when_full(outbox: Outbox, connection: ServerConnection, sending: "asyncio.Task[None]") -> None:
    """End the connection of a client that does not read what it asked for."""
    await outbox.full.wait()
    log.warning("a client of the offline server does not read what is sent to it; its session ends")
    # Whoever sends holds the line until it is read.
    sending.cancel()
    await end_connection(connection, 1008, UNREAD)


async def _refuse_beta(connection: ServerConnection) -> None:
    """What the cloud does since May 2026: accept, explain, close with 4000."""
    code = "beta_api_shape_disabled"
    problem = Problem(
        type="invalid_request_error", code=code, message="The Realtime Beta API is no longer supported; use the GA API."
    )
    await send(connection, ev.Error(event_id=new_id("event"), error=problem), "ga")
    await connection.close(4000, f"invalid_request_error.{code}")


def _wants_beta(request: Request | None) -> bool:
    return request is not None and "realtime=v1" in request.headers.get_all("OpenAI-Beta")


def _target(request: Request) -> SplitResult | None:
    """What a request is for: a path, or a whole address as proxies send it; None when it is neither."""
    wanted = request.path
    if not wanted.isprintable() or not wanted.startswith(("/", "http://", "https://")):
        return None
    try:
        return urlsplit(wanted)
    except ValueError:  # brackets, for one, that hold no address
        return None


def _model(request: Request | None) -> str:
    target = _target(request) if request is not None else None
    query = parse_qs(target.query) if target is not None else {}
    return query.get("model", ["offline"])[0]


def _token(request: Request) -> str:
    scheme, _, value = next(iter(request.headers.get_all("Authorization")), "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _choose_subprotocol(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Browser clients offer ``realtime``, all others nothing; both are welcome."""
    return Subprotocol("realtime") if "realtime" in offered else None


@contextlib.asynccontextmanager
async def offline_server(
    settings: ServerSettings, engines: OfflineEngines | None = None
) -> AsyncIterator[RealtimeServer]:
    """A server for as long as it is needed, with its own engines unless some are given."""
    own = engines is None
    engines = engines or OfflineEngines()
    server = RealtimeServer(settings, engines)
    try:
        async with server:
            yield server
    finally:
        if own:
            engines.close()
