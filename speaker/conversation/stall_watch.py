"""Notices an answer that has begun and does not go on."""

import asyncio
from collections.abc import Callable


class StallWatch:
    """Every event of an answer buys it time for the next one."""

    def __init__(self, stalled: Callable[[str, float], None]) -> None:
        """``stalled`` is called with a response and the seconds in which nothing came of it."""
        self._stalled = stalled
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, response: str | None, patience_s: float) -> None:
        """An event came; ``response`` is the one that is being made now, if any, and has so long for the next one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if response is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(patience_s, self._stalled, response, patience_s)
