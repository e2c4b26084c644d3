"""One thread for the work of many sessions, each of which waits in a line of its own.

The rule is round robin: no line has more than one step with the worker, so whoever comes behind a long piece of work
waits for one step of it and not for its end.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from speaker.offline.speech.steps import Steps, next_step

T = TypeVar("T")


class SharedWorker:
    """The thread. It is not niced, although it has time.

    Whoever holds the interpreter's lock holds up the microphone and the loudspeaker, and on a busy machine a niced
    thread held it for seconds until it got to run again.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, name)

    def line(self) -> "WorkLine":
        """A place to wait, for one session."""
        return WorkLine(self._pool)

    def close(self) -> None:
        """Take no more work; the step under way is finished, what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class WorkLine:
    """The work of one session, in its order.

    Work that nobody waits for any more ends with the step under way: whoever cancels a call of these takes it out.
    """

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        # The pool serves who asked first, and here only one asks at a time: together these are the turns.
        self._first = asyncio.Lock()

    async def run(self, steps: Steps[T]) -> T:
        """The result of work in steps, in turns with other lines. Raises RuntimeError when the worker is closed."""
        async with self._first:
            while (result := await self._in_thread(lambda: next_step(steps))) is None:
                pass
        return result[0]

    async def do(self, task: Callable[[], T]) -> T:
        """The result of work that is one short step. Raises RuntimeError when the worker is closed."""
        async with self._first:
            return await self._in_thread(task)

    async def _in_thread(self, task: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, task)
