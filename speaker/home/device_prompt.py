"""The list of devices for the model's instructions: short enough to be paid for with every response.

A small house is listed whole. Of a big one every room is named with how many of each kind it has, and as many
names as there is room for, what one commands before what one only reads. The order is always the same, so that
the service can keep what it has read before.
"""

from collections.abc import Mapping, Sequence
from typing import Final, get_args

from speaker.home.device_command import Kind
from speaker.home.device_types import Device

MAX_CHARACTERS: Final = 4_000
"""About 1,000 tokens."""

_HEADING: Final = "Devices, by room:"
ELSEWHERE: Final = "elsewhere"
"""Where the devices without a room stand."""

_CUT: Final = "+N means N more of that kind, which find_devices lists."
_ROOMS_CUT: Final = "{rooms} more rooms with {devices} devices are left out; find_devices lists them."

Group = tuple[str, Kind]
_RANK: Final[Mapping[Kind, int]] = {kind: rank for rank, kind in enumerate(get_args(Kind))}


def describe(devices: Sequence[Device]) -> str:
    """All devices, which come sorted by room and name, a line for each room."""
    groups: dict[Group, list[str]] = {}
    for device in devices:
        groups.setdefault((device.room or ELSEWHERE, device.kind), []).append(device.name)
    if not groups:
        return "No devices are known yet."
    whole = _written(groups, {group: len(names) for group, names in groups.items()})
    return whole if len(whole) <= MAX_CHARACTERS else _shortened(groups)


def _written(groups: Mapping[Group, list[str]], shown: Mapping[Group, int]) -> str:
    """The list with so many names of each group, in the order of the groups' rooms."""
    rooms: dict[str, list[Group]] = {}
    for group in shown:
        rooms.setdefault(group[0], []).append(group)
    lines = [_HEADING]
    for room, there in rooms.items():
        kinds = sorted(there, key=lambda group: _RANK[group[1]])
        lines.append(f"- {room}: {'; '.join(_group(groups[group], shown[group], group[1]) for group in kinds)}")
    return "\n".join(lines)


def _group(names: list[str], shown: int, kind: Kind) -> str:
    rest = [f"+{len(names) - shown}"] if shown < len(names) else []
    return f"{', '.join([*names[:shown], *rest])} ({kind})"


def _shortened(groups: Mapping[Group, list[str]]) -> str:
    left = MAX_CHARACTERS - len(_HEADING) - len(_CUT) - len(_ROOMS_CUT) - 2
    shown: dict[Group, int] = {}
    for room, bare in _bare_lines(groups).items():
        if len(bare) + 1 > left:
            break
        left -= len(bare) + 1
        shown |= {group: 0 for group in groups if group[0] == room}
    for group in sorted(shown, key=lambda group: _RANK[group[1]]):
        for name in groups[group]:
            if len(name) + 2 > left:
                break
            left -= len(name) + 2
            shown[group] += 1
    return "\n".join([_written(groups, shown), _footer(groups, shown)])


def _bare_lines(groups: Mapping[Group, list[str]]) -> dict[str, str]:
    """Each room's line without any name."""
    rooms = dict.fromkeys(room for room, _ in groups)
    none = dict.fromkeys(groups, 0)
    return {room: _written(groups, {g: 0 for g in none if g[0] == room}).partition("\n")[2] for room in rooms}


def _footer(groups: Mapping[Group, list[str]], shown: Mapping[Group, int]) -> str:
    missing = [group for group in groups if group not in shown]
    if not missing:
        return _CUT
    rooms, devices = len({room for room, _ in missing}), sum(len(groups[group]) for group in missing)
    return f"{_CUT} {_ROOMS_CUT.format(rooms=rooms, devices=devices)}"
