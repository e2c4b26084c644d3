"""Announcements: in order, not into conversations, and what cannot be said is said to be so."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from speaker.announce.announcer import MOST_CHARACTERS, MOST_WAITING, Announcement, Announcer
from speaker.audio.chimes import Chime
from speaker.audio.pcm import Samples
from speaker.errors import SpeakerError

SOUND = np.ones(240, np.int16)


class World:
    """A loudspeaker that plays each piece for a moment."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.told: list[dict[str, Any]] = []
        self.busy = False
        self.playing = False
        self.announcer = Announcer(
            self, self._speak, self._fetch, lambda volume: 50 if volume is None else volume,
            busy=lambda: self.busy, tell=self.told.append,
        )  # fmt: skip

    @property
    def audible(self) -> bool:
        return self.playing

    def chime(self, name: Chime, percent: int) -> None:
        self.note(f"chime {percent}")

    def note(self, what: str) -> None:
        self.heard.append(what)

    async def _speak(self, text: str) -> AsyncGenerator[Samples, None]:
        self.note(text)
        yield SOUND

    async def _fetch(self, url: str) -> Samples:
        if "bad" in url:
            raise SpeakerError("the sound cannot be fetched")
        if "odd" in url:
            raise AssertionError("nobody thought of this")
        self.note(url)
        return SOUND

    def play(self, samples: Samples, item: str, percent: int | None = None) -> None:
        self.note(f"at {percent}")
        self.playing = True
        asyncio.get_running_loop().call_later(0.05, self._silent)

    def _silent(self) -> None:
        self.playing = False


@asynccontextmanager
async def running(world: World) -> AsyncIterator[None]:
    task = asyncio.create_task(world.announcer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def test_one_after_the_other_with_their_own_volume() -> None:
    world = World()
    async with running(world):
        world.announcer.announce(Announcement("one", volume=80, chime=True))
        world.announcer.announce(Announcement("two"))
        world.announcer.announce(Announcement(url="http://hub/three"))
        await until(lambda: len(world.told) == 3)
    assert world.heard == ["chime 80", "one", "at 80", "two", "at 50", "http://hub/three", "at 50"]
    assert all(one == {"type": "announced", "ok": True} for one in world.told)


async def test_conversation_is_waited_for() -> None:
    world = World()
    world.busy = True
    async with running(world):
        world.announcer.announce(Announcement("dinner"))
        await asyncio.sleep(0.3)
        assert world.heard == []
        world.busy = False
        await until(lambda: bool(world.told))


async def test_what_is_stopped_ends_and_the_next_one_follows() -> None:
    world = World()
    async with running(world):
        world.announcer.announce(Announcement("one"))
        await until(lambda: world.playing)
        world.announcer.announce(Announcement("two"))
        world.announcer.hush()
        await until(lambda: len(world.told) == 2)
    assert world.told[0] == {"type": "announced", "ok": False, "stopped": True}
    assert "two" in world.heard


async def test_sound_that_cannot_be_had_is_told_and_holds_up_nobody() -> None:
    world = World()
    async with running(world):
        world.announcer.announce(Announcement(url="http://hub/bad"))
        world.announcer.announce(Announcement("two"))
        await until(lambda: len(world.told) == 2)
    assert world.told[0] == {"type": "announced", "ok": False, "error": "the sound cannot be fetched"}


async def test_what_nobody_thought_of_costs_one_announcement() -> None:
    world = World()
    async with running(world):
        world.announcer.announce(Announcement(url="http://hub/odd"))
        world.announcer.announce(Announcement("two"))
        await until(lambda: len(world.told) == 2)
    assert world.told[0] == {"type": "announced", "ok": False, "error": "an announcement failed: AssertionError"}
    assert world.told[1] == {"type": "announced", "ok": True}


async def test_flood_and_nonsense_are_refused() -> None:
    announcer = World().announcer
    for bad in (Announcement(), Announcement("  "), Announcement("x" * (MOST_CHARACTERS + 1))):
        with pytest.raises(SpeakerError):
            announcer.announce(bad)
    for _ in range(MOST_WAITING):
        announcer.announce(Announcement("x"))
    with pytest.raises(SpeakerError, match="waiting already"):
        announcer.announce(Announcement("x"))
