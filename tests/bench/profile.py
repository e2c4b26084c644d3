"""The ten largest costs of the daemon, asleep and awake: ``python -m tests.bench.profile``.

The whole daemon runs in the virtual room of ``python -m tests.bench``: in silence, in speech, in the noise that comes
after it, and in a conversation with everything open. Python's functions are counted by cProfile with each thread's own
processor clock; C functions and libraries belong to whom they are called by. Threads without Python, those of
PulseAudio, PortAudio and ONNX Runtime, are counted by the kernel. The profiler itself costs, so each table names what
the daemon uses without it, too.
"""

import argparse
import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.bench import table
from tests.bench.race.asleep import RECOVERY_S, SETTLE_S, WINDOW_S, calm, listening, speech_and_noise
from tests.bench.race.call_costs import Costs, between, largest, passed_on, shown
from tests.bench.race.contest import Contest, contest
from tests.bench.race.contestants import Ours
from tests.bench.race.environments import cache_folder
from tests.bench.race.machine import machine
from tests.bench.race.process_use import CARD_THREADS, ThreadUse, threads
from tests.bench.race.profiled_daemon import DUMP
from tests.bench.race.running import Runner, runner

PLAIN: Final = Ours("plain", "full")
PROFILED: Final = Ours("profiled", "full", "tests.bench.race.profiled_daemon")
COUNT: Final = 10
Json = dict[str, Any]
_DUMP_S: Final = 5.0


@dataclass(slots=True)
class Window:
    """What was used while something went on."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    costs: Costs = field(default_factory=dict)


Part = Callable[[Contest, Ours], Awaitable[dict[str, Window]]]


@dataclass(slots=True)
class Watched:
    """A daemon that runs, with a profiler or without."""

    run: Runner
    state: Path
    windows: dict[str, Window] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    """Threads with Python."""

    @asynccontextmanager
    async def window(self, name: str) -> AsyncIterator[None]:
        """Count while it lasts."""
        first, threads_before = await self._dump(), threads(self.run.process.pid)
        before = self.run.used()
        yield
        spent, threads_after = self.run.used().since(before), threads(self.run.process.pid)
        calls = calls_between(first, await self._dump())
        costs = between(self._natives(threads_before), self._natives(threads_after)) | calls
        self.windows[name] = Window(spent.at_s, spent.cpu_s, costs)

    def _natives(self, running: Mapping[int, ThreadUse]) -> Costs:
        """Those without Python, as far as is known by now."""
        found: Costs = {}
        for number, thread in running.items():
            if str(number) not in self.known:
                name = native_name(thread)
                found[name] = found.get(name, 0.0) + thread.cpu_s
        return found

    async def _dump(self) -> Json:
        if self.run.who is PLAIN:
            return {}
        file = self.state / DUMP
        file.unlink(missing_ok=True)
        os.kill(self.run.process.pid, signal.SIGUSR1)
        async with asyncio.timeout(_DUMP_S):
            while not file.exists():
                await asyncio.sleep(0.02)
        told: Json = json.loads(file.read_text())
        self.known |= told["threads"].keys()
        return told


def calls_between(first: Json, last: Json) -> Costs:
    """What Python's functions used from one dump to the next."""
    if not last:
        return {}
    callers = {name: between(first["callers"].get(name, {}), whom) for name, whom in last["callers"].items()}
    costs = passed_on(between(first["own"], last["own"]), callers)
    return {shown(name): seconds for name, seconds in costs.items()}


def native_name(thread: ThreadUse) -> str:
    """What a thread without Python is for."""
    return "(thread) virtual card" if thread.name in CARD_THREADS else f"(thread) native, {thread.name}"


async def asleep(held: Contest, who: Ours) -> dict[str, Window]:
    """Silence, speech, and noise after it."""
    held.hub.forget()
    async with runner(who, held.place) as run:
        await listening(run, held.hub)
        await calm(run)
        watched = Watched(run, held.place.folder / "state")
        async with watched.window("silence"):
            await asyncio.sleep(WINDOW_S)
        saying = asyncio.create_task(held.room.say(speech_and_noise(held.reading)))
        await asyncio.sleep(SETTLE_S / 2)
        async with watched.window("speech"):
            await asyncio.sleep(WINDOW_S)
        await asyncio.sleep(RECOVERY_S)
        async with watched.window("noise after speech"):
            await asyncio.sleep(WINDOW_S)
        await saying
        return watched.windows


async def awake(held: Contest, who: Ours) -> dict[str, Window]:
    """A conversation, its start included."""
    held.hub.forget()
    async with runner(who, held.place) as run, held.talking(run) as conversation:
        await listening(run, held.hub)
        await calm(run)
        watched = Watched(run, held.place.folder / "state")
        async with watched.window("a conversation"):
            await conversation.hold(held.talk)
        return watched.windows


def rows(window: Window) -> list[list[str]]:
    """The largest costs: name, ms of processor time a second, share of all that was used."""
    return [
        [name, f"{1000 * seconds / window.seconds:.2f}", f"{100 * seconds / window.cpu_s:.0f} %"]
        for name, seconds in largest(window.costs, COUNT)
    ]


PARTS: Final = {"asleep": asleep, "awake": awake}


async def _all_windows(held: Contest, who: Ours, parts: Sequence[Part]) -> dict[str, Window]:
    found: dict[str, Window] = {}
    for part in parts:
        found |= await part(held, who)
    return found


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="only this one; both take four minutes")
    part = parser.parse_args().part
    parts = [PARTS[part]] if part else list(PARTS.values())
    async with contest(cache_folder()) as held:
        async with runner(PLAIN, held.place) as run:  # the phrases of a first start
            await listening(run, held.hub)
            await calm(run)
        plain = await _all_windows(held, PLAIN, parts)
        profiled = await _all_windows(held, PROFILED, parts)
    print(machine())
    for name, window in profiled.items():
        alone = plain[name]
        use, used = (1000 * one.cpu_s / one.seconds for one in (window, alone))
        title = f"{name.capitalize()}: {use:.1f} ms of processor time a second, {used:.1f} without the profiler"
        table(title, ["", "ms / s", "share"], rows(window))


if __name__ == "__main__":
    asyncio.run(main())
