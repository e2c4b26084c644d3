"""When to connect again, and what to say of a connection that does not last."""

from dataclasses import dataclass
from typing import Final

TAKEN_OVER: Final = 142
"""MQTT 5's reason: another client came under the same id."""

STEADY_S: Final = 20.0
"""A connection that lasted so long was a good one."""

SHORT_LIVES: Final = 3
"""So many connections in a row that did not last are no accident."""

_SOON_S: Final = (1.0, 30.0)
_SHORT_S: Final = (1.0, 300.0)
_TAKEN_S: Final = (60.0, 1_800.0)
"""First and longest pause: while nobody lets us in, after short lives, and after somebody took our place."""

_FORGOTTEN_S: Final = 7_200.0
"""After so long a life, a place that was taken long ago does not count any more."""


@dataclass(slots=True)
class ReconnectPlan:
    """What has happened to the connections so far."""

    client_id: str
    _refused: int = 0
    _short: int = 0
    _taken: int = 0

    def turned_away(self) -> float:
        """The connection ended before we were let in: seconds to wait."""
        self._refused += 1
        return _pause(_SOON_S, self._refused)

    def ended(self, lived_s: float, reason: int) -> tuple[float, str]:
        """A connection ended, with MQTT 5's reason (0 if unknown): seconds to wait, and what is wrong, if anything."""
        self._refused = 0
        self._short = 0 if lived_s >= STEADY_S else self._short + 1
        if reason == TAKEN_OVER:
            self._taken = 1 if lived_s >= _FORGOTTEN_S else self._taken + 1
            return _pause(_TAKEN_S, self._taken), (
                f"another client took the place of {self.client_id!r} at the broker: two speakers have the same id; "
                "give one of them another id in its configuration"
            )
        if self._short >= SHORT_LIVES:
            return _pause(_SHORT_S, self._short), (
                f"the broker ended {self._short} connections in a row soon after they were made; does another "
                f"speaker have the same id? Its log says why it disconnects {self.client_id!r}"
            )
        return _pause(_SHORT_S, max(self._short, 1)), ""


def _pause(bounds_s: tuple[float, float], times: int) -> float:
    first_s, longest_s = bounds_s
    return min(longest_s, first_s * 2.0 ** min(times - 1, 20))
