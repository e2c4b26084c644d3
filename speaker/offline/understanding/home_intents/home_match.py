"""A sentence of the package that was recognised: which intent it is, and what fills its slots."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from speaker.offline.understanding.devices_from_prompt import Household, Listed

SPEAKERS_ROOM: Final = "here"
"""The area of a sentence that names none: where the speaker stands."""

SlotValue = str | int | float | bool


@dataclass(frozen=True, slots=True)
class HomeMatch:
    """One meaning of a sentence."""

    intent: str
    slots: Mapping[str, SlotValue]
    """All but the name of a device."""
    devices: tuple[Listed, ...] = ()
    """Those that a name can mean."""
    response: str = ""
    """How the package would answer: "any", "all", "which" and so on tell questions apart."""
    wild: bool = False
    """Whether a slot holds words that no list knows."""

    def text(self, *names: str) -> str:
        """The first of these slots that holds something, as text; empty if none does."""
        return next((str(self.slots[name]) for name in names if name in self.slots), "")

    def number(self, *names: str) -> int | float | None:
        """The first of these slots that holds a number; a whole one as such."""
        values = (self.slots.get(name) for name in names)
        found = next((v for v in values if isinstance(v, int | float) and not isinstance(v, bool)), None)
        return int(found) if found is not None and found == int(found) else found

    @property
    def place(self) -> str:
        """The room or floor that was named, or SPEAKERS_ROOM."""
        return self.text("area", "floor") or SPEAKERS_ROOM

    @property
    def is_here(self) -> bool:
        """Whether no room was named."""
        return self.place == SPEAKERS_ROOM

    @property
    def domain(self) -> str:
        """The kind of devices that is meant as a group."""
        return self.text("domain")


def those_of(kind: str, place: str, household: Household) -> list[Listed]:
    """The devices of a kind in a room that was named."""
    return household.of(kind, place) if place in household.rooms else []
