"""Plans for the families of devices beside lights and heating: covers, locks, fans, players, questions."""

from collections.abc import Callable, Mapping
from typing import Final

from speaker.offline.understanding.call_builders import (
    Arguments,
    Slots,
    comma_list,
    device_in,
    every,
    first,
    merged_calls,
    number_in,
    rooms_of,
    targets,
)
from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.tool_schema import Reply, ToolSchema

_LOUDER_PERCENT: Final = 20
"""How much faster or louder "faster" and "louder" are."""

IntentPlan = Callable[[Slots, ToolSchema, Household], Reply | None]


def _socket(slots: Slots, tool: ToolSchema, household: Household) -> Reply | None:
    there = targets("name", device_in(slots["socket"]), household, "switch")
    return every([first(tool, merged_calls(there, [{"on": bool(slots["on"])}]))])


def _cover(slots: Slots, tool: ToolSchema, household: Household) -> Reply | None:
    change = _share(slots, "position") or {"action": str(slots["go"])}
    if "cover" in slots:
        there = targets("cover", device_in(slots["cover"]), household, "cover", "valve")
    elif "room" in slots:
        there = [{"cover": str(slots["covers"]), "room": str(slots["room"])}]
    elif "everywhere" in slots:
        there = [{"cover": f"all {slots['covers']}"}]
    elif len(rooms := rooms_of("cover", household)) == 1:
        there = [{"cover": str(slots["covers"]), "room": rooms[0]}]
    else:
        return Reply(text=f"Say in which room: {comma_list(rooms)}.")
    return every([first(tool, merged_calls(there, [change]))])


def _lock(slots: Slots, tool: ToolSchema, household: Household) -> Reply | None:
    action: Arguments = {"action": str(slots["action"])}
    if "everywhere" in slots:
        return every([tool.call(lock="all", **action)])
    there = targets("lock", device_in(slots["lock"]), household, "lock")
    return every([first(tool, merged_calls(there, [action]))])


def _of_kind(key: str, kind: str, percent: str) -> IntentPlan:
    """A plan for one device that may go without saying, with on, an action, a percentage, or more and less."""

    def plan(slots: Slots, tool: ToolSchema, household: Household) -> Reply | None:
        change: Arguments | None = _share(slots, percent)
        if "more" in slots:
            change = {"change": _LOUDER_PERCENT if slots["more"] else -_LOUDER_PERCENT}
        elif change is None:
            change = {"action": str(slots["action"])} if "action" in slots else {"on": bool(slots["on"])}
        if key in slots:
            there = targets(key, device_in(slots[key]), household, kind)
        elif len(known := household.of(kind)) > 1:
            return Reply(text=f"Say which one: {comma_list([device.name for device in known])}.")
        else:
            there = [{}]
        return every([first(tool, merged_calls(there, [change]))])

    return plan


def _button(slots: Slots, tool: ToolSchema, household: Household) -> Reply | None:
    return every([first(tool, targets("button", device_in(slots["button"]), household, "button"))])


def _read(slots: Slots, tool: ToolSchema, _: Household) -> Reply | None:
    device = device_in(slots["device"])
    return every([first(tool, [{"name": device.name, "room": device.room}, {"name": device.name}])])


def _find(slots: Slots, tool: ToolSchema, _: Household) -> Reply | None:
    names = {"things": "kind", "state": "state", "room": "room"}
    return every([tool.call(**{names[slot]: str(value) for slot, value in slots.items() if slot in names})])


def _share(slots: Slots, key: str) -> Arguments | None:
    return {key: round(number_in(slots["percent"]))} if "percent" in slots else None


PLANS: Final[Mapping[str, IntentPlan]] = {
    "set_switch": _socket,
    "set_cover": _cover,
    "set_lock": _lock,
    "set_fan": _of_kind("fan", "fan", "speed"),
    "set_humidifier": _of_kind("humidifier", "humidifier", "humidity"),
    "control_player": _of_kind("player", "media_player", "volume"),
    "control_vacuum": _of_kind("vacuum", "vacuum", ""),
    "press_button": _button,
    "read_device": _read,
    "find_devices": _find,
}
"""Tool: how it is called from a sentence that was understood."""
