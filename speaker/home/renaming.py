"""Names and rooms that the config gives to devices which announce themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from speaker.errors import SpeakerError
from speaker.home.device_types import Device
from speaker.home.naming import clean

_KEYS: Final = frozenset({"id", "name", "room"})


@dataclass(frozen=True, slots=True)
class Renaming:
    """What one device is called instead, and where it is. None: as announced."""

    id: str
    """The announced unique_id, the name, or the discovery topic without prefix and "/config"."""
    name: str | None
    room: str | None

    def means(self, device: Device) -> bool:
        """Whether ``device`` is the one."""
        names = {device.name.casefold(), device.long_name.casefold()}
        return self.id in {device.id, device.unique_id} or clean(self.id).casefold() in names

    def applied(self, device: Device) -> Device:
        """The device as it is called here."""
        name = device.name if self.name is None else self.name
        long_name = device.long_name if self.name is None else self.name
        return replace(device, name=name, long_name=long_name, room=device.room if self.room is None else self.room)


def is_renaming(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of the config speaks of a device that announces itself."""
    return "id" in entry and "kind" not in entry


def renaming(place: str, entry: Mapping[str, Any]) -> Renaming:
    """The renaming of a config entry. Raises SpeakerError that names the field."""
    for key, value in entry.items():
        if key not in _KEYS:
            raise SpeakerError(f"{place}.{key}: a device that announces itself can be given a name and a room only")
        if not isinstance(value, str) or (key != "room" and not clean(value)):
            raise SpeakerError(f"{place}.{key}: {value!r} is not a text")
    name, room = entry.get("name"), entry.get("room")
    return Renaming(entry["id"], None if name is None else clean(name), None if room is None else clean(room).lower())


def renamed(devices: Iterable[Device], renamings: Iterable[Renaming]) -> list[Device]:
    """The devices as the config calls them; the first renaming that means a device counts."""
    known = list(renamings)
    return [next((one.applied(device) for one in known if one.means(device)), device) for device in devices]
