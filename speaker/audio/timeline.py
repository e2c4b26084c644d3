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
        self._lags: deque[tuple[float, float]] = deque()

    def push(self, begins_s: float, length_s: float) -> bool:
        """Whether something before it turns out to be missing."""
        due_s = begins_s if self._due_s is None else min(self._due_s, begins_s)
        self._lags.append((begins_s, begins_s - due_s))
        while self._lags[0][0] < begins_s - _PATIENCE_S:
            self._lags.popleft()
        least_s = min(lag_s for _, lag_s in self._lags)
        dropped = least_s > DROPPED_S and begins_s - self._lags[0][0] > _PATIENCE_S / 2
        if dropped:
            due_s += least_s
            self._lags.clear()
        self._due_s = due_s + length_s + min(least_s, _DRIFT_S)
        return dropped
