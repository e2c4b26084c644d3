"""The engines behind a session: what they take of the machine."""

import os
import threading

import pytest

from speaker.audio.vad import TurnDetector
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.synthesiser import Synthesiser
from tests.support.memory import growth_mb

LIFE = """
import asyncio
from speaker.offline.speech.engines import OfflineEngines

async def live():
    mind = OfflineEngines()
    await mind.warm_up()
    async for _ in mind.speak("The sofa lamp is on.", 1.0):
        pass
    mind.close()
    return mind

lives = [asyncio.run(live())]
"""


def test_five_minds_take_little_more_memory_than_one() -> None:
    """Each reload begins a life with a mind of its own, while the last one waits until it is collected."""
    assert growth_mb(LIFE, "lives += [asyncio.run(live()) for _ in range(4)]") < 100


async def test_no_worker_is_niced_that_others_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the interpreter's lock, and on a busy machine would keep it while it does not get to run."""
    niceness: list[int] = []

    def note(_: object) -> None:
        niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    monkeypatch.setattr(Synthesiser, "warm_up", note)
    monkeypatch.setattr(TurnDetector, "__init__", lambda *_: note(_))
    engines = OfflineEngines()
    await engines.warm_up()
    engines.close()
    assert niceness == 2 * [os.getpriority(os.PRIO_PROCESS, 0)]
