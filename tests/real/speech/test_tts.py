"""The speaker's own voice: what was said before comes from disk, and is counted."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from speaker.audio.pcm import Samples
from speaker.config.loading import load_settings
from speaker.cost.cost_tracker import CostTracker, now_here
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.synthesiser import MODEL, VOICE
from speaker.speech.tts import SHORT_CHARACTERS, TextToSpeech
from speaker.speech.tts_cache import SoundCache, cache_key
from speaker.store.store import Ledger

HELLO = "Dinner is ready."


class Counted:
    """A voice over a cache, and what it told of each text: ms and whether they came from disk."""

    def __init__(self, folder: Path) -> None:
        self.cache = SoundCache(folder, 10_000_000)
        self.told: list[tuple[int, bool]] = []
        self.engines = OfflineEngines()
        self.speech = TextToSpeech(self.engines, self.cache, lambda ms, cached: self.told.append((round(ms), cached)))

    async def say(self, text: str) -> Samples:
        return np.concatenate([sentence async for sentence in self.speech.speak(text)])


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[Counted]:
    it = Counted(tmp_path / "phrases")
    yield it
    it.engines.close()


async def test_what_is_on_disk_needs_no_voice_and_is_counted(counted: Counted) -> None:
    counted.cache.put(cache_key(HELLO, VOICE, MODEL), np.ones(36_000, np.int16))
    for _ in range(2):
        assert (await counted.say(HELLO)).size == 36_000
    assert counted.told == [(1500, True)] * 2


async def test_the_second_time_it_comes_from_disk_and_sounds_the_same(counted: Counted) -> None:
    first, second = await counted.say(HELLO), await counted.say(HELLO)
    assert np.array_equal(first, second)
    assert [cached for _, cached in counted.told] == [False, True]
    assert counted.told[0][0] == counted.told[1][0] > 500


async def test_what_is_long_is_not_kept(counted: Counted) -> None:
    text = "Yes. " * (SHORT_CHARACTERS // 5 + 1)
    await counted.say(text)
    assert counted.cache.get(cache_key(text, VOICE, MODEL)) is None


async def test_to_prepare_is_not_to_speak(counted: Counted) -> None:
    assert await counted.speech.missing([HELLO, "Yes."]) == [HELLO, "Yes."]
    for _ in range(2):
        await counted.speech.prepare(HELLO)
    assert await counted.speech.missing([HELLO, "Yes."]) == ["Yes."]
    assert counted.told == []
    assert counted.cache.get(cache_key(HELLO, VOICE, MODEL)) is not None


async def test_where_nothing_is_kept_nothing_is_missing(tmp_path: Path) -> None:
    engines = OfflineEngines()
    speech = TextToSpeech(engines, SoundCache(tmp_path / "phrases", 0), lambda _ms, _cached: None)
    assert await speech.missing([HELLO]) == []
    await speech.prepare(HELLO)
    assert engines.pid is None


@pytest.mark.parametrize(
    ("output", "cached", "kinds"),
    [("audio", True, ["cached"]), ("audio", False, []), ("text", True, ["cached"]), ("text", False, ["text"])],
)
def test_what_the_cloud_need_not_say_is_saved(output: str, cached: bool, kinds: list[str]) -> None:
    settings = load_settings({"session": {"output": output}}, "pi")
    with closing(Ledger(Path(":memory:"))) as ledger:
        accounts = CostTracker(settings, ledger, lambda _: None)
        accounts.spoke(60_000, cached)
        saved = ledger.savings(now_here().date())
    assert [one.what for one in saved] == kinds
    assert [one.usd for one in saved] == pytest.approx([0.024] * len(kinds))
