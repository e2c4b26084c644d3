"""Whose claims are believed: a speaker that claims words and never answers anybody only silences the others.

Only claims that would be in force are judged: of five hundred speakers that hear one sentence, one answers, and the
others have not lied.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

UNANSWERED: Final = 3
"""So many claims of a speaker are believed before its state has shown a conversation."""

STRANGERS: Final = 8
"""And so many of all speakers together that never showed one."""

OFTEN: Final = 6
OFTEN_S: Final = 30.0
"""Nobody is woken more often than so many times in so many seconds."""

DOUBT_S: Final = 600.0
"""After so long a silence a speaker begins anew."""

MOST_SPEAKERS: Final = 1_024
"""So many are known at a time."""


@dataclass(slots=True)
class _Claimer:
    """One other speaker."""

    proven: bool = False
    """Whether its state has ever shown a conversation."""
    unanswered: int = 0
    """Claims since then."""
    last: float = 0.0
    claims: deque[float] = field(default_factory=lambda: deque(maxlen=OFTEN))
    believed: bool = True
    told: bool = False


@dataclass(slots=True)
class Credibility:
    """What is known of the other speakers. ``now``: monotonic seconds."""

    _known: dict[str, _Claimer] = field(default_factory=dict)
    _sees: bool = False
    """Whether states of others come here at all; a broker's rights may not allow it."""

    def believes(self, speaker: str, now: float) -> bool:
        """A claim of a speaker came in: whether to give way to it."""
        self._forget(now)
        one = self._known.get(speaker)
        if one is None:
            if len(self._known) >= MOST_SPEAKERS:
                return False
            one = self._known[speaker] = _Claimer()
        too_often = len(one.claims) == OFTEN and now - one.claims[0] < OFTEN_S
        strange = self._sees and not one.proven and self._strange_claims() >= STRANGERS
        silent = self._sees and one.unanswered >= UNANSWERED
        one.claims.append(now)
        one.last = now
        one.unanswered += 1
        one.believed = not (silent or too_often or strange)
        return one.believed

    def saw(self, speaker: str, *, talking: bool) -> None:
        """The state of a speaker came in: whether it shows a conversation."""
        self._sees = True
        if talking and speaker in self._known:
            one = self._known[speaker]
            one.proven, one.unanswered, one.told = True, 0, False

    def doubts(self, speaker: str) -> bool:
        """Whether the last claim of a speaker was not believed, and that is news."""
        one = self._known.get(speaker)
        if one is None or one.believed or one.told:
            return False
        one.told = True
        return True

    def _strange_claims(self) -> int:
        return sum(one.unanswered for one in self._known.values() if not one.proven)

    def _forget(self, now: float) -> None:
        self._known = {name: one for name, one in self._known.items() if now - one.last <= DOUBT_S}
