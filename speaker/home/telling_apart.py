"""Names by which devices are told apart: no two of a kind in a room are called the same."""

from collections.abc import Iterable
from dataclasses import replace

from speaker.home.device_types import Device
from speaker.home.naming import MAX_NAME_CHARACTERS, NOUNS, clean


def told_apart(devices: Iterable[Device]) -> list[Device]:
    """The devices: long names where short ones are the same, then the words of their ids, then numbers."""
    named = list(devices)
    for rename in (_longer, _by_id):
        named = [one for group in _alike(named) for one in (group if len(group) == 1 else map(rename, group))]
    taken = {_called(device) for device in named}
    return [one for group in _alike(named) for one in (group if len(group) == 1 else _numbered(group, taken))]


_Called = tuple[str, str, str]


def _called(device: Device) -> _Called:
    return device.room, NOUNS[device.kind], device.name.casefold()


def _alike(devices: Iterable[Device]) -> Iterable[list[Device]]:
    groups: dict[_Called, list[Device]] = {}
    for device in devices:
        groups.setdefault(_called(device), []).append(device)
    return groups.values()


def _longer(device: Device) -> Device:
    return replace(device, name=device.long_name)


def _by_id(device: Device) -> Device:
    """With what the id says beyond the name, as in "hall plug l2"."""
    known = device.name.casefold().split()
    words = [word for word in clean(device.id.rpartition("/")[2]).split() if word.casefold() not in known]
    return _added(device, " ".join(words)) if words else device


def _added(device: Device, words: str) -> Device:
    room = MAX_NAME_CHARACTERS - len(words[:30]) - 1
    return replace(device, name=f"{device.name[:room].strip()} {words[:30]}".strip())


def _numbered(group: list[Device], taken: set[_Called]) -> list[Device]:
    """One keeps its name; the others are the second and so on."""
    found: list[Device] = []
    number = 1
    for device in sorted(group, key=lambda one: one.id):
        renamed = device
        while found and _called(renamed) in taken:
            number += 1
            renamed = _added(device, str(number))
        taken.add(_called(renamed))
        found.append(renamed)
    return found
