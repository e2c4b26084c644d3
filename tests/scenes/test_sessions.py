"""Evenings with a cloud that is late, breaks, refuses or grows old: what the people in the room notice of it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ
from speaker.demo.stage import Stage, stage_settings
from speaker.offline.server.scripted import Close, Delay, Drop, EmitStep, Expect, ScriptStep
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import Recogniser
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Response
from tests.support.daemon_scenes import (
    black_hole,
    cloud_at,
    heard,
    hears,
    lags,
    lamp_states,
    nobody,
    opening,
    scripted,
    sound_sent,
    spoken_turn,
)
from tests.support.real_parts import Speech
from tests.support.scripted_session import error


@pytest.mark.parametrize("connect_s", [0.0, 0.7, 2.0, 3.0])
async def test_no_word_is_lost_while_the_cloud_takes_its_time(on: Stage, speech: Speech, connect_s: float) -> None:
    """The command follows the wake word in one breath; the service gets all of it, however late it answers."""
    async with scripted([Delay(connect_s), *opening()]) as (script, url):
        # Without the chime, whose echo would be cancelled, what is received is sample by sample what was said.
        await on.start(stage_settings(on.broker.port, audio={"sounds": []}, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await on.until(lambda: bool(script.seen) and len(sound_sent(script)) > 2.2 * SESSION_HZ)
    received = pcm.resample(sound_sent(script), SESSION_HZ, WAKE_HZ)
    heard = (await asyncio.to_thread(Recogniser().hear, received)).text.lower()
    # The last sound of the wake word may come along; the first of the command may not be missing.
    assert heard.endswith("turn on the sofa lamp.")
    late = lags(speech("Hey Jarvis, turn on the sofa lamp."), sound_sent(script))
    assert len(late) >= 3
    assert max(late) - min(late) <= 1, late
    await on.command("stop")
    audio = (await on.event("turn"))["audio"]
    assert (audio["lost_samples"], audio["duplicated_samples"], audio["overflows"]) == (0, 0, 0)


async def test_wake_without_speech_asks_for_nothing(on: Stage, speech: Speech) -> None:
    async with scripted([*opening()]) as (script, url):
        await on.start(stage_settings(on.broker.port, limits={"listen_s": 1.5}, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis."))
        event = await on.event("not_for_me")
        assert event["score"] > 0.5
        await on.is_in("idle")
        types = {sent["type"] for sent in script.seen[0]}
    assert types == {"session.update", "input_audio_buffer.append"}
    assert on.events("turn") == []


@pytest.mark.parametrize("end", [Drop(), Close(1001, "going away"), Close(1011)])
async def test_cloud_gone_mid_answer_is_said_and_the_session_opened_anew(
    on: Stage, speech: Speech, end: ScriptStep
) -> None:
    async with scripted([*opening(), *spoken_turn(), Delay(1), end], opening()) as (script, url):
        await on.start(stage_settings(on.broker.port, **cloud_at(url)))
        since_ms = on.room.now_ms
        await on.room.say(speech("Hey Jarvis."))
        await hears(on, since_ms, "connection")
        await on.until(lambda: len(script.seen) == 2)
        assert (await on.event("turn"))["ended_by"] == "follow_up_timeout"
        assert "opened anew" in on.events("error")[0]["message"]


async def test_words_that_a_broken_session_took_reach_the_next_one(on: Stage, speech: Speech) -> None:
    began = EmitStep(ev.SpeechStarted(event_id="e3", audio_start_ms=0, item_id="item_1"))
    scene = [*opening(), *[Expect("input_audio_buffer.append")] * 30, began, Drop()]
    async with scripted(scene, opening()) as (script, url):
        await on.start(stage_settings(on.broker.port, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await on.until(lambda: len(script.seen) == 2 and len(sound_sent(script, 1)) > 2.2 * SESSION_HZ)
    received = pcm.resample(sound_sent(script, 1), SESSION_HZ, WAKE_HZ)
    heard = (await asyncio.to_thread(Recogniser().hear, received)).text.lower()
    assert heard.endswith("turn on the sofa lamp.")


@pytest.mark.parametrize(("cloud", "says"), [(nobody, "cannot be reached"), (black_hole, "did not answer within")])
async def test_no_internet_falls_back_to_the_offline_server(
    on: Stage, speech: Speech, cloud: Callable[[], AbstractAsyncContextManager[str]], says: str
) -> None:
    async with cloud() as url:
        settings = stage_settings(on.broker.port, session={"endpoint": "auto", "url": url}, limits={"connect_s": 5})
        await on.start(settings, api_key="sk-not-a-key")
        since_ms = on.room.now_ms
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await hears(on, since_ms, "sofa lamp is on")
        assert (await on.event("turn"))["endpoint"] == "offline"
    assert says in on.events("error")[0]["message"]
    assert not any("sk-not-a-key" in one.payload.decode(errors="replace") for one in on.messages)


async def test_refused_key_is_said_once_and_not_asked_for_again(on: Stage, speech: Speech) -> None:
    refusal: list[ScriptStep] = [
        EmitStep(error("invalid_api_key")),
        Close(3000, "invalid_request_error.invalid_api_key"),
    ]
    async with scripted(refusal) as (script, url):
        await on.start(stage_settings(on.broker.port, **cloud_at(url)))
        for _ in range(2):
            since_ms = on.room.now_ms
            await on.room.say(speech("Hey Jarvis."))
            assert "key" in await heard(on, since_ms)
            await on.is_in("idle")
        assert len(script.seen) == 1, "somebody has to change something first"
        assert "refuses the key" in on.state()["last_error"]


def said(text: str) -> list[ScriptStep]:
    """An answer that the service made, in words and as a short sound."""
    return [
        *spoken_turn()[:10],
        EmitStep(ev.TranscriptDone(event_id="t", response_id="resp_1", item_id="item_2", transcript=text)),
        EmitStep(ev.ResponseDone(event_id="e7", response=Response(id="resp_1", status="completed"))),
    ]


def told(seen: list[dict[str, Any]]) -> list[str]:
    """What a connection was told that nobody said."""
    items = [one["item"] for one in seen if one["type"] == "conversation.item.create"]
    return [one["content"][0]["text"] for one in items if one["role"] == "system"]


async def test_old_session_is_renewed_and_the_new_one_knows_what_was_said(on: Stage, speech: Speech) -> None:
    async with scripted([*opening(), *said("The lamp is on.")], opening()) as (script, url):
        limits = {"session_s": 1, "follow_up_s": 3}
        await on.start(stage_settings(on.broker.port, limits=limits, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis, what about the lamp?"))
        await on.until(lambda: len(script.seen) == 2 and bool(told(script.seen[1])))
        turn = await on.event("turn")
    assert "You said: The lamp is on." in told(script.seen[1])[0]
    assert turn["ended_by"] == "follow_up_timeout"
    assert on.events("error") == []


async def test_next_conversation_knows_what_was_said_in_the_last(on: Stage, speech: Speech) -> None:
    async with scripted([*opening(), *said("The lamp is on.")], opening()) as (script, url):
        await on.start(stage_settings(on.broker.port, limits={"follow_up_s": 0.5}, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis, what about the lamp?"))
        await on.event("turn")
        assert told(script.seen[0]) == []
        await on.command("wake")
        await on.until(lambda: len(script.seen) == 2 and bool(told(script.seen[1])))
    assert "You said: The lamp is on." in told(script.seen[1])[0]


@pytest.mark.parametrize("protocol", ["ga", "beta"])
async def test_both_dialects_hold_the_same_conversation(
    on: Stage, speech: Speech, mind: OfflineEngines, protocol: str
) -> None:
    """One breath with a tool, an interruption, a follow-up and a goodbye: against our server, in its two dialects."""
    async with RealtimeServer(ServerSettings(port=0), mind) as server:
        cloud = {"endpoint": "cloud", "url": server.url, "protocol": protocol}
        await on.start(stage_settings(on.broker.port, session=cloud, limits={"follow_up_s": 6}))
        since_ms = on.room.now_ms
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await hears(on, since_ms, "lamp is on")
        await on.is_in("listening")
        await on.room.say(speech("Order me a pizza."))
        await on.is_in("responding")
        await on.room.say(speech("Hey Jarvis, turn off the sofa lamp."))
        await on.until(lambda: lamp_states(on)[-1]["state"] == "OFF")
        await on.is_in("responding")
        await on.is_in("listening")
        await on.room.say(speech("That's all, thank you."))
        turn = await on.event("turn", within_s=15)
    assert turn["ended_by"] == "goodbye"
    assert [one["name"] for one in turn["tools"]] == ["set_light", "set_light", "end_conversation"]
    assert on.events("error") == []
