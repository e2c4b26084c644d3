"""Evenings with turn ends found on this machine: what the service is sent, and what it need not be asked."""

import asyncio
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from speaker.audio.pcm import SESSION_HZ
from speaker.audio.smart_turn import smart_turn_file
from speaker.cost.entries import Saved
from speaker.daemon.loading import LEDGER
from speaker.demo.stage import Stage, stage_settings
from speaker.hub.status import today
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.store.store import Ledger
from tests.support.daemon_scenes import STORY, hears, lamp_states, opening, scripted
from tests.support.real_parts import Speech, fetched_models

HERE: dict[str, Any] = {"turn_detection": {"type": "client_vad"}}
FIRST = HERE | {"local_first": "confident"}


def cloud_at(url: str, session: dict[str, Any]) -> dict[str, Any]:
    return {"session": {"endpoint": "cloud", "url": url} | session}


def saved(on: Stage) -> dict[str, Saved]:
    """What each way to save has saved, once the daemon has ended."""
    with closing(Ledger(on.folder / LEDGER)) as ledger:
        return {one.what: one for one in ledger.savings(today())}


async def test_nothing_but_speech_is_sent_and_all_of_it(on: Stage, speech: Speech, engines: OfflineEngines) -> None:
    """The wake word, a pause, a command, an answer, and another request without the wake word."""
    async with RealtimeServer(ServerSettings(port=0), engines) as server:
        await on.start(stage_settings(on.broker.port, limits={"follow_up_s": 4}, **cloud_at(server.url, HERE)))
        since_ms = on.room.now_ms
        await on.room.say(speech("Hey Jarvis."))
        await on.is_in("listening")
        await on.room.quiet(for_ms=1_000, within_s=10)
        await on.room.say(speech("Turn on the sofa lamp."))
        await hears(on, since_ms, "lamp is on")
        await on.is_in("listening")
        since_ms = on.room.now_ms
        await on.room.say(speech("What's the temperature outside?"))
        await hears(on, since_ms, "12")
        turn = await on.event("turn")
    assert [one["name"] for one in turn["tools"]] == ["set_light", "get_weather"]
    assert on.events("error") == []
    audio = turn["audio"]
    assert (audio["lost_samples"], audio["duplicated_samples"], audio["overflows"]) == (0, 0, 0)
    spoken_ms = 1000 * (speech("Turn on the sofa lamp.").size + speech("What's the temperature outside?").size) / 24_000
    assert spoken_ms - 1_000 < audio["sent_ms"] < spoken_ms + 2 * 1_500
    assert audio["spared_ms"] > 4_000
    await on.stop()
    assert saved(on)["silence"].seconds > 4


@pytest.mark.parametrize("endpointing", ["smart", "silence"])
async def test_who_hesitates_is_waited_for_where_sentences_are_judged(
    on: Stage, speech: Speech, engines: OfflineEngines, endpointing: str
) -> None:
    """A second of silence in a sentence; the same evening with nobody who judges shows that it would have been cut."""
    model = smart_turn_file(on.folder).path
    model.parent.mkdir(parents=True)
    model.symlink_to(smart_turn_file(fetched_models()).path)
    begun, pause = speech("I would like to know whether you could, um,"), np.zeros(SESSION_HZ, np.int16)
    turns = {"turn_detection": {"type": "client_vad", "endpointing": endpointing}, "transcription": "offline"}
    async with RealtimeServer(ServerSettings(port=0), engines) as server:
        settings = stage_settings(
            on.broker.port, privacy={"publish_transcripts": True}, **cloud_at(server.url, turns)
        )  # fmt: skip
        await on.start(settings)
        await on.room.say(speech("Hey Jarvis."))
        await on.is_in("listening")
        await on.room.quiet(for_ms=1_000, within_s=10)
        await on.room.say(np.concatenate([begun, pause, speech("Turn on the sofa lamp.")]))
        await on.is_in("responding")
        await on.command("stop")
        turn = await on.event("turn")
    said = [one["text"].lower() for one in turn["words"] if one["who"] == "user"]
    assert "like to know" in said[0]
    assert ("sofa lamp" in said[0]) == (endpointing == "smart"), said


async def test_false_wake_sends_nothing_at_all(on: Stage, speech: Speech) -> None:
    async with scripted([*opening()]) as (script, url):
        await on.start(stage_settings(on.broker.port, limits={"listen_s": 1.5}, **cloud_at(url, HERE)))
        await on.room.say(speech("Hey Jarvis."))
        await on.event("not_for_me")
        await on.is_in("idle")
        # Tools, and the date, the time and the room: nothing that anybody said.
        assert [sent["type"] for sent in script.seen[0]] == ["session.update", "conversation.item.create"]


async def test_talking_over_a_story_is_a_turn_of_its_own(on: Stage, speech: Speech, engines: OfflineEngines) -> None:
    async with RealtimeServer(ServerSettings(port=0), engines) as server:
        session = HERE | {"instructions": f"Say exactly: {STORY * 4}", "transcription": "offline"}
        settings = stage_settings(
            on.broker.port, audio={"duplex": "full"}, privacy={"publish_transcripts": True},
            **cloud_at(server.url, session),
        )  # fmt: skip
        await on.start(settings)
        await on.room.say(speech("Hey Jarvis, tell me a story."))
        await on.is_in("responding")
        await asyncio.sleep(3)
        await on.room.say(speech("Turn off the kitchen light please."))
        await on.until(lambda: on.state()["state"] != "responding", within_s=5)
        await on.is_in("responding")
        await on.command("stop")
        turn = await on.event("turn")
    words = [one["text"].lower() for one in turn["words"] if one["who"] == "user"]
    assert "story" in words[0]
    assert "kitchen light" in words[1], turn


async def test_clear_command_is_done_without_a_response(on: Stage, speech: Speech) -> None:
    """The service is told what was done, and asked for nothing; the sound that it got meanwhile is cleared."""
    async with scripted([*opening()]) as (script, url):
        await on.start(stage_settings(on.broker.port, **cloud_at(url, FIRST)))
        since_ms = on.room.now_ms
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await hears(on, since_ms, "lamp is on")
        turn = await on.event("turn")
        types = [sent["type"] for sent in script.seen[0] if sent["type"] != "input_audio_buffer.append"]
    opened = ["session.update", "conversation.item.create"]
    assert types == [*opened, "input_audio_buffer.clear", "conversation.item.create"]
    assert lamp_states(on)[-1]["state"] == "ON"
    assert turn["tools"] == [{"name": "set_light", "ok": True, "confirmed": True}]
    assert (turn["cost_usd"], turn["ended_by"], turn["endpoint"]) == (0, "follow_up_timeout", "cloud")
    await on.stop()
    assert saved(on)["local"].usd > 0.001
