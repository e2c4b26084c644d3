"""One session on a real socket: what interrupts a response, and what is refused."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ
from speaker.offline.server.server import RealtimeServer
from speaker.offline.speech.engines import OfflineEngines
from tests.support.held_engines import held
from tests.support.real_parts import Speech
from tests.support.strict_client import (
    HOUSE,
    LIGHT,
    REQUEST,
    SPOKEN,
    VAD,
    WRITTEN,
    Json,
    Peer,
    ladder,
    ms,
    of,
    peer,
    response,
    silence,
    sound,
    sound_of,
    turn,
    user,
)

LONG = "Say exactly: " + " ".join(f"This is sentence number {count} of a very long story." for count in range(60))
"""Minutes of speech, which no server makes before a client can say a word."""

INTERRUPTED = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
]


async def begin(client: Peer) -> list[Json]:
    """Let the server tell the long story, up to its first sound."""
    await client.send("response.create", response={"instructions": LONG})
    return await client.until("response.output_audio.delta")


# Interruptions.


async def test_a_response_is_cancelled_in_good_order(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        before = await begin(client)
        await client.send("response.cancel", response_id=before[0]["response"]["id"])
        after = await client.until("response.done")
        assert [kind for kind in ladder(after) if not kind.endswith("delta")] == INTERRUPTED
        answer = after[-1]["response"]
        assert (answer["status"], answer["status_details"]) == (
            "cancelled", {"type": "cancelled", "reason": "client_cancelled"},
        )  # fmt: skip
        assert [item["status"] for item in answer["output"]] == ["incomplete"]
        item = await client.retrieve(answer["output"][0]["id"])
        heard = sound(before + after)
        assert sound_of(item) == heard
        assert item["status"] == "incomplete"
        assert answer["usage"]["output_token_details"]["audio_tokens"] == -(-ms(heard) // 50)
        assert ms(heard) < 60_000
        # The session goes on as if nothing had been.
        assert (await client.respond(instructions="Say exactly: Hi."))[-1]["response"]["status"] == "completed"


async def test_speech_interrupts(cloud: RealtimeServer, speech: Speech) -> None:
    async with peer(cloud) as client:
        before = await begin(client)
        await client.append(turn(speech("Thank you.")))
        after = await client.until("response.done")
        assert ladder(after[after.index(of(after, "input_audio_buffer.speech_started")[0]) :]) == [
            "input_audio_buffer.speech_started",
            *INTERRUPTED,
        ]
        answer = after[-1]["response"]
        assert (answer["status"], answer["status_details"]["reason"]) == ("cancelled", "turn_detected")
        again = await client.until("response.done")
        assert again[-1]["response"]["status"] == "completed"
        assert again[-1]["response"]["id"] != answer["id"]
        item = await client.retrieve(answer["output"][0]["id"])
        assert sound_of(item) == sound(before + after)


async def test_speech_does_not_interrupt_when_it_may_not(cloud: RealtimeServer, speech: Speech) -> None:
    async with peer(cloud) as client:
        turns = VAD | {"interrupt_response": False, "create_response": False}
        await client.update(audio={"input": {"turn_detection": turns}})
        await client.send("response.create", response={"instructions": "Say exactly: Let me finish. " * 5})
        await client.append(turn(speech("Thank you.")))
        events = await client.until("response.done")
        while len(of(events, "conversation.item.done")) < 2:
            events.append(await client.next())
        assert of(events, "input_audio_buffer.committed")
        assert of(events, "response.done")[0]["response"]["status"] == "completed"
        await client.update()  # and no response follows by itself


async def test_a_cancel_does_not_wait_for_the_engines(cloud: RealtimeServer, engines: OfflineEngines) -> None:
    async with peer(cloud) as client, held(engines):
        await client.send("response.create", response={"instructions": LONG})
        await client.send("response.cancel")
        events = await client.until("response.done")
    assert not of(events, "response.output_audio.delta")
    assert events[-1]["response"]["status"] == "cancelled"
    assert all(item["status"] == "incomplete" for item in events[-1]["response"]["output"])


async def test_a_cancel_right_behind_the_wish_is_no_deadlock(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        frames = [{"type": "response.create"}, {"type": "response.cancel"}] * 5
        for frame in frames:
            await client.connection.send(json.dumps(frame))
        for _ in range(5):
            assert (await client.until("response.done"))[-1]["response"]["status"] == "cancelled"
        assert (await client.respond())[-1]["response"]["status"] == "completed"


async def test_what_was_truncated_behind_a_cancel_stays_cut(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        before = await begin(client)
        item_id = before[-1]["item_id"]
        await client.send("response.cancel")
        await client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=40)
        await client.until("conversation.item.truncated")
        item = await client.retrieve(item_id)
    assert ms(sound_of(item)) == 40
    assert item["content"][0]["transcript"] == ""


async def test_only_one_response_at_a_time_speaks_in_the_conversation(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        active = (await begin(client))[0]["response"]["id"]
        await client.send("response.create", event_id="second")
        events = await client.until("error")
        problem = events[-1]["error"]
        assert (problem["code"], problem["event_id"]) == ("conversation_already_has_active_response", "second")
        assert active in problem["message"]
        await client.send("response.create", response={"conversation": "none", "instructions": "Say exactly: Psst."})
        created = (await client.until("response.created"))[-1]["response"]
        assert (created["id"] != active, created["conversation_id"]) == (True, None)
        await client.send("response.cancel")
        ended = {event["response"]["id"]: event["response"]["status"]
                 for _ in range(2) for event in (await client.until("response.done"))[-1:]}  # fmt: skip
        assert ended == {active: "cancelled", created["id"]: "completed"}


async def test_a_response_beside_the_conversation_is_cancelled_by_its_id(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.send("response.create", response={"conversation": "none", "instructions": LONG})
        response_id = (await client.until("response.output_audio.delta"))[0]["response"]["id"]
        await client.send("response.cancel", response_id=response_id)
        assert (await client.until("response.done"))[-1]["response"]["status"] == "cancelled"
        problem = await client.send_wrong({"type": "response.cancel", "response_id": response_id})
        assert problem["code"] == "response_cancel_not_active"


# Nobody speaks after an answer.

IDLE_MS = 700
IMPATIENT = VAD | {"idle_timeout_ms": IDLE_MS}
TIMED_OUT = [
    "input_audio_buffer.timeout_triggered",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]


@asynccontextmanager
async def impatient(server: RealtimeServer, turns: Json | None = None, **session: object) -> AsyncIterator[Peer]:
    """A client of a server that waits for speech only so long, and that writes what it answers."""
    async with peer(server) as client:
        wanted: Json = {"output_modalities": ["text"], "audio": {"input": {"turn_detection": turns or IMPATIENT}}}
        await client.update(**(wanted | session))
        yield client


@asynccontextmanager
async def quiet_room(client: Peer) -> AsyncIterator[None]:
    """A microphone that hears nothing, in real time."""

    async def listen() -> None:
        while True:
            await client.append(silence(40))
            await asyncio.sleep(0.04)

    listening = asyncio.create_task(listen())
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.wait([listening])


async def nothing_comes(client: Peer, within_ms: float) -> bool:
    try:
        async with asyncio.timeout(within_ms / 1000):
            await client.next()
    except TimeoutError:
        return True
    return False


async def test_who_keeps_silent_after_an_answer_is_asked(cloud: RealtimeServer) -> None:
    async with impatient(cloud, output_modalities=["audio"]) as client, quiet_room(client):
        answer = await client.respond(instructions="Say exactly: Good morning.")
        answered_s, playing_ms = time.monotonic(), ms(sound(answer))
        events = await client.until("response.created")
        waited_ms = 1000 * (time.monotonic() - answered_s)
        events += await client.until("response.done")
        triggered, committed, added, done = events[:4]
        item = await client.retrieve(triggered["item_id"])
    assert ladder(events) == TIMED_OUT + response(*SPOKEN)
    # The news that the answer is over may reach us late.
    assert waited_ms >= playing_ms + IDLE_MS - 100
    assert {committed["item_id"], added["item"]["id"], done["item"]["id"]} == {triggered["item_id"]}
    assert committed["previous_item_id"] == answer[-1]["response"]["output"][0]["id"]
    length_ms = triggered["audio_end_ms"] - triggered["audio_start_ms"]
    assert triggered["audio_start_ms"] > playing_ms / 2
    assert length_ms == pytest.approx(IDLE_MS, abs=300)
    assert ms(sound_of(item)) == pytest.approx(length_ms, abs=1)
    said = events[-1]["response"]["output"][0]["content"][0]["transcript"]
    assert said == "Are you still there?"


async def test_the_wait_is_over_without_any_sound_too_and_begins_again(cloud: RealtimeServer) -> None:
    async with impatient(cloud) as client:
        await client.respond(instructions="Say exactly: Good morning.")
        for _ in range(2):
            events = await client.until("response.done")
            assert ladder(events) == TIMED_OUT + response(*WRITTEN)
            assert (events[0]["audio_start_ms"], events[0]["audio_end_ms"]) == (0, 0)


async def test_silence_has_no_words(cloud: RealtimeServer) -> None:
    heard = {"turn_detection": IMPATIENT, "transcription": {"model": "whisper-1"}}
    async with impatient(cloud, audio={"input": heard}) as client, quiet_room(client):
        await client.respond()
        triggered, *_, written = await client.until("conversation.item.input_audio_transcription.completed")
    assert (written["item_id"], written["transcript"]) == (triggered["item_id"], "")


async def test_silence_is_asked_about_in_the_older_dialect(cloud: RealtimeServer) -> None:
    async with peer(cloud, beta=True) as client:
        flat = {"modalities": ["text"], "turn_detection": IMPATIENT}
        await client.send("session.update", session=flat)
        assert (await client.next())["session"]["turn_detection"]["idle_timeout_ms"] == IDLE_MS
        await client.respond()
        events = await client.until("response.done")
    assert ladder(events)[:5] == [
        *TIMED_OUT[:2],
        "conversation.item.created",
        "response.created",
        "rate_limits.updated",
    ]
    assert events[-1]["response"]["output"][0]["content"] == [{"type": "text", "text": "Are you still there?"}]


@pytest.mark.parametrize("turns", [None, VAD, VAD | {"idle_timeout_ms": None}, {"type": "semantic_vad"}])
async def test_who_no_longer_wants_to_be_asked_is_not(cloud: RealtimeServer, turns: Json | None) -> None:
    async with impatient(cloud) as client:
        await client.respond()
        await client.update(audio={"input": {"turn_detection": turns}})
        assert await nothing_comes(client, 1.5 * IDLE_MS)


async def test_other_changes_of_the_session_do_not_end_the_wait(cloud: RealtimeServer) -> None:
    async with impatient(cloud) as client:
        await client.respond()
        await client.update(instructions="Be brief.")
        assert (await client.next())["type"] == TIMED_OUT[0]


async def test_who_speaks_is_not_asked(cloud: RealtimeServer, speech: Speech) -> None:
    async with impatient(cloud) as client:
        await client.respond()
        await client.append(np.concatenate([silence(400), speech(REQUEST)[:SESSION_HZ]]))
        assert (await client.next())["type"] == "input_audio_buffer.speech_started"
        assert await nothing_comes(client, 1.5 * IDLE_MS)


async def test_a_new_response_is_waited_for(cloud: RealtimeServer) -> None:
    async with impatient(cloud) as client:
        await client.respond()
        await client.send("response.create", response={"instructions": LONG, "output_modalities": ["audio"]})
        begun = await client.until("response.output_audio.delta")
        await asyncio.sleep(1.5 * IDLE_MS / 1000)
        await client.send("response.cancel")
        assert not of(begun + await client.until("response.done"), TIMED_OUT[0])
        assert await nothing_comes(client, 1.5 * IDLE_MS)  # what was sent is still played
        assert ladder(await client.respond()) == response(*WRITTEN)
        assert (await client.next())["type"] == TIMED_OUT[0]


async def test_a_tool_is_waited_for_and_not_the_user(cloud: RealtimeServer) -> None:
    async with impatient(cloud, instructions=HOUSE, tools=[LIGHT]) as client:
        await client.write(REQUEST)
        (call,) = (await client.respond())[-1]["response"]["output"]
        assert await nothing_comes(client, 1.5 * IDLE_MS)
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Confirmed: it is on."}
        await client.send("conversation.item.create", item=output)
        await client.until("conversation.item.done")
        assert ladder(await client.respond()) == response(*WRITTEN)
        assert (await client.next())["type"] == TIMED_OUT[0]


async def test_who_wants_no_answers_gets_none_to_silence(cloud: RealtimeServer) -> None:
    async with impatient(cloud, IMPATIENT | {"create_response": False}) as client:
        await client.respond()
        assert ladder(await client.until("conversation.item.done")) == TIMED_OUT
        assert await nothing_comes(client, 1.5 * IDLE_MS)


async def test_a_word_that_begins_as_the_time_is_up_is_heard_whole(cloud: RealtimeServer, speech: Speech) -> None:
    said = speech(REQUEST)
    first = int(np.argmax(np.abs(said) > 500)) + pcm.ms_to_samples(60, SESSION_HZ)  # too short to be known as speech
    async with impatient(cloud) as client:
        await client.respond()
        await client.append(np.concatenate([silence(1000), said[:first]]))
        triggered = (await client.until("response.done"))[0]
        await client.append(np.concatenate([said[first:], silence(700)]))
        started, stopped, *_ = await client.until("conversation.item.done")
        await client.until("response.done")
        item = await client.retrieve(started["item_id"])
    assert triggered["type"] == TIMED_OUT[0]
    assert started["audio_start_ms"] < triggered["audio_end_ms"]
    assert ms(sound_of(item)) == pytest.approx(stopped["audio_end_ms"] - started["audio_start_ms"], abs=1)


# Refusals, after each of which the session is still there.


def wish(**fields: object) -> Json:
    return {"type": "response.create", "response": fields}


def talkative(idle_ms: int) -> Json:
    turns = VAD | {"idle_timeout_ms": idle_ms}
    return {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": turns}}}}


CUT = {"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": 0}
LOST: list[tuple[Json | str, str, str | None]] = [
    ({"type": "response.cancel"}, "response_cancel_not_active", None),
    ({"type": "response.cancel", "response_id": "resp_x"}, "response_cancel_not_active", None),
    ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty", None),
    ({"type": "conversation.item.delete", "item_id": "x"}, "item_delete_invalid_item_id", "item_id"),
    ({"type": "conversation.item.retrieve", "item_id": "x"}, "item_retrieve_invalid_item_id", "item_id"),
    (CUT, "item_truncate_invalid_item_id", "item_id"),
    ({"type": "output_audio_buffer.clear"}, "invalid_value", "type"),
    ({"type": "transcription_session.update", "session": {}}, "invalid_value", "type"),
    (wish(output_modalities=["audio", "text"]), "invalid_value", "response.output_modalities"),
    (wish(max_output_tokens=9000), "integer_above_max_value", "response.max_output_tokens"),
    (talkative(499), "integer_below_min_value", "session.audio.input.turn_detection.idle_timeout_ms"),
    (talkative(60_001), "integer_above_max_value", "session.audio.input.turn_detection.idle_timeout_ms"),
    (wish(voice="alloy"), "unknown_parameter", "response.voice"),
    (wish(input=[user({"type": "text"})]), "invalid_value", "response.input[0].content[0].type"),
    ("{", "invalid_json", None),
    ("[1]", "invalid_json", None),
    ("[" * 100_000, "invalid_json", None),
]


@pytest.mark.parametrize(("frame", "code", "param"), LOST, ids=[f"{code}-{param}" for _, code, param in LOST])
async def test_what_cannot_be_done_is_refused(
    cloud: RealtimeServer, frame: Json | str, code: str, param: str | None
) -> None:
    async with peer(cloud) as client:
        problem = await client.send_wrong(frame if isinstance(frame, str) else frame | {"event_id": "mine"})
        assert (problem["code"], problem["param"]) == (code, param)
        assert problem["event_id"] == (None if isinstance(frame, str) else "mine")
        assert await client.update() == client.received[0]["session"]


async def test_a_commit_needs_a_tenth_of_a_second(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(audio={"input": {"turn_detection": None}})
        await client.append(silence(99))
        problem = await client.send_wrong({"type": "input_audio_buffer.commit"})
        assert "only has 99.00ms" in problem["message"]
        await client.append(silence(1))
        await client.send("input_audio_buffer.commit")
        item_id = (await client.until("conversation.item.done"))[0]["item_id"]
        assert sound_of(await client.retrieve(item_id)) == bytes(100 * 48)
        await client.send_wrong({"type": "input_audio_buffer.commit"})


async def test_sound_that_is_cleared_was_never_said(cloud: RealtimeServer, speech: Speech) -> None:
    said = speech("Turn on the sofa lamp and the floor lamp and the ceiling lamp.")
    half = said.size // 2
    async with peer(cloud) as client:
        await client.append(np.concatenate([silence(400), said[:half]]))
        first = (await client.until("input_audio_buffer.speech_started"))[-1]
        await client.send("input_audio_buffer.clear")
        assert (await client.next())["type"] == "input_audio_buffer.cleared"
        cleared_ms = 400 + pcm.samples_to_ms(half, SESSION_HZ)
        await client.append(np.concatenate([said[half:], silence(700)]))
        events = await client.until("response.done")
        item = await client.retrieve(events[0]["item_id"])
    assert events[0]["type"] == "input_audio_buffer.speech_started"
    assert events[0]["audio_start_ms"] >= int(cleared_ms)
    assert events[0]["item_id"] != first["item_id"]
    assert ms(sound_of(item)) == pytest.approx(events[1]["audio_end_ms"] - events[0]["audio_start_ms"], abs=1)


async def test_silence_after_a_clear_is_no_turn(cloud: RealtimeServer, speech: Speech) -> None:
    said = speech(REQUEST)
    async with peer(cloud) as client:
        await client.append(np.concatenate([silence(400), said[: said.size // 2]]))
        await client.until("input_audio_buffer.speech_started")
        await client.send("input_audio_buffer.clear")
        assert (await client.next())["type"] == "input_audio_buffer.cleared"
        await client.append(silence(1500))
        assert (await client.update())["id"]
