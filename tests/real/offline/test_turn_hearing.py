"""The words of a turn, heard on a guess at its pauses: what is used of that, and what is not."""

import asyncio

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples, ms_to_samples, samples_to_ms
from speaker.errors import ModelError
from speaker.offline.server.turn_hearing import GUESS_AFTER_MS, LONGEST_GUESS_MS, TurnHearing
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import RecognisedSpeech


class Ears(OfflineEngines):
    """Hears how long something is, once it may; or fails."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.dropped = 0
        self.may = asyncio.Event()
        self.may.set()
        self.error: Exception | None = None

    async def hear(self, samples: Samples, hz: int = SESSION_HZ, language: str = "") -> RecognisedSpeech:
        length_ms = round(samples_to_ms(samples.size, hz))
        self.asked.append(length_ms)
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.dropped += 1
            raise
        if self.error is not None:
            raise self.error
        return RecognisedSpeech(f"{length_ms}", 0.0)


class Turn:
    """A turn that is spoken and paused in, from its begin on, in ms."""

    def __init__(self) -> None:
        self.ears = Ears()
        self.sound = np.zeros(0, np.int16)
        self.hearing = TurnHearing(self.ears, 0.0, self._read)

    def _read(self, start_ms: float, end_ms: float) -> bytes:
        return pcm.to_bytes(self.sound[ms_to_samples(start_ms, SESSION_HZ) : ms_to_samples(end_ms, SESSION_HZ)])

    async def goes_on(self, ms: int, peak: int, silent_ms: int = 0) -> None:
        noise = np.random.default_rng(self.sound.size).integers(-peak, peak + 1, ms_to_samples(ms, SESSION_HZ))
        self.sound = np.concatenate([self.sound, noise.astype(np.int16)])
        self.hearing.follow(samples_to_ms(self.sound.size, SESSION_HZ), silent_ms)
        await asyncio.sleep(0)

    async def ends(self) -> str:
        self.hearing.end(pcm.to_bytes(self.sound), 0.0)
        return await self.hearing.words()


LOUD, ROOM, SOFT = 8_000, 20, 200


@pytest.fixture
async def turn() -> Turn:
    return Turn()


async def test_the_words_heard_in_a_pause_count_if_it_is_the_end(turn: Turn) -> None:
    await turn.goes_on(1_000, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    await turn.goes_on(300, ROOM, silent_ms=500)
    assert await turn.ends() == "1200"
    assert turn.ears.asked == [1_200]


async def test_it_is_waited_for_if_it_is_not_done_yet(turn: Turn) -> None:
    turn.ears.may.clear()
    await turn.goes_on(1_000, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    words = asyncio.create_task(turn.ends())
    await asyncio.sleep(0)
    assert not words.done()
    turn.ears.may.set()
    assert await words == "1200"
    assert turn.ears.asked == [1_200]


async def test_who_gives_up_waiting_leaves_it_to_the_next(turn: Turn) -> None:
    turn.ears.may.clear()
    await turn.goes_on(1_000, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    words = asyncio.create_task(turn.ends())
    await asyncio.sleep(0)
    words.cancel()
    await asyncio.wait([words])
    turn.ears.may.set()
    assert await turn.hearing.words() == "1200"
    assert turn.ears.asked == [1_200]


async def test_whoever_goes_on_is_heard_whole_and_the_guess_is_taken_out(turn: Turn) -> None:
    turn.ears.may.clear()
    await turn.goes_on(1_000, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    await turn.goes_on(500, LOUD)
    await asyncio.sleep(0)
    assert turn.ears.dropped == 1
    turn.ears.may.set()
    assert await turn.ends() == "1700"


async def test_each_pause_is_guessed_once(turn: Turn) -> None:
    for _ in range(2):
        await turn.goes_on(500, LOUD)
        for silent_ms in (GUESS_AFTER_MS - 60, GUESS_AFTER_MS, GUESS_AFTER_MS + 60):
            await turn.goes_on(GUESS_AFTER_MS - 60 if silent_ms < GUESS_AFTER_MS else 60, ROOM, silent_ms=silent_ms)
    assert len(turn.ears.asked) == 2
    assert await turn.ends() == f"{turn.ears.asked[-1]}"


async def test_a_pause_that_came_with_the_words_before_it_is_another_one(turn: Turn) -> None:
    await turn.goes_on(500, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    await turn.goes_on(900, LOUD, silent_ms=200)  # words and a pause, arrived together
    assert turn.ears.asked == [700, 1_600]


async def test_a_soft_word_that_no_detector_noticed_is_not_lost(turn: Turn) -> None:
    await turn.goes_on(1_000, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    await turn.goes_on(100, SOFT, silent_ms=300)
    await turn.goes_on(200, ROOM, silent_ms=500)
    assert await turn.ends() == "1500"


async def test_long_speech_is_not_heard_again_at_each_of_its_pauses(turn: Turn) -> None:
    await turn.goes_on(LONGEST_GUESS_MS, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    assert turn.ears.asked == []
    assert await turn.ends() == f"{LONGEST_GUESS_MS + 200}"


async def test_a_guess_that_failed_is_made_up_for(turn: Turn) -> None:
    """As when the engines were lost in the pause."""
    turn.ears.error = ModelError("lost")
    await turn.goes_on(1_000, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    await asyncio.sleep(0)
    turn.ears.error = None
    assert await turn.ends() == "1200"
    assert len(turn.ears.asked) == 2


async def test_what_cannot_be_heard_at_all_is_told(turn: Turn) -> None:
    turn.ears.error = ModelError("no ears")
    await turn.goes_on(1_000, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    with pytest.raises(ModelError, match="no ears"):
        await turn.ends()


async def test_a_turn_that_is_dropped_takes_its_guess_along(turn: Turn) -> None:
    turn.ears.may.clear()
    await turn.goes_on(1_000, LOUD)
    await turn.goes_on(200, ROOM, silent_ms=200)
    turn.hearing.drop()
    await asyncio.sleep(0)
    assert turn.ears.dropped == 1
