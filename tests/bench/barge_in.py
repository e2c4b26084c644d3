"""How exactly an interrupted answer is cut, and how soon it is silent: the daemon in the virtual room.

A cloud answers with noise that sounds different at every moment. It is interrupted at twenty places; what the
room's recording holds of it is compared with ``audio_end_ms`` of the truncation that the cloud got. Beside it stand
the two estimates that other clients send: all that was received, and the time since the first sound came in.
"""

import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.demo.broker import private_broker
from speaker.demo.stage import Stage, stage, stage_settings
from speaker.demo.virtual_room import VirtualRoom
from speaker.demo.virtual_room import room as open_room
from speaker.offline.server.scripted import EmitStep, Expect, Scripted, ScriptStep
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Response, SessionHead
from tests.bench import table

CUTS: Final = 20
ANSWER_S: Final = 6
PIECE_BYTES: Final = 9_600
GRAIN: Final = 480
"""Samples that are compared at a time, 20 ms."""

SEED: Final = 7


def noise() -> Samples:
    """The answer: int16, shape (n,), 24 kHz, no two moments alike."""
    return np.random.default_rng(SEED).integers(-6_000, 6_000, ANSWER_S * SESSION_HZ, np.int16)


def scene() -> list[ScriptStep]:
    """Open, be spoken to, answer faster than real time; then take the interruption."""
    data = pcm.to_bytes(noise())
    deltas = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]
    done = ev.ResponseDone(event_id="e7", response=Response(id="resp_1", status="completed"))
    return [
        EmitStep(ev.SessionCreated(event_id="e1", session=SessionHead(id="sess_1"))),
        Expect("session.update"),
        EmitStep(ev.SessionUpdated(event_id="e2", session=SessionHead(id="sess_1"))),
        Expect("input_audio_buffer.append"),
        EmitStep(ev.SpeechStarted(event_id="e3", audio_start_ms=0, item_id="item_1")),
        EmitStep(ev.SpeechStopped(event_id="e4", audio_end_ms=100, item_id="item_1")),
        EmitStep(ev.ResponseCreated(event_id="e5", response=Response(id="resp_1", status="in_progress"))),
        *(EmitStep(ev.AudioDelta(event_id="e6", response_id="resp_1", item_id="item_2", delta=one)) for one in deltas),
        EmitStep(done),
        Expect("conversation.item.truncate", within_s=20),
    ]


def heard_ms(recording: Samples) -> tuple[float, int]:
    """How much of the noise a recording holds, and the place of its last sample in the recording."""
    wanted, first = noise().astype(np.float64), recording.astype(np.float64)
    loud = np.flatnonzero(np.abs(recording) > 500)
    begin, end = int(loud[0]), int(loud[-1]) + 1
    # Its place is found where it is certainly whole: in its first fifth of a second.
    head = first[begin : begin + SESSION_HZ // 5]
    lag = int(np.argmax(np.correlate(wanted[: 2 * SESSION_HZ], head)))
    return pcm.samples_to_ms(lag + end - begin, SESSION_HZ), end


@asynccontextmanager
async def playing(folder: Path, room: VirtualRoom) -> AsyncIterator[tuple[Stage, Scripted]]:
    """A speaker in a room with the scripted cloud."""
    script, engines = Scripted([scene()]), OfflineEngines()
    async with (
        private_broker(folder) as broker,
        stage(folder, room, broker) as on,
        RealtimeServer(ServerSettings(port=0), engines, script) as server,
    ):
        cloud = {"endpoint": "cloud", "url": server.url}
        await on.start(stage_settings(broker.port, session=cloud, audio={"sounds": [], "duplex": "half"}))
        yield on, script
    engines.close()


async def cut_once(on: Stage, script: Scripted, after_s: float) -> tuple[float, float, float, float]:
    """Errors in ms of ours, of what was received, of the clock; and ms until silence."""
    loop = asyncio.get_running_loop()
    count, since_ms = len(script.seen), on.room.now_ms
    await on.command("wake")
    await on.is_in("responding")
    began = loop.time()
    await asyncio.sleep(after_s)
    at_ms, clock_ms = on.room.now_ms, 1000 * (loop.time() - began)
    await on.command("wake")
    await on.until(lambda: any(one["type"] == "conversation.item.truncate" for one in script.seen[count]))
    (cut,) = [one for one in script.seen[count] if one["type"] == "conversation.item.truncate"]
    await on.room.quiet(for_ms=300, within_s=5)
    really_ms, last = heard_ms(on.room.heard(since_ms))
    silent_after_ms = since_ms + pcm.samples_to_ms(last, SESSION_HZ) - at_ms
    await on.command("stop")
    await on.is_in("idle")
    return cut["audio_end_ms"] - really_ms, 1000 * ANSWER_S - really_ms, clock_ms - really_ms, silent_after_ms


async def main() -> None:
    """Measure and print."""
    random = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with open_room(folder) as room, playing(folder, room) as (on, script):
            rows = [await cut_once(on, script, float(random.uniform(0.3, 4))) for _ in range(CUTS)]
    ours, received, clock, silent = zip(*rows, strict=True)

    def row(label: str, values: tuple[float, ...]) -> list[str]:
        sizes = sorted(abs(one) for one in values)
        return [label, f"{statistics.median(sizes):.1f}", f"{sizes[-1]:.1f}", f"{statistics.median(values):+.1f}"]

    table(
        f"Truncation of {CUTS} interrupted answers against the recording of the room",
        ["position by", "median error ms", "largest ms", "median, signed"],
        [row("samples handed over", ours), row("time since the first", clock), row("all that came in", received)],
    )
    print(f"\nfrom the command on the broker to silence in the recording: median {statistics.median(silent):.0f} ms, "
          f"largest {max(silent):.0f} ms, the recording's own latency of about 20 ms included")  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main())
