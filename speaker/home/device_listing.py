"""Which devices there are, whoever announced them: each once, even if two messages speak of the same.

A device is the same if its id is, or its kind and unique id. The first announcement counts, as in Home Assistant; when
that goes, the next takes its place, so that a device may move from one form of announcement to the other in any order.
"""

from collections.abc import Iterable

from speaker.home.device_types import Device

_Key = tuple[str, str]
_Place = tuple[str, str]
"""The source that announced a device, and its id."""


class DeviceListing:
    """The devices of all sources. A change costs as much as there is to change."""

    def __init__(self) -> None:
        self._sources: dict[str, dict[str, Device]] = {}
        self._claims: dict[_Key, dict[_Place, Device]] = {}
        """Who speaks of the same device, in the order in which they came."""
        self._holders: dict[_Key, _Place] = {}
        """Whose word counts."""
        self.announced = 0
        """How many devices are announced, doubled ones too."""

    def of(self, source: str) -> dict[str, Device]:
        """The devices of a source, by their ids."""
        return self._sources.get(source, {})

    def put(self, source: str, devices: Iterable[Device]) -> tuple[list[Device], list[Device]]:
        """Let ``source`` stand for these devices and no others; which are gone by that, and which are new."""
        before, after = self.of(source), {device.id: device for device in devices}
        different = [name for name in before | after if before.get(name) != after.get(name)]
        if not different:
            return [], []
        self._sources[source] = after
        if not after:
            del self._sources[source]
        self.announced += len(after) - len(before)
        gone: list[Device] = []
        free: dict[_Key, None] = {}
        for name in different:
            place, old, new = (source, name), before.get(name), after.get(name)
            if old is not None and self._let_go(place, old):
                gone.append(old)
            self._claim(place, old, new)
            free |= dict.fromkeys([*_keys(old), *_keys(new)])
        return gone, [device for key in free for device in self._filled(key)]

    def _let_go(self, place: _Place, device: Device) -> bool:
        """Make room where this place's word counted; whether it did."""
        held = [key for key in _keys(device) if self._holders.get(key) == place]
        for key in held:
            del self._holders[key]
        return bool(held)

    def _claim(self, place: _Place, old: Device | None, new: Device | None) -> None:
        keys = _keys(new)
        for key in _keys(old):
            if key not in keys:
                del self._claims[key][place]
                if not self._claims[key]:
                    del self._claims[key]
        for key in keys:  # whoever changes keeps its turn
            if new is not None:
                self._claims.setdefault(key, {})[place] = new

    def _filled(self, key: _Key) -> list[Device]:
        """The device that now counts for a key, if it did not before."""
        if key in self._holders:
            return []
        for place, device in self._claims.get(key, {}).items():
            if not any(one in self._holders for one in _keys(device)):
                self._holders |= dict.fromkeys(_keys(device), place)
                return [device]
        return []


def _keys(device: Device | None) -> list[_Key]:
    if device is None:
        return []
    own = ("", device.id)
    return [own, (device.kind, device.unique_id)] if device.unique_id else [own]
