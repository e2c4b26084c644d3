"""Where somebody means: a room, a floor, or "here", which is where the speaker stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from speaker.errors import ToolError
from speaker.home.device_types import Device
from speaker.home.name_matching import in_room
from speaker.home.naming import bag, clean

_HERE: Final = frozenset({"here", "in here", "this room", "the room", "room", "my room", "around here"})
_WITHOUT_PREPOSITION: Final = bag("upstairs downstairs outside outdoors everywhere inside")


@dataclass(frozen=True, slots=True)
class Places:
    """The speaker's own room, and the floors with their rooms; both as the configuration has them."""

    own_room: str = ""
    floors: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def holds(self, place: str, device: Device) -> bool:
        """Whether a device is in a room or on a floor. Raises ToolError for "here" when nobody knows where that is."""
        return any(in_room(device, room) for room in self.rooms(place))

    def rooms(self, place: str) -> Sequence[str]:
        """The rooms that a place stands for. Raises ToolError as ``holds`` does."""
        if means_here(place):
            if not self.own_room:
                raise ToolError("I don't know which room I stand in. Please say the room.")
            return [self.own_room]
        floors = (rooms for floor, rooms in self.floors.items() if _same_floor(place, floor))
        return next(floors, [place])

    def near(self, devices: Sequence[Device]) -> list[Device]:
        """Those in the speaker's own room."""
        return [one for one in devices if in_room(one, self.own_room)] if self.own_room else []

    def spoken(self, place: str) -> str:
        """A place as it is said after a device: " in the kitchen", " upstairs"; nothing for none."""
        name = clean(self.own_room if means_here(place) else place).removeprefix("the ")
        if not name or name.casefold() in _WITHOUT_PREPOSITION:
            return f" {name}".rstrip()
        on_floor = any(_same_floor(place, floor) for floor in self.floors)
        return f" {'on' if on_floor else 'in'} the {name}"


def means_here(place: str) -> bool:
    """Whether somebody means the room that they are in."""
    return " ".join(place.casefold().split()) in _HERE


def _same_floor(asked: str, known: str) -> bool:
    one, other = (name.casefold().removeprefix("the ").removesuffix(" floor").strip() for name in (asked, known))
    return one == other
