"""One life of the process of the engines, from its start to its end, and the line to it."""

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from speaker.errors import ModelError
from speaker.offline.speech.engine_messages import (
    LENGTH_BYTES,
    LINE_BYTES,
    EngineQuestion,
    EngineResult,
    Failed,
    Forget,
    framed,
    outcome_in,
)

log = logging.getLogger(__name__)

STUCK_S: Final = 60.0
"""A process that has work and gives no result for so long is ended."""

_MODULE: Final = "speaker.offline.speech.engine_main"
_PASSED: Final = frozenset({"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV"})
_PASSED_BEGINNINGS: Final = ("LC_", "LD_", "MALLOC_")

Wanted = TypeVar("Wanted", bound=EngineResult)


class EngineLife:
    """One process. Must be made on the event loop; it may only be asked once it is ``opened``."""

    def __init__(self, arguments: Sequence[str], stuck_s: float = STUCK_S) -> None:
        """Start it. Raises ModelError when the system does not let it."""
        self.users = 0
        """How many requests and texts are under way."""
        self.living = True
        """Whether it can be asked."""
        self._process, self._line = _started(arguments)
        self._stuck_s = stuck_s
        self._why = ""
        self._waiting: dict[int, asyncio.Future[EngineResult]] = {}
        self._stuck: asyncio.TimerHandle | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._open = asyncio.Event()
        self._reading = asyncio.create_task(self._read(), name="offline engines")

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    async def opened(self) -> None:
        """Wait until it can be asked; it loads what it needs later."""
        await self._open.wait()

    async def ask(self, question: EngineQuestion, wanted: type[Wanted]) -> Wanted:
        """The result of a request; whoever cancels this takes the request out.

        Raises ModelError when a model is missing or the process ends, RuntimeError when the engines failed.
        """
        if self._writer is None or not self.living:
            raise ModelError(_ended("it was given up"))
        self._waiting[question.id] = answer = asyncio.get_running_loop().create_future()
        self._writer.write(framed(question))
        self._watch()
        try:
            outcome = await answer
        finally:
            del self._waiting[question.id]
            self._watch()
            if answer.cancelled():
                self.forget(question.id)
        if isinstance(outcome, Failed):
            raise ModelError(outcome.why) if outcome.explained else RuntimeError(outcome.why)
        if not isinstance(outcome, wanted):
            raise TypeError(f"the engines answered {type(question).__name__} with {type(outcome).__name__}")
        return outcome

    def forget(self, number: int) -> None:
        """Nobody waits for this request, or for more of this text."""
        if self._writer is not None and self.living:
            self._writer.write(framed(Forget(number)))

    def end(self) -> None:
        """End it now; ``reap`` follows. Who still waits is told."""
        self.living = False
        self._reading.cancel()
        self._cut()
        self._tell(RuntimeError("the offline engines are closed"))

    def reap(self) -> int:
        """Wait for its end, which has been asked for: milliseconds, for a worker where that counts."""
        return self._process.wait()

    async def _read(self) -> None:
        reader, self._writer = await asyncio.open_connection(sock=self._line, limit=LINE_BYTES)
        self._open.set()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "little")
                outcome = outcome_in(await reader.readexactly(length))
                answer = self._waiting.get(outcome.id)
                if answer is not None and not answer.done():
                    answer.set_result(outcome)
        self.living = False
        self._cut()
        code = await asyncio.to_thread(self.reap)
        problem = _ended(self._why or (f"signal {-code}" if code < 0 else f"exit code {code}"))
        log.error("%s", problem)
        self._tell(ModelError(problem))

    def _watch(self) -> None:
        """Look again in a while whether something came, if somebody waits."""
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        if self._waiting and self.living:
            self._stuck = asyncio.get_running_loop().call_later(self._stuck_s, self._give_up)

    def _give_up(self) -> None:
        self._why = f"nothing came of it for {self._stuck_s:g} seconds"
        self._process.kill()

    def _cut(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
        self._process.kill()
        if self._writer is None:
            self._line.close()
        else:
            self._writer.transport.abort()

    def _tell(self, error: Exception) -> None:
        self._open.set()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)


def _ended(why: str) -> str:
    return f"the process of the offline voice and recogniser ended ({why}); it starts anew when it is needed"


def _started(arguments: Sequence[str]) -> tuple["subprocess.Popen[bytes]", socket.socket]:
    ours, theirs = socket.socketpair()
    # -P: nothing is imported from wherever the daemon was started.
    command = [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno()), *arguments]
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - nothing of it comes from outside
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env=_environment(os.environ),
            )  # fmt: skip
        except OSError as error:
            ours.close()
            raise ModelError(f"the offline voice and recogniser cannot be started: {error.strerror}") from error
    return process, ours


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What Python and its libraries need; keys and passwords are nothing of that."""
    passed = {name: text for name, text in ours.items() if name in _PASSED or name.startswith(_PASSED_BEGINNINGS)}
    return passed | {"OPENBLAS_NUM_THREADS": "1"}
