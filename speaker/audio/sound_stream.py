"""What both directions of sound share: a stream that is opened, lost, looked for and opened again."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Final

from speaker.audio.device_names import SoundDevice
from speaker.audio.devices import SoundSystem
from speaker.audio.portaudio import Stream
from speaker.audio.sound_cards import Direction
from speaker.errors import SoundError

log = logging.getLogger(__name__)

SILENT_AFTER_S: Final = 2.0
"""A stream whose callback is not called for so long is lost; frames are due every 80 ms."""

_BACKOFF_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits between attempts to reopen a lost device; the last one repeats. A device that is back is found within 10 s."""


@contextlib.asynccontextmanager
async def opened(system: SoundSystem, start: Callable[[], Stream]) -> AsyncIterator[Stream]:
    """A stream that a worker thread opens, and that is closed whatever happens, also to the opening."""
    opening = asyncio.ensure_future(asyncio.to_thread(start))
    try:
        stream = await asyncio.shield(opening)
    except asyncio.CancelledError:
        # The thread goes on all the same, and what it opens would deliver to nobody for ever.
        with contextlib.suppress(SoundError):
            system.close(await opening)
        raise
    try:
        yield stream
    finally:
        await asyncio.shield(asyncio.to_thread(system.close, stream))


class SoundStream:
    """One direction: says once what is wrong, waits longer and longer, and says when it is right again.

    ``trouble`` is told what is wrong, and an empty text when it is right again.
    """

    def __init__(self, system: SoundSystem, name: str, direction: Direction, trouble: Callable[[str], None]) -> None:
        self.name = name
        self.direction: Direction = direction
        self.system = system
        self.problem = ""
        """What is wrong with it now."""
        self._trouble = trouble
        self._failures = 0
        self._renewals = system.renewals

    async def failed(self, error: str, *, spare: bool = True) -> None:
        """Say what is wrong, the first time, and wait until the next attempt.

        Where the list of devices is too old to know what is there, it is renewed if the other streams can be spared.
        """
        if not self.problem:
            log.error("%s; it is tried again until it works", error)
            self._trouble(error)
        self.problem = error
        wait_s = _BACKOFF_S[min(self._failures, len(_BACKOFF_S) - 1)]
        self._failures += 1
        await asyncio.sleep(wait_s)
        if spare and await asyncio.to_thread(self.system.outdated, self.name, self.direction):
            self.system.renew()

    @property
    def troubled(self) -> bool:
        """Whether something failed since it last worked."""
        return bool(self.problem) or self._failures > 0

    def works(self) -> None:
        """Say that it is back, if it was lost."""
        if self.problem:
            log.warning("the %s is back", self.direction)
            self.problem = ""
            self._trouble("")
        self._failures = 0

    def begun(self, device: SoundDevice, hz: int, channels: int) -> None:
        """It was opened, with the list of this moment; which of several that are alike it is, is said."""
        self._renewals = self.system.renewals
        alike = self.system.alike(device, self.direction)
        also = f"; {len(alike)} more are called the same" if alike else ""
        log.info("= %s %s at %d Hz, %d channel(s)%s", self.direction, device.name, hz, channels, also)

    @property
    def unwanted(self) -> bool:
        """Whether it is to be closed when it can be spared, so that a new list of devices can be made."""
        return self._renewals != self.system.renewals
