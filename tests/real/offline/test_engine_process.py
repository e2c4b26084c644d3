"""The process of the engines: it starts when it is needed, ends when it is not, and its loss is one clear error."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from speaker.audio.pcm import SESSION_HZ
from speaker.errors import ModelError
from speaker.offline.speech import engine_life, engine_process
from speaker.offline.speech.engine_life import EngineLife
from speaker.offline.speech.engine_messages import LoadAll, Ready
from speaker.offline.speech.engine_process import EngineProcess
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.synthesiser import Synthesiser

SILENCE = np.zeros(24_000, np.int16)
TWO = "The first sentence. The second one."


@pytest.fixture
async def own() -> AsyncIterator[OfflineEngines]:
    """Engines that one test may break."""
    one = OfflineEngines()
    yield one
    one.close()


def running(pid: int) -> bool:
    """Whether a process is there, and not only its name on a list."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def open_files(pid: int) -> set[str]:
    return {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()}


async def gone(pid: int) -> None:
    while running(pid):
        await asyncio.sleep(0.01)


async def pid_of(engines: OfflineEngines) -> int:
    await engines.hear(SILENCE)
    assert engines.pid is not None
    return engines.pid


async def test_there_is_none_until_it_is_needed(own: OfflineEngines) -> None:
    own.house("", [])
    assert own.can_hear("en")
    assert own.pid is None
    assert running(await pid_of(own))


async def test_one_serves_every_share(own: OfflineEngines) -> None:
    assert len({await pid_of(own), await pid_of(own.share()), await pid_of(own.share())}) == 1


async def test_its_loss_is_one_error_and_the_next_request_starts_it_anew(
    own: OfflineEngines, caplog: pytest.LogCaptureFixture
) -> None:
    pid = await pid_of(own)
    os.kill(pid, signal.SIGSTOP)
    waiting = [asyncio.create_task(own.share().hear(SILENCE)) for _ in range(3)]
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGKILL)
    for error in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(error, ModelError)
        assert "signal 9" in str(error)
    assert len([one for one in caplog.records if one.levelno >= logging.ERROR]) == 1
    assert await pid_of(own) != pid


async def test_one_that_ends_between_two_requests_costs_none(own: OfflineEngines) -> None:
    pid = await pid_of(own)
    os.kill(pid, signal.SIGKILL)
    await gone(pid)
    while own.pid == pid:
        await asyncio.sleep(0.01)
    assert await pid_of(own) != pid


async def test_one_that_gives_nothing_is_ended() -> None:
    life = EngineLife([], stuck_s=0.2)
    await life.opened()
    os.kill(life.pid, signal.SIGSTOP)
    with pytest.raises(ModelError, match="nothing came of it"):
        await life.ask(LoadAll(1, "en"), Ready)
    assert not running(life.pid)


async def test_one_that_cannot_start_is_told(own: OfflineEngines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ModelError, match="cannot be started"):
        await own.hear(SILENCE)


async def test_it_rests_when_it_is_told_to_but_not_while_somebody_uses_it(own: OfflineEngines) -> None:
    spoken = own.speak(TWO, 1.0)
    await anext(spoken)
    pid = own.pid
    own.rest()
    assert own.pid == pid
    rest = [phrase async for phrase in spoken]
    assert rest
    assert pid is not None
    own.rest()
    await gone(pid)
    assert own.pid is None
    assert await pid_of(own) != pid


async def test_after_an_idle_while_it_ends_by_itself() -> None:
    process = EngineProcess(None, idle_s=0.05)
    try:
        await process.ask(LoadAll(process.number(), "en"), Ready)
        while process.pid is not None:
            await asyncio.sleep(0.01)
        await process.ask(LoadAll(process.number(), "en"), Ready)
    finally:
        process.close()


def test_the_while_is_ten_minutes() -> None:
    assert engine_process.IDLE_S == 600


@pytest.mark.parametrize("text", ["Hello there.", "She sells fish.", "Fifteen minutes.", "Who is it? Half past five."])
async def test_no_sentence_begins_with_silence_and_none_loses_a_sound(own: OfflineEngines, text: str) -> None:
    whole = list(Synthesiser().speak(text))
    spoken = [phrase async for phrase in own.speak(text, 1.0)]
    assert len(spoken) == len(whole)
    for kept, made in zip(spoken, whole, strict=True):
        assert float(np.max(np.abs(kept[: SESSION_HZ // 20]))) > 0  # within 50 ms
        lost = np.sum(np.square(made.astype(np.float64))) - np.sum(np.square(kept.astype(np.float64)))
        assert lost < 1e-5 * np.sum(np.square(made.astype(np.float64)))
        assert 0.2 < (made.size - kept.size) / SESSION_HZ < 0.7


async def test_whoever_gives_up_a_text_leaves_the_engines_to_others(own: OfflineEngines) -> None:
    spoken = own.speak("One. Two. Three. Four.", 1.0)
    await anext(spoken)
    await spoken.aclose()
    assert [phrase async for phrase in own.speak(TWO, 1.0)]
    pid = own.pid
    assert pid is not None
    own.rest()
    await gone(pid)


async def test_it_knows_no_secret(own: OfflineEngines, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "CREDENTIALS_DIRECTORY", "SPEAKER_ANYTHING", "NOTIFY_SOCKET"):
        monkeypatch.setenv(name, "secret")
    given = await asyncio.to_thread(Path(f"/proc/{await pid_of(own)}/environ").read_bytes)
    assert b"secret" not in given
    assert b"PATH=" in given


async def test_it_has_no_file_of_the_daemon_open(own: OfflineEngines, tmp_path: Path) -> None:
    kept = tmp_path / "ledger"
    with kept.open("w") as file:
        os.set_inheritable(file.fileno(), True)
        assert str(kept) not in open_files(await pid_of(own))


async def test_the_signals_of_a_service_that_ends_leave_it_to_the_daemon(own: OfflineEngines) -> None:
    """systemd tells every process of a service; the daemon may still have a goodbye to say."""
    pid = await pid_of(own)
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(pid, number)
    assert await pid_of(own) == pid


DAEMON = """
import asyncio, numpy as np
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.synthesiser import Synthesiser

async def live():
    engines = OfflineEngines()
    await engines.warm_up()
    print(engines.pid, flush=True)
    while True:
        await engines.hear((np.random.default_rng(1).standard_normal(24_000 * 15) * 900).astype(np.int16))

asyncio.run(live())
"""


async def test_it_ends_with_the_daemon_however_that_ends() -> None:
    daemon = await asyncio.create_subprocess_exec(sys.executable, "-c", DAEMON, stdout=asyncio.subprocess.PIPE)
    assert daemon.stdout is not None
    pid = int(await daemon.stdout.readline())
    assert running(pid)
    daemon.kill()
    await gone(pid)
    await daemon.wait()


async def test_the_loop_turns_while_it_starts_and_works(own: OfflineEngines) -> None:
    """Of the time that the first request takes the event loop itself is busy for a small part only."""
    begun, spent = time.monotonic(), time.thread_time()
    await own.warm_up()
    share = (time.thread_time() - spent) / (time.monotonic() - begun)
    assert share < 0.5


def test_nothing_but_what_is_named_is_passed_on() -> None:
    passed = engine_life._environment({"LC_ALL": "C", "PATH": "/bin", "OPENAI_API_KEY": "k", "MQTT_PASSWORD": "p"})
    assert set(passed) == {"LC_ALL", "PATH", "OPENBLAS_NUM_THREADS"}
