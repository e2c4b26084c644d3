"""The engines behind a session: what they take of the machine."""

from tests.support.memory import growth_mb

LIFE = """
import asyncio
from speaker.offline.speech.engines import Mind

async def live():
    mind = Mind()
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
