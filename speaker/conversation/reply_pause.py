"""Waits before a response may be asked for again, and tells when that is."""

import asyncio
from collections.abc import Callable
from typing import Final

FIRST_S: Final = 0.5
"""The first pause; each further one in a row is twice as long."""

LONGEST_RETRY_S: Final = 8.0
"""Who is told to wait longer than this is not made to wait, but told."""


class ReplyPause:
    """One pause at a time."""

    def __init__(self, over: Callable[[], None]) -> None:
        """``over`` is called when a response may be asked for again."""
        self._over = over
        self._timer: asyncio.TimerHandle | None = None
        self._tries = 0

    @property
    def lasts(self) -> bool:
        """Whether a pause is being made."""
        return self._timer is not None

    def begin(self, wait_s: float | None = None) -> None:
        """Wait so long; None: longer each time, until a response begins."""
        self.cancel()
        if wait_s is None:
            wait_s = FIRST_S * 2.0**self._tries
            self._tries += 1
        self._timer = asyncio.get_running_loop().call_later(wait_s, self.end)

    def end(self) -> None:
        """What was waited for has come."""
        if self._timer is not None:
            self.cancel()
            self._over()

    def succeeded(self) -> None:
        """A response has begun: the next pause is short again."""
        self._tries = 0
        self.cancel()

    def cancel(self) -> None:
        """Wait no more, and tell nobody."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
