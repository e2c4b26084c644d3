"""One Realtime session over WebSocket, to the cloud or to the embedded server: the same client for both.

A session is opened once, configured, used and closed. What it hears from the server is told as typed
events; when it is over, for whatever reason, ``Closed`` is told exactly once.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException

from speaker.core import pcm
from speaker.core.errors import SessionError, WireError
from speaker.core.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.core.refusals import closed, not_upgraded, reported
from speaker.core.wire import client as cl
from speaker.core.wire import server as ev
from speaker.core.wire.codec import Dialect, Unknown, decode_server, encode_client, type_of
from speaker.core.wire.objects import Session

log = logging.getLogger(__name__)

_socket_log = logging.getLogger(f"{__name__}.socket")
# At debug level the library writes down request headers, and with them the key.
_socket_log.setLevel(logging.WARNING)

APPEND_MS: Final = 40
"""Length of one append; the protocol's clients use 20-60 ms."""

ATTEMPTS: Final = 3
BACKOFF_S: Final = 0.3
"""Wait before the second attempt to connect; doubled for the third, and jittered."""

CLOSE_S: Final = 1.0
"""How long a polite close may take."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect. The key is never shown."""

    url: str
    model: str
    dialect: Dialect = "ga"
    key: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """What messages call it: by host and port, without a password that may stand in the URL."""
        host = self.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        return f"the Realtime service at {host}"

    @property
    def local(self) -> bool:
        """Whether the service runs on this machine."""
        return urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}

    @property
    def address(self) -> str:
        """The URL with the model."""
        joint = "&" if "?" in self.url else "?"
        return f"{self.url}{joint}{urlencode({'model': self.model})}"

    def headers(self) -> dict[str, str]:
        """Request headers. The beta header must not be sent in the GA dialect."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return headers | ({"OpenAI-Beta": "realtime=v1"} if self.dialect == "beta" else {})


@dataclass(frozen=True, slots=True)
class Opened:
    """The session is configured and takes sound; ``id`` is the server's name for it."""

    id: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over. ``error`` is None when it was we who closed it."""

    error: SessionError | None


News = ev.ServerEvent | Opened | Closed


class RealtimeSession:
    """One session, from connecting to closed. ``tell`` is called on the event loop, in order.

    It is given up when it is not open within ``open_within_s``, where somebody else could answer instead.
    """

    def __init__(
        self, target: Target, opening: Session, tell: Callable[[News], None], *, open_within_s: float | None = None
    ) -> None:
        self._target = target
        self._open_within_s = open_within_s
        self._opening = opening
        self._tell = tell
        self._outgoing: asyncio.Queue[cl.ClientEvent] = asyncio.Queue()
        self._resampler = pcm.Resampler(WAKE_HZ, SESSION_HZ)
        self._rest = b""
        self.sent_bytes = 0
        """Sound sent so far, 16-bit mono at 24 kHz."""
        self._opened = False
        self._last_error: SessionError | None = None

    def append(self, samples: Samples) -> None:
        """Send microphone sound: int16, shape (n,), 16 kHz, any n; it goes out in 40 ms pieces."""
        ready = self._rest + pcm.to_bytes(self._resampler.push(samples))
        step = pcm.BYTES_PER_SAMPLE * pcm.ms_to_samples(APPEND_MS, SESSION_HZ)
        whole = len(ready) - len(ready) % step
        self._rest = ready[whole:]
        for start in range(0, whole, step):
            self.send(cl.AppendAudio(audio=ready[start : start + step]))
        self.sent_bytes += whole

    def send(self, event: cl.ClientEvent) -> None:
        """Send an event, in the order of the calls."""
        self._outgoing.put_nowait(event)

    async def run(self) -> None:
        """Hold the session until either side ends it; then tell ``Closed``. Cancelling closes it politely."""
        error: SessionError | None = None
        try:
            async with asyncio.timeout(self._open_within_s) as limit:
                connection = await self._connect()
                try:
                    await self._hold(connection, limit)
                finally:
                    await _close(connection)
            error = self._reason(connection)
        except TimeoutError:
            message = f"{self._target.place} did not answer within {self._open_within_s:g} s"
            error = SessionError(message, code="timeout")
        except SessionError as problem:
            error = problem
        finally:
            self._tell(Closed(error))

    async def _connect(self) -> ClientConnection:
        """A connection, tried again when the trouble may pass. Raises SessionError."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._connect_once()
            except SessionError as error:
                if error.fatal or attempt == ATTEMPTS:
                    raise
                log.warning("%s; trying again", error)
                await asyncio.sleep(BACKOFF_S * 2 ** (attempt - 1) * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
        raise AssertionError  # the loop returns or raises

    async def _connect_once(self) -> ClientConnection:
        target = self._target
        place = target.place
        if target.key and not (target.key.isascii() and target.key.isprintable()):
            # The library would say so too, and show the key.
            raise SessionError(
                "the key has characters that no key has; check the credential openai_api_key", fatal=True
            )
        try:
            return await connect(
                target.address,
                additional_headers=target.headers(),
                compression=None,  # base64 sound hardly shrinks
                max_size=None,
                proxy=None if target.local else True,
                close_timeout=CLOSE_S,
                logger=_socket_log,
            )
        except InvalidStatus as error:
            raise not_upgraded(place, error.response.status_code) from error
        except InvalidURI as error:
            raise _no_address(target) from error
        except TimeoutError as error:
            raise SessionError(f"{place} does not answer", code="timeout") from error
        except (OSError, WebSocketException, ImportError) as error:
            raise SessionError(f"{place} cannot be reached: {error}; is the network up?", code="network") from error
        except ValueError as error:  # a port or host name that cannot be
            raise _no_address(target) from error

    async def _hold(self, connection: ClientConnection, limit: asyncio.Timeout) -> None:
        sending: asyncio.Task[None] | None = None
        try:
            async for frame in connection:
                event = self._decode(frame)
                if event is None:
                    continue
                self._note(event)
                if isinstance(event, ev.SessionCreated):
                    # Only now is the session connected, and nothing may be sent before it is configured.
                    await connection.send(self._encode(cl.SessionUpdate(session=self._opening)))
                elif isinstance(event, ev.SessionUpdated) and sending is None:
                    sending = asyncio.create_task(self._send_all(connection))
                    self._opened = True
                    limit.reschedule(None)
                    self._tell(Opened(event.session.id or ""))
                else:
                    self._tell(event)
                if isinstance(event, ev.Error) and sending is None:
                    # What was asked of the session is refused: it will never take sound.
                    await _await_close(connection)
                    break
        except ConnectionClosed:
            pass  # told by the close code, see _reason
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    def _decode(self, frame: str | bytes) -> ev.ServerEvent | None:
        try:
            event = decode_server(frame)
        except WireError as error:
            log.warning("%s", error)
            return None
        if isinstance(event, Unknown):
            log.debug("< %s (unknown, ignored)", event.type)
            return None
        log.debug("< %s", type_of(event))
        return event

    def _encode(self, event: cl.ClientEvent) -> str:
        if not isinstance(event, cl.AppendAudio):
            log.debug("> %s", type_of(event))
        return encode_client(event, self._target.dialect)

    async def _send_all(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.send(self._encode(await self._outgoing.get()))

    def _note(self, event: ev.ServerEvent) -> None:
        """Remember an error event: the close that may follow says less than the event did."""
        if isinstance(event, ev.Error):
            self._last_error = reported(self._target.place, event.error)
        elif self._last_error is not None and not self._last_error.fatal:
            self._last_error = None

    def _reason(self, connection: ClientConnection) -> SessionError:
        """Why the server ended the session; 1001 is an end too, although the library calls it OK."""
        code, reason = connection.close_code or 1006, connection.close_reason or ""
        error = closed(self._target.place, code, reason, self._last_error)
        return error if self._opened or error.fatal or self._last_error is None else self._last_error


async def _close(connection: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await connection.close(1000)


async def _await_close(connection: ClientConnection) -> None:
    """Give the server time to close: its close code says how serious it is."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await connection.wait_closed()


def _no_address(target: Target) -> SessionError:
    return SessionError(f"session.url: {target.url!r} is not a WebSocket address", fatal=True)
