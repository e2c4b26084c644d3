"""How cost grows: ``python -m tests.bench.growth [--only NAME,NAME]``, a line for each thing that there may be more of.

Wake words, minutes of a conversation, devices, speakers on one broker, and open web pages. Each figure comes from a
process of its own. The minutes are spoken in real time in the virtual room; everything together takes some twelve
minutes on two cores.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES
from speaker.demo.broker import private_broker
from speaker.wake.detector import WakeWords, open_word
from tests.bench import table
from tests.bench.crowd import all_hear_it, crowd_part, one_line, part_running
from tests.bench.race.asleep import calm, listening
from tests.bench.race.contest import contest
from tests.bench.race.contestants import OURS
from tests.bench.race.environments import cache_folder
from tests.bench.race.machine import machine
from tests.bench.race.process_use import memory
from tests.bench.race.running import runner
from tests.bench.wake import DEAF_S, THRESHOLD, WARM_UP_FRAMES, sounds

Json = dict[str, Any]

WORDS: Final = ("hey_jarvis", "alexa", "hey_mycroft", "hey_marvin")
WORD_COUNTS: Final = (1, 2, 4)
MINUTES: Final = (1, 3, 6)
DEVICE_COUNTS: Final = (20, 250, 2_000)
SPEAKER_COUNTS: Final = (1, 10, 100, 500)
PAGE_COUNTS: Final = (0, 1, 10, 50)
A_PROCESS: Final = 250
"""More clients than this do not fit into one process: see tests/bench/crowd.py."""


@dataclass(frozen=True, slots=True)
class Growth:
    """One line: values stand in the order of the counts."""

    what: str
    counts: Sequence[int]
    cpu: Sequence[float]
    cpu_unit: str
    memory_mb: Sequence[float]
    more: Sequence[float] = ()
    more_unit: str = ""


def growth_row(one: Growth) -> list[str]:
    """Its cells."""
    return [
        one.what,
        " / ".join(f"{count:,}" for count in one.counts),
        f"{_values(one.cpu)} {one.cpu_unit}",
        _values(one.memory_mb),
        f"{_values(one.more)} {one.more_unit}".strip(),
    ]


def _values(values: Sequence[float]) -> str:
    """Two digits or a whole number."""
    return " / ".join(f"{value:.2g}" if value < 10 else f"{value:,.0f}" for value in values)


def _child(*arguments: str) -> Json:
    """What a process prints last, as data."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *arguments], capture_output=True, text=True, check=True
    )
    found: Json = json.loads(done.stdout.splitlines()[-1])
    return found


def score_words(count: int, file: str) -> Json:
    """In a process of its own: so many wake words over a file of samples."""
    words = WakeWords([open_word(name, THRESHOLD, 1) for name in WORDS[:count]], refractory_s=DEAF_S, lazy=True)
    samples = np.load(file)
    frames = samples[: samples.size - samples.size % FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    for _ in range(WARM_UP_FRAMES):
        words.push(np.zeros(FRAME_SAMPLES, np.int16))
    began = time.process_time()
    for frame in frames:
        words.push(frame)
    spent_ms = 1000 * (time.process_time() - began)
    return {"percent": 100 * spent_ms / len(frames) / FRAME_MS, "mb": memory(["self"]).rss_mb}


async def wake_words() -> Growth:
    """In speech without a pause, where they cost most."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "speech.npy")
        np.save(file, sounds()["speech"])
        found = [_child("tests.bench.growth", "--words", str(count), str(file)) for count in WORD_COUNTS]
    return Growth(
        "wake words", WORD_COUNTS, [one["percent"] for one in found], "% of a core in speech",
        [one["mb"] for one in found],
    )  # fmt: skip


async def minutes_of_conversation(marks: Sequence[int] = MINUTES) -> Growth:
    """The whole daemon: what each of these minutes of one conversation took, and what is needed at its end."""
    cpu, needs = [], []
    async with contest(cache_folder()) as held:
        async with runner(OURS, held.place) as run:  # the phrases of a first start
            await listening(run, held.hub)
            await calm(run)
        held.hub.forget()
        async with runner(OURS, held.place) as run, held.talking(run) as conversation:
            await conversation.begin()
            for minute in range(1, max(marks) + 1):
                before = run.used()
                while time.monotonic() < before.at_s + 60:
                    await conversation.exchange(held.talk)
                spent = run.used().since(before)
                print(f"minute {minute}", flush=True)
                if minute in marks:
                    cpu.append(60 * spent.cpu_s / spent.at_s)
                    needs.append(run.memory().rss_mb)
    return Growth("minutes of conversation", marks, cpu, "s a minute", needs)


async def devices() -> Growth:
    """The part of one speaker that follows the house, at 20 reports a second."""
    found = []
    for count in DEVICE_COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            async with private_broker(Path(folder)) as broker:
                with part_running(*crowd_part("devices", broker.port, str(count))) as house:
                    await one_line(house)
                    found.append(
                        await asyncio.to_thread(_child, "tests.bench.crowd", "house", str(broker.port), str(count))
                    )
    return Growth(
        "devices", DEVICE_COUNTS, [one["percent"] for one in found], "% of a core", [one["mb"] for one in found],
        [one["usable_s"] for one in found], "s until usable",
    )  # fmt: skip


async def speakers() -> Growth:
    """One speaker among so many that all hear the same word: what it takes, and when the last knows who answers."""
    cpu, needs, last = [], [], []
    for count in SPEAKER_COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            async with private_broker(Path(folder)) as broker:
                with ExitStack() as running:
                    crowd = [
                        running.enter_context(part_running(*crowd_part("rest", broker.port, str(first), str(size))))
                        for first, size in crowd_sizes(count)
                    ]
                    await asyncio.gather(*(one_line(one) for one in crowd))
                    heard = await asyncio.gather(*(all_hear_it(one) for one in crowd))
                    answers = sum(len(one["answering"]) for one in heard)
                    print(f"{count} speakers: {answers} answered", flush=True)
                    cpu.append(heard[0]["cpu_ms"])
                    needs.append(memory([crowd[0].pid]).rss_mb)
                    last.append(max(ms for one in heard for ms in one["took_ms"]))
    return Growth("speakers that hear one word", SPEAKER_COUNTS, cpu, "ms for one of them", needs, last,
                  "ms until the last knows")  # fmt: skip


def crowd_sizes(count: int) -> list[tuple[int, int]]:
    """First number and size of each process: one speaker alone, which is measured, and those around it."""
    return [(0, 1), *((first, min(A_PROCESS, count - first)) for first in range(1, count, A_PROCESS))]


async def pages() -> Growth:
    """The process that has the page, without its sound."""
    found = [_child("tests.bench.page", "on", "--json")] + [
        _child("tests.bench.page", "readers", "--readers", str(count), "--json") for count in PAGE_COUNTS[1:]
    ]
    return Growth(
        "open web pages", PAGE_COUNTS, [one["percent"] for one in found], "% of a core", [one["mb"] for one in found]
    )


LINES: Final[dict[str, Callable[[], Awaitable[Growth]]]] = {
    "words": wake_words, "minutes": minutes_of_conversation, "devices": devices, "speakers": speakers, "pages": pages,
}  # fmt: skip


def _marks(text: str) -> list[int]:
    marks = [int(one) for one in text.split(",") if one.isdecimal() and int(one)]
    if not marks or marks != sorted(set(marks)):
        raise argparse.ArgumentTypeError(f"{text} are no minutes; 1,3,6 are")
    return marks


def _lines(text: str) -> list[str]:
    names = text.split(",")
    unknown = [one for one in names if one not in LINES]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no {unknown[0]}; there are {', '.join(LINES)}")
    return names


async def _measure(names: Sequence[str], marks: Sequence[int]) -> list[Growth]:
    found = []
    lines = LINES | {"minutes": partial(minutes_of_conversation, marks)}
    for name in names:
        print(f"{name} ...", flush=True)
        found.append(await lines[name]())
    return found


def _show(found: Sequence[Growth], file: Path | None) -> None:
    """Print these lines, and keep them."""
    print(f"\n{machine()}")
    table("How cost grows", ["", "of them", "processor", "MB", "besides"], [growth_row(one) for one in found])
    if file is not None:
        file.write_text(json.dumps({"machine": machine(), "lines": [asdict(one) for one in found]}, indent=1))


def main() -> None:
    """All lines, or some."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=_lines, default=list(LINES), metavar="NAME,NAME", help=f"of {', '.join(LINES)}")
    parser.add_argument(
        "--minutes", type=_marks, default=MINUTES, metavar="N,N", help="of a conversation that are told; default 1,3,6"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--words", nargs=2, metavar=("COUNT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.words:
        print(json.dumps(score_words(int(options.words[0]), options.words[1])))
    else:
        _show(asyncio.run(_measure(options.only, options.minutes)), options.json)


if __name__ == "__main__":
    main()
