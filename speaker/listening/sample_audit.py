"""Proof that nothing a user said is lost on the way to the session: every sample has a number."""

from dataclasses import dataclass


@dataclass(slots=True)
class SampleAudit:
    """Counts samples (16 kHz) as they are handed to the session, and what is missing or comes twice."""

    taken: int = 0
    spared: int = 0
    """Samples in which nobody spoke, and which were therefore not sent."""
    lost: int = 0
    duplicated: int = 0
    _expected: int | None = None

    def take(self, first: int, count: int, *, meant: bool = True) -> None:
        """``count`` samples were handed over, the first of which has the number ``first``.

        Those that are not ``meant`` for the session were let go on purpose.
        """
        if self._expected is not None:
            self.lost += max(0, first - self._expected)
            self.duplicated += min(count, max(0, self._expected - first))
        self.taken += count if meant else 0
        self._expected = max(first + count, self._expected or 0)

    def pause(self) -> None:
        """What comes between here and the next sample was not meant for the session."""
        self._expected = None
