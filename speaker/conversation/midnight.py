"""Tells when the date changes, for as long as somebody wants to know."""

import asyncio
from collections.abc import Callable

from speaker.conversation.tasks import Life, TaskSet


class Midnight:
    """Sleeps until the next date, and calls ``passed`` then."""

    def __init__(self, day_left_s: Callable[[], float], passed: Callable[[], None], tasks: TaskSet) -> None:
        """``day_left_s``: seconds until the date changes."""
        self._day_left_s = day_left_s
        self._passed = passed
        self._tasks = tasks
        self._life: Life | None = None

    def start(self) -> None:
        """Wait for it, night after night."""
        self.stop()
        self._life = self._tasks.start(self._wait())

    def stop(self) -> None:
        """Nobody wants to know any more."""
        if self._life is not None:
            self._life.cancel()
            self._life = None

    async def _wait(self) -> None:
        while True:
            await asyncio.sleep(self._day_left_s())
            self._passed()
