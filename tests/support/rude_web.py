"""A web server that answers what a test says, byte for byte, and need not keep to HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Script = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Writes an answer to a request, given as its head in latin-1."""


@dataclass
class RudeWeb:
    """Where it listens, and the heads of the requests that it got."""

    port: int = 0
    asked: list[str] = field(default_factory=list)

    def url(self, path: str = "/x.wav", user: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.port}{path}"


def answering(*pieces: bytes) -> Script:
    """The script that writes these pieces and hangs up."""

    async def write(_head: str, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return write


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A complete answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@asynccontextmanager
async def rude_web(script: Script) -> AsyncIterator[RudeWeb]:
    web = RudeWeb()
    open_now: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now[writer] = asyncio.current_task()  # type: ignore[assignment]
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            web.asked.append(head)
            await script(head, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # whoever asked has gone, or the test is over
        finally:
            open_now.pop(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
        left = dict(open_now)
        for writer, task in left.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*left.values())
