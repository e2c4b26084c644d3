"""The voice for other languages: a program of its own, which may be missing, silent or too slow."""

import asyncio
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from speaker.audio.pcm import SESSION_HZ, Samples, level_dbfs
from speaker.errors import ModelError
from speaker.language.phrasebook import Phrasebook, phrase_files, phrasebook
from speaker.offline.speech import espeak as module
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.espeak import espeak, speaking_book
from speaker.speech.phrases import stock_phrases
from speaker.speech.tts import TextToSpeech
from speaker.speech.tts_cache import SoundCache

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
GERMAN = phrasebook("de")
OTHERS = [code for code in phrase_files() if code != "en"]


async def said(text: str, book: Phrasebook = GERMAN, speed: float = 1.0) -> Samples:
    pieces = [piece async for piece in espeak(text, book, speed)]
    return np.concatenate([np.zeros(0, np.int16), *pieces])


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is the only one with programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    speaking_book.cache_clear()
    yield tmp_path
    speaking_book.cache_clear()


def stand_in(folder: Path, script: str) -> None:
    file = folder / "espeak-ng"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@needs_espeak
@pytest.mark.parametrize("code", OTHERS)
async def test_every_language_speaks(code: str) -> None:
    book = phrasebook(code)
    sound = await said(book.failures.broken, book)
    assert sound.dtype == np.int16
    assert SESSION_HZ < sound.size < 12 * SESSION_HZ
    assert level_dbfs(sound) > -40


@needs_espeak
async def test_the_same_text_sounds_the_same_and_pace_counts() -> None:
    one, again = await said("Guten Morgen."), await said("Guten Morgen.")
    assert np.array_equal(one, again)
    assert (await said("Guten Morgen.", speed=0.5)).size > one.size > (await said("Guten Morgen.", speed=1.5)).size


@needs_espeak
@pytest.mark.parametrize("text", ["", "  ", "🙂", "***", "\x00\x07"])
async def test_nothing_to_pronounce_is_no_sound(text: str) -> None:
    assert (await said(text)).size == 0


@needs_espeak
async def test_text_is_text() -> None:
    plain = await said("Haus")
    assert np.array_equal(await said("[[Haus]]"), plain)
    assert (await said("-v en Haus")).size > plain.size
    assert (await said("<speak>Haus</speak>")).size > 0


@needs_espeak
async def test_who_has_heard_enough_ends_the_program() -> None:
    loop = asyncio.get_running_loop()
    spoken = espeak("Eins zwei drei. " * 5_000, GERMAN)
    assert (await anext(spoken)).size > 0
    assert children() != []
    await spoken.aclose()
    async with asyncio.timeout(5):
        while children():
            await asyncio.sleep(0.01)
    assert loop.is_running()


def children() -> list[str]:
    """The programs of this name that this process has started."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            name = Path("/proc", child, "comm")
            found += [child] if name.exists() and name.read_text().startswith("espeak") else []
    return found


@pytest.mark.usefixtures("programs")
async def test_without_the_program_there_is_one_sentence_with_the_command(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ModelError, match=r"German.*sudo apt-get install espeak-ng"):
        await said("Hallo")
    with caplog.at_level(logging.WARNING):
        assert [speaking_book("de").code for _ in range(3)] == ["en"] * 3
        assert speaking_book("en").code == "en"
    (told,) = caplog.messages
    assert "sudo apt-get install espeak-ng" in told


async def test_with_the_program_the_language_speaks_for_itself(programs: Path) -> None:
    stand_in(programs, "exit 0")
    assert speaking_book("de-AT").code == "de"


@pytest.mark.parametrize("script", ["exit 1", "echo no", "printf RIFF"])
async def test_a_program_that_does_not_speak_is_told(programs: Path, script: str) -> None:
    stand_in(programs, script)
    with pytest.raises(ModelError, match="espeak-ng does not speak German"):
        await said("Hallo")


async def test_a_program_that_hangs_is_ended(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPEECHLESS_S", 0.3)
    stand_in(programs, "exec /bin/sleep 600")
    with pytest.raises(ModelError):
        await said("Hallo")


async def test_a_program_that_reads_nothing_is_no_fault(programs: Path) -> None:
    header = bytes(24) + (22_050).to_bytes(4, "little") + bytes(16)
    (programs / "sound").write_bytes(header + b"\x01\x00" * 22_051 + b"\x01")
    stand_in(programs, f"exec /bin/cat {programs}/sound")
    assert abs((await said("Hallo" * 50_000)).size - 24_000) < 50


@needs_espeak
async def test_the_own_voice_speaks_its_language_and_keeps_it_apart(tmp_path: Path) -> None:
    engines, cache = OfflineEngines(), SoundCache(tmp_path / "phrases", 10_000_000)
    try:
        voices = [TextToSpeech(engines, cache, lambda _ms, _cached: None, phrasebook(code)) for code in ("de", "nl")]
        for voice in voices:
            await voice.prepare("Stop.")
        kept = list((tmp_path / "phrases").iterdir())
        assert len(kept) == 2
        for phrase in stock_phrases(GERMAN):
            await voices[0].prepare(phrase)
        assert len(list((tmp_path / "phrases").iterdir())) == 2 + len(stock_phrases(GERMAN))
    finally:
        engines.close()
