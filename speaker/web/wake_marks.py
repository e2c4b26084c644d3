"""What the wake word scored in the last hour: marks of what woke the speaker, and of what nearly did."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

NEAR_SCORE: Final = 0.1
"""Score from which on something counts as a near miss."""

GAP_FRAMES: Final = 6
"""Frames below that, about half a second, that end one: the next is another."""

MARKS_KEPT_S: Final = 3600.0
MOST_MARKS: Final = 300


@dataclass(slots=True)
class WakeMark:
    """One thing that was said, by what its best frame scored."""

    at: float
    """Seconds since 1970."""
    score: float
    woke: bool

    def data(self) -> Json:
        """As the page gets it."""
        return {"at": round(self.at, 1), "score": round(self.score, 3), "woke": self.woke}


class WakeMarks:
    """Takes the score of one frame after the other."""

    def __init__(self, clock: Callable[[], float], marked: Callable[[WakeMark], None]) -> None:
        """``clock``: seconds since 1970; ``marked`` is told of each mark once it is whole."""
        self._clock = clock
        self._marked = marked
        self._marks: deque[WakeMark] = deque(maxlen=MOST_MARKS)
        self._open: WakeMark | None = None
        self._below = 0

    def take(self, score: float, *, woke: bool = False) -> None:
        """The next frame's score, 0-1, and whether it woke the speaker."""
        if score >= NEAR_SCORE or woke:
            self._below = 0
            if self._open is None:
                self._open = WakeMark(self._clock(), score, woke)
            self._open.score = max(self._open.score, score)
            self._open.woke = self._open.woke or woke
        elif self._open is not None:
            self._below += 1
        if self._open is not None and (woke or self._below >= GAP_FRAMES):
            self._end()

    def last_hour(self) -> list[Json]:
        """The marks of the last hour, the oldest first."""
        since = self._clock() - MARKS_KEPT_S
        return [mark.data() for mark in self._marks if mark.at >= since]

    def _end(self) -> None:
        mark, self._open, self._below = self._open, None, 0
        if mark is not None:
            self._marks.append(mark)
            self._marked(mark)
