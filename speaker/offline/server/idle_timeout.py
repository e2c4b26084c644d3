"""The wait for somebody to speak after an answer: ``idle_timeout_ms`` of ``server_vad``."""

import asyncio
import math
from collections.abc import Callable


class IdleWait:
    """First the answer is played, then it is silent for a while, and then the time is up.

    The wait itself goes by the wall clock, as the protocol has it (the time of ``response.done`` plus the
    playback of its sound), because a client may send no sound at all. Where the silence began is noted by the
    clock of the session's sound, in ms.
    """

    def __init__(self, now_ms: Callable[[], float], time_is_up: Callable[[float], None]) -> None:
        """``now_ms`` tells the time of the session's sound; ``time_is_up`` gets the moment the silence began."""
        self._now_ms = now_ms
        self._time_is_up = time_is_up
        self._next: asyncio.TimerHandle | None = None
        self.since_ms = math.inf
        """Where the silence began that is waited for; infinite while nothing is, or while the answer plays."""

    def begin(self, playing_ms: float, idle_ms: float) -> None:
        """Wait anew: for an answer that plays so long, and then for so much silence. Needs a running loop."""
        self.cancel()
        self._next = asyncio.get_running_loop().call_later(playing_ms / 1000, self._played, idle_ms)

    def cancel(self) -> None:
        """Wait no longer; nothing happens when nobody waited."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self.since_ms = math.inf

    def _played(self, idle_ms: float) -> None:
        self.since_ms = self._now_ms()
        self._next = asyncio.get_running_loop().call_later(idle_ms / 1000, self._over)

    def _over(self) -> None:
        since_ms = self.since_ms
        self.cancel()
        self._time_is_up(since_ms)
