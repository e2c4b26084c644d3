"""What the hub sets, kept in memory at once and on disk a moment later: a disk may take longer than sound can wait."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final, Protocol

from speaker.errors import SpeakerError

log = logging.getLogger(__name__)

WRITE_AFTER_S: Final = 0.5
"""A power cut within it forgets what was set last."""


class ChoiceLedger(Protocol):
    """Where choices are on disk."""

    def chosen(self, key: str) -> str | None:
        """What was chosen."""

    def choose(self, key: str, value: str) -> None:
        """Keep a choice, now."""

    def choose_apart(self, choices: Mapping[str, str]) -> None:
        """Keep choices, from any thread. Raises SpeakerError when that cannot be done."""


class LaterShelf:
    """A shelf for ``Controls``. ``close`` writes what is not written yet."""

    def __init__(self, ledger: ChoiceLedger) -> None:
        self._ledger = ledger
        self._known: dict[str, str | None] = {}
        self._unwritten: dict[str, str] = {}
        self._writing: asyncio.Task[None] | None = None

    def chosen(self, key: str) -> str | None:
        """What was chosen."""
        if key not in self._known:
            self._known[key] = self._ledger.chosen(key)
        return self._known[key]

    def choose(self, key: str, value: str) -> None:
        """Keep a choice."""
        if value == self.chosen(key):
            return
        self._known[key] = self._unwritten[key] = value
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._unwritten:
            await asyncio.sleep(WRITE_AFTER_S)
            batch = dict(self._unwritten)
            try:
                await asyncio.to_thread(self._ledger.choose_apart, batch)
            except SpeakerError as error:
                log.debug("%s", error)
                for key, value in batch.items():
                    self._ledger.choose(key, value)
            self._unwritten = {key: value for key, value in self._unwritten.items() if batch.get(key) != value}
        self._writing = None

    async def close(self) -> None:
        """Write the rest."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        for key, value in self._unwritten.items():
            self._ledger.choose(key, value)
        self._unwritten = {}
