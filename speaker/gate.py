"""Only speech goes to the session: what was said, a little before it, and the silence by which its end is known."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from speaker.attention import Turn
from speaker.core.pcm import FRAME_MS, Samples
from speaker.offline.vad import MIN_SPEECH_MS, WINDOW_MS, TurnSettings

NOTICE_MS: Final = MIN_SPEECH_MS + WINDOW_MS + FRAME_MS
"""Speech is noticed so late at most, in sound: what came before it is kept so much longer."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The wake word that came right before a turn: never sent, and known to whoever listens here."""

    word: str
    samples: Samples
    """int16, 16 kHz, a second or more that ends where the turn's first piece begins."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound (int16, 16 kHz) with the number of its first sample, counted since the router began."""

    first: int
    samples: Samples
    begins: bool = False
    """Whether a turn of the user begins with it; only where turns are found here."""
    ends: bool = False
    sent: bool = True
    """Whether it is for the session; False for silence that nobody needs."""
    lead: Lead | None = None


class Gate:
    """Pieces in, pieces out, in order and none missing: each with what has become of it."""

    def __init__(self, settings: TurnSettings) -> None:
        self._most = -(-(settings.prefix_padding_ms + NOTICE_MS) // FRAME_MS)
        self._waiting: deque[Piece] = deque()
        self._open = False

    def reset(self, waiting: Iterable[Piece] = ()) -> None:
        """Begin anew, with pieces that nobody has judged yet."""
        self._open = False
        self._waiting = deque(waiting)

    def take(self, piece: Piece, turn: Turn | None) -> list[Piece]:
        """The next piece, and whether somebody speaks in it; None when that is not known yet."""
        self._waiting.append(piece)
        if turn is None:
            return []
        if turn == "" and not self._open:
            return self._let_go(len(self._waiting) - self._most)
        begins, self._open = not self._open, turn == "on"
        said = list(self._waiting)
        self._waiting.clear()
        said[0] = replace(said[0], begins=begins)
        said[-1] = replace(said[-1], ends=not self._open)
        return said

    def spare(self, piece: Piece) -> list[Piece]:
        """The next piece, which nobody needs whatever was said in it; a turn under way is given up."""
        self._open = False
        self._waiting.append(piece)
        return self._let_go(len(self._waiting))

    def _let_go(self, count: int) -> list[Piece]:
        return [replace(self._waiting.popleft(), sent=False) for _ in range(count)]
