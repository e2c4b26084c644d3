"""The words of the user's items: for whoever answers them, and written down for a client that asked for that."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ
from speaker.offline.server.conversation_entry import Entry
from speaker.offline.server.turn_hearing import TurnHearing
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Failure

log = logging.getLogger(__name__)

MOST_TRANSCRIPTS: Final = 100
"""For so many items of a session somebody may wait at once; the words of more are not made out."""


async def hear(engines: OfflineEngines, entry: Entry) -> str:
    """The words of a user item; its sound is worked through once only, however many ask."""
    async with entry.hearing:
        if entry.words is None:
            written = " ".join(part.text or "" for part in entry.item.content or []).strip()
            entry.ahead = entry.ahead or TurnHearing.of(engines, bytes(entry.audio))
            entry.words = await entry.ahead.words() if entry.audio else written
            entry.ahead = None
    return entry.words


class Transcriber:
    """Writes down what the user said, in events of their own that come when they come."""

    def __init__(self, engines: OfflineEngines, emit: Callable[[ev.ServerEvent], None]) -> None:
        self._engines = engines
        self._emit = emit
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, entry: Entry) -> None:
        """Write down an item's words. Needs a running loop."""
        item_id = entry.item.id or ""
        if len(self._tasks) >= MOST_TRANSCRIPTS:
            self._fail(item_id, f"More than {MOST_TRANSCRIPTS} items wait for their words.")
            return
        task = asyncio.create_task(self._transcribe(entry), name=item_id)
        self._tasks.add(task)
        task.add_done_callback(self._transcribed)

    async def close(self) -> None:
        """Stop: nobody reads it any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _transcribe(self, entry: Entry) -> None:
        seconds = pcm.bytes_to_ms(len(entry.audio), SESSION_HZ) / 1000
        words = await hear(self._engines, entry)
        entry.write_down(words)
        usage = {"type": "duration", "seconds": seconds}
        self._emit(ev.TranscriptionCompleted(item_id=entry.item.id or "", transcript=words, usage=usage))

    def _transcribed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("the words of an item could not be found", exc_info=task.exception())
            self._fail(task.get_name(), "The words could not be found.")

    def _fail(self, item_id: str, why: str) -> None:
        error = Failure(type="server_error", message=why)
        self._emit(ev.TranscriptionFailed(item_id=item_id, error=error))
