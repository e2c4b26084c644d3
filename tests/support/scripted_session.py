"""Scripted clouds, lines that misbehave, and somebody who writes down what a session tells."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection

from speaker.audio.pcm import Samples
from speaker.errors import SessionError
from speaker.offline.server.scripted import EmitStep, Expect, Json, Scripted, ScriptStep
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.client import Closed, News, Opened, RealtimeClient
from speaker.realtime.endpoint import Target
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Dialect
from speaker.realtime.protocol.objects import Audio, AudioFormat, AudioInput, AudioOutput, Problem, Session, SessionHead

PCM = AudioFormat(type="audio/pcm", rate=24_000)
WANTED = Session(
    type="realtime",
    output_modalities=["audio"],
    instructions="Be brief.",
    audio=Audio(input=AudioInput(format=PCM), output=AudioOutput(format=PCM, voice="marin")),
)
CREATED = ev.SessionCreated(event_id="e1", session=SessionHead(id="sess_1"))
UPDATED = ev.SessionUpdated(event_id="e2", session=SessionHead(id="sess_1"))
HELLO: list[ScriptStep] = [EmitStep(CREATED)]
OPEN: list[ScriptStep] = [*HELLO, Expect("session.update"), EmitStep(UPDATED)]
SPEECH = ev.SpeechStarted(event_id="e3", audio_start_ms=40, item_id="item_1")


def error(code: str | None, kind: str = "invalid_request_error") -> ev.Error:
    return ev.Error(event_id="e9", error=Problem(type=kind, code=code, message="The cloud says no."))


def tone(samples: int) -> Samples:
    return (8_000 * np.sin(np.arange(samples) / 7)).astype(np.int16)


@dataclass(slots=True)
class Witness:
    """A scripted cloud that also notes how clients came and went."""

    script: Scripted
    headers: list[dict[str, str]] = field(default_factory=list)
    dialects: list[Dialect] = field(default_factory=list)
    close_codes: list[int | None] = field(default_factory=list)

    async def hold(self, connection: ServerConnection, dialect: Dialect) -> None:
        assert connection.request is not None
        self.headers.append(dict(connection.request.headers.raw_items()))
        self.dialects.append(dialect)
        try:
            await self.script.hold(connection, dialect)
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(connection.wait_closed(), 5)
            self.close_codes.append(connection.close_code)

    @property
    def seen(self) -> list[Json]:
        """What the first client sent."""
        return self.script.seen[0]


@asynccontextmanager
async def played(
    engines: OfflineEngines, *steps: ScriptStep, then: Sequence[ScriptStep] | None = None
) -> AsyncIterator[tuple[Witness, str]]:
    """A cloud that plays one scene to every client, and its address; with ``then``, another to all but the first."""
    witness = Witness(Scripted([list(steps), *([list(then)] if then is not None else [])]))
    async with RealtimeServer(ServerSettings(port=0), engines, witness) as server:
        yield witness, server.url


class Told:
    """What a session tells, in order."""

    def __init__(self, url: str, *, says: Samples | None = None, **target: Any) -> None:
        """``says``: what is sent in every connection, as soon as it takes sound; int16, 16 kHz."""
        self.news: list[News] = []
        self._says = says
        self._arrived = asyncio.Event()
        self.session = RealtimeClient(Target(url, **{"model": "offline", **target}), WANTED, self._hear)

    def _hear(self, news: News) -> None:
        self.news.append(news)
        self._arrived.set()
        if isinstance(news, Opened) and self._says is not None:
            self.session.append(self._says)

    async def run(self) -> SessionError | None:
        """Hold the session to its end; why it ended. ``Closed`` must be told once, and last."""
        async with asyncio.timeout(20):
            await self.session.run()
        return self.end

    async def until(self, wanted: Callable[[Sequence[News]], bool]) -> None:
        """Wait until the news so far are enough."""
        async with asyncio.timeout(20):
            while not wanted(self.news):
                self._arrived.clear()
                await self._arrived.wait()

    @property
    def opened(self) -> bool:
        return any(isinstance(news, Opened) for news in self.news)

    @property
    def end(self) -> SessionError | None:
        ends = [news for news in self.news if isinstance(news, Closed)]
        assert len(ends) == 1
        assert self.news[-1] is ends[0]
        return ends[0].error


@asynccontextmanager
async def line(url: str, *, delay_s: float = 0.0, broken: int = 0) -> AsyncIterator[str]:
    """A way to a server that takes its time, and breaks for the first clients; its own address."""
    host, _, path = url.removeprefix("ws://").partition("/")
    left = broken
    tasks: set[asyncio.Task[Any]] = set()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        left -= 1
        try:
            await asyncio.sleep(delay_s)
            if left < 0:
                there, back = await asyncio.open_connection(*host.split(":"))
                await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
        finally:
            writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(hold(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/{path}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
    finally:
        writer.close()


def beside_surroundings(seen: Sequence[Json]) -> list[Json]:
    """What a client sent, but for the time and the place that every session is told."""
    return [one for one in seen if not str(one.get("event_id")).endswith("surroundings")]
