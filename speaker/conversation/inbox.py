"""The one way in: whatever happens, or is asked for from outside, becomes an event here."""

import asyncio
from collections.abc import Callable

from speaker.conversation.events import Event, Expired

MonotonicClock = Callable[[], float]
"""Monotonic seconds, those of the event loop."""

Post = Callable[[Event], None]
"""Puts an event into the inbox; on the event loop."""


class Inbox:
    """Events in the order in which they came."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def post(self, event: Event) -> None:
        """Put an event in."""
        self._events.put_nowait(event)

    async def next(self, deadline: float | None) -> Event:
        """The next event; Expired at the deadline (loop time, seconds) if none came before."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._events.get()
        except TimeoutError:
            return Expired()
