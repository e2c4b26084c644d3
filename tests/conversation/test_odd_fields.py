"""A whole turn in which one field of one event is anything at all: nobody is left in silence, nothing is paid twice."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from speaker.config.settings import Limits
from speaker.conversation import events
from speaker.conversation.session import ConversationSession
from speaker.conversation.state_machine import StateMachine
from speaker.conversation.states import Effect, State
from speaker.errors import WireError
from speaker.realtime.client import Opened
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint
from speaker.realtime.protocol.codec import Unknown, decode_server
from speaker.realtime.protocol.objects import Response
from tests.support.random_events import JSON
from tests.support.scripted_session import WANTED
from tests.support.service_frames import b64
from tests.support.session_world import SessionWorld

Json = dict[str, Any]

_PLACE: Final[Json] = {"response_id": "r2", "item_id": "a", "output_index": 0, "content_index": 0}
_CALL: Final[Json] = {
    "type": "function_call", "id": "i", "object": "realtime.item", "status": "completed", "call_id": "c",
    "name": "light", "arguments": '{"percent":40}',
}  # fmt: skip
_MESSAGE: Final[Json] = {
    "type": "message", "id": "a", "object": "realtime.item", "status": "completed", "role": "assistant",
    "content": [{"type": "output_audio", "transcript": "It is on."}],
}  # fmt: skip
_USAGE: Final[Json] = {
    "total_tokens": 9, "input_tokens": 5, "output_tokens": 4,
    "input_token_details": {"text_tokens": 5, "audio_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 2, "audio_tokens": 2},
}  # fmt: skip


def _response(name: str, status: str, *output: Json) -> Json:
    return {
        "object": "realtime.response", "id": name, "status": status, "status_details": None, "output": list(output),
        "conversation_id": "conv", "metadata": None, "usage": _USAGE if status == "completed" else None,
    }  # fmt: skip


HEARD: Final[list[Json]] = [
    {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "u"},
    {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 800, "item_id": "u"},
    {"type": "input_audio_buffer.committed", "item_id": "u", "previous_item_id": None},
    {"type": "conversation.item.added", "item": {"type": "message", "id": "u", "role": "user", "content": []}},
]
CALLED: Final[list[Json]] = [
    {"type": "response.created", "response": _response("r1", "in_progress")},
    {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": _CALL | {"arguments": ""}},
    {"type": "response.function_call_arguments.done", "response_id": "r1", "item_id": "i", "output_index": 0,
     "call_id": "c", "name": "light", "arguments": '{"percent":40}'},
    {"type": "response.output_item.done", "response_id": "r1", "output_index": 0, "item": _CALL},
    {"type": "response.done", "response": _response("r1", "completed", _CALL)},
]  # fmt: skip
ANSWERED: Final[list[Json]] = [
    {"type": "response.created", "response": _response("r2", "in_progress")},
    {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "limit": 9, "remaining": 8}]},
    {"type": "response.output_item.added", "response_id": "r2", "output_index": 0, "item": _MESSAGE | {"content": []}},
    {"type": "response.content_part.added", **_PLACE, "part": {"type": "audio", "transcript": ""}},
    {"type": "response.output_audio_transcript.delta", **_PLACE, "delta": "It is on."},
    {"type": "response.output_audio.delta", **_PLACE, "delta": b64(40)},
    {"type": "response.output_audio.delta", **_PLACE, "delta": b64(40)},
    {"type": "response.output_audio.done", **_PLACE},
    {"type": "response.output_audio_transcript.done", **_PLACE, "transcript": "It is on."},
    {"type": "response.output_item.done", "response_id": "r2", "output_index": 0, "item": _MESSAGE},
    {"type": "response.done", "response": _response("r2", "completed", _MESSAGE)},
]  # fmt: skip


class Turn:
    """A session and a state machine, fed with frames; time passes only where it has to."""

    def __init__(self) -> None:
        self.world = SessionWorld()
        self.machine = StateMachine(Limits())
        self.machine.on(events.Woken("hey_jarvis", 0.9), 1.0)
        endpoint = Endpoint("cloud", Target("ws://127.0.0.1:1/", "m"))
        self.session = ConversationSession(self.machine.session, WANTED, [endpoint], self.world.needs())
        self._hear = self.session._hear(endpoint)  # as its client would tell it
        self._now = 1.0
        self._taken = 0
        self.effects: list[Effect] = []
        self.booked: list[str] = []
        self.world.booked = self._book  # type: ignore[method-assign]

    def _book(self, response: Response) -> None:
        self.booked.append(response.id)

    @property
    def silent(self) -> bool:
        told = {Effect.APOLOGISE, Effect.CONFIRM} & set(self.effects)
        return not (self.world.played or self.world.spoken or told)

    async def play(self, frames: list[Json]) -> None:
        self._hear(Opened("s"))
        self._pump()
        for raw in frames:
            try:
                event = decode_server(json.dumps(raw))
            except WireError:
                continue
            if not isinstance(event, Unknown):
                self._hear(event)
            self._pump()
            await asyncio.sleep(0)
            self._pump()
        for _ in range(5):
            await asyncio.sleep(0)
            self._pump()
        self._take(events.PlaybackEnded())
        while self.machine.deadline is not None:
            self._now = max(self._now, self.machine.deadline)
            self._take(events.Expired())
        await self.world.tasks.close()

    def _pump(self) -> None:
        while self._taken < len(self.world.events):
            event = self.world.events[self._taken]
            self._taken += 1
            self._take(event)
            if isinstance(event, events.AnswerSounded):
                self._take(events.PlaybackBegan())

    def _take(self, event: events.Event) -> None:
        for effect in self.machine.on(event, self._now):
            self.effects.append(effect)
            if effect in {Effect.REPLY, Effect.LAST_REPLY}:
                self.session.reply(last_word=effect is Effect.LAST_REPLY)
            elif effect is Effect.HUSH:
                self.session.hush([])


def _fields(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield (*path, key)
        yield from _fields(one, (*path, key))


def _changed(frames: list[Json], path: tuple[str | int, ...], odd: object) -> list[Json]:
    changed: Any = json.loads(json.dumps(frames))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = odd
    return [one if isinstance(one, dict) else {"type": "x", "was": one} for one in changed]


ODD = JSON | st.sampled_from([10**30, -1.5, "r1", "r2", "a", "", [], {}, [None], {"type": "x"}, True])


async def _run(frames: list[Json]) -> Turn:
    turn = Turn()
    async with asyncio.timeout(20):
        await turn.play(frames)
    return turn


def test_the_turn_itself_is_answered() -> None:
    for frames, calls, booked in (([*HEARD, *ANSWERED], 0, ["r2"]), ([*HEARD, *CALLED, *ANSWERED], 1, ["r1", "r2"])):
        turn = asyncio.run(_run(frames))
        assert len(turn.world.played) == 2
        assert len(turn.world.calls) == calls
        assert turn.booked == booked
        assert Effect.APOLOGISE not in turn.effects


@settings(max_examples=300)
@given(st.sampled_from([[*HEARD, *ANSWERED], [*HEARD, *CALLED, *ANSWERED]]), ODD, st.data())
def test_one_odd_field_leaves_nobody_in_silence(frames: list[Json], odd: object, data: st.DataObject) -> None:
    """Whatever one field is: an answer or a reason is heard, nothing is booked or called twice, and nothing raises."""
    path = data.draw(st.sampled_from([one for one in _fields(frames) if len(one) > 1]))
    turn = asyncio.run(_run(_changed(frames, path, odd)))
    assert turn.machine.state is State.ASLEEP
    assert not turn.silent or not _was_heard(frames, path)
    assert len(turn.booked) == len(set(turn.booked)) <= 3
    assert len(turn.world.calls) <= 2
    assert turn.effects.count(Effect.APOLOGISE) <= 2


def _was_heard(frames: list[Json], path: tuple[str | int, ...]) -> bool:
    """Whether the service still told that the user spoke; else nobody is known to wait for anything."""
    return path != (1, "type")
