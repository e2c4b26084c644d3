"""From a sentence understood to calls of the session's tool, or to the question that is still open."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from speaker.offline.definitions import Call, Definition, Reply, Value
from speaker.offline.grammar import Match, Slot
from speaker.offline.household import Household, Listed
from speaker.offline.wording import plain

Arguments = Mapping[str, Value]
Slots = Mapping[str, Slot]


def plan(match: Match, tool: Definition, household: Household) -> Reply | None:
    """What to do about ``match``; None when the tool's parameters cannot say it."""
    slots = match.slots
    if question := _which(slots):
        return Reply(text=question)
    known = _PLANS.get(match.topic)
    return known(slots, tool, household) if known is not None else _all([tool.call()])


def _which(slots: Slots) -> str:
    """The question that a name which can mean several devices leaves open."""
    for value in slots.values():
        if isinstance(value, tuple) and len(value) > 1:
            full = [f"the {device.room} {device.name}".replace("  ", " ") for device in value]
            return f"There is more than one {value[0].name}. Say {_listing(full)}."
    return ""


def _lights(slots: Slots, tool: Definition, household: Household) -> Reply | None:
    changes = _changes(slots)
    if named := slots.get("light") or slots.get("socket"):
        targets = _light_targets(_device(named), household)
    elif "room" in slots:
        return _room_lights(str(slots["room"]), changes, tool, household)
    elif "everywhere" in slots:
        return _lights_everywhere(changes, tool, household)
    elif len(rooms := _rooms_of("light", household)) == 1:
        return _room_lights(rooms[0], changes, tool, household)
    else:
        return Reply(text=f"Say in which room: {_listing(rooms)}." if rooms else "Say in which room.")
    return _all([_first(tool, _merged(targets, changes))])


def _changes(slots: Slots) -> list[Arguments]:
    """Ways to say how the lights shall be, the clearest first."""
    if "brightness" not in slots:
        return [{"on": bool(slots["on"])}]
    percent = round(_number(slots["brightness"]))
    if percent == 0:
        return [{"on": False}]
    if slots.get("on") is False:
        return []
    return [{"on": True, "brightness": percent}, {"brightness": percent}]


def _light_targets(device: Listed, household: Household) -> list[Arguments]:
    named = [*household.of("light"), *household.of("switch")]
    alone = sum(other.name == device.name for other in named) == 1
    both: Arguments = {"light": device.name, "room": device.room}
    return [{"light": device.name}, both] if alone else [both]


def _room_lights(room: str, changes: Sequence[Arguments], tool: Definition, household: Household) -> Reply | None:
    whole = _first(tool, _merged([{"room": room}], changes))
    if whole is not None:
        return Reply((whole,))
    each = [_light_targets(device, household) for device in household.of("light", room)]
    return _all(_first(tool, _merged(target, changes)) for target in each)


def _lights_everywhere(changes: Sequence[Arguments], tool: Definition, household: Household) -> Reply | None:
    """In one call if the tool says that it knows "all", else room by room."""
    light = tool.parameters.properties.get("light")
    if light is not None and "all" in plain(light.description):
        return _all([_first(tool, _merged([{"light": "all"}], changes))])
    replies = [_room_lights(room, changes, tool, household) for room in _rooms_of("light", household)]
    roomless = [device for device in household.of("light") if not device.room]
    replies += [_all([_first(tool, _merged(_light_targets(device, household), changes))]) for device in roomless]
    return together(replies)


def _heating(slots: Slots, tool: Definition, household: Household) -> Reply | None:
    degrees: Arguments = {"degrees": _number(slots["degrees"])}
    climates = household.of("climate")
    if "room" in slots:
        targets = _in_room(str(slots["room"]), household)
    elif "thermostat" in slots:
        targets = _thermostat_targets(_device(slots["thermostat"]), household)
    elif len(climates) == 1:
        targets = _thermostat_targets(climates[0], household)[::-1]
    elif climates:
        return Reply(text=f"Say in which room: {_listing(_rooms_of('climate', household))}.")
    else:
        targets = [{}]
    return _all([_first(tool, _merged(targets, [degrees]))])


def _in_room(room: str, household: Household) -> list[Arguments]:
    there = household.of("climate", room)
    named: list[Arguments] = [{"room": room, "thermostat": there[0].name}] if len(there) == 1 else []
    return [{"room": room}, *named]


def _thermostat_targets(device: Listed, household: Household) -> list[Arguments]:
    both: Arguments = {"thermostat": device.name, "room": device.room}
    room: list[Arguments] = [{"room": device.room}] if device.room else []
    alone = sum(other.name == device.name for other in household.of("climate")) == 1
    return [{"thermostat": device.name}, both, *room] if alone else [both, *room]


def _reading(slots: Slots, tool: Definition, household: Household) -> Reply | None:
    place = slots.get("place") or slots.get("outside")
    call = tool.call(room=str(place)) if place else tool.call()
    if call is None and not place:
        return Reply(text=f"Say in which room: {_listing(household.rooms)}." if household.rooms else "Say where.")
    return _all([call])


def _scene(slots: Slots, tool: Definition, _: Household) -> Reply | None:
    return _all([tool.call(scene=_device(slots["scene"]).name)])


def _volume(slots: Slots, tool: Definition, _: Household) -> Reply | None:
    return _all([tool.call(percent=round(_number(slots["percent"])))])


def together(replies: Iterable[Reply | None]) -> Reply | None:
    """Several replies as one; a question goes before all calls, and one that is missing spoils all."""
    complete: list[Reply] = []
    for reply in replies:
        if reply is None:
            return None
        complete.append(reply)
    question = next((reply for reply in complete if reply.text), None)
    if question is not None:
        return question
    calls: list[Call] = []
    for call in (call for reply in complete for call in reply.calls):
        if call not in calls:
            calls.append(call)
    return Reply(tuple(calls)) if calls else None


def _all(calls: Iterable[Call | None]) -> Reply | None:
    return together(None if call is None else Reply((call,)) for call in calls)


def _first(tool: Definition, variants: Iterable[Arguments]) -> Call | None:
    calls = (tool.call(**arguments) for arguments in variants)
    return next((call for call in calls if call is not None), None)


def _merged(targets: Sequence[Arguments], changes: Sequence[Arguments]) -> Iterator[Arguments]:
    for target, change in product(targets, changes):
        yield {**target, **change}


def _rooms_of(kind: str, household: Household) -> list[str]:
    return list(dict.fromkeys(device.room for device in household.of(kind) if device.room))


def _device(value: Slot) -> Listed:
    if not isinstance(value, tuple):
        raise TypeError(f"a slot for devices holds {value!r}")
    return value[0]


def _number(value: Slot) -> int | float:
    if not isinstance(value, int | float):
        raise TypeError(f"a slot for a number holds {value!r}")
    return int(value) if value == int(value) else value


def _listing(names: Sequence[str]) -> str:
    """Names as one says a choice of them."""
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


_PLANS: Final[dict[str, Callable[[Slots, Definition, Household], Reply | None]]] = {
    "set_light": _lights,
    "set_temperature": _heating,
    "get_temperature": _reading,
    "activate_scene": _scene,
    "set_volume": _volume,
}
"""How tools whose sentences have slots are called; the others have no arguments."""
