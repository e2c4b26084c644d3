"""Topics on which no device is told anything, whatever it announces: a device may not speak for others.

Whoever may publish an announcement could otherwise let the speaker send, with the speaker's own rights, what it may not
send itself: commands to speakers, tools, announcements of other devices, orders to a bridge or to the broker.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final

import msgspec

from speaker.home.device_types import DeviceType

Forbidden = Callable[[str], str]
"""Why a topic is not for devices, as in "is one of …"; empty when it may be."""

_BRIDGE_ORDERS: Final = frozenset({"request", "config", "group", "bind", "unbind", "networkmap", "ota_update"})
"""What stands behind ``bridge`` where Zigbee2MQTT takes orders about itself."""

_BESIDE_NAMES: Final = frozenset({"tools", "claim"})
_OF_SPEAKERS: Final = frozenset({"command", "answer", "state", "event", "availability"})


def nothing_forbidden(topic: str) -> str:  # noqa: ARG001 - one rule among others
    """The rule of a house that has no speaker: every topic may be a device's."""
    return ""


def forbidden_topics(base: str, prefixes: Iterable[str]) -> Forbidden:
    """The rule for speakers under ``base`` and announcements under ``prefixes``."""
    announced_under = (*(f"{prefix}/" for prefix in prefixes), "tasmota/discovery/")

    def reason(topic: str) -> str:
        if topic.startswith("$"):
            return "is one of the broker itself"
        if topic.startswith(f"{base}/"):
            first, *rest = topic.removeprefix(f"{base}/").split("/")
            if first in _BESIDE_NAMES or (rest and rest[0] in _OF_SPEAKERS):
                return "is one of the speakers"
        if topic.startswith(announced_under) and topic.rpartition("/")[2] in {"config", "sensors", "status"}:
            return "is one on which devices are announced"
        levels = topic.split("/")
        if "_CLIENTS" in levels or any(one == "bridge" and after in _BRIDGE_ORDERS for one, after in pairwise(levels)):
            return "is one on which a bridge is administered"
        return ""

    return reason


def told_topics(shape: DeviceType) -> Iterator[tuple[str, str]]:
    """The topics on which a device would be told something, each with the field that names it."""
    for field, value in msgspec.structs.asdict(shape).items():
        told = field.endswith("command_topic") or (field.endswith("_topic") and field.startswith(("set_", "command_")))
        if told and isinstance(value, str):
            yield field, value
