"""Wakes the whole conversation part again and again, and shows that nothing grows: `python -m tests.soak [WAKES]`.

The product's own assembly, ledger, tools and Realtime client talk to a Realtime server over a real socket; sound is a
stand-in, so that the silence between two requests takes no time. Every tenth conversation calls a tool, every
fifteenth loses its session in the middle, every twentieth is answered with an error. It prints what the process holds
as it goes on, and exits with 1 when that grew, or when a wake word was missed.
"""

import asyncio
import gc
import logging
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from speaker.offline.server.scripted import Drop, ScriptStep
from speaker.realtime import connecting
from speaker.tools import tool
from tests.support.service_frames import ASKED, TURN, answer, call, created, done, error
from tests.support.talking_speaker import TalkingSpeaker, brisk, talking

WARM: int = 100
"""Wakes after which everything that is loaded once is loaded."""

MOST: dict[str, tuple[float, int]] = {"objects": (5.0, 1_000), "rss_kb": (4.0, 4_096)}
"""What may grow with each wake, and go up and down besides. More is a leak: a conversation leaves a line in the ledger
behind, and nothing else."""


CLOSING_S: int = 10
"""How long a session may take to close, on a busy machine, before what it holds counts as left behind."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds."""

    objects: int
    rss_kb: int
    threads: int
    descriptors: int
    tasks: int

    @classmethod
    async def at_rest(cls, tasks: int) -> "Held":
        """What is held once no more than these tasks run: a session closes a moment after its conversation."""
        for _ in range(CLOSING_S * 20):
            if len(asyncio.all_tasks()) <= tasks:
                break
            await asyncio.sleep(0.05)
        return cls.now()

    @classmethod
    def now(cls) -> "Held":
        """What is held at this moment, closing sessions and all."""
        gc.collect()
        status = Path("/proc/self/status").read_text()
        rss_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        return cls(len(gc.get_objects()), rss_kb, threading.active_count(), descriptors, len(asyncio.all_tasks()))


@tool
async def light() -> str:
    """Switch the light."""
    return "Confirmed: the light is on."


def scene(number: int) -> list[ScriptStep]:
    """What the service does in a connection."""
    if number % 20 == 19:
        return [*TURN, error(code="server_error")]
    if number % 15 == 14:
        return [*TURN, created(), Drop()]
    if number % 10 == 9:
        return [*TURN, created(), done(call()), *ASKED, *answer("r2", "b", 200)]
    return [*TURN, *answer(ms=200)]


async def wake(one: TalkingSpeaker) -> None:
    """One conversation, and what a test would keep of it is forgotten."""
    await one.converse()
    for kept in (
        one.told, one.claims, one.sound.said, one.sound.chimes, one.sound.played, one.notes.states, one.notes.tools,
        one.notes.troubles, one.script.seen,
    ):  # fmt: skip
        kept.clear()
    one.script.scenes[:] = one.script.scenes[1:] or one.script.scenes


async def soak(wakes: int) -> list[Held]:
    """What is held after the first conversations, and at ten moments from there on."""
    logging.disable(logging.CRITICAL)
    moments: list[Held] = []
    settings = brisk(limits={"follow_up_s": 0.01, "remember_s": 0})
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(connecting, "_BACKOFF_S", 0.01):
        scenes = [scene(number) for number in range(1 + WARM + wakes + 200)]
        async with talking(Path(folder), *scenes, settings=settings, tools=[light], faster=1_000) as one:
            await wake(one)
            tasks = await fewest_tasks()
            for number in range(WARM + wakes):
                await wake(one)
                if number >= WARM - 1 and (number - WARM + 1) % max(1, wakes // 10) == 0:
                    moments.append(await Held.at_rest(tasks))
    return moments


async def fewest_tasks() -> int:
    """How many tasks run when the first session has closed."""
    fewest = len(asyncio.all_tasks())
    for _ in range(40):
        await asyncio.sleep(0.05)
        fewest = min(fewest, len(asyncio.all_tasks()))
    return fewest


def grown(first: Held, last: Held, wakes: int) -> list[str]:
    """What grew, as sentences."""
    found = []
    for name, (most, noise) in MOST.items():
        more = getattr(last, name) - getattr(first, name)
        if more > noise + most * wakes:
            found.append(f"{name} grew by {more} in {wakes} wakes; {most:g} for each are allowed")
    found += [
        f"{name} grew from {getattr(first, name)} to {getattr(last, name)}"
        for name in ("threads", "descriptors", "tasks")
        if getattr(last, name) > getattr(first, name)
    ]
    return found


def main() -> int:
    """Run it, and print a line for each moment."""
    wakes = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    moments = asyncio.run(soak(wakes))
    print("wakes  objects   RSS kB  threads  descriptors  tasks")
    for number, one in enumerate(moments):
        count = number * (wakes // 10)
        print(f"{count:5} {one.objects:8} {one.rss_kb:8} {one.threads:8} {one.descriptors:12} {one.tasks:6}")
    problems = grown(moments[0], moments[-1], wakes)
    print("\n".join(problems) or "nothing grew, and no wake word was missed")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
