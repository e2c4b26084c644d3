"""One responder: when several speakers hear the same wake word, the first claim on the broker wins.

Nobody waits for anybody. Who hears the word claims it at once and goes on; a broker gives all its messages to
everyone in one order, so each speaker sees by itself whether another was first, and then falls silent before it
was heard. Without a broker nobody is told, and everybody answers: better two answers than none.

Claims belong to one utterance when they come, or were made, at about the same time. When they come is known
without a clock that is right; when they were made still holds where a busy broker keeps them for seconds.
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
    at: float = 0.0
    """When it was heard, in seconds since 1970 by the speaker's own clock; 0 = not told."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """When something was heard or came in."""

    came: float
    """Monotonic seconds of this machine."""
    at: float
    """Seconds since 1970 by the clock of whoever heard it; 0 = not told."""

    def belongs_with(self, other: "_Moment") -> bool:
        """Whether both are of one utterance."""
        together = self.at > 0 and other.at > 0 and abs(self.at - other.at) <= WINDOW_S
        return together or abs(self.came - other.came) <= WINDOW_S


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
    """The claims that one speaker saw, and its own. ``now``: monotonic seconds; ``at``: seconds since 1970."""

    speaker: str
    _first: dict[str, tuple[Claim, _Moment]] = field(default_factory=dict)
    """Wake word → the claim that is in force, and when it came."""
    credibility: Credibility = field(default_factory=Credibility)
    """Which other speakers are believed."""
    _woke: dict[str, _Moment] = field(default_factory=dict)
    """Wake word → when we heard it ourselves last."""
    _won: set[str] = field(default_factory=set)
    """Those of them for which our claim was the first; claims of other utterances may come after it."""

    def heard(self, word: str, now: float, *, busy: bool = False, at: float = 0.0) -> bool:
        """We heard the word: whether it is ours, as far as is known. Then it has to be claimed."""
        moment = _Moment(now, at)
        if not busy and self._in_force(word, moment) is not None:
            return False
        if not busy:
            self._woke[word] = moment
            self._won.discard(word)
        return True

    def take(self, word: str, claim: Claim, now: float) -> bool:
        """A claim came in, our own among them: whether we have to fall silent."""
        moment = _Moment(now, claim.at)
        first = self._in_force(word, moment)
        if first is not None and (first.busy or not claim.busy):
            return False
        own = claim.speaker == self.speaker
        # Whoever lost keeps nobody silent; only a claim that would be in force has to be believed.
        if not own and not self.credibility.believes(claim.speaker, now):
            return False
        if word not in self._first and not self._room(now):
            return False
        self._first[word] = claim, moment
        woke = self._woke.get(word)
        if woke is None or not woke.belongs_with(moment):
            return False
        if own:
            self._won.add(word)
        elif claim.busy or word not in self._won:
            del self._woke[word]
            return True
        return False

    def doubts(self, claim: Claim) -> bool:
        """Whether it is news that this speaker is not believed any more."""
        return claim.speaker != self.speaker and self.credibility.doubts(claim.speaker)

    def _room(self, now: float) -> bool:
        if len(self._first) >= _MOST_WORDS:
            self._first = {word: kept for word, kept in self._first.items() if now - kept[1].came <= WINDOW_S}
        return len(self._first) < _MOST_WORDS

    def _in_force(self, word: str, moment: _Moment) -> Claim | None:
        claim, came = self._first.get(word, (None, moment))
        return claim if claim is not None and came.belongs_with(moment) else None
