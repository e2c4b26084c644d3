"""One responder: when several speakers hear the same wake word, the first claim on the broker wins.

Nobody waits for anybody. Who hears the word claims it at once and goes on; a broker gives all its messages to
everyone in one order, so each speaker sees by itself whether another was first, and then falls silent before it
was heard. Without a broker nobody is told, and everybody answers: better two answers than none.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

WINDOW_S: Final = 0.7
"""Detections of one utterance lie at most so far apart (about 0.2 s), the broker's delay included. An older claim
belongs to another utterance, and one that comes later finds a conversation that is under way."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is published when a wake word was heard."""

    speaker: str
    """Its id."""
    score: float = 0.0
    busy: bool = False
    """Whether it is in a conversation already: that is never taken away by another speaker."""


def read_claim(payload: bytes) -> Claim | None:
    """A claim from its JSON; None when it is none."""
    try:
        return msgspec.json.decode(payload, type=Claim)
    except msgspec.DecodeError:
        return None


@dataclass(slots=True)
class Claims:
    """The claims that one speaker saw, and its own. ``now``: monotonic seconds."""

    speaker: str
    _first: dict[str, tuple[Claim, float]] = field(default_factory=dict)
    """Wake word → the claim that is in force, and when it came."""
    _woke: dict[str, float] = field(default_factory=dict)
    """Wake word → when we heard it ourselves, as long as somebody else may still have been first."""

    def heard(self, word: str, now: float, *, busy: bool = False) -> bool:
        """We heard the word: whether it is ours, as far as is known. Then it has to be claimed."""
        other = self._in_force(word, now)
        if other is not None and not busy:
            return False
        if not busy:
            self._woke[word] = now
        return True

    def take(self, word: str, claim: Claim, now: float) -> bool:
        """A claim came in, our own among them: whether we have to fall silent."""
        other = self._in_force(word, now)
        if other is None or (claim.busy and not other.busy):
            self._first[word] = claim, now
        if claim.speaker == self.speaker:
            return False
        woke = self._woke.get(word)
        late = woke is None or now - woke > WINDOW_S
        lost = not late and self._first[word][0].speaker != self.speaker
        if lost:
            del self._woke[word]
        return lost

    def settled(self, word: str) -> None:
        """The conversation that the word began is nobody else's any more."""
        self._woke.pop(word, None)

    def _in_force(self, word: str, now: float) -> Claim | None:
        claim, came = self._first.get(word, (None, 0.0))
        return claim if claim is not None and now - came <= WINDOW_S else None
