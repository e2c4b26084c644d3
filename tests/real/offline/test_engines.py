"""The engines behind a session: what they take of the machine."""

import os
import threading

import pytest

from speaker.audio.vad import TurnDetector
from speaker.offline.speech.engines import OfflineEngines
from tests.support.memory import growth_mb

LIFE = """
import asyncio
from speaker.offline.speech.engines import OfflineEngines

async def live(speaks=True):
    mind = OfflineEngines()
    if speaks:
        await mind.warm_up()
        async for sound in mind.speak("The sofa lamp is on.", 1.0):
            await mind.hear(sound)
        await mind.reply(mind.house("", []), "What time is it?")
    mind.close()
    return mind

lives = [asyncio.run(live(False))]
"""


def test_who_speaks_and_hears_needs_hardly_more_memory_than_who_does_not() -> None:
    assert growth_mb(LIFE, "lives.append(asyncio.run(live()))") < 25


def test_five_minds_take_little_more_memory_than_one() -> None:
    """Each reload begins a life with a mind of its own, while the last one waits until it is collected."""
    assert growth_mb(LIFE, "lives += [asyncio.run(live()) for _ in range(5)]") < 25


async def test_nobody_is_niced_for_whom_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker takes the interpreter's lock, and on a busy machine would keep it while it does not get to run."""
    niceness: list[int] = []

    def note(_: object) -> None:
        niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    monkeypatch.setattr(TurnDetector, "__init__", lambda *_: note(_))
    engines = OfflineEngines()
    try:
        await engines.warm_up()
        assert engines.pid is not None
        niceness.append(os.getpriority(os.PRIO_PROCESS, engines.pid))
    finally:
        engines.close()
    assert niceness == 2 * [os.getpriority(os.PRIO_PROCESS, 0)]
