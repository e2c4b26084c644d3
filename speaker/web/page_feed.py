"""What is told to the pages that are open: made once for all of them, and nothing at all while none is.

It sees what the hub sees, and the frames of the microphone after everything else has had them.
"""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from speaker.audio.pcm import level_dbfs
from speaker.listening.front_end import SensedFrame
from speaker.web.wake_marks import WakeMark, WakeMarks

log = logging.getLogger(__name__)

Json = dict[str, Any]

TURNS: Final = 50
ERRORS: Final = 20
"""So many of the last are kept."""

LIVE_S: Final = 0.1
"""Level and score are told so often at most."""

PAGE_WAITING: Final = 64
"""Messages that may wait for a page; one that lets more come together does not read."""


class OpenPage:
    """One page: what waits to be sent to it."""

    def __init__(self, cut: Callable[[], None]) -> None:
        """``cut`` ends its connection at once."""
        self._waiting: asyncio.Queue[str] = asyncio.Queue(PAGE_WAITING)
        self._cut = cut
        self._gone = False

    async def next(self) -> str:
        """What is to be sent next."""
        return await self._waiting.get()

    def offer(self, text: str) -> None:
        """Send it once there is room, or cut off a page that does not read."""
        if self._gone:
            return
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            log.info("a page does not read what it is sent; it is cut off")
            self.end()

    def end(self) -> None:
        """Cut it off."""
        self._gone = True
        self._cut()


class PageFeed:
    """All open pages, and what one that is opened now has to know."""

    def __init__(self, asleep: Callable[[], bool], state: Callable[[], Json], about: Json) -> None:
        """``asleep``: whether a wake word is waited for; ``about``: what never changes."""
        self._asleep = asleep
        self._state = state
        self._about = about
        self._pages: set[OpenPage] = set()
        self._turns: deque[Json] = deque(maxlen=TURNS)
        self._errors: deque[Json] = deque(maxlen=ERRORS)
        self._marks = WakeMarks(time.time, self._mark)
        self._frame: SensedFrame | None = None
        """The last one that no page was told of."""
        self._score = 0.0
        """The best score since then."""
        self._live: asyncio.Task[None] | None = None

    @property
    def errors(self) -> list[Json]:
        """The last errors, the oldest first."""
        return list(self._errors)

    def open(self, cut: Callable[[], None]) -> OpenPage:
        """One more page; it is told everything that it has to know first."""
        page = OpenPage(cut)
        page.offer(_text("hello", self._about | {
            "state": self._state(), "turns": list(self._turns), "marks": self._marks.last_hour(),
        }))  # fmt: skip
        self._pages.add(page)
        if self._live is None:
            self._live = asyncio.create_task(self._tell_live())
        return page

    def close(self, page: OpenPage) -> None:
        """It is gone; with the last one, nothing is made any more."""
        self._pages.discard(page)
        if not self._pages and self._live is not None:
            self._live.cancel()
            self._live = self._frame = None

    def end(self) -> None:
        """Cut off all pages: the speaker ends, or begins anew."""
        for page in list(self._pages):
            page.end()

    # What it sees.

    def shown(self, state: Json) -> None:
        """The state has changed."""
        self._tell("state", state)

    def told(self, event: Json) -> None:
        """Something happened."""
        match event.get("type"):
            case "turn":
                self._turns.append(event)
            case "error":
                self._errors.append(event)
            case _:
                pass
        self._tell("event", event)

    def look(self, frame: SensedFrame) -> None:
        """A frame of the microphone: a number is compared, and nothing is computed."""
        if frame.detection is not None or self._asleep():
            self._marks.take(frame.score, woke=frame.detection is not None)
        if self._pages:
            self._frame, self._score = frame, max(self._score, frame.score)

    def _mark(self, mark: WakeMark) -> None:
        self._tell("mark", mark.data())

    async def _tell_live(self) -> None:
        while True:
            await asyncio.sleep(LIVE_S)
            if self._frame is not None:
                level, score = round(level_dbfs(self._frame.voice), 1), round(self._score, 3)
                self._frame, self._score = None, 0.0
                self._tell("live", {"level_db": level, "score": score})

    def _tell(self, kind: str, what: Json) -> None:
        if self._pages:
            text = _text(kind, what)
            for page in list(self._pages):
                page.offer(text)


def _text(kind: str, what: Json) -> str:
    return json.dumps({"kind": kind, "is": what}, ensure_ascii=False)
