"""The engines behind a session: what they take of the machine."""

import subprocess
import sys

LIVES = """
import asyncio, resource
from speaker.offline.speech.engines import Mind

async def live():
    mind = Mind()
    await mind.warm_up()
    async for _ in mind.speak("The sofa lamp is on.", 1.0):
        pass
    mind.close()
    return mind

def most_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

async def main():
    lives = [await live()]
    before = most_mb()
    lives += [await live() for _ in range(4)]
    print(most_mb() - before)

asyncio.run(main())
"""
"""Each reload of the daemon begins a life with a mind of its own, while the last one is still waiting to be collected:
its parts know each other."""


def test_five_minds_take_little_more_memory_than_one() -> None:
    done = subprocess.run([sys.executable, "-c", LIVES], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100, "MB"
