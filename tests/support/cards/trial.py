"""A microphone and a loudspeaker on whatever cards there are, telling on standard output what comes of it.

``python -m tests.support.cards.trial '{"microphone": "USB", "loudspeaker": "dac", "channel": 2}'``. A line a second
tells the loudest frame since the last one; one more is told for every change.
"""

import asyncio
import json
import logging
import sys

import numpy as np

from speaker.audio import pcm
from speaker.audio.capture_choice import Capture
from speaker.audio.devices import SoundSystem
from speaker.audio.loudspeaker import Loudspeaker
from speaker.audio.microphone import Microphone
from speaker.audio.pcm import SESSION_HZ, Samples


def tell(text: str) -> None:
    """A line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class _Told(logging.Handler):
    """What the parts log is told, too."""

    def emit(self, record: logging.LogRecord) -> None:
        tell(f"log: {record.getMessage()}")


async def _hear(system: SoundSystem, name: str, capture: Capture) -> None:
    levels = [pcm.SILENCE_DBFS]

    def take(frame: Samples, _index: int) -> None:
        levels.append(pcm.level_dbfs(frame))

    microphone = Microphone(
        system, name, take, lambda text: tell(f"microphone: {text or 'right again'}"), capture=capture
    )
    microphone.open(True)
    running = asyncio.create_task(microphone.run())
    while not running.done():
        await asyncio.sleep(1)
        tell(f"heard {len(levels) - 1} frames, {max(levels):.0f} dBFS{', dead' if microphone.dead else ''}")
        levels[:] = [pcm.SILENCE_DBFS]


async def _play(system: SoundSystem, name: str) -> None:
    tone = pcm.from_float((0.3 * np.sin(2 * np.pi * 440 * np.arange(SESSION_HZ // 2) / SESSION_HZ)).astype(np.float32))
    loudspeaker = Loudspeaker(
        system, name, lambda: tell("sound begins"), lambda: tell("sound ends"),
        lambda text: tell(f"loudspeaker: {text or 'right again'}"),
    )  # fmt: skip
    running = asyncio.create_task(loudspeaker.run())
    while not running.done():
        loudspeaker.play(tone, "tone")
        await asyncio.sleep(5)


async def main(wanted: dict[str, str]) -> None:
    """Hear and play for ever."""
    logging.basicConfig(level=logging.INFO, handlers=[_Told()])
    system = SoundSystem()
    microphone, loudspeaker = wanted.pop("microphone", ""), wanted.pop("loudspeaker", "")
    async with asyncio.TaskGroup() as group:
        if microphone:
            group.create_task(_hear(system, microphone, Capture(**wanted)))  # type: ignore[arg-type]
        if loudspeaker:
            group.create_task(_play(system, loudspeaker))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
