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

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.errors import SessionError, WireError
from speaker.realtime.connecting import await_close, back_off, close_politely, connect_to
from speaker.realtime.endpoint import Target
from speaker.realtime.error_mapping import closed, reported
from speaker.realtime.outgoing_sound import OutgoingSound
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Unknown, decode_server, encode_client, type_of
from speaker.realtime.protocol.objects import Session, SessionHead
from speaker.realtime.session_config import without_reasoning
from speaker.realtime.sound_formats import SoundFormats

log = logging.getLogger(__name__)

LOSSES: Final = 3
"""How often in a row a session is opened anew before it counts as lost for good; an answer forgives."""

REFUSED_S: Final = 1.0
"""An error while a session is opened means that it is refused, unless it is confirmed within this time: some
servers complain of a setting and take all others."""

_PASSING: Final = frozenset({"1001", "1005", "1006", "1011", "1012", "1013", "1015"})
"""Close codes after which the service may be there again at once. 1001 is also its way to end an old session."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The session is configured and takes sound; ``id`` is the server's name for it."""

    id: str
    plays_hz: int = SESSION_HZ
    """Rate of the sound that it sends."""


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
        self._sound = OutgoingSound()
        self.sent_bytes = 0
        """Sound that went out so far, 16-bit mono at 24 kHz."""
        self._opened = False
        self._renewing = False
        self._losses = 0
        self._connection: ClientConnection | None = None
        self._closing: asyncio.Task[None] | None = None
        self._last_error: SessionError | None = None

    def append(self, samples: Samples) -> None:
        """Send microphone sound: int16, shape (n,), 16 kHz, any n; it goes out in short pieces."""
        for piece in self._sound.push(samples):
            self.send(cl.AppendAudio(audio=piece))

    def commit(self) -> None:
        """What was appended so far is a turn of the user, to its last sample."""
        if rest := self._sound.end():
            self.send(cl.AppendAudio(audio=rest))
        self.send(cl.CommitAudio())

    def clear(self) -> None:
        """What was appended since the last turn is none, and is to be forgotten."""
        self._sound.forget()
        self.send(cl.ClearAudio())

    def answered(self) -> None:
        """The user got an answer: what was lost before does not count any more."""
        self._losses = 0

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
            self._sound.forget()
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
            message = f"{self._target.place.name} did not answer within {self._open_within_s:g} s"
            raise SessionError(message, code="timeout") from None
        return self._reason(connection)

    async def _hold(self, connection: ClientConnection, limit: asyncio.Timeout) -> None:
        sending: asyncio.Task[None] | None = None
        try:
            opened = await self._open(connection)
            if opened is None:
                await await_close(connection)
                return
            self._opened = True
            limit.reschedule(None)
            self._tell(opened)
            sending = asyncio.create_task(self._send_all(connection))
            async for frame in connection:
                if (event := self._decode(frame)) is not None:
                    self._tell(event)
        except ConnectionClosed:
            pass  # told by the close code, see _reason
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _open(self, connection: ClientConnection) -> Opened | None:
        """Bring the session to where it takes sound; None when what was asked of it is refused.

        Only when the service has greeted is the session connected, and nothing is sent before it is configured.
        """
        profile, head, formats = self._target.profile, SessionHead(), SoundFormats(self._target.place)
        less, greeted = False, False
        patience_s: float | None = None
        while (event := await self._next(connection, patience_s)) is not None:
            if isinstance(event, ev.SessionCreated | ev.SessionUpdated):
                head = event.session
                formats.note(head)
            if isinstance(event, ev.SessionUpdated):
                return self._ready(head, formats)
            if type_of(event) in profile.greetings and not greeted:
                greeted, patience_s = True, profile.silent_after_s
                await self._configure(connection, self._opening)
            elif isinstance(event, ev.Error) and not less and greeted and self._may_ask_less():
                less = True
                log.warning("%s; asking for less", self._last_error)
                await self._configure(connection, without_reasoning(self._opening))
            elif isinstance(event, ev.Error):
                self._tell(event)
                if not greeted:
                    return None
                patience_s = REFUSED_S
        return self._ready(head, formats) if self._last_error is None else None

    async def _next(self, connection: ClientConnection, within_s: float | None) -> ev.ServerEvent | None:
        """The next event that is understood; None when none came in time."""
        try:
            async with asyncio.timeout(within_s):
                while (event := self._decode(await connection.recv())) is None:
                    pass
                return event
        except TimeoutError:
            return None

    def _ready(self, head: SessionHead, formats: SoundFormats) -> Opened:
        self._sound.hz = formats.hz("input", self._target.profile.hears_hz)
        self._sound.forget()
        return Opened(head.id or "", formats.hz("output", SESSION_HZ))

    async def _configure(self, connection: ClientConnection, session: Session) -> None:
        await connection.send(self._encode(cl.SessionUpdate(session=session)))

    def _may_ask_less(self) -> bool:
        """Whether the refusal of a session may be due to a key that this server does not know."""
        return (
            self._last_error is not None
            and not self._last_error.fatal
            and without_reasoning(self._opening) != self._opening
        )

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
        self._note(event)
        return event

    def _encode(self, event: cl.ClientEvent) -> str:
        if not isinstance(event, cl.AppendAudio):
            log.debug("> %s", type_of(event))
        shape = self._target.profile.asked if isinstance(event, cl.SessionUpdate) else None
        return encode_client(event, self._target.dialect, shape)

    async def _send_all(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                event = await self._outgoing.get()
                await connection.send(self._encode(event))
                if isinstance(event, cl.AppendAudio):
                    self.sent_bytes += len(event.audio) * SESSION_HZ // self._sound.hz

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
