"""Answers to questions of the speaker's own, written down by a service: the model is asked nothing, nothing stays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from speaker.announce.answer_ears import AnswerEars
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, resample
from speaker.config.turn_detection import ServerVad
from speaker.conversation import answer_writing, events
from speaker.conversation.session import ConversationSession
from speaker.language.phrasebook import phrasebook
from speaker.offline.server.scripted import Close, EmitStep, Expect, ScriptStep
from speaker.offline.server.server import RealtimeServer
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Audio, AudioInput, Problem, Transcription
from speaker.speech.answer_matching import YES_OR_NO, match_answer
from tests.support.scripted_session import OPEN, UPDATED, WANTED, Witness, beside_surroundings, played, tone
from tests.support.session_world import SessionWorld

SAID = tone(16_000)
HEARING = AudioInput(turn_detection=ServerVad(), transcription=Transcription(model="writer", language="de"))
GERMAN = replace(WANTED, instructions="Be brief.\nAnswer in the language de.", audio=Audio(input=HEARING))
ALONE: list[ScriptStep] = [
    Expect("session.update"), EmitStep(UPDATED), Expect("input_audio_buffer.commit"),
    EmitStep(ev.AudioCommitted(item_id="item_7")),
]  # fmt: skip
RESTORED: list[ScriptStep] = [Expect("conversation.item.delete"), Expect("session.update"), EmitStep(UPDATED)]


def written(words: str, item: str = "item_7", status: str | UnsetType = UNSET) -> ScriptStep:
    return EmitStep(ev.TranscriptionCompleted(item_id=item, transcript=words, status=status))


@asynccontextmanager
async def asked(
    engines: OfflineEngines, *scene: ScriptStep, transcribes: bool = True
) -> AsyncIterator[tuple[ConversationSession, SessionWorld, Witness]]:
    world = SessionWorld()
    wanted = GERMAN if transcribes else replace(GERMAN, audio=Audio(input=AudioInput(turn_detection=ServerVad())))
    async with played(engines, *OPEN, *scene, then=OPEN) as (witness, url):
        session = ConversationSession(1, wanted, [Endpoint("cloud", Target(url, "offline"))], world.needs())
        life = asyncio.create_task(session.run())
        try:
            await world.until(lambda: bool(world.of(events.SessionOpened)))
            yield session, world, witness
        finally:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
            await world.tasks.close()


async def test_only_the_words_come_of_it(engines: OfflineEngines) -> None:
    async with asked(engines, *ALONE, written("Ja, bitte."), *RESTORED) as (session, world, witness):
        assert await session.write_down(SAID) == "Ja, bitte."
        await world.until(lambda: len([one for one in witness.seen if one["type"] == "session.update"]) == 3)
        sent = beside_surroundings(witness.seen)
        kinds = list(dict.fromkeys(one["type"] for one in sent))
        assert "response.create" not in kinds
        first, alone, usual = [one["session"]["audio"]["input"] for one in sent if one["type"] == "session.update"]
        assert alone["turn_detection"] is None
        assert alone["transcription"]["model"] == "writer"
        assert usual["turn_detection"] == first["turn_detection"]
        (deleted,) = [one for one in sent if one["type"] == "conversation.item.delete"]
        assert deleted["item_id"] == "item_7"
        # It is no turn of the conversation: neither a state nor the short memory hears of it.
        assert world.of(events.SpeechEnded) == world.of(events.TurnEnded) == []
        assert world.words == []


async def test_words_of_another_item_are_no_answer(engines: OfflineEngines) -> None:
    scene = [*ALONE, written("Ja.", "item_3"), written("J", status="in_progress"), written("Nein."), *RESTORED]
    async with asked(engines, *scene) as (session, world, _):
        assert await session.write_down(SAID) == "Nein."
        assert world.words == [("user", "Ja.")]


async def test_what_cannot_be_written_down_is_nothing(engines: OfflineEngines) -> None:
    failed = EmitStep(ev.TranscriptionFailed(item_id="item_7"))
    async with asked(engines, *ALONE, failed, *RESTORED) as (session, _, _w):
        assert await session.write_down(SAID) is None


async def test_no_sound_goes_to_a_service_that_would_answer_it(
    engines: OfflineEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_writing, "ALONE_S", 0.2)
    refusal = Problem(type="invalid_request_error", message="Not now.", event_id="aside_answer")
    scene: list[ScriptStep] = [
        Expect("session.update"),
        EmitStep(ev.Error(event_id="e", error=refusal)),
        Expect("session.update"),
    ]
    async with asked(engines, *scene) as (session, world, witness):
        assert await session.write_down(SAID) is None
        await world.until(lambda: len([one for one in witness.seen if one["type"] == "session.update"]) == 3)
        assert {"input_audio_buffer.append", "input_audio_buffer.commit"} & {
            one["type"] for one in witness.seen
        } == set()
        assert world.of(events.ServiceComplained) == []


async def test_a_service_that_never_writes_is_not_waited_for(
    engines: OfflineEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_writing, "WORDS_S", 0.2)
    async with asked(engines, *ALONE, *RESTORED) as (session, world, witness):
        assert await session.write_down(SAID) is None
        await world.until(lambda: any(one["type"] == "conversation.item.delete" for one in witness.seen))


async def test_a_lost_session_is_no_answer(engines: OfflineEngines) -> None:
    scene: list[ScriptStep] = [
        Expect("session.update"),
        EmitStep(UPDATED),
        Expect("input_audio_buffer.commit"),
        Close(1011),
    ]
    async with asked(engines, *scene) as (session, _, _w):
        assert await session.write_down(SAID) is None


async def test_without_a_model_that_writes_nothing_is_sent(engines: OfflineEngines) -> None:
    async with asked(engines, transcribes=False) as (session, _, witness):
        assert await session.write_down(SAID) is None
        assert [one["type"] for one in beside_surroundings(witness.seen)] == ["session.update"]


async def test_an_openai_session_has_a_model_for_it(engines: OfflineEngines) -> None:
    writer = answer_writing.writer_of(replace(WANTED, instructions="Answer in the language pt-BR."), "some-model")
    assert writer is not None
    assert (writer.model, writer.language) == ("some-model", "pt")
    assert answer_writing.writer_of(WANTED, "") is None


@pytest.mark.parametrize(("words", "answer"), [("Ja, mach das.", "yes"), ("Yes.", None), ("Ja, aber nicht", None)])
async def test_what_a_service_wrote_confirms_in_the_language_of_the_session(
    engines: OfflineEngines, words: str, answer: str | None
) -> None:
    async def here(_: object) -> str:
        raise AssertionError("English ears must not judge German")

    book = phrasebook("de")
    async with asked(engines, *ALONE, written(words), *RESTORED) as (session, _, _w):
        ears = AnswerEars(book, False, here, lambda: session)
        assert match_answer(await ears.hear(SAID), YES_OR_NO, book.answers) == answer


async def test_the_embedded_server_writes_an_english_answer_down(
    engines: OfflineEngines, cloud: RealtimeServer
) -> None:
    spoken = [piece async for piece in engines.speak("Yes please.", 1.0)]
    pause = np.zeros(WAKE_HZ // 2, np.int16)
    said = np.concatenate([pause, resample(np.concatenate(spoken), SESSION_HZ, WAKE_HZ), pause])
    world = SessionWorld()
    hearing = AudioInput(turn_detection=ServerVad(), transcription=Transcription(model="any", language="en"))
    wanted = replace(WANTED, audio=Audio(input=hearing))
    session = ConversationSession(1, wanted, [Endpoint("cloud", Target(cloud.url, "offline"))], world.needs())
    life = asyncio.create_task(session.run())
    try:
        await world.until(lambda: bool(world.of(events.SessionOpened)))
        words = await session.write_down(said)
        assert match_answer(words or "", YES_OR_NO) == "yes"
        # And nobody answers it.
        await asyncio.sleep(0.2)
        assert world.of(events.ResponseBegan) == []
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        await world.tasks.close()
