"""The embedded server in a language that nobody hears here: nothing is guessed, the answer says what to do."""

import shutil

import numpy as np
import pytest

from speaker.audio.pcm import Samples
from speaker.language.phrasebook import phrasebook
from speaker.offline.server.server import RealtimeServer
from speaker.offline.speech.engines import OfflineEngines
from tests.support.strict_client import of, peer, silence, sound, turn

GERMAN = "Be brief.\nAnswer in the language de."


async def spoken(engines: OfflineEngines) -> Samples:
    return np.concatenate([piece async for piece in engines.speak("Turn on the sofa lamp.", 1.0)])


async def test_talk_that_nobody_understands_is_answered_with_the_command(
    cloud: RealtimeServer, engines: OfflineEngines
) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=GERMAN)
        await client.append(turn(await spoken(engines)))
        events = await client.until("response.done")
    (item,) = events[-1]["response"]["output"]
    said = item["content"][0]["transcript"]
    assert said == phrasebook("de").own.no_ears.format(code="de")
    assert len(sound(events)) > 24_000


async def test_what_is_not_heard_is_not_written_down(cloud: RealtimeServer, engines: OfflineEngines) -> None:
    async with peer(cloud) as client:
        transcription = {"model": "any", "language": "de"}
        await client.update(audio={"input": {"turn_detection": None, "transcription": transcription}})
        await client.append(np.concatenate([silence(200), await spoken(engines), silence(200)]))
        await client.send("input_audio_buffer.commit")
        events = await client.until("conversation.item.input_audio_transcription.completed")
    assert events[-1]["transcript"] == ""


async def test_what_is_written_in_it_is_answered_in_it(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=GERMAN)
        await client.write("xyzzy")
        events = await client.respond()
    assert of(events, "error") == []
    assert len(sound(events)) > 10_000


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
async def test_the_voice_is_another_one(cloud: RealtimeServer) -> None:
    sounds = []
    for instructions in ("Be brief.", GERMAN):
        async with peer(cloud) as client:
            await client.update(instructions=instructions)
            sounds.append(sound(await client.respond(instructions="Say exactly: Stop.")))
    assert sounds[0] != sounds[1]
