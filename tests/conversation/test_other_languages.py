"""A conversation in another language: what goes wrong is told in it, and its "stop" counts where it is written."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from speaker.audio.pcm import Samples
from speaker.config.settings import Settings
from speaker.conversation.own_ears import OwnEars
from speaker.conversation.states import State
from speaker.language.phrasebook import phrasebook
from speaker.offline.server.scripted import EmitStep, ScriptStep
from speaker.offline.speech import espeak
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import RecognisedSpeech
from speaker.realtime.protocol import server_events as ev
from tests.support.talking_speaker import OPENING, begins, brisk, ends, sound, talking, user_speaks

GERMAN = brisk(session={"language": "de", "transcription": "writer"})
SAID = np.zeros(1_600, np.int16)


def heard(words: str) -> list[ScriptStep]:
    written = ev.TranscriptionCompleted(event_id="e", item_id="item_1", transcript=words)
    return [*OPENING, *user_speaks(), begins(), sound(60_000), EmitStep(written)]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("words", ["Stopp!", "Hör auf.", "Ruhe"])
async def test_stop_is_understood_from_what_the_service_wrote(tmp_path: Path, words: str) -> None:
    async with talking(tmp_path, heard(words), settings=GERMAN) as one:
        await one.wake_and_speak()
        await one.until(lambda: bool(one.events("turn")))
        assert one.events("turn")[0]["ended_by"] == "stop"
        assert one.sound.queued == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ("Stopp die Musik um acht", GERMAN),
        ("Shut up", GERMAN),
        ("Stopp!", brisk(session={"language": "de", "transcription": "writer"}, wake={"stop_word": False})),
    ],
)
async def test_what_only_sounds_like_it_is_a_turn(tmp_path: Path, words: str, settings: Settings) -> None:
    async with talking(tmp_path, [*heard(words), ends()], settings=settings) as one:
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        await asyncio.sleep(0.1)
        assert one.conversation.machine.state is State.SPEAKING


@pytest.mark.usefixtures("impatient")
async def test_what_goes_wrong_is_told_in_the_language(tmp_path: Path) -> None:
    scene = [*OPENING, *user_speaks(), begins(), ends(status="failed", code="server_error")]
    async with talking(tmp_path, scene, settings=GERMAN) as one:
        await one.wake_and_speak()
        await one.until(lambda: bool(one.sound.said))
        assert one.sound.said == [phrasebook("de").failures.troubled]


class Ears(OfflineEngines):
    """Engines that hear what they are told, in English and perhaps in German."""

    def __init__(self, *, german: bool) -> None:
        super().__init__()
        self.german = german
        self.asked: list[str] = []

    def can_hear(self, language: str) -> bool:
        return language == "en" or self.german

    async def hear(self, samples: Samples, hz: int = 24_000, language: str = "") -> RecognisedSpeech:
        self.asked.append(language)
        return RecognisedSpeech("stop", 0.0)


@pytest.mark.parametrize(("german", "order"), [(True, "de"), (False, "en")])
async def test_english_ears_hear_orders_and_never_answers(
    monkeypatch: pytest.MonkeyPatch, german: bool, order: str
) -> None:
    monkeypatch.setattr(espeak, "has_espeak", lambda: True)
    espeak.speaking_book.cache_clear()
    engines = Ears(german=german)
    try:
        ears = OwnEars(engines, "de")
        await ears.hear_order(SAID)
        await ears.hear_answer(SAID)
        assert engines.asked == [order, "de"]
        assert ears.means_stop("stop")
        assert ears.means_stop("Hör auf") is german
        assert not ears.means_stop("shut up")
    finally:
        engines.close()
        espeak.speaking_book.cache_clear()
