"""One Realtime session over WebSocket, to the cloud or to the embedded server: the same client for both.

A session is opened once, configured, used and closed. What it hears from the server is told as typed
events; when it is over, for whatever reason, ``Closed`` is told exactly once.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.errors import SessionError, WireError
from speaker.realtime.connecting import await_close, back_off, close_politely, connect_to
from speaker.realtime.endpoint import Target
from speaker.realtime.error_mapping import closed, reported
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Unknown, decode_server, encode_client, type_of
from speaker.realtime.protocol.objects import Session
from speaker.realtime.session_config import without_reasoning

log = logging.getLogger(__name__)

APPEND_MS: Final = 40
"""Length of one append; the protocol's clients use 20-60 ms."""

LOSSES: Final = 3
"""How often in a row a session is opened anew before it counts as lost for good; an answer forgives."""

_PASSING: Final = frozenset({"1001", "1005", "1006", "1011", "1012", "1013", "1015"})
"""Close codes after which the service may be there again at once. 1001 is also its way to end an old session."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The session is configured and takes sound; ``id`` is the server's name for it."""

    id: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The session broke or is given up for a younger one (``error`` None); it is being opened anew.

    A new session knows nothing of the old one: neither items nor calls.
    """

    error: SessionError | None


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over. ``error`` is None when it was we who closed it."""

    error: SessionError | None


News = ev.ServerEvent | Opened | Lost | Closed


class RealtimeClient:
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
        """Sound that went out so far, 16-bit mono at 24 kHz."""
        self._opened = False
        self._renewing = False
        self._losses = 0
        self._connection: ClientConnection | None = None
        self._closing: asyncio.Task[None] | None = None
        self._last_error: SessionError | None = None

    def append(self, samples: Samples) -> None:
        """Send microphone sound: int16, shape (n,), 16 kHz, any n; it goes out in 40 ms pieces."""
        ready = self._rest + pcm.to_bytes(self._resampler.push(samples))
        step = pcm.BYTES_PER_SAMPLE * pcm.ms_to_samples(APPEND_MS, SESSION_HZ)
        whole = len(ready) - len(ready) % step
        self._rest = ready[whole:]
        for start in range(0, whole, step):
            self.send(cl.AppendAudio(audio=ready[start : start + step]))

    def commit(self) -> None:
        """What was appended so far is a turn of the user, to its last sample."""
        rest, self._rest = self._rest + pcm.to_bytes(self._resampler.push(np.zeros(0, np.int16), last=True)), b""
        self._resampler = pcm.Resampler(WAKE_HZ, SESSION_HZ)
        if rest:
            self.send(cl.AppendAudio(audio=rest))
        self.send(cl.CommitAudio())

    def clear(self) -> None:
        """What was appended since the last turn is none, and is to be forgotten."""
        self._resampler, self._rest = pcm.Resampler(WAKE_HZ, SESSION_HZ), b""
        self.send(cl.ClearAudio())

    def send(self, event: cl.ClientEvent) -> None:
        """Send an event, in the order of the calls."""
        self._outgoing.put_nowait(event)

    def renew(self) -> None:
        """Open the session anew, before the service ends it for its age."""
        if self._connection is not None and self._opened and not self._renewing:
            self._renewing = True
            # The reader wakes up from it and goes on.
            self._closing = asyncio.create_task(close_politely(self._connection))

    async def run(self) -> None:
        """Hold the session until either side ends it; then tell ``Closed``. Cancelling closes it politely."""
        error: SessionError | None = None
        try:
            error = await self._live()
        except SessionError as problem:
            error = problem
        finally:
            self._tell(Closed(error))

    async def _live(self) -> SessionError:
        """One connection after the other; why the last one ended. Raises SessionError when there is none."""
        while True:
            error = await self._hold_one()
            renewing, self._renewing = self._renewing, False
            if not renewing and (not self._opened or error.code not in _PASSING or self._losses >= LOSSES):
                return error
            self._opened = False
            # What waits for this session means nothing to the next one.
            self._outgoing = asyncio.Queue()
            self._resampler, self._rest = pcm.Resampler(WAKE_HZ, SESSION_HZ), b""
            self._tell(Lost(None if renewing else error))
            if not renewing:
                log.warning("%s; opening it anew", error)
                await back_off(self._losses)
                self._losses += 1

    async def _hold_one(self) -> SessionError:
        try:
            async with asyncio.timeout(self._open_within_s) as limit:
                self._connection = connection = await connect_to(self._target)
                try:
                    await self._hold(connection, limit)
                finally:
                    await close_politely(connection)
        except TimeoutError:
            message = f"{self._target.place} did not answer within {self._open_within_s:g} s"
            raise SessionError(message, code="timeout") from None
        return self._reason(connection)

    async def _hold(self, connection: ClientConnection, limit: asyncio.Timeout) -> None:
        sending: asyncio.Task[None] | None = None
        asked = False
        try:
            async for frame in connection:
                event = self._decode(frame)
                if event is None:
                    continue
                self._note(event)
                if isinstance(event, ev.SessionCreated):
                    # Only now is the session connected, and nothing may be sent before it is configured.
                    await self._configure(connection, self._opening)
                elif isinstance(event, ev.SessionUpdated) and sending is None:
                    sending = self._open(connection, event, limit)
                elif isinstance(event, ev.Error) and sending is None and not asked and self._may_ask_less():
                    asked = True
                    log.warning("%s; asking for less", self._last_error)
                    await self._configure(connection, without_reasoning(self._opening))
                elif isinstance(event, ev.Error) and sending is None:
                    # What was asked of the session is refused: it will never take sound.
                    self._tell(event)
                    await await_close(connection)
                    break
                else:
                    self._tell(event)
        except ConnectionClosed:
            pass  # told by the close code, see _reason
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _configure(self, connection: ClientConnection, session: Session) -> None:
        await connection.send(self._encode(cl.SessionUpdate(session=session)))

    def _may_ask_less(self) -> bool:
        """Whether the refusal of a session may be due to a key that this server does not know."""
        return (
            self._last_error is not None
            and not self._last_error.fatal
            and without_reasoning(self._opening) != self._opening
        )

    def _open(
        self, connection: ClientConnection, event: ev.SessionUpdated, limit: asyncio.Timeout
    ) -> "asyncio.Task[None]":
        self._opened = True
        limit.reschedule(None)
        self._tell(Opened(event.session.id or ""))
        return asyncio.create_task(self._send_all(connection))

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
                event = await self._outgoing.get()
                await connection.send(self._encode(event))
                if isinstance(event, cl.AppendAudio):
                    self.sent_bytes += len(event.audio)

    def _note(self, event: ev.ServerEvent) -> None:
        """Remember an error event: the close that may follow says less than the event did."""
        if isinstance(event, ev.Error):
            self._last_error = reported(self._target.place, event.error)
        elif self._last_error is not None and not self._last_error.fatal:
            self._last_error = None
        if isinstance(event, ev.ResponseDone):
            self._losses = 0

    def _reason(self, connection: ClientConnection) -> SessionError:
        """Why the server ended the session; 1001 is an end too, although the library calls it OK."""
        code, reason = connection.close_code or 1006, connection.close_reason or ""
        error = closed(self._target.place, code, reason, self._last_error)
        return error if self._opened or error.fatal or self._last_error is None else self._last_error
