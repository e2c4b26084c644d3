"""Decoding 200 ms of sound: our wire, json with b64decode, and the official SDK.

The event is the most frequent one by far: five a second of answer, and faster than real time. All give
the samples as bytes at the end; ours and the SDK's know and check the event besides.
"""

import base64
import json
import statistics
import timeit
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from openai.resources.realtime.realtime import RealtimeConnection
from openai.types.realtime import RealtimeServerEvent, ResponseAudioDeltaEvent
from pydantic import TypeAdapter

from speaker.audio.pcm import SESSION_HZ, ms_to_samples
from speaker.realtime.protocol.codec import decode_server
from speaker.realtime.protocol.server_events import AudioDelta
from tests.bench import ratio, table

ROUNDS: Final = 9
ROUND_S: Final = 0.1
"""How long one contestant works before it is the next one's turn."""

_sdk: Final = RealtimeConnection.__new__(RealtimeConnection)
_checked: Final[TypeAdapter[Any]] = TypeAdapter(RealtimeServerEvent)


def audio_delta(ms: int) -> str:
    """A server's audio event as text; the sound is noise, which base64 cannot make shorter."""
    sound = np.random.default_rng(0).integers(-3000, 3000, ms_to_samples(ms, SESSION_HZ), dtype="<i2").tobytes()
    return json.dumps(
        {
            "type": "response.output_audio.delta",
            "event_id": "event_4567",
            "response_id": "resp_001",
            "item_id": "msg_008",
            "output_index": 0,
            "content_index": 0,
            "delta": base64.b64encode(sound).decode(),
        }
    )


def ours(text: str) -> bytes:
    """The product's way."""
    event = decode_server(text)
    assert isinstance(event, AudioDelta)
    return event.delta


def plain(text: str) -> bytes:
    """The standard library, nothing checked."""
    return base64.b64decode(json.loads(text)["delta"])


def sdk_client(text: str) -> bytes:
    """As the SDK's own connection reads a frame: a model, unchecked."""
    event = _sdk.parse_event(text)
    assert isinstance(event, ResponseAudioDeltaEvent)
    return base64.b64decode(event.delta)


def sdk_checked(text: str) -> bytes:
    """The SDK's models with validation, which is what ours does."""
    event = _checked.validate_json(text)
    assert isinstance(event, ResponseAudioDeltaEvent)
    return base64.b64decode(event.delta)


CONTESTANTS: Final[dict[str, Callable[[str], bytes]]] = {
    "decode_server (ours)": ours,
    "json + b64decode": plain,
    "openai SDK, as its client": sdk_client,
    "openai SDK, validated": sdk_checked,
}


def measure(text: str) -> dict[str, list[float]]:
    """Microseconds a call, for each contestant and round; rounds take turns, so that all share the weather."""
    timers = {name: timeit.Timer(partial(decode, text)) for name, decode in CONTESTANTS.items()}
    found: dict[str, list[float]] = {name: [] for name in timers}
    counts = {name: max(1, round(ROUND_S / timer.timeit(1))) for name, timer in timers.items()}
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            found[name].append(1e6 * timer.timeit(counts[name]) / counts[name])
    return found


def main() -> None:
    """Print the table."""
    text = audio_delta(200)
    assert len({decode(text) for decode in CONTESTANTS.values()}) == 1
    found = measure(text)
    best = statistics.median(found["decode_server (ours)"])
    rows = []
    for name, times in found.items():
        middle = statistics.median(times)
        rows.append([name, f"{middle:.1f}", f"{min(times):.1f}", f"{max(times):.1f}", ratio(middle, best)])
    table(
        f"Decode a 200 ms audio delta ({len(text)} characters); {ROUNDS} rounds",
        ["", "median us", "min", "max", "times ours"],
        rows,
    )


if __name__ == "__main__":
    main()
