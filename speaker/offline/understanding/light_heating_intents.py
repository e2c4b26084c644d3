"""From a sentence understood to calls of the session's tool, or to the question that is still open."""

from collections.abc import Callable, Sequence
from typing import Final

from speaker.offline.understanding import device_intents
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
    together,
)
from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.normalise import plain_words
from speaker.offline.understanding.sentence_matcher import Match
from speaker.offline.understanding.tool_schema import Reply, ToolSchema

__all__ = ["plan", "together"]

_BRIGHTER_PERCENT: Final = 20
"""How much brighter "brighter" is."""

STEP_DEGREES: Final = 1
"""How much warmer "warmer" is."""


def plan(match: Match, tool: ToolSchema, household: Household) -> Reply | None:
    """What to do about ``match``; None when the tool's parameters cannot say it."""
    slots = match.slots
    if question := _which(slots):
        return Reply(text=question)
    known = _PLANS.get(match.topic)
    return known(slots, tool, household) if known is not None else every([tool.call()])


def _which(slots: Slots) -> str:
    """The question that a name which can mean several devices leaves open."""
    if () in slots.values():
        return "There is no such thing there."
    for value in slots.values():
        if isinstance(value, tuple) and len(value) > 1:
            full = [f"the {device.room} {device.name}".replace("  ", " ") for device in value]
            return f"There is more than one {value[0].name}. Say {comma_list(full)}."
    return ""


def _lights(slots: Slots, tool: ToolSchema, household: Household) -> Reply | None:
    changes = _changes(slots)
    if "more" in slots and "change" not in tool.parameters.properties:
        return Reply(text="Say how bright it should be, such as 40 percent.")
    if named := slots.get("light") or slots.get("socket"):
        there = _light_targets(device_in(named), household)
    elif "room" in slots:
        return _room_lights(str(slots["room"]), changes, tool, household)
    elif "everywhere" in slots:
        return _lights_everywhere(changes, tool, household)
    elif len(rooms := rooms_of("light", household)) == 1:
        return _room_lights(rooms[0], changes, tool, household)
    elif tool.knows_here:
        there = [{}]
    else:
        return Reply(text=f"Say in which room: {comma_list(rooms)}." if rooms else "Say in which room.")
    return every([first(tool, merged_calls(there, changes))])


def _weather(slots: Slots, tool: ToolSchema, _: Household) -> Reply | None:
    ways: list[Arguments] = [{"only": str(slots["only"])}, {}] if "only" in slots else [{}]
    return every([first(tool, ways)])


def _changes(slots: Slots) -> list[Arguments]:
    """Ways to say how the lights shall be, the clearest first."""
    if "color" in slots:
        return [{"color": str(slots["color"])}]
    if "more" in slots:
        step = round(number_in(slots.get("percent", _BRIGHTER_PERCENT)))
        return [{"change": step if slots["more"] else -step}]
    if "brightness" not in slots:
        return [{"on": bool(slots["on"])}]
    percent = round(number_in(slots["brightness"]))
    if percent == 0:
        return [{"on": False}]
    if slots.get("on") is False:
        return []
    return [{"on": True, "brightness": percent}, {"brightness": percent}]


def _light_targets(device: Listed, household: Household) -> list[Arguments]:
    return targets("light", device, household, "light", "switch")


def _room_lights(room: str, changes: Sequence[Arguments], tool: ToolSchema, household: Household) -> Reply | None:
    whole = first(tool, merged_calls([{"room": room}], changes))
    if whole is not None:
        return Reply((whole,))
    each = [_light_targets(device, household) for device in household.of("light", room)]
    return every(first(tool, merged_calls(target, changes)) for target in each)


def _lights_everywhere(changes: Sequence[Arguments], tool: ToolSchema, household: Household) -> Reply | None:
    """In one call if the tool says that it knows "all", else room by room."""
    light = tool.parameters.properties.get("light")
    if light is not None and "all" in plain_words(light.description):
        return every([first(tool, merged_calls([{"light": "all"}], changes))])
    replies = [_room_lights(room, changes, tool, household) for room in rooms_of("light", household)]
    roomless = [device for device in household.of("light") if not device.room]
    replies += [every([first(tool, merged_calls(_light_targets(device, household), changes))]) for device in roomless]
    return together(replies)


def _heating(slots: Slots, tool: ToolSchema, household: Household) -> Reply | None:
    if "more" in slots and "change" not in tool.parameters.properties:
        return Reply(text="Say how many degrees it should be, such as 21 degrees in the living room.")
    climates = household.of("climate")
    if "room" in slots:
        there = _in_room(str(slots["room"]), household)
    elif "thermostat" in slots:
        there = _thermostat_targets(device_in(slots["thermostat"]), household)
    elif len(climates) == 1:
        there = _thermostat_targets(climates[0], household)[::-1]
    elif climates and tool.knows_here:
        there = [{}]
    elif climates:
        return Reply(text=f"Say in which room: {comma_list(rooms_of('climate', household))}.")
    else:
        there = [{}]
    return every([first(tool, merged_calls(there, [_heat(slots)]))])


def _heat(slots: Slots) -> Arguments:
    if "more" in slots:
        step = number_in(slots.get("degrees", STEP_DEGREES))
        return {"change": step if slots["more"] else -step}
    return {"mode": str(slots["mode"])} if "mode" in slots else {"degrees": number_in(slots["degrees"])}


def _in_room(room: str, household: Household) -> list[Arguments]:
    there = household.of("climate", room)
    named: list[Arguments] = [{"room": room, "thermostat": there[0].name}] if len(there) == 1 else []
    return [{"room": room}, *named]


def _thermostat_targets(device: Listed, household: Household) -> list[Arguments]:
    both: Arguments = {"thermostat": device.name, "room": device.room}
    room: list[Arguments] = [{"room": device.room}] if device.room else []
    alone = sum(other.name == device.name for other in household.of("climate")) == 1
    return [{"thermostat": device.name}, both, *room] if alone else [both, *room]


def _reading(slots: Slots, tool: ToolSchema, household: Household) -> Reply | None:
    place = slots.get("place") or slots.get("outside")
    call = tool.call(room=str(place)) if place else tool.call()
    if call is None and not place:
        return Reply(text=f"Say in which room: {comma_list(household.rooms)}." if household.rooms else "Say where.")
    return every([call])


def _scene(slots: Slots, tool: ToolSchema, _: Household) -> Reply | None:
    return every([tool.call(scene=device_in(slots["scene"]).name)])


def _volume(slots: Slots, tool: ToolSchema, _: Household) -> Reply | None:
    return every([tool.call(percent=round(number_in(slots["percent"])))])


_PLANS: Final[dict[str, Callable[[Slots, ToolSchema, Household], Reply | None]]] = {
    "set_light": _lights,
    "set_temperature": _heating,
    "get_temperature": _reading,
    "activate_scene": _scene,
    "get_weather": _weather,
    "set_volume": _volume,
    **device_intents.PLANS,
}
"""How tools whose sentences have slots are called; the others have no arguments."""
