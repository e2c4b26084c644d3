"""What a session's instructions say about the house: a list of devices by room, and nothing else.

Devices, by room:
- kitchen: Ceiling, Counter (light); Thermostat (climate)
- elsewhere: Outdoor temperature, +3 (sensor)

Floors: upstairs (bedroom, bath); ground floor (kitchen)

"+3" are so many more, whose names are not told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from speaker.offline.understanding.normalise import spoken_name

_HEADING: Final = "Devices, by room:"
NOWHERE: Final = "elsewhere"
"""The heading of devices without a room."""

_LINE = re.compile(r"-\s+(?P<room>[^:]+):\s*(?P<devices>.+)")
_GROUP = re.compile(r"(?P<names>[^,;].*?)\s+\((?P<kind>\w+)\)(?:[,;]\s*|$)")
_FLOORS = re.compile(r"^Floors: (?P<floors>.+)$", re.MULTILINE)
_UNTOLD = re.compile(r"\+\d+")


@dataclass(frozen=True, slots=True)
class Listed:
    """A device of the list, spelled as it stands there."""

    name: str
    kind: str
    room: str
    """Empty when it has none."""

    def says(self) -> Iterator[str]:
        """How people call it, in plain words: its name, with its room, and with "light" or "lamp"."""
        name, room = spoken_name(self.name), spoken_name(self.room)
        for variant in _variants(name) if self.kind == "light" else [name]:
            yield variant
            if room and room not in variant:
                yield f"{room} {variant}"
                yield f"{variant} in {room}"


def _variants(name: str) -> list[str]:
    words = name.split()
    if name in {"lamp", "light"}:
        # "The light" is that of the room, though one lamp somewhere has no other name.
        return [name]
    if words[-1:] == ["lamp"]:
        return [name, " ".join([*words[:-1], "light"])]
    if words[-1:] == ["light"]:
        return [name, " ".join([*words[:-1], "lamp"])]
    return [name, f"{name} light", f"{name} lamp"]


@dataclass(frozen=True, slots=True)
class Household:
    """The devices that the instructions name, in their order."""

    devices: tuple[Listed, ...] = ()
    floors: tuple[str, ...] = ()
    """Names of floors, if the instructions tell them."""

    @classmethod
    def read(cls, instructions: str) -> "Household":
        """The list in ``instructions``; an empty household when there is none."""
        _, _, rest = instructions.partition(_HEADING)
        devices: list[Listed] = []
        for line in rest.strip().splitlines():
            found = _LINE.fullmatch(line.strip())
            if found is None:
                break
            room = "" if found["room"] == NOWHERE else found["room"].strip()
            for group in _GROUP.finditer(found["devices"]):
                names = [name for name in group["names"].split(", ") if not _UNTOLD.fullmatch(name)]
                devices += [Listed(name, group["kind"], room) for name in names]
        told = _FLOORS.search(instructions)
        floors = re.sub(r"\([^)]*\)", "", told["floors"]).strip(" .") if told else ""
        return cls(tuple(devices), tuple(name.strip() for name in re.split("[,;]", floors) if name.strip()))

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of which there is a device."""
        return frozenset(device.kind for device in self.devices)

    @property
    def rooms(self) -> list[str]:
        """Rooms that have a device, each once."""
        return list(dict.fromkeys(device.room for device in self.devices if device.room))

    def of(self, kind: str, room: str = "") -> list[Listed]:
        """Devices of a kind, in a room or everywhere."""
        return [device for device in self.devices if device.kind == kind and room in ("", device.room)]

    def called(self, kind: str) -> dict[str, tuple[Listed, ...]]:
        """What people may say for the devices of a kind, and which devices each of these can mean."""
        meant: dict[str, tuple[Listed, ...]] = {}
        for device in self.of(kind):
            for words in dict.fromkeys(device.says()):
                meant[words] = (*meant.get(words, ()), device)
        return meant

    def called_any(self, *kinds: str) -> dict[str, tuple[Listed, ...]]:
        """The same for several kinds; a name of two kinds means each device of that name that is listed first."""
        meant: dict[str, tuple[Listed, ...]] = {}
        for kind in kinds:
            for words, devices in self.called(kind).items():
                meant.setdefault(words, devices)
        return meant

    @property
    def has_outside(self) -> bool:
        """Whether something measures the weather outside."""
        return any({"outdoor", "outside", "outdoors"} & set(spoken_name(d.name).split()) for d in self.of("sensor"))
