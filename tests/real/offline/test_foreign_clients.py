"""Every item that the server shows has the form that strict foreign clients want, whatever event shows it."""

import base64
from collections.abc import Iterator

import numpy as np
import pytest
from jsonschema import ValidationError

from speaker.audio import pcm
from speaker.offline.server.server import RealtimeServer
from tests.support.item_shapes import ITEM_SHAPES, PART_SHAPE, check_shape, kind_of_item
from tests.support.real_parts import Speech
from tests.support.strict_client import HOUSE, LIGHT, REQUEST, Json, Peer, of, peer, silence, turn, user

CREATED: dict[str, Json] = {
    "system": {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
    "user": user({"type": "input_text", "text": "Listen."}, {"type": "input_audio", "audio": "AAAAAA=="}),
    "assistant": {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes."}]},
    "function_call": {"type": "function_call", "name": "set_light", "arguments": "{}", "call_id": "call_1"},
    "function_call_output": {"type": "function_call_output", "call_id": "call_1", "output": "done"},
}
"""One of each kind that a client may create."""


def items(events: list[Json]) -> Iterator[Json]:
    """The items of all events, those of finished responses too."""
    for event in events:
        if "item" in event:
            yield event["item"]
        if event["type"] == "response.done":
            yield from event["response"]["output"]


def check(client: Peer) -> set[str]:
    """Hold everything that came against the shapes; which kinds of items there were."""
    shown = list(items(client.received))
    for item in shown:
        check_shape(ITEM_SHAPES[kind_of_item(item)], item)
    for event in client.received:
        if "part" in event:
            check_shape(PART_SHAPE, event["part"])
    return {kind_of_item(item) for item in shown}


async def create(client: Peer, item: Json) -> str:
    """Put an item into the conversation, and return its id."""
    await client.send("conversation.item.create", item=item)
    item_id: str = (await client.until("conversation.item.done"))[-1]["item"]["id"]
    return item_id


def test_the_shapes_see_what_is_missing_and_what_is_null() -> None:
    spoken = {"type": "input_audio", "transcript": None}
    body = {"type": "message", "id": "x", "object": "realtime.item", "status": "completed", "role": "user"}
    check_shape(ITEM_SHAPES["user"], body | {"content": [spoken]})
    wrong: list[Json] = [{"type": "input_audio"}, {"type": "input_text", "text": None}, spoken | {"text": None}]
    for part in wrong:
        with pytest.raises(ValidationError):
            check_shape(ITEM_SHAPES["user"], body | {"content": [part]})


async def test_items_that_a_client_creates_come_back_whole(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        for item in CREATED.values():
            await client.retrieve(await create(client, item))
        assert check(client) == set(CREATED)


async def test_a_call_that_a_client_tells_of_without_an_id_gets_one(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        call = {key: value for key, value in CREATED["function_call"].items() if key != "call_id"}
        shown = await client.retrieve(await create(client, call))
        await create(client, CREATED["function_call_output"] | {"call_id": shown["call_id"]})
        assert check(client) == {"function_call", "function_call_output"}


@pytest.mark.parametrize("modality", ["audio", "text"])
async def test_turns_and_answers_are_shown_whole(cloud: RealtimeServer, speech: Speech, modality: str) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT], output_modalities=[modality])
        await client.append(turn(speech(REQUEST)))
        events = await client.until("response.done")
        (call,) = events[-1]["response"]["output"]
        heard = of(events, "conversation.item.done")[0]["item"]
        assert heard["content"] == [{"type": "input_audio", "transcript": None}]
        await client.retrieve(heard["id"])
        await create(client, CREATED["function_call_output"] | {"call_id": call["call_id"]})
        (said,) = (await client.respond())[-1]["response"]["output"]
        await client.retrieve(said["id"])
        assert check(client) == {"user", "assistant", "function_call", "function_call_output"}


async def test_an_answer_that_was_cut_off_is_shown_whole(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.send("response.create", response={"instructions": "Say exactly: " + "And so on. " * 200})
        item_id = (await client.until("response.output_audio.delta"))[-1]["item_id"]
        await client.send("response.cancel")
        await client.until("response.done")
        await client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=50)
        await client.until("conversation.item.truncated")
        await client.retrieve(item_id)
        assert check(client) == {"assistant"}


async def test_in_the_older_dialect_the_users_sound_has_its_transcript_too(
    cloud: RealtimeServer, speech: Speech
) -> None:
    async with peer(cloud, beta=True) as client:
        await client.send("session.update", session={"turn_detection": None})
        await client.append(np.concatenate([speech("Hello."), silence(100)]))
        await client.send("input_audio_buffer.commit")
        created = (await client.until("conversation.item.created"))[-1]
    check_shape(ITEM_SHAPES["user"], created["item"])


async def test_whoever_retrieves_a_turn_that_was_written_down_reads_it(cloud: RealtimeServer, speech: Speech) -> None:
    async with peer(cloud) as client:
        await client.update(audio={"input": {"transcription": {"model": "whisper-1"}, "turn_detection": None}})
        await client.append(speech(REQUEST))
        await client.send("input_audio_buffer.commit")
        written = (await client.until("conversation.item.input_audio_transcription.completed"))[-1]
        (part,) = (await client.retrieve(written["item_id"]))["content"]
    assert written["transcript"]
    assert part["transcript"] == written["transcript"]
    assert base64.b64decode(part["audio"]) == pcm.to_bytes(speech(REQUEST))
