"""Whether somebody may just have begun to talk over the loudspeaker's echo: a guess, within some 50 ms.

The idea. To know that it is a voice takes a voice detector 100 ms and more, and what removes the echo muffles the first
word. That it is *something else than the echo* shows at once in the linear filter: of an echo it takes away nine
tenths or more, of anything else nothing. So what it leaves is compared with what was heard. A filter that has not
learned the room yet, or has lost it, leaves much of the echo, too: then nothing is guessed. One that knows it only
roughly needs the other canceller to let something pass as well.

Measured in 33 minutes of stories in three rooms, with two pairs of clocks and five voices: three false guesses, and
those who talked over them were guessed after 60 ms in the median, 135 ms in nine of ten cases. The thresholds were set
on the same rooms and voices.
"""

from collections import deque
from typing import Final

from speaker.audio.pcm import PIECE_MS

LEFT_DB: Final = -6.0
"""So much is left of something that is no echo, against what was heard."""

TAKEN_DB: Final = -12.0
"""And of an echo at most so much, once the filter knows the room."""

LEAST_DBFS: Final = -50.0
SURE_DBFS: Final = -46.0
"""Nobody talks more softly over an answer; the second where the filter decides alone."""

KNOWN: Final = 2_000 // PIECE_MS
"""Loud pieces, 2 s, by which the filter is known."""

_LATEST: Final = 200 // PIECE_MS
"""The last of them do not count yet: somebody may be talking in them."""

FAILED_SHARE: Final = 0.1
"""In so many of them it left what is no echo's, and nothing is guessed: it is learning the room, or has lost it."""

TAKEN_SHARE: Final = 0.5
"""And in so many it took away what it should, so that it may decide alone."""

_LOUD_DBFS: Final = -45.0


def _power(dbfs: float) -> float:
    return float((32768 * 10 ** (dbfs / 20)) ** 2)


def _share(db: float) -> float:
    return float(10 ** (db / 10))


class DoubleTalk:
    """Takes the powers (mean squares) of pieces of 20 ms, in order, while the loudspeaker is heard."""

    def __init__(self) -> None:
        self._last: deque[tuple[float, float]] = deque(maxlen=4)
        self._known: deque[tuple[bool, bool]] = deque(maxlen=KNOWN + _LATEST)
        """Of loud pieces: whether too much was left of them, and whether enough was taken away."""
        self._failed = self._taken = 0
        """How many of those that count did."""

    def push(self, heard: float, kept: float, *, passes: bool) -> bool:
        """Whether somebody may be talking.

        ``heard`` is the microphone's power, ``kept`` what the linear filter leaves, ``passes`` whether the other
        canceller lets something pass.
        """
        self._last.append((heard, kept))
        self._learn()
        counted = len(self._known) - _LATEST
        if counted < KNOWN // 2 or self._failed > FAILED_SHARE * counted:
            return False
        alone = self._taken > TAKEN_SHARE * KNOWN
        return (passes and self._stands_out(2, LEAST_DBFS)) or (alone and self._stands_out(3, SURE_DBFS))

    def _mean(self, pieces: int) -> tuple[float, float]:
        last = list(self._last)[-pieces:]
        return sum(heard for heard, _ in last) / len(last), sum(kept for _, kept in last) / len(last)

    def _stands_out(self, pieces: int, least_dbfs: float) -> bool:
        heard, kept = self._mean(pieces)
        return kept > _share(LEFT_DB) * heard and kept > _power(least_dbfs)

    def _learn(self) -> None:
        heard, kept = self._mean(4)
        if heard <= _power(_LOUD_DBFS):
            return
        if len(self._known) == KNOWN + _LATEST:
            self._count(self._known[0], -1)
        self._known.append((kept > _share(LEFT_DB) * heard, kept < _share(TAKEN_DB) * heard))
        if len(self._known) > _LATEST:
            self._count(self._known[-1 - _LATEST], 1)

    def _count(self, piece: tuple[bool, bool], one: int) -> None:
        failed, taken = piece
        self._failed += one * failed
        self._taken += one * taken
