"""Evenings with the hub: requests, announcements, questions, timers, tools and claims over a real broker."""

import asyncio
import io
import json
import os
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.demo.stage import STAGE_NAME, Stage, stage_settings
from speaker.demo.virtual_house import VirtualDevice
from speaker.demo.virtual_room import LOUDSPEAKER, MICROPHONE
from tests.support.daemon_scenes import heard, hears, lamp_states, recorded
from tests.support.real_parts import Speech


async def result(on: Stage, verb: str) -> dict[str, Any]:
    """The speaker's answer to a command."""

    def found() -> list[dict[str, Any]]:
        told = [json.loads(one.payload) for one in on.messages if one.topic == f"speaker/{STAGE_NAME}/command/result"]
        return [one for one in told if one["verb"] == verb]

    await on.until(lambda: bool(found()), within_s=5)
    return found()[-1]


async def test_written_request_is_carried_out_and_answered_aloud(on: Stage) -> None:
    await on.start(stage_settings(on.broker.port))
    since_ms = on.room.now_ms
    await on.command("ask", "Turn on the sofa lamp.")
    await hears(on, since_ms, "sofa lamp is on")
    assert (await result(on, "ask"))["ok"]
    assert lamp_states(on)[-1]["state"] == "ON"
    turn = await on.event("turn")
    assert turn["tools"][0]["confirmed"]
    assert on.state()["audio_sent_asleep_bytes"] == 0


async def test_announcements_are_heard_in_order_and_open_no_session(on: Stage) -> None:
    await on.start(stage_settings(on.broker.port))
    since_ms = on.room.now_ms
    await on.command("announce", json.dumps({"text": "Dinner is ready.", "chime": True, "volume": 80}))
    await on.command("say", "The washing machine has finished.")
    await on.event("announced", 2)
    said = await recorded(on, since_ms)
    assert said.index("dinner") < said.index("washing")
    assert on.state()["sessions_today"] == 0


async def test_announcement_that_cannot_be_made_is_refused_with_a_sentence(on: Stage) -> None:
    await on.start(stage_settings(on.broker.port))
    for payload in ("{", '{"text":"a","url":"http://b"}', "{}", '{"text":"a","volume":200}', '{"text":"a","loud":1}'):
        on.messages.clear()
        await on.command("announce", payload)
        answer = await result(on, "announce")
        assert answer["ok"] is False
        assert answer["error"]


@asynccontextmanager
async def web_server(body: bytes) -> AsyncIterator[str]:
    """A hub's web server with one sound on it; the address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/tts.wav?token=secret"
    finally:
        server.close()


def as_wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SESSION_HZ)
        out.writeframes(pcm.to_bytes(samples))
    return file.getvalue()


async def test_sound_at_an_address_is_played(on: Stage, speech: Speech) -> None:
    await on.start(stage_settings(on.broker.port))
    since_ms = on.room.now_ms
    async with web_server(as_wav(speech("The garage door is open."))) as url:
        await on.command("announce", json.dumps({"url": url}))
        await on.event("announced")
    assert "garage" in await recorded(on, since_ms)
    await on.command("announce", json.dumps({"url": "http://127.0.0.1:9/x.wav?token=secret"}))
    event = await on.event("announced", 2)
    assert event["ok"] is False
    assert "secret" not in event["error"]


async def test_question_of_the_hub_gets_one_of_its_answers(on: Stage, speech: Speech) -> None:
    await on.start(stage_settings(on.broker.port))
    on.listen_to(["answers/1"])
    question = {"text": "Shall I close the blinds?", "answers": ["yes", "no"], "reply_to": "answers/1", "timeout_s": 8}
    since_ms = on.room.now_ms
    await on.command("question", json.dumps(question))
    await hears(on, since_ms, "blinds")
    await on.room.quiet(for_ms=700, within_s=5)
    await on.room.say(speech("Yes please."))
    await on.until(lambda: any(one.topic == "answers/1" for one in on.messages), within_s=10)
    (answer,) = [json.loads(one.payload) for one in on.messages if one.topic == "answers/1"]
    assert answer == {"question": question["text"], "answer": "yes", "ok": True}
    await on.is_in("idle")
    assert on.state()["sessions_today"] == 0


async def test_question_that_nobody_answers_says_so(on: Stage) -> None:
    await on.start(stage_settings(on.broker.port))
    on.listen_to(["answers/1"])
    question = {"text": "Anybody there?", "answers": ["yes"], "reply_to": "answers/1", "timeout_s": 1}
    await on.command("question", json.dumps(question))
    await on.until(lambda: any(one.topic == "answers/1" for one in on.messages), within_s=10)
    (answer,) = [json.loads(one.payload) for one in on.messages if one.topic == "answers/1"]
    assert (answer["answer"], answer["ok"]) == (None, False)


def lock(name: str, room: str) -> VirtualDevice:
    """A front door as a Zigbee bridge announces it."""
    topic = f"locks/{name}"
    announced = {
        "name": name, "unique_id": f"demo_{name}", "command_topic": f"{topic}/set", "state_topic": topic,
        "device": {"identifiers": [name], "name": name, "suggested_area": room},
    }  # fmt: skip
    change = {"LOCK": "LOCKED", "UNLOCK": "UNLOCKED"}
    commands = {f"{topic}/set": lambda _, new: change[new]}
    return VirtualDevice("lock", name.replace(" ", "_"), announced, topic, "LOCKED", commands)


async def unlocking(on: Stage, speech: Speech, answer: str) -> str:
    """Ask for the front door to be unlocked and answer the question; what was said in the end."""
    await on.house.add([lock("Front door", "Hall")])
    on.listen_to(["locks/Front door/set", "locks/Front door"])
    await on.start(stage_settings(on.broker.port, limits={"follow_up_s": 2}))
    await asyncio.sleep(0.5)
    since_ms = on.room.now_ms
    await on.room.say(speech("Hey Jarvis, unlock the front door."))
    await on.event("confirm")
    await hears(on, since_ms, "front door")
    await on.room.quiet(for_ms=700, within_s=5)
    since_ms = on.room.now_ms
    await on.room.say(speech(answer))
    return await heard(on, since_ms)


async def test_door_is_unlocked_only_after_a_spoken_yes(on: Stage, speech: Speech) -> None:
    assert "unlocked" in await unlocking(on, speech, "Yes please.")
    assert [one.payload for one in on.messages if one.topic == "locks/Front door/set"] == [b"UNLOCK"]


async def test_timer_rings_until_somebody_says_stop(on: Stage, speech: Speech) -> None:
    await on.start(stage_settings(on.broker.port))
    since_ms = on.room.now_ms
    on.parts.system_speech.scheduler.set_timer(0, 0, 1, "pasta")
    await on.until(lambda: [one["name"] for one in on.state()["timers"]] == ["pasta timer"], within_s=1)
    await on.event("timer", 2)
    await hears(on, since_ms, "pasta")
    await on.room.say(speech("Stop."))
    event = await on.event("timer", 3, within_s=6)
    assert event["what"] == "stopped"
    await on.until(lambda: on.state()["timers"] == [])


async def test_timer_outlives_a_power_cut(on: Stage) -> None:
    await on.start(stage_settings(on.broker.port))
    on.parts.system_speech.scheduler.set_timer(0, 0, 3, "egg")
    await on.stop()
    await on.start(stage_settings(on.broker.port))
    await on.until(lambda: any(one["what"] == "rings" for one in on.events("timer")), within_s=8)
    await on.command("stop")
    await on.until(lambda: on.events("timer")[-1]["what"] == "stopped", within_s=5)


VACUUM = {
    "description": "Start the robot vacuum in a room",
    "parameters": {"type": "object", "properties": {"room": {"type": "string", "enum": ["kitchen", "hall"]}}},
    "command_topic": "home/vacuum/start",
    "state_topic": "home/vacuum/state",
    "confirm_when": {"equals": "cleaning"},
    "timeout_s": 3,
}


async def test_tool_of_the_hub_is_there_at_the_next_wake_and_gone_when_it_is_taken_away(on: Stage) -> None:
    await on.start(stage_settings(on.broker.port))
    on.listen_to(["home/vacuum/start"])
    await on.house.broker.publish("speaker/tools/start_vacuum", json.dumps(VACUUM), retain=True)
    await on.until(lambda: list(on.parts.hub_tools.tools) == ["start_vacuum"], within_s=5)
    await on.command("ask", "Start the vacuum in the kitchen.")
    await on.until(lambda: any(one.topic == "home/vacuum/start" for one in on.messages), within_s=10)
    (sent,) = [one.payload for one in on.messages if one.topic == "home/vacuum/start"]
    assert json.loads(sent) == {"room": "kitchen"}
    await on.house.broker.publish("home/vacuum/state", "cleaning")
    tool = await on.event("tool")
    assert (tool["name"], tool["confirmed"]) == ("start_vacuum", True)
    await on.house.broker.publish("speaker/tools/start_vacuum", "", retain=True)
    await on.until(lambda: not on.parts.hub_tools.tools, within_s=5)


async def test_bad_tool_of_the_hub_is_refused_by_an_event_that_names_the_field(on: Stage) -> None:
    await on.start(stage_settings(on.broker.port))
    await on.house.broker.publish("speaker/tools/bad", json.dumps(VACUUM | {"timeout_s": 1000}))
    event = await on.event("error")
    assert "speaker/tools/bad: timeout_s" in event["message"]


@asynccontextmanager
async def three_speakers(on: Stage, folder: Path) -> AsyncIterator[None]:
    """Three daemons in the same room and on the same broker, each a process of its own."""
    processes = []
    for name in ("one", "two", "three"):
        (folder / name).mkdir()
        file = folder / name / "config.yaml"
        document = {
            "id": name,
            "audio": {"microphone": MICROPHONE, "loudspeaker": LOUDSPEAKER, "volume": 100, "duplex": "wake"},
            "session": {"endpoint": "offline"},
            "limits": {"follow_up_s": 1},
            "mqtt": {"host": "127.0.0.1", "port": on.broker.port},
            "quiet_hours": {"from": "00:00", "to": "00:00"},
        }
        file.write_text(yaml.safe_dump(document))
        command = [sys.executable, "-m", "speaker", "run", "--config", str(file)]
        env = os.environ | {"STATE_DIRECTORY": str(folder / name)}
        processes.append(await asyncio.create_subprocess_exec(*command, env=env, stderr=asyncio.subprocess.DEVNULL))
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        await asyncio.gather(*(process.wait() for process in processes))


async def test_one_of_three_speakers_answers(on: Stage, speech: Speech, tmp_path: Path) -> None:
    on.listen_to(["speaker/+/event", "speaker/+/state", "speaker/claim/+"])
    async with three_speakers(on, tmp_path):
        await on.until(lambda: len({one.topic for one in on.messages if one.topic.endswith("/state")}) >= 3)
        await asyncio.sleep(6)  # until all of them have loaded what they hear with
        since_ms = on.room.now_ms
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await hears(on, since_ms, "lamp is on")
        await asyncio.sleep(4)
        said = await recorded(on, since_ms)
    told = [json.loads(one.payload) for one in on.messages if one.topic.endswith("/event")]
    assert len([one for one in on.messages if one.topic.startswith("speaker/claim/")]) >= 1
    assert len([one for one in told if one["type"] == "turn"]) == 1
    assert len(lamp_states(on)) == 1
    assert said.count("lamp is on") == 1
