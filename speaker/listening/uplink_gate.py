"""What goes to the session of all that could: everything behind a wake word, or nothing but speech.

The idea. A gate is a queue with a verdict. Pieces of sound go in as they come; whether they are speech is known only
later, since a detector needs some sound before it is sure. So a piece waits in the queue until its fate is known, and
leaves it in order, none missing, each marked as sent or not. Nothing is decided on a piece that might still turn out
to be the beginning of a word:

    sound      ···········[ padding ][ speech ............ ][ silence that ends the turn ]·······
    detector                            ^ notices the beginning here, NOTICE_MS late at most
    queue      let go unsent │ kept: the turn begins here, to the sample                 │ cut here

``begun`` and ``ended`` are distances back from the end of the newest piece: the detector counts samples from where it
stands, and a cut in the middle of a piece makes two of it.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from speaker.audio.pcm import PIECE_MS, WAKE_HZ, Samples, ms_to_samples
from speaker.audio.vad import MIN_SPEECH_MS, WINDOW_MS, TurnSettings
from speaker.listening.speech_activity import Turn
from speaker.wake.pre_roll import word_end

NOTICE_MS: Final = MIN_SPEECH_MS + WINDOW_MS + PIECE_MS
"""Speech is noticed so late at most, in sound: what came before it is kept so much longer."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The wake word that came right before a turn: never sent, and known to whoever listens here."""

    word: str
    samples: Samples
    """int16, 16 kHz, a second or more that ends where the turn's first piece begins."""


@dataclass(frozen=True, slots=True)
class UplinkPiece:
    """Sound (int16, 16 kHz) with the number of its first sample, counted since the router began."""

    first: int
    samples: Samples
    begins: bool = False
    """Whether a turn of the user begins with it; only where turns are found here."""
    ends: bool = False
    sent: bool = True
    """Whether it is for the session; False for silence that nobody needs."""
    lead: Lead | None = None


class UplinkGate(Protocol):
    """Decides what is sent."""

    @property
    def judges(self) -> bool:
        """Whether it has to know if somebody speaks."""

    def reset(self, waiting: Iterable[UplinkPiece] = ()) -> None:
        """Begin anew, behind a wake word with pieces that nobody has judged yet."""

    def take(self, piece: UplinkPiece, turn: Turn | None, begun: int = 0, ended: int = 0) -> list[UplinkPiece]:
        """The next piece, and whether somebody speaks in it; None when that is not known yet.

        A turn that begins in it begins ``begun`` samples before its end, one that ends ``ended`` samples.
        """

    def spare(self, piece: UplinkPiece) -> list[UplinkPiece]:
        """The next piece, which came while the speaker spoke; nobody spoke over it."""


class WordGate:
    """Everything goes, for the service to find the turns in it; but a wake word behind which nobody goes on.

    Its last syllable would be taken for a turn, and answered.
    """

    PATIENCE: Final = ms_to_samples(640, WAKE_HZ)
    """So long, in samples, it may take until somebody goes on in one breath; they are noticed sooner."""

    def __init__(self) -> None:
        self._waiting: list[UplinkPiece] = []
        self._judged = 0

    @property
    def judges(self) -> bool:
        """Whether a wake word was just heard."""
        return bool(self._waiting)

    def reset(self, waiting: Iterable[UplinkPiece] = ()) -> None:
        """Begin anew, behind a wake word with pieces that nobody has judged yet."""
        self._waiting, self._judged = list(waiting), 0

    def take(self, piece: UplinkPiece, turn: Turn | None, begun: int = 0, ended: int = 0) -> list[UplinkPiece]:  # noqa: ARG002 - all goes
        """The next piece, and whether somebody speaks in it; None when that is not known yet.

        A turn that begins in it begins ``begun`` samples before its end, one that ends ``ended`` samples.
        """
        if not self._waiting:
            return [piece]
        self._waiting.append(piece)
        self._judged += 0 if turn is None else piece.samples.size
        if not turn and self._judged < self.PATIENCE:
            return []
        out, self._waiting = self._waiting, []
        return _without_word(out) if turn else [replace(one, sent=one.lead is None) for one in out]

    def spare(self, piece: UplinkPiece) -> list[UplinkPiece]:
        """The next piece, which came while the speaker spoke; the service may hear something in it."""
        return self.take(piece, "")


def _without_word(pieces: list[UplinkPiece]) -> list[UplinkPiece]:
    """The end of the wake word is not sent, where a pause tells it from what was said behind it."""
    lead = pieces[0].lead
    if lead is None:
        return pieces
    spare = word_end(lead.samples, np.concatenate([one.samples for one in pieces]), pieces[0].samples.size)
    if not spare:
        return pieces
    before: list[UplinkPiece] = []
    rest = list(pieces)
    while spare:
        first, second = _cut(replace(rest.pop(0), lead=None), spare)
        before.append(replace(first, sent=False))
        spare -= first.samples.size
        if second.samples.size:
            rest.insert(0, second)
    samples = np.concatenate([lead.samples, *(one.samples for one in before)])
    return [*before, replace(rest[0], lead=replace(lead, samples=samples)), *rest[1:]]


class SpeechGate:
    """Nothing but speech: what was said, a little before it, and the silence by which its end is known."""

    judges: Final = True

    def __init__(self, settings: TurnSettings) -> None:
        self._most = ms_to_samples(settings.prefix_padding_ms + NOTICE_MS, WAKE_HZ)
        """Samples that a turn could still begin with."""
        self._waiting: deque[UplinkPiece] = deque()
        self._open = False

    def reset(self, waiting: Iterable[UplinkPiece] = ()) -> None:
        """Begin anew, behind a wake word with pieces that nobody has judged yet."""
        self._open = False
        self._waiting = deque(waiting)

    def take(self, piece: UplinkPiece, turn: Turn | None, begun: int = 0, ended: int = 0) -> list[UplinkPiece]:
        """The next piece, and whether somebody speaks in it; None when that is not known yet.

        A turn that begins in it begins ``begun`` samples before its end, one that ends ``ended`` samples.
        """
        self._waiting.append(piece)
        if turn is None:  # nobody has looked at it yet, so it waits
            return []
        if turn == "" and not self._open:  # nobody speaks: only what a turn could still begin with is kept
            return self._let_go_old()
        # A turn begins, goes on, or ends in this piece; what waits is part of it from ``begun`` on.
        begins, self._open = not self._open, turn == "on"
        before = self._let_go_all_but(begun) if begins and begun else []
        said = list(self._waiting)
        self._waiting.clear()
        said[0] = replace(said[0], begins=begins)
        if self._open:
            return [*before, *said]
        # It ends ``ended`` samples before the end of this piece; what comes behind that is not sent.
        last, after = _cut(said[-1], max(0, said[-1].samples.size - ended))
        return [*before, *said[:-1], replace(last, ends=True), *([replace(after, sent=False)] if ended else [])]

    def spare(self, piece: UplinkPiece) -> list[UplinkPiece]:
        """The next piece, which came while the speaker spoke, and is not sent; a turn under way is given up."""
        self._open = False
        self._waiting.append(piece)
        return self._let_go(len(self._waiting))

    def _let_go_old(self) -> list[UplinkPiece]:
        """What is older than anything that a turn could still begin with."""
        kept = sum(one.samples.size for one in self._waiting)
        count = 0
        while count < len(self._waiting) and kept - self._waiting[count].samples.size >= self._most:
            kept -= self._waiting[count].samples.size
            count += 1
        return self._let_go(count)

    def _let_go_all_but(self, samples: int) -> list[UplinkPiece]:
        """What came before the last so many samples; the piece in which they begin is cut there."""
        # Whole pieces go first; the one in which the turn begins is cut, and its first part goes, too.
        spare = sum(one.samples.size for one in self._waiting) - samples
        out: list[UplinkPiece] = []
        while spare > 0 and len(self._waiting) > 1 and self._waiting[0].samples.size <= spare:
            spare -= self._waiting[0].samples.size
            out += self._let_go(1)
        if spare <= 0:
            return out
        one = self._waiting.popleft()
        dropped, rest = _cut(one, spare)
        # Who listens here needs the wake word up to where the turn begins, without a gap.
        lead = one.lead and replace(one.lead, samples=np.concatenate([one.lead.samples, dropped.samples]))
        self._waiting.appendleft(replace(rest, lead=lead))
        return [*out, replace(dropped, sent=False)]

    def _let_go(self, count: int) -> list[UplinkPiece]:
        return [replace(self._waiting.popleft(), sent=False) for _ in range(count)]


def _cut(piece: UplinkPiece, at: int) -> tuple[UplinkPiece, UplinkPiece]:
    """A piece in two, the second beginning at a sample."""
    return replace(piece, samples=piece.samples[:at]), UplinkPiece(piece.first + at, piece.samples[at:])
