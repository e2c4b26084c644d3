"""How many messages of one kind are taken: so many at once, and so many a second after that."""

from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """``burst`` at once, ``per_s`` a second in the long run. ``now``: monotonic seconds."""

    per_s: float
    burst: float
    flooded: bool = False
    """Whether more comes than is taken: from the first refusal until half of ``burst`` is there again."""
    _spent: float = 0.0
    _at: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more is taken."""
        self._spent = max(0.0, self._spent - self.per_s * max(0.0, now - self._at))
        self._at = now
        if self._spent <= self.burst / 2:
            self.flooded = False
        if self._spent + 1 > self.burst:
            return False
        self._spent += 1
        return True

    def begins(self) -> bool:
        """After a refusal: whether it is the first one of a flood, and so is to be told."""
        first, self.flooded = not self.flooded, True
        return first

    def wait_s(self) -> float:
        """Seconds after the last ``take`` until another one is taken."""
        return max(0.0, (self._spent + 1 - self.burst) / self.per_s)
