"""What a service sends, as frames that need not be what the protocol says, and what a speaker made of them."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speaker.audio import pcm
from speaker.config.settings import Settings
from speaker.offline.server.scripted import Expect, Raw, ScriptStep
from speaker.realtime.failover import Endpoint
from speaker.tools import tool
from speaker.tools.api import AnyTool
from tests.support.scripted_session import beside_surroundings
from tests.support.talking_speaker import TalkingSpeaker, brisk, talking

Json = dict[str, Any]


def frame(kind: str, **fields: Any) -> Raw:
    """An event of a service, whatever its fields are."""
    return Raw(json.dumps({"type": kind} | fields))


def b64(ms: float) -> str:
    return base64.b64encode(b"\x10\x20" * pcm.ms_to_samples(ms, pcm.SESSION_HZ)).decode()


GREETING: list[ScriptStep] = [
    frame("session.created", session={"id": "s"}),
    Expect("session.update"),
    frame("session.updated", session={"id": "s"}),
]
SPEECH: list[ScriptStep] = [
    Expect("input_audio_buffer.append"),
    frame("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u"),
    frame("input_audio_buffer.speech_stopped", audio_end_ms=800, item_id="u"),
]
TURN: list[ScriptStep] = [*GREETING, *SPEECH]
ASKED: list[ScriptStep] = [Expect("response.create")]


def created(response: str = "r", **more: Any) -> Raw:
    return frame("response.created", response={"id": response, "status": "in_progress"} | more)


def sound(ms: float = 1_000, response: str = "r", item: str = "a", **more: Any) -> Raw:
    return frame("response.output_audio.delta", response_id=response, item_id=item, delta=b64(ms), **more)


def done(*output: Json, response: str = "r", status: str = "completed", **more: Any) -> Raw:
    body = {"id": response, "status": status, "output": list(output), "usage": {"input_tokens": 10, "output_tokens": 5}}
    return frame("response.done", response=body | more)


def failed(code: str | None, message: str = "No.", response: str = "r", **more: Any) -> Raw:
    details = {"type": "failed", "error": {"type": "some_error", "code": code, "message": message}}
    return done(response=response, status="failed", status_details=details, **more)


def error(message: str = "No.", **fields: Any) -> Raw:
    return frame("error", error={"type": "invalid_request_error", "message": message} | fields)


def call(name: str = "light", arguments: Any = "{}", call_id: str = "c1", item: str = "i1", **more: Any) -> Json:
    return {"type": "function_call", "id": item, "call_id": call_id, "name": name, "arguments": arguments} | more


def answer(response: str = "r", item: str = "a", ms: float = 1_000) -> list[ScriptStep]:
    """A whole spoken answer."""
    return [created(response), sound(ms, response, item), done(response=response)]


@dataclass(slots=True)
class Heard:
    """One conversation, as the user and the books saw it."""

    trace: Json = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """Sentences of the speaker's own voice."""
    chimes: list[str] = field(default_factory=list)
    ms: float = 0.0
    """Sound of the service that was played."""
    sent: list[list[Json]] = field(default_factory=list)
    """What the service was sent but for sound, by connection."""
    calls: list[Json] = field(default_factory=list)
    """Arguments of the tool ``light``, call by call."""
    booked: int = 0
    troubles: list[str] = field(default_factory=list)

    def events(self, kind: str) -> list[Json]:
        """What the service was sent of a kind, in all connections."""
        return [event for connection in self.sent for event in connection if event["type"] == kind]

    @property
    def silent(self) -> bool:
        """Whether the user heard nothing that answers them."""
        return not (self.ms or self.said or "done" in self.chimes)


async def hear(
    folder: Path,
    *scenes: Sequence[ScriptStep],
    settings: Settings | None = None,
    others: Sequence[Endpoint] = (),
    tools: Sequence[AnyTool] = (),
) -> Heard:
    """Somebody says the wake word and goes on; the service plays one scene in each connection."""
    heard = Heard()

    @tool
    async def light(percent: int = 100, room: str = "hall") -> str:
        """Switch the light."""
        heard.calls.append({"percent": percent, "room": room})
        return "Confirmed: the light is on."

    async with talking(
        folder, *scenes, settings=settings or brisk(), tools=[light, *tools], others=others, faster=100
    ) as one:
        heard.trace = await one.converse()
        _note(heard, one)
    return heard


def _note(heard: Heard, one: TalkingSpeaker) -> None:
    heard.said, heard.chimes = list(one.sound.said), [name for name in one.sound.chimes if name != "wake"]
    heard.ms = sum(ms for _, ms in one.sound.played)
    heard.sent = [[one for one in beside_surroundings(seen) if "audio" not in one] for seen in one.script.seen]
    heard.booked = one.notes.charged
    heard.troubles = list(one.notes.troubles)
