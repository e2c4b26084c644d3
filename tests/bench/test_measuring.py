"""What measures in the benches: the server that hears by loudness, the costs by function, and the lines of growth."""

import base64
import cProfile
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.protocol.codec import decode_server
from tests.bench.growth import Growth, crowd_sizes, growth_row
from tests.bench.profile import native_name
from tests.bench.race.awake import whole_place
from tests.bench.race.call_costs import CallGraph, between, largest, passed_on, shown
from tests.bench.race.ears import EAR_HZ
from tests.bench.race.measuring_server import MeasuringServer, noise_answer
from tests.bench.race.process_use import ThreadUse

Json = dict[str, Any]

DELTA: Final = "response.output_audio.delta"


# The server.


@asynccontextmanager
async def client_of(server: MeasuringServer) -> AsyncIterator[ClientConnection]:
    engines = OfflineEngines()
    async with RealtimeServer(ServerSettings(port=0), engines, server) as listening, connect(listening.url) as client:
        yield client
    engines.close()


async def say(client: ClientConnection, ms: float, size: int) -> None:
    data = pcm.to_bytes(np.full(pcm.ms_to_samples(ms, SESSION_HZ), size, np.int16))
    await client.send(json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(data).decode()}))


async def until(client: ClientConnection, kind: str) -> list[Json]:
    """All events up to one of a kind; each is one that the product can read."""
    found: list[Json] = []
    while not found or found[-1]["type"] != kind:
        frame = await client.recv()
        decode_server(frame if isinstance(frame, str) else frame.decode())
        found.append(json.loads(frame))
    return found


async def test_a_turn_is_answered_after_half_a_second_of_silence() -> None:
    server = MeasuringServer(answer_s=0.5)
    async with client_of(server) as client:
        await client.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        await until(client, "session.updated")
        await say(client, 100, 9_000)
        await say(client, 499, 0)
        await say(client, 10, 9_000)
        await say(client, 500, 0)
        events = await until(client, "response.done")
    kinds = [one["type"] for one in events]
    assert kinds.count("input_audio_buffer.speech_started") == kinds.count("input_audio_buffer.speech_stopped") == 1
    assert events[-1]["response"]["status"] == "completed"
    sound = b"".join(base64.b64decode(one["delta"]) for one in events if one["type"] == DELTA)
    assert sound == pcm.to_bytes(noise_answer(0.5))
    (turn,) = server.turns
    assert turn.started_s <= turn.last_sound_s <= turn.first_delta_s
    assert server.appended == 4


async def test_who_is_heard_during_an_answer_interrupts_it() -> None:
    server = MeasuringServer(answer_s=5)
    async with client_of(server) as client:
        await say(client, 100, 9_000)
        await say(client, 500, 0)
        await until(client, DELTA)
        await say(client, 20, 9_000)
        events = await until(client, "response.done")
        assert "input_audio_buffer.speech_started" in [one["type"] for one in events]
        assert events[-1]["response"]["status"] == "cancelled"
        server.answer_s = 0.2
        await say(client, 500, 0)
        assert (await until(client, "response.done"))[-1]["response"]["status"] == "completed"
    assert len(server.turns) == 2


async def test_a_client_may_leave_in_the_middle_of_an_answer() -> None:
    server = MeasuringServer(answer_s=5)
    async with client_of(server) as client:
        await say(client, 100, 9_000)
        await say(client, 500, 0)
        await until(client, DELTA)
    assert len(server.turns) == 1


async def test_silence_begins_nothing() -> None:
    server = MeasuringServer()
    async with client_of(server) as client:
        await until(client, "session.created")
        await say(client, 900, 0)
        await client.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        assert [one["type"] for one in await until(client, "session.updated")] == ["session.updated"]
    assert server.turns == []


# Costs by function.


def test_libraries_work_for_who_calls_them() -> None:
    own = {"/r/a.py push": 1.0, "/r/b.py read": 0.5, "/l/numpy.py mean": 4.0, "/l/numpy.py _sum": 2.0}
    callers = {
        "/l/numpy.py _sum": {"/l/numpy.py mean": 2.0},
        "/l/numpy.py mean": {"/r/a.py push": 3.0, "/r/b.py read": 1.0},
        "/r/b.py read": {"/r/a.py push": 9.0},
    }
    costs = passed_on(own, callers, root="/r")
    assert costs == pytest.approx(
        {"/r/a.py push": 1 + 3 + 1.5, "/r/b.py read": 0.5 + 1 + 0.5, "/l/numpy.py mean": 0, "/l/numpy.py _sum": 0}
    )


def test_what_the_event_loop_calls_keeps_its_costs() -> None:
    own = {"/l/websockets/c.py recv": 3.0, "/l/asyncio/e.py _run": 1.0}
    callers = {"/l/websockets/c.py recv": {"/l/asyncio/e.py _run": 3.0}, "/l/asyncio/e.py _run": {"/r/a.py main": 4.0}}
    assert passed_on(own, callers, root="/r") == {
        "/l/websockets/c.py recv": 3.0, "/l/asyncio/e.py _run": 0, "/r/a.py main": 1.0,
    }  # fmt: skip


def test_nothing_is_lost_where_libraries_call_each_other() -> None:
    own = {"/l/a.py one": 1.0, "/l/a.py two": 1.0, "/r/a.py mine": 1.0}
    callers = {"/l/a.py one": {"/l/a.py two": 1.0}, "/l/a.py two": {"/l/a.py one": 1.0, "/r/a.py mine": 1.0}}
    costs = passed_on(own, callers, root="/r")
    assert sum(costs.values()) == pytest.approx(3.0)
    assert costs["/r/a.py mine"] == pytest.approx(3.0, abs=0.01)


def _outer() -> int:
    return _inner() + len(sorted(range(1_000)))


def _inner() -> int:
    return max(range(100))


def test_a_profile_is_read_with_its_callers() -> None:
    ticks = iter(range(1_000))
    profile = cProfile.Profile(lambda: next(ticks))
    profile.runcall(_outer)
    graph = CallGraph()
    for entry in profile.getstats():
        graph.add(entry)
    named = {shown(name): seconds for name, seconds in graph.own.items()}
    assert named["tests/bench/test_measuring.py _outer"] > named["tests/bench/test_measuring.py _inner"] > 0
    (inner,) = [name for name in graph.callers if name.endswith(" _inner")]
    assert [shown(one) for one in graph.callers[inner]] == ["tests/bench/test_measuring.py _outer"]


def test_the_largest_of_what_was_used_in_between() -> None:
    assert largest(between({"a": 1.0, "b": 2.0}, {"a": 4.0, "b": 2.5, "c": 1.0}), 2) == [("a", 3.0), ("c", 1.0)]


def test_functions_are_shown_without_the_way_to_them() -> None:
    assert shown("/r/speaker/a.py A.push", "/r") == "speaker/a.py A.push"
    assert shown("/usr/lib/python3/asyncio/e.py Loop._run", "/r") == "asyncio/e.py Loop._run"


def test_threads_without_python_are_named() -> None:
    assert native_name(ThreadUse("threaded-ml", 1.0, 2)) == "(thread) virtual card"
    assert native_name(ThreadUse("python", 1.0, 2)) == "(thread) native, python"


# Growth.


def test_a_line_of_growth() -> None:
    line = Growth("devices", (20, 2_000), (0.913, 12.3), "% of a core", (38.2, 51.1), (0.1, 7_260), "ms until usable")
    assert growth_row(line) == [
        "devices", "20 / 2,000", "0.91 / 12 % of a core", "38 / 51", "0.1 / 7,260 ms until usable",
    ]  # fmt: skip
    assert growth_row(Growth("words", (1,), (2.0,), "%", (90.0,)))[-1] == ""


@pytest.mark.parametrize("count", [1, 2, 10, 251, 252, 500])
def test_a_crowd_is_whole(count: int) -> None:
    sizes = crowd_sizes(count)
    assert [number for first, size in sizes for number in range(first, first + size)] == list(range(count))
    assert sizes[0] == (0, 1)
    assert max(size for _, size in sizes) <= 250


def test_an_answer_has_no_silence() -> None:
    assert np.abs(noise_answer(6).astype(int)).reshape(-1, SESSION_HZ // 200).max(axis=1).min() > 500


def test_a_profile_counts_no_waiting() -> None:
    profile = cProfile.Profile(time.thread_time)
    profile.runcall(time.sleep, 0.05)
    assert sum(one.inlinetime for one in profile.getstats()) < 0.05


# Whether the room said it whole.


def test_what_was_said_whole_is_found() -> None:
    said = np.full(2_400, 9_000, np.int16)
    heard = np.concatenate([np.zeros(1_000, np.int16), np.repeat(said, 2), np.zeros(EAR_HZ, np.int16)])
    assert whole_place(heard, 0, said) == (1_000, 5_800)


def test_what_was_torn_is_not() -> None:
    said = np.full(2_400, 9_000, np.int16)
    whole, silence = np.repeat(said, 2), np.zeros(EAR_HZ, np.int16)
    torn = np.concatenate([whole[:2_000], silence[: EAR_HZ // 20], whole[2_000:], silence])
    assert whole_place(torn, 0, said) is None
    assert whole_place(np.concatenate([whole[:3_000], silence]), 0, said) is None
    assert whole_place(whole, 0, said) is None  # nobody knows whether it has ended
    assert whole_place(silence, 0, said) is None
