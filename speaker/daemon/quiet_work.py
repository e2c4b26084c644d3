"""What is to be done once, when nobody needs the speaker: the phrases that have to be said when nothing else works."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from speaker.errors import ModelError
from speaker.offline.speech.engines import OfflineEngines
from speaker.speech.tts import TextToSpeech

log = logging.getLogger(__name__)

QUIET_S: Final = 300.0
"""How long nobody must have needed the speaker, seconds."""

QUIET_LOOK_S: Final = 15.0
"""How often it is looked whether somebody does, seconds."""


class QuietWork:
    """Makes the phrases that are not on disk yet, one by one, and gives the memory back that it took."""

    def __init__(
        self,
        tts: TextToSpeech,
        engines: OfflineEngines,
        free: Callable[[], bool],
        quiet_s: float = QUIET_S,
        look_s: float = QUIET_LOOK_S,
    ) -> None:
        """``free``: whether nobody speaks or is spoken to just now."""
        self._tts = tts
        self._engines = engines
        self._free = free
        self._quiet_s = quiet_s
        self._look_s = look_s

    async def run(self, phrases: Sequence[str]) -> None:
        """Wait for a quiet time, and make them; whoever needs the speaker waits for one phrase at most."""
        missing = await self._tts.missing(phrases)
        while missing:
            await self._quiet()
            borrowed = self._engines.pid is None
            try:
                while missing and self._free():
                    await self._tts.prepare(missing.pop(0))
            except ModelError as error:
                log.warning("the speaker cannot say what goes wrong: %s", error)
                return
            finally:
                if borrowed:
                    self._engines.rest()

    async def _quiet(self) -> None:
        quiet_s = 0.0
        while quiet_s < self._quiet_s:
            await asyncio.sleep(self._look_s)
            quiet_s = quiet_s + self._look_s if self._free() else 0.0
