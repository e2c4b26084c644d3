"""Work that goes on beside the state machine: started here, ended together, and what fails is in the log."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


Life = asyncio.Task[None]
"""Some work that goes on; cancelling ends it."""


class TaskSet:
    """The tasks of one part. ``name`` says in the log whose they are."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: set[Life] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> Life:
        """Begin some work on the event loop."""
        task: Life = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Cancel all of it and wait for its end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: Life) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a part of the %s failed", self._name, exc_info=task.exception())
