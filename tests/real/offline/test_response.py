"""Turns and responses on a real socket: which events come, in which order, and what they add up to."""

import json
import logging

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, resample
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import Recogniser
from tests.support.held_engines import note_hearings
from tests.support.real_parts import Speech
from tests.support.strict_client import (
    CALLED,
    HEARD,
    HOUSE,
    LIGHT,
    REQUEST,
    SPOKEN,
    VAD,
    WRITTEN,
    Json,
    ladder,
    of,
    peer,
    response,
    silence,
    sound,
    sound_of,
    turn,
)


async def test_a_spoken_turn(cloud: RealtimeServer, speech: Speech) -> None:
    async with peer(cloud) as client:
        await client.append(turn(speech("What can you do?")))
        events = await client.until("response.done")
    assert ladder(events) == HEARD + response(*SPOKEN)
    started, stopped, committed, added, done = events[:5]
    user = started["item_id"]
    assert {stopped["item_id"], committed["item_id"], added["item"]["id"], done["item"]["id"]} == {user}
    assert committed["previous_item_id"] is None
    assert 0 <= started["audio_start_ms"] < stopped["audio_end_ms"]
    said = of(events, "response.output_item.added")[0]["item"]
    assert (said["content"], said["status"]) == ([], "in_progress")
    assert of(events, "conversation.item.added")[1]["previous_item_id"] == user
    _check_places(events)


def _check_places(events: list[Json]) -> None:
    """Every event of a response says where it belongs; pieces of sound are short; what is done is the sum."""
    (begun,), (ended,) = of(events, "response.created"), of(events, "response.done")
    assert begun["response"]["status"] == "in_progress"
    assert begun["response"]["output"] == []
    assert ended["response"]["id"] == begun["response"]["id"]
    items = [event["item"] for event in of(events, "response.output_item.done")]
    assert ended["response"]["output"] == items
    for event in events:
        kind = event["type"]
        if kind.startswith("response.") and kind not in {"response.created", "response.done"}:
            assert event["response_id"] == begun["response"]["id"]
            item_id = event["item_id"] if "item_id" in event else event["item"]["id"]
            assert items[event["output_index"]]["id"] == item_id
        if kind == "response.output_audio.delta":
            assert event["content_index"] == 0
            assert 0 < len(sound([event])) <= 2 * pcm.ms_to_samples(100, SESSION_HZ)
    for delta, done, whole in (("output_audio_transcript", "output_audio_transcript", "transcript"),
                               ("output_text", "output_text", "text")):  # fmt: skip
        for event in of(events, f"response.{done}.done"):
            pieces = of(events, f"response.{delta}.delta")
            assert "".join(one["delta"] for one in pieces if one["item_id"] == event["item_id"]) == event[whole]
    assert all("audio" not in part for item in items for part in item.get("content", []))


async def test_nothing_is_used_up_here(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        (limits,) = of(await client.respond(output_modalities=["text"]), "rate_limits.updated")
    assert [one["name"] for one in limits["rate_limits"]] == ["requests", "tokens"]
    assert all(one["remaining"] == one["limit"] > 0 == one["reset_seconds"] for one in limits["rate_limits"])


async def test_push_to_talk(cloud: RealtimeServer, speech: Speech) -> None:
    async with peer(cloud) as client:
        await client.update(audio={"input": {"turn_detection": None}}, instructions=HOUSE)
        await client.send("input_audio_buffer.clear")
        assert (await client.next())["type"] == "input_audio_buffer.cleared"
        await client.append(speech("Thank you."))
        await client.send("input_audio_buffer.commit")
        events = await client.until("conversation.item.done")
        assert ladder(events) == HEARD[2:]
        assert ladder(await client.respond()) == response(*SPOKEN)
        item = await client.retrieve(events[0]["item_id"])
    assert sound_of(item) == pcm.to_bytes(speech("Thank you."))


async def test_a_written_turn_is_answered_aloud_or_in_writing(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        added, done = await client.write("Hello.")
        assert (added["type"], done["type"]) == ("conversation.item.added", "conversation.item.done")
        assert (added["previous_item_id"], done["item"]["status"]) == (None, "completed")
        aloud = await client.respond()
        assert ladder(aloud) == response(*SPOKEN)
        await client.write("Hello again.")
        written = await client.respond(output_modalities=["text"])
        assert ladder(written) == response(*WRITTEN)
        _check_places(written)
        assert written[-1]["response"]["output_modalities"] == ["text"]
        await client.update(output_modalities=["text"])
        await client.write("And again.")
        assert ladder(await client.respond()) == response(*WRITTEN)


async def test_a_tool_is_called_and_its_output_spoken(cloud: RealtimeServer, speech: Speech) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT])
        await client.append(turn(speech("Turn on the sofa lamp and the floor lamp.")))
        events = await client.until("response.done")
        assert ladder(events) == HEARD + response(*CALLED, *CALLED)
        _check_places(events)
        calls = events[-1]["response"]["output"]
        assert [json.loads(call["arguments"])["light"] for call in calls] == ["Sofa lamp", "Floor lamp"]
        for call, event in zip(calls, of(events, "response.function_call_arguments.done"), strict=True):
            assert (event["call_id"], event["name"], event["arguments"]) == (
                call["call_id"], "set_light", call["arguments"],
            )  # fmt: skip
        for call in calls:
            output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Confirmed: it is on."}
            await client.send("conversation.item.create", item=output)
            assert ladder(await client.until("conversation.item.done")) == [
                "conversation.item.added", "conversation.item.done",
            ]  # fmt: skip
        answer = await client.respond()
    assert ladder(answer) == response(*SPOKEN)
    assert "on" in of(answer, "response.output_audio_transcript.done")[0]["transcript"]


async def test_tools_are_left_alone_when_the_choice_says_so(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT], output_modalities=["text"])
        await client.write(REQUEST)
        assert ladder(await client.respond(tool_choice="none")) == response(*WRITTEN)
        await client.write(REQUEST)
        assert ladder(await client.respond(tools=[])) == response(*WRITTEN)
        await client.write(REQUEST)
        assert ladder(await client.respond()) == response(*CALLED)


async def test_an_announcement_joins_nothing(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.write("Hello.")
        outside = [rung for rung in SPOKEN if not rung.startswith("conversation")]
        wishes: list[Json] = [{"input": []}, {}]
        for wish in wishes:
            said = await client.respond(
                conversation="none", instructions="Say exactly: Dinner is ready.", metadata={"why": "dinner"}, **wish
            )
            assert ladder(said) == response(*outside)
            _check_places(said)
            assert said[-1]["response"]["conversation_id"] is None
            assert said[-1]["response"]["metadata"] == {"why": "dinner"}
            assert said[-1]["response"]["output"][0]["content"][0]["transcript"] == "Dinner is ready."
        item_id = said[-1]["response"]["output"][0]["id"]
        assert (await client.send_wrong({"type": "conversation.item.retrieve", "item_id": item_id}))["code"] == (
            "item_retrieve_invalid_item_id"
        )
    heard = Recogniser().hear(resample(pcm.from_bytes(sound(said)), SESSION_HZ, WAKE_HZ))
    assert "dinner is ready" in heard.text.lower()


async def test_a_response_may_read_something_else_than_the_conversation(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT])
        _, done = await client.write("Turn off the floor lamp.")
        await client.write(REQUEST)
        reference = {"type": "item_reference", "id": done["item"]["id"]}
        frame = {"type": "response.create", "response": {"conversation": "none", "input": [reference]}}
        await client.connection.send(json.dumps(frame))
        call = (await client.until("response.done"))[-1]["response"]["output"][0]
        assert json.loads(call["arguments"]) == {"light": "Floor lamp", "on": False}
        frame["response"] = {"input": [{"type": "item_reference", "id": "nothing"}]}
        assert (await client.send_wrong(frame))["code"] == "item_retrieve_invalid_item_id"


async def test_what_was_said_is_written_down_when_asked_for(cloud: RealtimeServer, speech: Speech) -> None:
    async with peer(cloud) as client:
        wanted = {"transcription": {"model": "whisper-1"}, "turn_detection": VAD | {"create_response": False}}
        await client.update(audio={"input": wanted})
        await client.append(turn(speech(REQUEST)))
        events = await client.until("conversation.item.input_audio_transcription.completed")
    assert ladder(events) == [*HEARD, "conversation.item.input_audio_transcription.completed"]
    assert events[-1]["item_id"] == events[0]["item_id"]
    assert events[-1]["transcript"].strip(".,") == REQUEST.strip(".")
    length_ms = events[1]["audio_end_ms"] - events[0]["audio_start_ms"]
    assert events[-1]["usage"] == {"type": "duration", "seconds": pytest.approx(length_ms / 1000, abs=0.001)}


async def test_turns_keep_the_clock_of_the_session(cloud: RealtimeServer, speech: Speech) -> None:
    said = speech(REQUEST)
    async with peer(cloud) as client:
        await client.append(silence(500))
        await client.update(audio={"input": {"turn_detection": None}})
        await client.append(np.concatenate([speech("Good night."), silence(3000)]))
        before_ms = pcm.samples_to_ms(speech("Good night.").size, SESSION_HZ) + 3500
        await client.update(audio={"input": {"turn_detection": VAD | {"create_response": False}}})
        # Some clients cut samples in two.
        await client.append_bytes(pcm.to_bytes(turn(said)), 1_999)
        events = await client.until("conversation.item.done")
        item = await client.retrieve(events[0]["item_id"])
    first_ms = before_ms + 400 + pcm.samples_to_ms(int(np.argmax(np.abs(said) > 500)), SESSION_HZ)
    assert events[0]["audio_start_ms"] == pytest.approx(first_ms - 300, abs=100)
    assert first_ms < events[1]["audio_end_ms"] < before_ms + pcm.samples_to_ms(turn(said).size, SESSION_HZ)
    heard = Recogniser().hear(resample(pcm.from_bytes(sound_of(item)), SESSION_HZ, WAKE_HZ))
    assert heard.text.strip(".,") == REQUEST.strip(".")


async def test_usage_is_what_the_turn_was_worth(cloud: RealtimeServer, speech: Speech) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT])
        answers = []
        for words in ("What can you do?", "Thank you."):
            await client.append(turn(speech(words)))
            answers.append(await client.until("response.done"))
    for events in answers:
        usage = events[-1]["response"]["usage"]
        given, cached, made = (
            usage["input_token_details"],
            usage["input_token_details"]["cached_tokens_details"],
            usage["output_token_details"],
        )
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        assert usage["input_tokens"] == given["text_tokens"] + given["audio_tokens"]
        assert usage["output_tokens"] == made["text_tokens"] + made["audio_tokens"]
        assert given["cached_tokens"] == cached["text_tokens"] + cached["audio_tokens"]
        assert cached["text_tokens"] <= given["text_tokens"]
        assert cached["audio_tokens"] <= given["audio_tokens"]
        assert made["audio_tokens"] == -(-len(sound(events)) // (50 * 48))
    first, second = (events[-1]["response"]["usage"]["input_token_details"] for events in answers)
    turn_ms = answers[0][1]["audio_end_ms"] - answers[0][0]["audio_start_ms"]
    assert first["audio_tokens"] == pytest.approx(turn_ms / 100, abs=1)
    assert first["cached_tokens"] == 0
    # The second response reads the first turn again: the user's sound at one token for 100 ms, ours at one for 50.
    assert second["cached_tokens_details"]["audio_tokens"] == first["audio_tokens"]
    assert second["audio_tokens"] > first["audio_tokens"] + -(-len(sound(answers[0])) // (50 * 48))


async def test_what_was_said_is_worked_through_once(
    cloud: RealtimeServer, speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    listened = note_hearings(monkeypatch)
    async with peer(cloud) as client:
        await client.update(audio={"input": {"transcription": {"model": "whisper-1"}}}, output_modalities=["text"])
        await client.write("Hello.")
        await client.respond()  # from now on the rules are there, and do not wait behind the ears
        await client.append(turn(speech("Thank you.")))
        events = await client.until("response.done")
        if not of(events, "conversation.item.input_audio_transcription.completed"):
            await client.until("conversation.item.input_audio_transcription.completed")
    assert len(listened) == 1


async def test_a_response_that_cannot_be_made_fails_in_good_order(caplog: pytest.LogCaptureFixture) -> None:
    engines = OfflineEngines()
    engines.close()  # its workers are gone, so whatever is asked of it fails
    async with RealtimeServer(ServerSettings(port=0), engines) as server, peer(server) as client:
        await client.update(audio={"input": {"transcription": {"model": "whisper-1"}, "turn_detection": None}})
        begun = await client.respond()
        assert ladder(begun) == response()
        opened = await client.respond(instructions="Say exactly: Hello.")
        assert ladder(opened) == response(*[rung for rung in SPOKEN if rung != "response.output_audio.delta"])
        for events in (begun, opened):
            answer = events[-1]["response"]
            assert (answer["status"], answer["status_details"]["type"]) == ("failed", "failed")
            assert answer["status_details"]["error"]["type"] == "server_error"
        await client.append(silence(200))
        await client.send("input_audio_buffer.commit")
        failed = (await client.until("conversation.item.input_audio_transcription.failed"))[-1]
        assert failed["error"]["message"]
        assert (await client.update())["id"]
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 3
