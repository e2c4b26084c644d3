"""The stand-in for sound keeps the promises of the real part."""

from collections.abc import Awaitable, Callable

import pytest

from speaker.errors import About
from tests.support.sound_contract import CONTRACT, Rig, Told
from tests.support.stand_in_sound import StandInSound


class StandInRig:
    """Nobody is needed in a room without devices."""

    def __init__(self) -> None:
        self.told = Told()
        self.sound = StandInSound(self.told.events.append, self.told.words.append, self._note)

    def _note(self, problem: str, _about: About) -> None:
        self.told.troubles.append(problem)

    async def say_wake_word(self) -> None:
        self.sound.hear_wake_word()

    async def say(self, ms: int) -> None:
        self.sound.hear(ms)


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda one: one.__name__)
async def test_the_stand_in(promise: Callable[[Rig], Awaitable[None]]) -> None:
    await promise(StandInRig())
