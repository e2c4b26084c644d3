"""Whole evenings: the real daemon in a virtual room, with a real broker and a real house on it.

Scenes run in real time, so they are few and short; they assert order and presence, not milliseconds.
"""

import asyncio
import json
from pathlib import Path

from speaker.demo.broker import private_broker
from speaker.demo.stage import STAGE_NAME, Stage, stage, stage_settings
from speaker.demo.virtual_room import VirtualRoom
from speaker.offline.server.scripted import EmitStep, Expect
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Response
from tests.support.daemon_scenes import cloud_at, heard, lamp_states, opening, scripted, spoken_turn, storyteller
from tests.support.real_parts import Speech


async def test_wake_and_command_in_one_breath(on: Stage, speech: Speech) -> None:
    await on.start(stage_settings(on.broker.port))
    since_ms = on.room.now_ms
    await on.room.say(speech("Hey Jarvis, set the sofa lamp to forty percent."))
    said = await heard(on, since_ms)
    assert "sofa lamp" in said
    assert "40" in said or "forty" in said
    assert lamp_states(on)[-1] == {"state": "ON", "brightness": 102}
    turn = await on.event("turn")
    assert turn["wake_word"] == "hey_jarvis"
    assert turn["tools"] == [{"name": "set_light", "ok": True, "confirmed": True}]
    assert turn["ended_by"] == "follow_up_timeout"
    assert turn["endpoint"] == "offline"
    assert "words" not in turn, "transcripts are published only when asked for"
    await on.is_in("idle")
    assert on.state()["audio_sent_asleep_bytes"] == 0
    states = [json.loads(one.payload)["state"] for one in on.messages if one.topic == f"speaker/{STAGE_NAME}/state"]
    order = [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state]
    assert order[-6:] == ["idle", "listening", "processing", "responding", "listening", "idle"]


async def test_unplugged_lamp_is_not_claimed_to_be_on(on: Stage, speech: Speech) -> None:
    on.house.device("Sofa_lamp").plugged_in = False
    await on.start(stage_settings(on.broker.port, tools={"confirm_timeout_s": 1}))
    since_ms = on.room.now_ms
    await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
    said = await heard(on, since_ms)
    assert "not" in said or "n't" in said
    assert (await on.event("tool"))["confirmed"] is False
    assert lamp_states(on) == []


async def test_muted_hears_nothing_and_says_so(on: Stage, speech: Speech) -> None:
    await on.start(stage_settings(on.broker.port))
    await on.command("mute", "ON")
    await on.until(lambda: on.state().get("muted") is True)
    await on.room.say(speech("Hey Jarvis."))
    await asyncio.sleep(1)
    assert on.events("wake") == []
    await on.command("mute", "OFF")
    await on.until(lambda: on.state().get("muted") is False)
    await asyncio.sleep(0.5)
    await on.room.say(speech("Hey Jarvis."))
    await on.event("wake", within_s=5)


async def test_wake_word_interrupts_a_long_answer(on: Stage, speech: Speech) -> None:
    done = ev.ResponseDone(event_id="e7", response=Response(id="resp_1", status="completed"))
    scene = [*opening(), *spoken_turn(), EmitStep(done), Expect("conversation.item.truncate")]
    async with scripted(scene) as (script, url):
        await on.start(stage_settings(on.broker.port, audio={"volume": 30}, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis."))
        await on.is_in("responding")
        await on.room.say(speech("Hey Jarvis."))
        await on.until(lambda: any(one["type"] == "conversation.item.truncate" for one in script.seen[0]))
        (cut,) = [one for one in script.seen[0] if one["type"] == "conversation.item.truncate"]
        await on.room.quiet(for_ms=300, within_s=2)
    assert cut["item_id"] == "item_2"
    assert 0 < cut["audio_end_ms"] < 3000


async def test_talking_over_a_story_is_heard_and_the_story_itself_is_not(on: Stage, speech: Speech) -> None:
    """The room feeds the loudspeaker back into the microphone; the echo test finds that this can be removed."""
    async with on.room.echo(delay_ms=80, gain_db=-10):
        await on.start(storyteller(on, "auto"))
        await on.until(lambda: "removed" in str(on.state().get("duplex_reason")), within_s=15)
        assert on.state()["duplex"] == "full", on.state()["duplex_reason"]
        await on.room.say(speech("Hey Jarvis, tell me a story."))
        await on.is_in("responding")
        await asyncio.sleep(15)
        assert on.state()["state"] == "responding", "it interrupted itself"
        await on.room.say(speech("Turn off the kitchen light please."))
        await on.until(lambda: on.state()["state"] != "responding", within_s=3)
        await on.is_in("responding")
        await on.command("stop")
        turn = await on.event("turn")
    heard = [one["text"].lower() for one in turn["words"] if one["who"] == "user"]
    assert len(heard) == 2
    assert "kitchen light" in heard[1]


async def test_broker_gone_and_back(tmp_path: Path, room: VirtualRoom, speech: Speech) -> None:
    async with private_broker(tmp_path) as own, stage(tmp_path, room, own) as on:
        await on.start(stage_settings(own.port))
        await own.stop()
        since_ms = room.now_ms
        await room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        said = await heard(on, since_ms)
        assert "lamp is on" not in said
        on.messages.clear()
        await own.start()
        await on.until(lambda: any(one.topic.endswith("/availability") for one in on.messages), within_s=40)
        told = [one.payload for one in on.messages if one.topic == f"speaker/{STAGE_NAME}/availability"]
        assert told[-1] == b"online"
        await on.house.announce()
        await on.is_in("idle")
        since_ms = room.now_ms
        await room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        assert "lamp is on" in await heard(on, since_ms)


async def test_stop_alone_ends_an_answer_in_the_mode_wake(on: Stage, speech: Speech) -> None:
    """The room feeds the answer back; only the wake word and "stop" may interrupt it, and no other word."""
    async with on.room.echo(delay_ms=80, gain_db=-10):
        await on.start(storyteller(on, "wake"))
        await on.room.say(speech("Hey Jarvis, tell me a story."))
        await on.is_in("responding")
        await asyncio.sleep(3)
        await on.room.say(speech("Really?"))
        await asyncio.sleep(1.5)
        assert on.state()["state"] == "responding", "that was no order"
        await on.room.say(speech("Stop."))
        await on.is_in("idle", within_s=4)
        await on.room.quiet(for_ms=1500, within_s=3)
    assert (await on.event("turn"))["ended_by"] == "stop"
