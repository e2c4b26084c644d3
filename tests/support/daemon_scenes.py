"""What whole-daemon scenes share: scripted clouds, what the loudspeaker said, a story."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.config.settings import Settings
from speaker.demo.stage import Stage, stage_settings
from speaker.offline.server.scripted import EmitStep, Expect, Scripted, ScriptStep
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import Recogniser
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Response, SessionHead

LAMP = "zigbee2mqtt/Sofa lamp"


@asynccontextmanager
async def scripted(*scenes: list[ScriptStep]) -> AsyncIterator[tuple[Scripted, str]]:
    """A cloud that plays scenes, and its address."""
    script, engines = Scripted(list(scenes)), OfflineEngines()
    async with RealtimeServer(ServerSettings(port=0), engines, script) as server:
        yield script, server.url
    engines.close()


def opening() -> list[ScriptStep]:
    return [
        EmitStep(ev.SessionCreated(event_id="e1", session=SessionHead(id="sess_1"))),
        Expect("session.update"),
        EmitStep(ev.SessionUpdated(event_id="e2", session=SessionHead(id="sess_1"))),
    ]


def spoken_turn() -> list[ScriptStep]:
    """The user has spoken, and the answer begins: three seconds of a tone in pieces."""
    t = np.arange(SESSION_HZ * 3) / SESSION_HZ
    tone = pcm.to_bytes(pcm.from_float((0.3 * np.sin(2 * np.pi * 300 * t)).astype(np.float32)))
    pieces = [tone[i : i + 9600] for i in range(0, len(tone), 9600)]
    return [
        Expect("input_audio_buffer.append"),
        EmitStep(ev.SpeechStarted(event_id="e3", audio_start_ms=0, item_id="item_1")),
        EmitStep(ev.SpeechStopped(event_id="e4", audio_end_ms=900, item_id="item_1")),
        EmitStep(ev.ResponseCreated(event_id="e5", response=Response(id="resp_1", status="in_progress"))),
        *(
            EmitStep(ev.AudioDelta(event_id="e6", response_id="resp_1", item_id="item_2", delta=piece))
            for piece in pieces
        ),
    ]


def cloud_at(url: str) -> dict[str, Any]:
    return {"session": {"endpoint": "cloud", "url": url}}


def lamp_states(on: Stage) -> list[dict[str, Any]]:
    return [json.loads(one.payload) for one in on.messages if one.topic == LAMP and not one.retained]


async def heard(on: Stage, since_ms: float) -> str:
    """What the loudspeaker said since then, once it has begun and ended, recognised."""
    await on.answer(since_ms)
    return await recorded(on, since_ms)


async def recorded(on: Stage, since_ms: float) -> str:
    """What the loudspeaker has said since then, recognised."""
    answer = pcm.resample(on.room.heard(since_ms), SESSION_HZ, WAKE_HZ)
    return (await asyncio.to_thread(Recogniser().hear, answer)).text.lower()


async def hears(on: Stage, since_ms: float, word: str, within_s: float = 20) -> str:
    """Wait until the loudspeaker has said a word; everything it said since then."""
    said = ""
    async with asyncio.timeout(within_s):
        while word not in said:
            said = await heard(on, since_ms)
    return said


def lags(said: Samples, received: Samples) -> list[int]:
    """How much later each quarter of a second of speech was received than it was said, in samples of 24 kHz.

    One sample lost, doubled or out of order changes it for all that follows.
    """
    block = SESSION_HZ // 2
    found: list[int] = []
    for start in range(SESSION_HZ * 7 // 5, said.size - block, block // 2):
        piece = said[start : start + block].astype(np.float64)
        match = np.correlate(received.astype(np.float64), piece)
        energy = np.convolve(received.astype(np.float64) ** 2, np.ones(block), "valid")
        likeness = match / np.sqrt(energy * np.sum(piece**2) + 1e-9)
        assert np.max(likeness) > 0.9, f"half a second from {start / SESSION_HZ:.2f} s on was not received"
        found.append(int(np.argmax(likeness)) - start)
    return found


def sound_sent(script: Scripted, connection: int = 0) -> Samples:
    """What the service was sent, in order."""
    pieces = [b64decode(one["audio"]) for one in script.seen[connection] if one["type"] == "input_audio_buffer.append"]
    return pcm.from_bytes(b"".join(pieces))


STORY = (
    "Once upon a time there was a lighthouse keeper who lived alone on a rock in the sea. Every evening he climbed "
    "the stairs and lit the lamp. Ships went by, and sometimes he waved, although nobody could see him. One night "
    "the fog came so thick that the light could not get through it. He took his old horn and began to blow. Far "
    "away somebody answered him. It was a small boat with a girl in it, who had lost her way. "
)


def storyteller(on: Stage, duplex: str) -> Settings:
    """A speaker that answers everything with a long story, and writes down what it heard."""
    session = {"instructions": f"Say exactly: {STORY * 4}", "transcription": "offline"}
    privacy = {"publish_transcripts": True}
    return stage_settings(on.broker.port, audio={"duplex": duplex}, session=session, privacy=privacy)


@asynccontextmanager
async def black_hole() -> AsyncIterator[str]:
    """A cloud that takes connections and says nothing, as behind a dead uplink; its address."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: held.append(writer), "127.0.0.1", 0)
    yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime"
    server.close()
    for writer in held:
        writer.transport.abort()
    await asyncio.sleep(0)


@asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    """An address where nobody listens."""
    yield "ws://127.0.0.1:9/v1/realtime"
