"""What is made when nobody needs the speaker, and when it is not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speaker.daemon import quiet_work
from speaker.daemon.quiet_work import QuietWork
from speaker.errors import ModelError
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.offline.speech.engines import OfflineEngines
from speaker.speech.tts import TextToSpeech
from speaker.speech.tts_cache import SoundCache

PHRASES = ["One.", "Two.", "Three."]


class Quiet:
    """A speaker that is needed or not, with a voice of its own; nobody waits five minutes here."""

    def __init__(self, folder: Path) -> None:
        self.engines = OfflineEngines()
        self.tts = TextToSpeech(self.engines, SoundCache(folder / "phrases", 10_000_000), lambda _ms, _cached: None)
        self.free = [True]
        """Whether nobody needs it, as it is looked; the last one for ever."""
        self.looks = 0

    def is_free(self) -> bool:
        self.looks += 1
        return self.free.pop(0) if len(self.free) > 1 else self.free[0]

    def work(self) -> QuietWork:
        return QuietWork(self.tts, self.engines, self.is_free, quiet_s=0.03, look_s=0.01)


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Quiet]:
    one = Quiet(tmp_path)
    yield one
    one.engines.close()


async def test_what_is_missing_is_made_and_the_memory_comes_back(quiet: Quiet) -> None:
    await quiet.work().run(PHRASES)
    assert await quiet.tts.missing(PHRASES) == []
    assert quiet.engines.pid is None


async def test_where_nothing_is_missing_no_engine_is_started(quiet: Quiet, monkeypatch: pytest.MonkeyPatch) -> None:
    await quiet.work().run(PHRASES)

    def speak(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(OfflineEngines, "speak", speak)
    await quiet.work().run(PHRASES)


async def test_nothing_is_made_while_somebody_needs_it(quiet: Quiet) -> None:
    quiet.free = [False]
    task = asyncio.create_task(quiet.work().run(PHRASES))
    while quiet.looks < 8:
        await asyncio.sleep(0.01)
    assert await quiet.tts.missing(PHRASES) == PHRASES
    assert quiet.engines.pid is None
    quiet.free = [True]
    await task
    assert await quiet.tts.missing(PHRASES) == []


async def test_a_disturbance_begins_the_quiet_anew(quiet: Quiet) -> None:
    quiet.free = [True, True, False, True, True, True, True]
    await quiet.work().run(PHRASES)
    assert quiet.looks >= 6 + len(PHRASES)


async def test_whoever_needs_it_in_between_waits_for_one_phrase(quiet: Quiet) -> None:
    quiet.free = [True, True, True, True, False]  # three looks of quiet, one phrase, then somebody comes
    task = asyncio.create_task(quiet.work().run(PHRASES))
    while quiet.looks < 8:
        await asyncio.sleep(0.01)
    assert await quiet.tts.missing(PHRASES) == PHRASES[1:]
    assert quiet.engines.pid is None
    task.cancel()


async def test_engines_that_somebody_else_has_started_stay(quiet: Quiet) -> None:
    await quiet.engines.warm_up()
    pid = quiet.engines.pid
    await quiet.work().run(PHRASES)
    assert quiet.engines.pid == pid is not None


async def test_without_a_voice_it_is_told_once(
    quiet: Quiet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def speak(_text: str, _speed: float, _book: Phrasebook = ENGLISH_PHRASES) -> AsyncIterator[None]:
        for error in [ModelError("there is no voice")]:
            raise error
        yield

    monkeypatch.setattr(quiet.engines, "speak", speak)
    await quiet.work().run(PHRASES)
    assert [one.getMessage() for one in caplog.records] == ["the speaker cannot say what goes wrong: there is no voice"]


def test_five_minutes_are_quiet() -> None:
    assert quiet_work.QUIET_S == 300
    assert quiet_work.QUIET_LOOK_S < quiet_work.QUIET_S
