"""Announcements: said in order, between conversations rather than into them, without a session of their own."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, Protocol

from speaker.audio.chimes import Chime
from speaker.audio.pcm import Samples
from speaker.conversation.sound import OWN
from speaker.errors import SpeakerError

log = logging.getLogger(__name__)

MOST_WAITING: Final = 20
"""More announcements are refused: a flood would be heard for an hour."""

MOST_CHARACTERS: Final = 2_000

PATIENCE_S: Final = 20.0
"""How long an announcement waits for a conversation to pause; then it is said all the same."""

_LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is to be heard: a text, or the sound at an address."""

    text: str = ""
    url: str = ""
    volume: int | None = None
    """Percent; None = the volume of announcements."""
    chime: bool = False


class AnnouncementSound(Protocol):
    """Where announcements are heard; the conversation's sound part is one."""

    @property
    def audible(self) -> bool:
        """Whether the loudspeaker has sound in it just now."""

    def play(self, samples: Samples, item: str, percent: int | None = None) -> None:
        """Queue sound (int16, 24 kHz), so loud in percent."""

    def chime(self, name: Chime, percent: int) -> None:
        """Make one of the speaker's sounds."""


class Announcer:
    """A queue of announcements. ``hush`` ends the one that is heard, and those behind it stay."""

    def __init__(
        self,
        sound: AnnouncementSound,
        speak: Callable[[str], AsyncGenerator[Samples, None]],
        fetch: Callable[[str], Awaitable[Samples]],
        loud: Callable[[int | None], int],
        *,
        busy: Callable[[], bool],
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        """``speak`` makes a text to int16 samples at 24 kHz, sentence by sentence; ``fetch`` gets those of an address.

        ``loud``: how loud it is now what is wanted in percent (None = as loud as announcements are); ``busy``: whether
        somebody speaks or waits for an answer; ``tell`` publishes an event. ``fetch`` may raise SpeakerError.
        """
        self._sound = sound
        self._speak = speak
        self._fetch = fetch
        self._loud = loud
        self._busy = busy
        self._tell = tell
        self._waiting: deque[Announcement] = deque()
        self._arrived = asyncio.Event()
        self._saying: asyncio.Task[None] | None = None

    def announce(self, wanted: Announcement) -> None:
        """Queue an announcement. Raises SpeakerError when it cannot be taken."""
        if len(self._waiting) >= MOST_WAITING:
            raise SpeakerError(f"{MOST_WAITING} announcements are waiting already")
        if not wanted.text.strip() and not wanted.url:
            raise SpeakerError("there is no text to say")
        if len(wanted.text) > MOST_CHARACTERS:
            raise SpeakerError(f"the text has {len(wanted.text)} characters; at most {MOST_CHARACTERS} are said")
        self._waiting.append(wanted)
        self._arrived.set()

    def hush(self) -> None:
        """Whoever listens has heard enough of this one."""
        if self._saying is not None:
            self._saying.cancel()

    async def run(self) -> None:
        """Say one after the other, for ever."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._room_for_it()
                await self._say(self._waiting.popleft())

    async def _room_for_it(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while (self._busy() or self._sound.audible) and loop.time() < deadline:
            await asyncio.sleep(_LOOK_S)

    async def _say(self, wanted: Announcement) -> None:
        self._saying = asyncio.create_task(self._perform(wanted))
        await asyncio.wait({self._saying})
        saying, self._saying = self._saying, None
        stopped = saying.cancelled()
        error = None if stopped else saying.exception()
        problem = "" if error is None else str(error)
        if error is not None and not isinstance(error, SpeakerError):
            # One announcement is lost; the next ones, and the rest of the speaker, go on.
            log.error("an announcement failed", exc_info=error)
            problem = f"an announcement failed: {type(error).__name__}"
        elif error is not None:
            log.error("%s", error)
        told = {"type": "announced", "ok": error is None and not stopped}
        self._tell(told | ({"error": problem} if error else {}) | ({"stopped": True} if stopped else {}))

    async def _perform(self, wanted: Announcement) -> None:
        sound = await self._fetch(wanted.url) if wanted.url else None
        percent = self._loud(wanted.volume)
        if wanted.chime:
            self._sound.chime("announcement", percent)
        if sound is not None:
            self._sound.play(sound, OWN, percent=percent)
        if wanted.text.strip():
            async with aclosing(self._speak(wanted.text)) as spoken:
                async for samples in spoken:
                    self._sound.play(samples, OWN, percent=percent)
        while self._sound.audible:
            await asyncio.sleep(_LOOK_S)
