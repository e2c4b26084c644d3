"""One responder: when several speakers hear the same wake word, the first claim on the broker wins.

Nobody waits for anybody. Who hears the word claims it at once and goes on; a broker gives all its messages to
everyone in one order, so each speaker sees by itself whether another was first, and then falls silent before it
was heard. Without a broker nobody is told, and everybody answers: better two answers than none.
"""

from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec

from speaker.errors import NOT_JSON
from speaker.wake.credibility import Credibility

WINDOW_S: Final = 0.7
"""Detections of one utterance lie at most so far apart (about 0.2 s), the broker's delay included. An older claim
belongs to another utterance, and one that comes later finds a conversation that is under way."""

_MOST_BYTES: Final = 1_024
_MOST_STATE_BYTES: Final = 65_536
_MOST_WORDS: Final = 32
"""Claims of so many words are kept at a time; other programs may claim words that nobody has."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is published when a wake word was heard."""

    speaker: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """Its id."""
    score: float = 0.0
    busy: bool = False
    """Whether it is in a conversation already: that is never taken away by another speaker."""


def read_claim(payload: bytes) -> Claim | None:
    """A claim from its JSON; None when it is none."""
    if len(payload) > _MOST_BYTES:
        return None
    try:
        return msgspec.json.decode(payload, type=Claim)
    except NOT_JSON:
        return None


class _Shown(msgspec.Struct, frozen=True):
    """What is read of another speaker's state."""

    state: str = "idle"


def is_talking(payload: bytes) -> bool:
    """Whether the state of another speaker shows a conversation."""
    if len(payload) > _MOST_STATE_BYTES:
        return False
    try:
        return msgspec.json.decode(payload, type=_Shown).state in {"listening", "processing", "responding"}
    except NOT_JSON:
        return False


@dataclass(slots=True)
class Claims:
    """The claims that one speaker saw, and its own. ``now``: monotonic seconds."""

    speaker: str
    _first: dict[str, tuple[Claim, float]] = field(default_factory=dict)
    """Wake word → the claim that is in force, and when it came."""
    credibility: Credibility = field(default_factory=Credibility)
    """Which other speakers are believed."""
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
        if claim.speaker != self.speaker and not self.credibility.believes(claim.speaker, now):
            return False
        if word not in self._first and not self._room(now):
            return False
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

    def doubts(self, claim: Claim) -> bool:
        """Whether it is news that this speaker is not believed any more."""
        return claim.speaker != self.speaker and self.credibility.doubts(claim.speaker)

    def settled(self, word: str) -> None:
        """The conversation that the word began is nobody else's any more."""
        self._woke.pop(word, None)

    def _room(self, now: float) -> bool:
        if len(self._first) >= _MOST_WORDS:
            self._first = {word: kept for word, kept in self._first.items() if now - kept[1] <= WINDOW_S}
        return len(self._first) < _MOST_WORDS

    def _in_force(self, word: str, now: float) -> Claim | None:
        claim, came = self._first.get(word, (None, 0.0))
        return claim if claim is not None and now - came <= WINDOW_S else None
