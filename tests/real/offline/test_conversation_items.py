"""The items of a conversation on a real socket: how they come, go and are cut, and which make no sense."""

import base64
import json

import pytest

from speaker.audio import pcm
from speaker.offline.server import past_turns
from speaker.offline.server.server import RealtimeServer
from tests.support.real_parts import Speech
from tests.support.strict_client import (
    CALLED,
    HOUSE,
    LIGHT,
    REQUEST,
    Json,
    Peer,
    ladder,
    ms,
    of,
    peer,
    response,
    sound,
    sound_of,
    user,
)


async def spoken(client: Peer, text: str = "The sofa lamp is on.") -> tuple[str, bytes]:
    """An assistant item that was spoken to its end: its id and its sound."""
    events = await client.respond(instructions=f"Say exactly: {text}")
    item_id: str = events[-1]["response"]["output"][0]["id"]
    return item_id, sound(events)


async def test_truncation_cuts_the_sound_and_the_words(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        item_id, whole = await spoken(client)
        await client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=500)
        event = await client.next()
        assert (event["type"], event["item_id"], event["content_index"], event["audio_end_ms"]) == (
            "conversation.item.truncated", item_id, 0, 500,
        )  # fmt: skip
        item = await client.retrieve(item_id)
        assert sound_of(item) == whole[: 500 * 48]
        assert item["content"][0]["transcript"] == ""


async def test_only_the_models_own_sound_can_be_truncated_and_only_as_far_as_it_goes(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        item_id, whole = await spoken(client)
        user_id = (await client.write("Hello."))[0]["item"]["id"]
        cut: Json = {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0}
        late = await client.send_wrong(cut | {"audio_end_ms": ms(whole) + 1})
        assert (late["code"], late["param"]) == ("invalid_value", "audio_end_ms")
        assert f"{ms(whole)}ms is already shorter than {ms(whole) + 1}ms" in late["message"]
        early = await client.send_wrong(cut | {"audio_end_ms": -1})
        assert early["code"] == "integer_below_min_value"
        beside = await client.send_wrong(cut | {"audio_end_ms": 0, "content_index": 1})
        assert (beside["code"], beside["param"]) == ("invalid_value", "content_index")
        written = await client.send_wrong(cut | {"audio_end_ms": 0, "item_id": user_id})
        assert written["message"] == "Only model output audio messages can be truncated"
        assert sound_of(await client.retrieve(item_id)) == whole


async def test_items_come_go_and_keep_their_order(cloud: RealtimeServer) -> None:
    def item(name: str) -> Json:
        return {"id": name, "type": "message", "role": "system", "content": [{"type": "input_text", "text": name}]}

    async with peer(cloud) as client:
        placed = []
        for name, after in (("b", None), ("d", None), ("a", "root"), ("c", "b")):
            fields = {"previous_item_id": after} if after else {}
            await client.send("conversation.item.create", item=item(name), **fields)
            added, _ = await client.until("conversation.item.done")
            placed.append((added["item"]["id"], added["previous_item_id"]))
        assert placed == [("b", None), ("d", "b"), ("a", None), ("c", "b")]
        assert (await client.send_wrong({"type": "conversation.item.create", "item": item("c")}))["param"] == "item.id"
        await client.send("conversation.item.delete", item_id="d")
        assert (await client.next())["item_id"] == "d"
        assert (await client.write("Hello."))[0]["previous_item_id"] == "c"


async def test_an_item_with_words_and_sound_comes_back_whole(cloud: RealtimeServer, speech: Speech) -> None:
    audio = base64.b64encode(pcm.to_bytes(speech(REQUEST))).decode()
    content = [{"type": "input_text", "text": "Listen:"}, {"type": "input_audio", "audio": audio}]
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT])
        item = {"type": "message", "role": "user", "content": content}
        await client.send("conversation.item.create", item=item)
        added, done = await client.until("conversation.item.done")
        assert [part.get("audio") for part in added["item"]["content"] + done["item"]["content"]] == [None] * 4
        written, heard = (await client.retrieve(added["item"]["id"]))["content"]
        assert (written, heard) == (content[0], content[1] | {"transcript": None})
        assert ladder(await client.respond()) == response(*CALLED)


async def test_deleting_what_is_being_said_leaves_the_response_whole(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.send("response.create", response={"instructions": "Say exactly: One. Two. Three. Four."})
        item_id = (await client.until("response.output_audio.delta"))[-1]["item_id"]
        await client.send("conversation.item.delete", item_id=item_id)
        events = await client.until("response.done")
        if not of(events, "conversation.item.deleted"):
            events += await client.until("conversation.item.deleted")
        assert of(events, "response.done")[0]["response"]["status"] == "completed"


OUTPUT = {"type": "function_call_output", "output": "yes"}
MADE: list[tuple[Json, str, str]] = [
    (OUTPUT | {"call_id": "call_x"}, "invalid_tool_call_id", "item.call_id"),
    (OUTPUT, "missing_required_parameter", "item.call_id"),
    ({"type": "message", "content": []}, "missing_required_parameter", "item.role"),
    ({"type": "message", "role": "user"}, "missing_required_parameter", "item.content"),
    ({"type": "message", "role": "robot", "content": []}, "invalid_value", "item.role"),
    (user({"type": "text", "text": "x"}), "invalid_value", "item.content[0].type"),
    (user({"type": "input_text"}), "missing_required_parameter", "item.content[0].text"),
    (user({"type": "output_audio"}) | {"role": "assistant"}, "invalid_value", "item.content[0].type"),
    ({"type": "item_reference", "id": "x"}, "invalid_value", "item.type"),
]


@pytest.mark.parametrize(("item", "code", "param"), MADE, ids=[f"{code}-{param}" for _, code, param in MADE])
async def test_items_that_make_no_sense_are_refused(cloud: RealtimeServer, item: Json, code: str, param: str) -> None:
    async with peer(cloud) as client:
        frame = {"type": "conversation.item.create", "item": item, "event_id": "mine"}
        problem = await client.send_wrong(frame)
        assert (problem["code"], problem["param"], problem["event_id"]) == (code, param, "mine")
        assert (await client.write("Hello."))[0]["previous_item_id"] is None


async def test_new_day_between_a_tool_and_its_answer_hides_nothing(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT], output_modalities=["text"])
        await client.write("Turn on the sofa lamp.")
        (call,) = (await client.respond())[-1]["response"]["output"]
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Confirmed: it glows."}
        told = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "It is Monday."}]}
        for item in (output, told):
            await client.send("conversation.item.create", item=item)
            await client.until("conversation.item.done")
        answer = await client.respond()
    assert of(answer, "response.output_text.done")[0]["text"] == "It glows."


async def _told(client: Peer, words: str, output: str) -> Json:
    """The arguments of the call that written words lead to; its output is answered by a sentence."""
    await client.write(words)
    (made,) = (await client.respond())[-1]["response"]["output"]
    item = {"type": "function_call_output", "call_id": made["call_id"], "output": output}
    await client.send("conversation.item.create", item=item)
    await client.until("conversation.item.done")
    await client.respond()
    arguments: Json = json.loads(made["arguments"])
    return arguments


async def test_a_sentence_refers_to_the_turn_before(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT], output_modalities=["text"])
        assert await _told(client, "Turn on the sofa lamp.", "Confirmed: it glows.") == {
            "light": "Sofa lamp", "on": True,
        }  # fmt: skip
        assert await _told(client, "And turn it off again.", "Confirmed: it is dark.") == {
            "light": "Sofa lamp", "on": False,
        }  # fmt: skip
        await client.write("Say that again.")
        again = await client.respond()
    assert of(again, "response.output_text.done")[0]["text"] == "It is dark."


async def test_nothing_refers_to_what_was_said_long_ago(cloud: RealtimeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_turns, "REMEMBERED_S", 0.0)
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT], output_modalities=["text"])
        await _told(client, "Turn on the sofa lamp.", "Confirmed: it glows.")
        await client.write("Turn it off again.")
        answer = await client.respond()
    assert of(answer, "response.output_text.done")[0]["text"].startswith("Sorry")
