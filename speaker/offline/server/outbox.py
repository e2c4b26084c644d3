"""What waits to be sent to one client: in its order, and within a limit."""

import asyncio
import contextlib
import logging
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Dialect, encode_server, type_of

log = logging.getLogger(__name__)

MOST_UNREAD_BYTES: Final = 16 << 20
"""A client that reads nothing while more than this waits for it is given up; that is four minutes of speech."""

FLUSH_S: Final = 2.0
"""How long a client may take to read its last events, and the news that the connection ends."""


class Outbox:
    """The events for one client, as text."""

    def __init__(self, connection: ServerConnection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect
        self._waiting: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
        self._bytes = 0
        self.full = asyncio.Event()
        """Set for good once too much waits; what comes then is dropped."""

    def put(self, event: ev.ServerEvent) -> None:
        """Let an event be sent, if the dialect has it. One event may be larger than the limit."""
        if self._bytes > MOST_UNREAD_BYTES:
            self.full.set()
        text = None if self.full.is_set() else encode_server(event, self._dialect)
        if text is not None:
            self._bytes += len(text)
            self._waiting.put_nowait((type_of(event), text))

    def finish(self) -> None:
        """Nothing more comes."""
        self._waiting.put_nowait(None)

    async def send_all(self) -> None:
        """Send what comes until it is finished, or the client is gone."""
        with contextlib.suppress(ConnectionClosed):
            while (waiting := await self._waiting.get()) is not None:
                kind, text = waiting
                log.debug("> %s", kind)
                await self._connection.send(text)
                self._bytes -= len(text)


async def send(connection: ServerConnection, event: ev.ServerEvent, dialect: Dialect) -> None:
    """Send one event as text, if the dialect has it."""
    text = encode_server(event, dialect)
    if text is not None:
        log.debug("> %s", type_of(event))
        await connection.send(text)


async def end_connection(connection: ServerConnection, code: int, reason: str) -> None:
    """Close in good order, or cut the line when the client does not even read that."""
    try:
        async with asyncio.timeout(FLUSH_S):
            await connection.close(code, reason)
    except TimeoutError:
        connection.transport.abort()
