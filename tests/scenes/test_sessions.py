"""Evenings with a cloud that is late, breaks, refuses or grows old: what the people in the room notice of it."""

import asyncio

import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ
from speaker.demo.stage import Stage, stage_settings
from speaker.offline.server.scripted import Delay
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import Recogniser
from tests.support.daemon_scenes import (
    cloud_at,
    hears,
    lags,
    lamp_states,
    nobody,
    opening,
    scripted,
    sound_sent,
)
from tests.support.real_parts import Speech


@pytest.mark.parametrize("connect_s", [0.0, 3.0])
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
    assert types == {"session.update", "conversation.item.create", "input_audio_buffer.append"}
    assert on.events("turn") == []


async def test_no_internet_falls_back_to_the_offline_server(on: Stage, speech: Speech) -> None:
    async with nobody() as url:
        settings = stage_settings(on.broker.port, session={"endpoint": "auto", "url": url}, limits={"connect_s": 5})
        await on.start(settings, api_key="sk-not-a-key")
        since_ms = on.room.now_ms
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await hears(on, since_ms, "sofa lamp is on")
        assert (await on.event("turn"))["endpoint"] == "offline"
    assert "cannot be reached" in on.events("error")[0]["message"]
    assert not any("sk-not-a-key" in one.payload.decode(errors="replace") for one in on.messages)


async def test_a_whole_conversation_in_the_older_dialect(on: Stage, speech: Speech, engines: OfflineEngines) -> None:
    """One breath with a tool, an interruption, a follow-up and a goodbye: as every other scene does in the newer."""
    async with RealtimeServer(ServerSettings(port=0), engines) as server:
        cloud = {"endpoint": "cloud", "url": server.url, "protocol": "beta"}
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
