"""The embedded server's ``semantic_vad``: sentences are judged, with the events of ``server_vad``; else by silence."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.audio.smart_turn import smart_turn_file
from speaker.audio.vad import SpeechOffset, SpeechOnset, TurnDetector, TurnSettings
from speaker.config.turn_detection import SemanticVad, ServerVad
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.server.session_settings import complete, requested_turn_settings
from speaker.offline.speech import engines as engines_module
from speaker.offline.speech.engines import OfflineEngines
from tests.support.real_parts import Speech, fetched_models
from tests.support.strict_client import HEARD, Json, Peer, ladder, of, peer, silence

HIGH: Json = {"type": "semantic_vad", "eagerness": "high", "create_response": False}


class Expert:
    """Stands in for the model: what it is asked, and its answers in order; the last one for ever."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked: list[Samples] = []

    def is_complete(self, said: Samples) -> bool:
        self.asked.append(said)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def judged(expert: Expert, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Peer]:
    monkeypatch.setattr(engines_module, "SmartTurn", lambda _file: expert)
    engines = OfflineEngines(folder)
    try:
        async with RealtimeServer(ServerSettings(port=0), engines) as server, peer(server) as client:
            await client.update(audio={"input": {"turn_detection": HIGH}})
            yield client
    finally:
        engines.close()


async def heard(client: Peer, *sound: Samples) -> list[Json]:
    """All events for some sound."""
    await client.append(np.concatenate(sound))
    await client.send("session.update", session={"type": "realtime"})
    return (await client.until("session.updated"))[:-1]


def length_ms(event: Json, start: Json) -> int:
    return int(event["audio_end_ms"] - start["audio_start_ms"])


async def test_a_complete_sentence_ends_its_turn_with_the_usual_events(
    speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = speech("Turn on the sofa lamp.")
    async with judged(Expert(True), tmp_path, monkeypatch) as client:
        events = await heard(client, silence(400), said, silence(1_000))
    assert ladder(events) == HEARD
    (stopped,) = of(events, "input_audio_buffer.speech_stopped")
    assert stopped["audio_end_ms"] < 400 + said.size / 24 + 350


async def test_who_thinks_for_a_second_is_not_cut_off(
    speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expert = Expert(False, True)
    beginning, rest = speech("Turn on the"), speech("sofa lamp.")
    async with judged(expert, tmp_path, monkeypatch) as client:
        events = await heard(client, silence(400), beginning, silence(1_000), rest, silence(1_000))
    assert ladder(events) == HEARD
    assert len(expert.asked) == 2
    assert expert.asked[1].size - expert.asked[0].size > 16_000


async def test_eagerness_is_how_long_the_rest_is_waited_for(
    speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = speech("Turn on the")
    async with judged(Expert(False), tmp_path, monkeypatch) as client:
        events = await heard(client, silence(400), said, silence(1_500))
        assert ladder(events) == HEARD[:1]
        events += await heard(client, silence(1_000))
    assert ladder(events) == HEARD
    (stopped,) = of(events, "input_audio_buffer.speech_stopped")
    assert stopped["audio_end_ms"] >= 2_000 + of(events, "input_audio_buffer.speech_started")[0]["audio_start_ms"]


@pytest.mark.parametrize(
    ("eagerness", "judged_ms", "alone_ms"),
    [("low", 8_000, 1_200), ("medium", 4_000, 800), ("auto", 4_000, 800), ("high", 2_000, 400)],
)
def test_the_longest_waits_are_those_of_the_protocol(eagerness: str, judged_ms: int, alone_ms: int) -> None:
    turns = SemanticVad(eagerness=eagerness)  # type: ignore[arg-type]
    asked = requested_turn_settings(turns, judged=True)
    assert (asked.silence_duration_ms, asked.ask_after_ms) == (judged_ms, 200)
    alone = requested_turn_settings(turns, judged=False)
    assert (alone.silence_duration_ms, alone.ask_after_ms) == (alone_ms, None)
    assert requested_turn_settings(complete(ServerVad()), judged=True).ask_after_ms is None


async def test_without_the_model_silence_decides_and_one_line_says_so(
    speech: Speech, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engines = OfflineEngines(tmp_path)
    try:
        async with RealtimeServer(ServerSettings(port=0), engines) as server:
            with caplog.at_level(logging.WARNING):
                for _ in range(2):
                    async with peer(server) as client:
                        await client.update(audio={"input": {"turn_detection": HIGH}})
                        events = await heard(client, silence(400), speech("Turn on the"), silence(700))
                        assert ladder(events) == HEARD
    finally:
        engines.close()
    (told,) = [one for one in caplog.messages if "semantic_vad" in one]
    assert str(smart_turn_file(tmp_path).path) in told
    assert "speaker model add smart-turn" in told


async def test_the_real_model_lets_somebody_hesitate(speech: Speech) -> None:
    engines = OfflineEngines(fetched_models())
    try:
        async with RealtimeServer(ServerSettings(port=0), engines) as server, peer(server) as client:
            await client.update(audio={"input": {"turn_detection": HIGH}})
            thinking = speech("I would like to know whether you could, um,")
            events = await heard(client, silence(400), thinking, silence(1_200))
            assert ladder(events) == HEARD[:1]
            events += await heard(client, speech("open the window."), silence(2_500))
    finally:
        engines.close()
    assert ladder(events) == HEARD


def questions(detector: TurnDetector, pieces: list[Samples]) -> tuple[list[object], list[int]]:
    """Events and the lengths of what was asked about; nothing is complete but the second."""
    events: list[object] = []
    asked: list[int] = []
    for piece in pieces:
        events += detector.push(piece)
        while detector.question is not None:
            asked.append(detector.question.size)
            events += detector.answer(len(asked) == 2)
    return events, asked


@pytest.mark.parametrize("step", [1, 320, 511, 512, 513, 1_280, 10_000])
def test_how_the_sound_is_cut_changes_neither_events_nor_questions(speech: Speech, step: int) -> None:
    words = pcm.resample(speech("Turn on the lamp."), SESSION_HZ, WAKE_HZ)
    before, between, after = (np.zeros(size, np.int16) for size in (8_000, 7_000, 9_000))
    sound = np.concatenate([before, words, between, words, after])
    settings = TurnSettings(silence_duration_ms=2_000, ask_after_ms=200)
    whole = questions(TurnDetector(settings), [sound])
    cut = questions(TurnDetector(settings), np.split(sound, range(step, sound.size, step)))
    assert cut == whole
    assert [type(event) for event in whole[0]] == [SpeechOnset, SpeechOffset]
    assert len(whole[1]) == 2
