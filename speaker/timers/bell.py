"""The ringing of one timer: until somebody says stop, or the time is up. What rang last can be asked for again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.timers.naming import ringing_words
from speaker.timers.timers import Alarm

RING_S: Final = 60.0
"""Longest ringing of a timer or a reminder."""

ALARM_S: Final = 300.0
"""Longest ringing of an alarm: it has to wake somebody."""

PAUSE_S: Final = 1.2
"""Between two rings; "stop" is heard best here."""

SNOOZABLE_S: Final = 600.0
"""So long after it rang, something can still be made to ring again."""


class Bell:
    """One at a time. ``ring`` makes the sound once and returns when it was heard; ``say`` speaks."""

    def __init__(
        self, ring: Callable[[], Awaitable[None]], say: Callable[[str], Awaitable[None]], changed: Callable[[], None],
        book: Phrasebook = ENGLISH_PHRASES,
    ) -> None:  # fmt: skip
        """``changed`` is called when ringing begins or ends; ``book``: in whose words is told what rings."""
        self._ring = ring
        self._say = say
        self._changed = changed
        self._book = book
        self._sounding: asyncio.Task[None] | None = None
        self._last: Alarm | None = None
        self._until_s = 0.0
        """Until when the last one rang: loop time."""

    @property
    def rings(self) -> bool:
        """Whether something rings now."""
        return self._sounding is not None

    @property
    def last(self) -> Alarm | None:
        """What rings now, or has rung in the last ten minutes and was not snoozed."""
        late = asyncio.get_running_loop().time() - self._until_s > SNOOZABLE_S
        return None if late and not self.rings else self._last

    def snoozed(self) -> None:
        """What rings or rang last is taken care of."""
        self.stop()
        self._last = None

    def stop(self) -> bool:
        """Silence what rings; whether anything did."""
        if self._sounding is None:
            return False
        self._sounding.cancel()
        return True

    async def sound(self, alarm: Alarm) -> bool:
        """Ring for one timer; whether it rang to its end. Raises whatever goes wrong with the sound."""
        self._last = alarm
        self._sounding = sounding = asyncio.create_task(self._repeat(alarm))
        self._changed()
        try:
            await asyncio.wait({sounding})
        finally:
            sounding.cancel()
            self._sounding = None
            self._until_s = asyncio.get_running_loop().time()
        self._changed()
        if sounding.cancelled():
            return False
        sounding.result()
        return True

    async def _repeat(self, alarm: Alarm) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + (ALARM_S if alarm.kind == "alarm" else RING_S)
        said = 0
        while loop.time() < end:
            await self._ring()
            if said % 4 == 0:
                await self._say(ringing_words(alarm, self._book))
            said += 1
            await asyncio.sleep(PAUSE_S)
