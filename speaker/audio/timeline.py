"""Whether sound that was fetched follows what was fetched before, or some of it was dropped in between.

PortAudio tells of a card that overflowed only at the price of what it still has, and a sound server tells nothing; so
the time has to. Sound that is merely late catches up within a second. What was dropped never does.
"""

from collections import deque
from typing import Final

DROPPED_S: Final = 0.04
"""What stays so much later than it should be is missing something."""

_PATIENCE_S: Final = 1.0
"""How long it may take to catch up."""

_DRIFT_S: Final = 0.0005
"""How much of a lag in each piece is the clocks' difference, at most."""


class Timeline:
    """Takes when each piece of sound began and how long it is, in seconds of monotonic time."""

    def __init__(self) -> None:
        self._due_s: float | None = None
        self._since_s = 0.0
        """Since when pieces have come without a long break."""
        self._least: deque[tuple[float, float]] = deque()
        """When it began and its lag, of each piece of the last second that nothing after it lags less than."""

    def push(self, begins_s: float, length_s: float) -> bool:
        """Whether something before it turns out to be missing."""
        due_s = begins_s if self._due_s is None else min(self._due_s, begins_s)
        if not self._least or self._least[-1][0] < begins_s - _PATIENCE_S:
            self._since_s = begins_s
        least_s = self._least_lag(begins_s, begins_s - due_s)
        dropped = least_s > DROPPED_S and begins_s - self._since_s > _PATIENCE_S / 2
        if dropped:
            due_s += least_s
            self._least.clear()
        self._due_s = due_s + length_s + min(least_s, _DRIFT_S)
        return dropped

    def _least_lag(self, begins_s: float, lag_s: float) -> float:
        while self._least and self._least[-1][1] >= lag_s:
            self._least.pop()
        self._least.append((begins_s, lag_s))
        while self._least[0][0] < begins_s - _PATIENCE_S:
            self._least.popleft()
        return self._least[0][1]
