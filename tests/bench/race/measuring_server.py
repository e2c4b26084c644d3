"""A Realtime server that hears by loudness alone, and notes when what came and went.

It answers with noise, which has no silence of its own, so that every gap in an answer is the client's. Everybody gets
the same: a turn ends after ``TURN_SILENCE_MS`` without sound, whoever is heard during an answer interrupts it at once.
"""

import asyncio
import base64
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.realtime.protocol.codec import Dialect
from tests.bench.race.sound_marks import LOUD

Json = dict[str, Any]

TURN_SILENCE_MS: Final = 500
PIECE_MS: Final = 200
"""How much sound comes in one delta."""

FASTER: Final = 5
"""So many times faster than it is played, an answer arrives."""


@dataclass(slots=True)
class HeardTurn:
    """Somebody spoke: moments of ``time.monotonic``, 0 = not yet."""

    started_s: float
    """When the client was told that somebody speaks."""
    last_sound_s: float = 0.0
    """When the piece arrived in which the last sound was."""
    first_delta_s: float = 0.0
    """When the first of the answer was sent."""


def noise_answer(seconds: float) -> Samples:
    """No silence and no two moments alike: int16, 24 kHz."""
    return np.random.default_rng(7).integers(-6_000, 6_000, round(seconds * SESSION_HZ), np.int16)


@dataclass(slots=True)
class MeasuringServer:
    """What clients of a ``RealtimeServer`` meet: one at a time."""

    answer_s: float = 1.0
    """How long the next answer is."""
    turns: list[HeardTurn] = field(default_factory=list)
    appended: int = 0
    """Pieces of sound that came in, of all clients."""
    _speaking: bool = False
    _silent: int = 0
    _number: int = 0
    _answering: asyncio.Task[None] | None = None

    async def hold(self, connection: ServerConnection, dialect: Dialect) -> None:
        """Talk to a client until it leaves."""
        self._speaking, self._silent = False, 0
        await self._send(connection, "session.created", session=_session())
        try:
            async for frame in connection:
                await self._take(connection, msgspec.json.decode(frame))
        finally:
            if self._answering is not None:
                self._answering.cancel()
                await asyncio.gather(self._answering, return_exceptions=True)

    async def _take(self, connection: ServerConnection, event: Json) -> None:
        match event["type"]:
            case "input_audio_buffer.append":
                now = time.monotonic()
                self.appended += 1
                await self._hear(connection, pcm.from_bytes(base64.b64decode(event["audio"])), now)
            case "session.update":
                await self._send(connection, "session.updated", session=_session())
            case _:
                pass

    async def _hear(self, connection: ServerConnection, samples: Samples, now: float) -> None:
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > LOUD)
        if not loud.size:
            self._silent += samples.size
            if self._speaking and self._silent >= pcm.ms_to_samples(TURN_SILENCE_MS, SESSION_HZ):
                await self._end_turn(connection)
            return
        self._silent = samples.size - int(loud[-1]) - 1
        if not self._speaking:
            await self._begin_turn(connection, now)
        self.turns[-1].last_sound_s = now

    async def _begin_turn(self, connection: ServerConnection, now: float) -> None:
        self._speaking = True
        self._number += 1
        await self._send(
            connection, "input_audio_buffer.speech_started", item_id=f"item_u{self._number}",
            audio_start_ms=round(1000 * now),
        )  # fmt: skip
        self.turns.append(HeardTurn(time.monotonic()))
        if self._answering is not None:
            self._answering.cancel()

    async def _end_turn(self, connection: ServerConnection) -> None:
        self._speaking = False
        item = f"item_u{self._number}"
        await self._send(
            connection, "input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=round(1000 * time.monotonic())
        )
        await self._send(connection, "input_audio_buffer.committed", item_id=item, previous_item_id=None)
        content = [{"type": "input_audio", "transcript": None}]
        whole = {"id": item, "object": "realtime.item", "type": "message", "role": "user", "status": "completed",
                 "content": content}  # fmt: skip
        await self._send(connection, "conversation.item.added", item=whole, previous_item_id=None)
        await self._send(connection, "conversation.item.done", item=whole, previous_item_id=None)
        self._answering = asyncio.create_task(self._answer(connection, self.turns[-1], self._number))

    async def _answer(self, connection: ServerConnection, turn: HeardTurn, number: int) -> None:
        """An answer, or as much of it as was sent when somebody interrupted."""
        response, item = f"resp_{number}", f"item_a{number}"
        where = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
        message = {"id": item, "object": "realtime.item", "type": "message", "role": "assistant", "content": []}
        status = "cancelled"
        try:
            await self._send(connection, "response.created", response=_response(response, "in_progress"))
            opened = message | {"status": "in_progress"}
            await self._send(
                connection, "response.output_item.added", response_id=response, output_index=0, item=opened
            )
            await self._send(connection, "conversation.item.added", item=opened, previous_item_id=None)
            part = {"type": "audio", "transcript": ""}
            await self._send(connection, "response.content_part.added", part=part, **where)
            await self._sound(connection, turn, where)
            await self._send(connection, "response.output_audio.done", **where)
            await self._send(connection, "response.content_part.done", part=part, **where)
            status = "completed"
        finally:
            closed = message | {"status": "completed" if status == "completed" else "incomplete"}
            with contextlib.suppress(ConnectionClosed):
                await self._send(
                    connection, "response.output_item.done", response_id=response, output_index=0, item=closed
                )
                await self._send(connection, "conversation.item.done", item=closed, previous_item_id=None)
                await self._send(connection, "response.done", response=_response(response, status))

    async def _sound(self, connection: ServerConnection, turn: HeardTurn, where: Json) -> None:
        data = pcm.to_bytes(noise_answer(self.answer_s))
        step = pcm.ms_to_samples(PIECE_MS, SESSION_HZ) * pcm.BYTES_PER_SAMPLE
        for at in range(0, len(data), step):
            delta = base64.b64encode(data[at : at + step]).decode()
            turn.first_delta_s = turn.first_delta_s or time.monotonic()
            await self._send(connection, "response.output_audio.delta", delta=delta, **where)
            await asyncio.sleep(PIECE_MS / 1000 / FASTER)

    async def _send(self, connection: ServerConnection, kind: str, **fields: Any) -> None:
        await connection.send(json.dumps({"type": kind, "event_id": f"event_{time.monotonic_ns()}"} | fields))


def _session() -> Json:
    form = {"type": "audio/pcm", "rate": SESSION_HZ}
    turns = {
        "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": TURN_SILENCE_MS,
        "create_response": True, "interrupt_response": True, "idle_timeout_ms": None,
    }  # fmt: skip
    return {
        "id": "sess_bench", "object": "realtime.session", "type": "realtime", "model": "gpt-realtime",
        "output_modalities": ["audio"], "instructions": "", "tools": [], "tool_choice": "auto",
        "max_output_tokens": "inf",
        "audio": {
            "input": {"format": form, "transcription": None, "noise_reduction": None, "turn_detection": turns},
            "output": {"format": form, "voice": "marin", "speed": 1.0},
        },
    }  # fmt: skip


def _response(name: str, status: str) -> Json:
    usage = {"total_tokens": 15, "input_tokens": 10, "output_tokens": 5}
    return {
        "id": name, "object": "realtime.response", "status": status, "status_details": None, "output": [],
        "usage": usage if status != "in_progress" else None,
    }  # fmt: skip
