"""A scripted answerer: expect, then emit, with everything that can go wrong on the way.

Tests set it as the server's ``script``; each connection plays one scene, the last one again and again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection

from speaker.offline.server.outbox import send
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Dialect

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expect:
    """Wait for a client event of this type; appended sound and anything else is passed over and noted."""

    type: str
    within_s: float = 10.0


@dataclass(frozen=True, slots=True)
class EmitStep:
    """Send an event, or what a function makes of the client events seen so far."""

    event: ev.ServerEvent | Callable[[Sequence[Json]], ev.ServerEvent]


@dataclass(frozen=True, slots=True)
class Raw:
    """Send a frame as it stands, however malformed."""

    frame: str | bytes


@dataclass(frozen=True, slots=True)
class Delay:
    """Do nothing for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Close:
    """Close in good order, with a code and a reason."""

    code: int = 1000
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """Cut the line without a word, as a network does."""


ScriptStep = Expect | EmitStep | Raw | Delay | Close | Drop


@dataclass(slots=True)
class Scripted:
    """Scenes for consecutive connections, and what clients sent."""

    scenes: list[list[ScriptStep]]
    seen: list[list[Json]] = field(default_factory=list)
    """For each connection, every client event in order, as JSON objects."""

    async def hold(self, connection: ServerConnection, dialect: Dialect) -> None:
        """Play the scene of this connection, then listen until the client leaves."""
        scene = self.scenes[min(len(self.seen), len(self.scenes) - 1)]
        seen: list[Json] = []
        self.seen.append(seen)
        arrived = asyncio.Event()
        reading = asyncio.create_task(_read(connection, seen, arrived))
        playing = asyncio.create_task(_play_all(scene, connection, dialect, seen, arrived))
        try:
            await asyncio.wait({reading, playing}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                await playing
            await reading  # a client that leaves ends the scene, wherever it stands
        finally:
            reading.cancel()
            playing.cancel()
            await asyncio.gather(reading, playing, return_exceptions=True)


async def _read(connection: ServerConnection, seen: list[Json], arrived: asyncio.Event) -> None:
    async for frame in connection:
        seen.append(msgspec.json.decode(frame))
        arrived.set()


async def _play_all(
    scene: Sequence[ScriptStep],
    connection: ServerConnection,
    dialect: Dialect,
    seen: Sequence[Json],
    arrived: asyncio.Event,
) -> None:
    passed = 0
    for step in scene:
        if isinstance(step, Expect):
            passed = await _expect(step, seen, passed, arrived)
        else:
            await _play(step, connection, dialect, seen)


async def _expect(step: Expect, seen: Sequence[Json], passed: int, arrived: asyncio.Event) -> int:
    """The place after the expected event. Raises TimeoutError when it does not come."""
    async with asyncio.timeout(step.within_s):
        while True:
            arrived.clear()
            for index in range(passed, len(seen)):
                if seen[index].get("type") == step.type:
                    return index + 1
            passed = len(seen)
            await arrived.wait()


async def _play(step: ScriptStep, connection: ServerConnection, dialect: Dialect, seen: Sequence[Json]) -> None:
    match step:
        case EmitStep(event=event):
            await send(connection, event if isinstance(event, ev.ServerEvent) else event(seen), dialect)
        case Raw(frame=frame):
            await connection.send(frame)
        case Delay(seconds=seconds):
            await asyncio.sleep(seconds)
        case Close(code=code, reason=reason):
            await connection.close(code, reason)
        case Drop():
            connection.transport.abort()
        case _:
            pass
