"""Sessions share one worker in turns: nobody waits for the end of what another one keeps it busy with."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from speaker.offline.server.server import RealtimeServer
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.shared_worker import SharedWorker, WorkLine
from speaker.offline.speech.steps import Steps, all_steps
from tests.support.daemon_scenes import STORY
from tests.support.held_engines import held, note_hearings
from tests.support.real_parts import Speech
from tests.support.strict_client import HOUSE, LIGHT, Peer, of, peer, silence


@pytest.fixture
async def worker() -> AsyncIterator[SharedWorker]:
    one = SharedWorker("test-worker")
    yield one
    one.close()


def counted(name: str, steps: int, made: list[str]) -> Steps[str]:
    for step in range(steps):
        made.append(f"{name}{step}")
        yield
    return name


async def _hold(line: WorkLine, gate: threading.Event) -> asyncio.Task[bool]:
    """Keep the worker busy until the gate opens; it is when this returns."""
    begun = threading.Event()

    def wait() -> bool:
        begun.set()
        return gate.wait(10)

    task = asyncio.create_task(line.do(wait))
    await asyncio.to_thread(begun.wait)
    return task


def test_steps_made_at_one_go_have_the_same_result() -> None:
    made: list[str] = []
    assert all_steps(counted("a", 3, made)) == "a"
    assert made == ["a0", "a1", "a2"]


async def test_lines_are_served_in_turns(worker: SharedWorker) -> None:
    made: list[str] = []
    gate = threading.Event()
    held = await _hold(worker.line(), gate)
    work = [asyncio.create_task(worker.line().run(counted(name, 3, made))) for name in "abc"]
    await asyncio.sleep(0)
    gate.set()
    assert await asyncio.gather(held, *work) == [True, "a", "b", "c"]
    assert made == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


async def test_a_line_with_much_work_has_no_more_turns_than_others(worker: SharedWorker) -> None:
    made: list[str] = []
    gate = threading.Event()
    held = await _hold(worker.line(), gate)
    greedy, modest = worker.line(), worker.line()
    work = [asyncio.create_task(greedy.run(counted(f"g{count}-", 2, made))) for count in range(20)]
    await asyncio.sleep(0)
    work.append(asyncio.create_task(modest.run(counted("m", 2, made))))
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(held, *work)
    assert made[:4] == ["g0-0", "m0", "g0-1", "m1"]
    assert len(made) == 42


async def test_work_that_nobody_waits_for_ends(worker: SharedWorker) -> None:
    made: list[str] = []
    gate = threading.Event()
    line = worker.line()
    held = await _hold(worker.line(), gate)
    dropped = [asyncio.create_task(line.run(counted(name, 5, made))) for name in "ab"]
    await asyncio.sleep(0)
    for task in dropped:
        task.cancel()
    await asyncio.wait(dropped)
    gate.set()
    await held
    assert await line.run(counted("c", 1, made)) == "c"
    assert made == ["c0"]


async def test_what_goes_wrong_reaches_who_waits_and_the_line_goes_on(worker: SharedWorker) -> None:
    def breaking() -> Steps[str]:
        yield
        raise OSError("gone")

    line = worker.line()
    with pytest.raises(OSError, match="gone"):
        await line.run(breaking())
    assert await line.do(lambda: 7) == 7


# Two sessions on one server.


async def listen_to_a_story(client: Peer, speech: Speech) -> None:
    """Have a minute of speech written down; that it has begun is known from the item."""
    await client.update(audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}})
    for _ in range(3):
        await client.append(speech(STORY))
    await client.append(silence(100))
    await client.send("input_audio_buffer.commit")
    await client.until("conversation.item.done")


async def test_a_command_does_not_wait_for_the_story_of_another_session(
    cloud: RealtimeServer, engines: OfflineEngines, speech: Speech
) -> None:
    order: list[str] = []
    async with peer(cloud) as teller, peer(cloud) as other:
        await other.update(instructions=HOUSE, tools=[LIGHT])
        await other.write("Turn on the sofa lamp.")

        async def story() -> None:
            await teller.until("conversation.item.input_audio_transcription.completed")
            order.append("story")

        async def command() -> None:
            await other.until("response.done")
            order.append("command")

        async with held(engines):
            await listen_to_a_story(teller, speech)
            await other.send("response.create")
            await other.until("response.created")
        await asyncio.gather(story(), command())
    assert order == ["command", "story"]
    (call,) = of(other.received, "response.done")[0]["response"]["output"]
    assert call["name"] == "set_light"


async def test_the_work_of_a_session_ends_with_it(
    cloud: RealtimeServer, engines: OfflineEngines, speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = note_hearings(monkeypatch)
    async with held(engines):
        async with peer(cloud) as teller:
            await listen_to_a_story(teller, speech)
            assert _waiting()
        while _waiting():
            await asyncio.sleep(0.01)
    async with peer(cloud) as other:
        assert (await other.respond(output_modalities=["text"]))[-1]["response"]["status"] == "completed"
    assert len(heard) <= 1  # the first piece was waiting; no other follows it


def _waiting() -> list[str]:
    """Items whose words somebody waits for."""
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("item_")]
