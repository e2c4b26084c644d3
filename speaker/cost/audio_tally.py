"""The sound of a conversation as it is paid for: what was sent, what was made, and what of that was heard."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ItemAudio:
    """The sound of one answer, in ms."""

    generated_ms: float
    unheard_ms: float


@dataclass(slots=True)
class AudioTally:
    """One session, from its opening on. Items are the parts of answers."""

    heard_ms: float = 0.0
    """Sound of the user that was sent."""
    before_ms: float = 0.0
    """Sound of the answers that are complete."""
    _delivered: dict[str, float] = field(default_factory=dict)
    _cut: dict[str, float] = field(default_factory=dict)
    _counted: set[str] = field(default_factory=set)

    def deliver(self, item: str, ms: float) -> None:
        """More sound of an item has come."""
        self._delivered[item] = self._delivered.get(item, 0.0) + ms

    def cut(self, item: str, heard_ms: float) -> None:
        """An item was interrupted after so much of it."""
        self._cut[item] = heard_ms

    def complete(self, items: Iterable[str]) -> None:
        """An answer is complete, or was given up."""
        fresh = [item for item in items if item not in self._counted]
        self._counted.update(fresh)
        self.before_ms += sum(self._delivered.get(item, 0.0) for item in fresh)

    @property
    def open_items(self) -> list[str]:
        """What was heard of, and belongs to no complete answer."""
        return [item for item in {**self._delivered, **self._cut} if item not in self._counted]

    def made(self, items: Iterable[str], billed_ms: float) -> ItemAudio:
        """How much of an answer nobody heard; the service counts ``billed_ms``, whether they were delivered or not.

        Only an answer that was cut, or of which nothing came, has an unheard part: that the service counts a
        little more than it sends is no waste of ours.
        """
        mine = list(items)
        delivered = sum(self._delivered.get(item, 0.0) for item in mine)
        generated = max(billed_ms, delivered)
        heard = sum(self._cut.get(item, self._delivered.get(item, 0.0)) for item in mine)
        wasted = delivered == 0 or any(item in self._cut for item in mine)
        return ItemAudio(generated, max(0.0, generated - heard) if wasted else 0.0)
