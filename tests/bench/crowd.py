"""A house of 500 speakers and 2,000 devices on one mosquitto: who answers, how soon, and what one speaker needs.

Three processes besides the broker, so that nobody waits for the others' loop: those that hear the wake word, those
that only see the claims, and the devices. Everybody is the product's own MQTT client with its own rule of claims.
"""

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from speaker.config.settings import MqttSettings
from speaker.daemon.house_feed import HouseFeed
from speaker.demo.broker import private_broker
from speaker.demo.virtual_devices import big_house
from speaker.demo.virtual_house import VirtualHouse
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry
from speaker.mqtt.client import MqttClient
from speaker.mqtt.dispatch import IncomingMessage
from speaker.wake.arbitration import WINDOW_S, Claim, Claims, read_claim
from tests.bench import table

SPEAKERS: Final = 500
HEARERS: Final = 50
"""Those among them that hear the word in the first part; so many that nobody is woken suspiciously often."""

TOGETHER: Final = 3
"""So many hear one utterance there: as many as stand within earshot of each other."""

DEVICES: Final = 2_000
UTTERANCES: Final = 150
APART_S: Final = 0.03
"""Detections of one utterance lie so far apart at most."""

REPORTS_PER_S: Final = 20
WORD: Final = "hey_jarvis"
TOPIC: Final = f"speaker/claim/{WORD}"


class Hearer:
    """A speaker as the others on the broker see it: it claims, and gives way."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.claims = Claims(name)
        self.answers = False
        self.decided: asyncio.Future[float] | None = None
        self.broker = MqttClient(MqttSettings(host="127.0.0.1", port=port), name, None, f"speaker/{name}/availability")
        self.broker.subscribe([TOPIC], self._claimed)
        self.broker.start()

    def hear(self, decided: asyncio.Future[float], at: float) -> bool:
        """Hear the word: whether it is claimed. ``decided`` gets the moment at which it is known who answers.

        ``at``: seconds since 1970.
        """
        if not self.claims.heard(WORD, time.monotonic(), at=at):
            return False
        self.answers, self.decided = True, decided
        self.broker.tell(TOPIC, msgspec.json.encode(Claim(speaker=self.name, score=0.9, at=at)).decode(), qos=1)
        return True

    def _claimed(self, message: IncomingMessage) -> None:
        claim = read_claim(message.payload)
        if claim is None:
            return
        lost = self.claims.take(WORD, claim, time.monotonic())
        if lost:
            self.answers = False
        if self.decided is not None and not self.decided.done() and (lost or claim.speaker == self.name):
            self.decided.set_result(time.monotonic())


async def _until(met: Callable[[], bool]) -> None:
    while not met():
        await asyncio.sleep(0.05)


def _are_online(crowd: list[Hearer]) -> bool:
    return all(one.broker.online for one in crowd)


async def connected(names: list[str], port: int) -> list[Hearer]:
    """Speakers on the broker, a few at a time: more than a hundred at once do not fit into its queue of connections."""
    crowd: list[Hearer] = []
    for start in range(0, len(names), 20):
        crowd += [Hearer(name, port) for name in names[start : start + 20]]
        await _until(partial(_are_online, crowd))
    return crowd


async def _rest(port: int, first: int, count: int) -> None:
    """Speakers that follow the claims until the process is ended; a line on stdin lets them all hear the word.

    They stand for other machines, so they leave this one's processor to those that are measured.
    """
    os.nice(15)
    crowd = await connected([f"speaker{number}" for number in range(first, first + count)], port)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        began, at, cpu = time.monotonic(), time.time(), time.process_time()
        claimed = [one for one in crowd if one.hear(loop.create_future(), at)]
        ends = await asyncio.gather(*(one.decided for one in claimed if one.decided is not None))
        await asyncio.sleep(1)
        took_ms = [round(1000 * (end - began)) for end in ends]
        cpu_ms = 1000 * (time.process_time() - cpu)
        answering = [one.name for one in crowd if one.answers]
        told = {"claimed": len(claimed), "answering": answering, "took_ms": took_ms, "cpu_ms": cpu_ms}
        print(json.dumps(told), flush=True)
        for one in crowd:
            one.answers = False


async def _devices(port: int, count: int) -> None:
    """Devices that are announced, and then report until the process is ended."""
    house = VirtualHouse(port, big_house(count))
    await house.open()
    print("ready", flush=True)
    chance = random.Random(1)  # noqa: S311 - nothing secret
    reporting = [one for one in house.devices if one.state_topic]
    while True:
        one = chance.choice(reporting)
        await house.broker.publish(one.state_topic, one.state, retain=True)
        await asyncio.sleep(1 / REPORTS_PER_S)


async def _house(port: int, count: int) -> None:
    """The part of one speaker that follows the house and the claims: seconds, processor time and memory."""
    empty_mb = _memory_mb()
    speaker = Hearer("measured", port)
    registry = DeviceRegistry()
    feed = HouseFeed(speaker.broker, registry, DeviceController(registry, speaker.broker, 5))
    await _until(lambda: speaker.broker.online)
    began, cpu = time.monotonic(), time.process_time()
    feed.start(["homeassistant"])
    await _until(lambda: len(registry.devices()) >= count)
    usable_s, taking_s = time.monotonic() - began, time.process_time() - cpu
    await asyncio.sleep(5)
    cpu = time.process_time()
    await asyncio.sleep(20)
    share = 100 * (time.process_time() - cpu) / 20
    print(json.dumps({
        "usable_s": usable_s, "taking_s": taking_s, "percent": share, "mb": _memory_mb(), "empty_mb": empty_mb,
    }))  # fmt: skip


def _memory_mb() -> float:
    return next(
        int(line.split()[1]) / 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )


async def _neighbours(hearers: list[Hearer]) -> tuple[list[float], list[int]]:
    """Utterances that a few hear: ms from hearing to knowing for each of them, and how many answered."""
    took_ms: list[float] = []
    answered: list[int] = []
    loop, chance = asyncio.get_running_loop(), random.Random(1)  # noqa: S311 - nothing secret
    for _ in range(UTTERANCES):
        near = chance.sample(hearers, TOGETHER)
        heard: list[tuple[float, asyncio.Future[float]]] = []
        for one in near:
            one.answers = False
            decided = loop.create_future()
            began = time.monotonic()
            if one.hear(decided, time.time()):
                heard.append((began, decided))
            await asyncio.sleep(APART_S / TOGETHER * chance.random())
        ends = await asyncio.gather(*(decided for _, decided in heard))
        took_ms += [1000 * (end - began) for (began, _), end in zip(heard, ends, strict=True)]
        await asyncio.sleep(WINDOW_S + 0.5)
        answered.append(sum(one.answers for one in near))
        # Who answers shows it, so that it is believed the next time, too.
        for one in hearers:
            for other in near:
                one.claims.credibility.saw(other.name, talking=other.answers)
    return took_ms, answered


def crowd_part(part: str, port: int, *more: str) -> list[str]:
    """How a part of the crowd is started: ``rest``, ``devices`` or ``house``."""
    return [sys.executable, "-W", "ignore", "-m", "tests.bench.crowd", part, str(port), *more]


def _measured(port: int) -> str:
    return subprocess.run(crowd_part("house", port, str(DEVICES)), text=True, stdout=subprocess.PIPE, check=True).stdout


@contextmanager
def part_running(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


async def one_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return await asyncio.get_running_loop().run_in_executor(None, process.stdout.readline)


async def all_hear_it(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Let the speakers of a process hear the word."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(await one_line(process))
    return answer


async def main() -> None:
    """Print three tables."""
    with tempfile.TemporaryDirectory() as folder:
        async with private_broker(Path(folder)) as broker:
            port = broker.port
            hearers = await connected([f"hearer{number}" for number in range(HEARERS)], port)
            # Two processes: paho waits with select(), which knows a thousand files a process, three a client.
            half = (SPEAKERS - HEARERS) // 2
            with (
                part_running(*crowd_part("rest", port, "0", str(half))) as one,
                part_running(*crowd_part("rest", port, str(half), str(half))) as other,
                part_running(*crowd_part("devices", port, str(DEVICES))) as devices,
            ):
                await asyncio.gather(one_line(one), one_line(other), one_line(devices))
                needs = json.loads(await asyncio.to_thread(_measured, port))
                took_ms, answered = await _neighbours(hearers)
                at_once = _together(*await asyncio.gather(all_hear_it(one), all_hear_it(other)))
    _show(took_ms, answered, at_once, needs)


@dataclass(frozen=True, slots=True)
class _Halves:
    """What came of it when all heard the word in the same moment."""

    claims: int
    answers: int
    took_ms: list[int]


def _together(*halves: dict[str, Any]) -> _Halves:
    answers = sum(len(half["answering"]) for half in halves)
    return _Halves(
        sum(half["claimed"] for half in halves), answers, sorted(ms for half in halves for ms in half["took_ms"])
    )


def _show(took_ms: list[float], answered: list[int], at_once: _Halves, needs: dict[str, float]) -> None:
    known = "heard → known who answers"
    fine = sorted(took_ms)
    p99 = fine[int(0.99 * len(fine))]
    exactly = f"{sum(one == 1 for one in answered)} of {len(answered)}"
    table(
        f"{SPEAKERS} speakers and {DEVICES} devices; {TOGETHER} hear each of {len(answered)} utterances",
        ["", "p50, ms", "p99, ms", "exactly one answer"],
        [[known, f"{statistics.median(fine):.1f}", f"{p99:.1f}", exactly]],
    )
    late = at_once.took_ms
    table(
        f"All of {SPEAKERS - HEARERS} hear it in the same moment",
        ["", "claims", "p50, ms", "last, ms", "answers"],
        [[known, str(at_once.claims), str(late[len(late) // 2]), str(late[-1]), str(at_once.answers)]],
    )
    columns = ("usable_s", "taking_s", "percent", "mb", "empty_mb")
    table(
        f"One speaker in that house, without its sound ({REPORTS_PER_S} reports a second)",
        ["", "devices usable, s", "of it processor, s", "% of a core", "MB", "MB before"],
        [["MQTT, house and claims", *(f"{needs[one]:.1f}" for one in columns)]],
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["rest", port, first, count]:
            asyncio.run(_rest(int(port), int(first), int(count)))
        case ["devices", port, count]:
            asyncio.run(_devices(int(port), int(count)))
        case ["house", port, count]:
            asyncio.run(_house(int(port), int(count)))
        case _:
            asyncio.run(main())
