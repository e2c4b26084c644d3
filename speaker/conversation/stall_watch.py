"""Notices an answer that has begun and does not go on."""

import asyncio
from collections.abc import Callable


class StallWatch:
    """Every event of an answer buys it time for the next one."""

    def __init__(self, stalled_s: float, stalled: Callable[[str], None]) -> None:
        """``stalled`` is called with the response for which nothing came in ``stalled_s`` seconds."""
        self._stalled_s = stalled_s
        self._stalled = stalled
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, response: str | None) -> None:
        """An event came; ``response`` is the one that is being made now, if any."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if response is not None:
            self._timer = asyncio.get_running_loop().call_later(self._stalled_s, self._stalled, response)
