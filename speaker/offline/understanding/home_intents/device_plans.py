"""What is switched, opened, locked and sent: from an intent of the package to calls of the session's tools."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from speaker.offline.understanding.call_builders import Arguments, every, first, merged_calls, targets, together
from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.home_intents.home_match import SPEAKERS_ROOM, HomeMatch, those_of
from speaker.offline.understanding.light_heating_intents import plan
from speaker.offline.understanding.sentence_matcher import Match, Slot
from speaker.offline.understanding.tool_schema import Reply, ToolSchema

Tools = Mapping[str, ToolSchema]

_ALL_OF_THEM: Final = frozenset({"light_all", "lights_all", "all_lights"})
"""How the package answers when all lights of the house are meant."""

_COVERS: Final = {
    "awning": "awnings", "blind": "blinds", "curtain": "curtains", "damper": "dampers", "door": "doors",
    "garage": "garage doors", "gate": "gates", "shade": "shades", "shutter": "shutters", "window": "windows",
}  # fmt: skip
"""A cover's class: how the tools call several of them."""

_WAYS_IN: Final = frozenset({"doors", "garage doors", "gates", "windows"})
"""What is never opened because it happens to be near: "open the door" may mean one with a lock."""


def asked(topic: str, tools: Tools, household: Household, **slots: Slot) -> Reply | None:
    """What a tool's own plan makes of these slots; None when the session lacks the tool."""
    tool = tools.get(topic)
    return plan(Match(topic, slots), tool, household) if tool is not None else None


def choice(tool: ToolSchema, name: str, value: str) -> bool:
    """Whether a parameter allows a word."""
    parameter = tool.parameters.properties.get(name)
    return parameter is not None and (not parameter.choices or value in parameter.choices)


def switched(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassTurnOn and HassTurnOff: on and off, open and closed, locked and unlocked."""
    on = match.intent == "HassTurnOn"
    if match.devices:
        return _switched_devices(match, tools, household, on=on)
    return _switched_group(match, tools, household, on=on)


def _switched_devices(match: HomeMatch, tools: Tools, household: Household, *, on: bool) -> Reply | None:
    devices = in_place(match)
    kinds = {device.kind for device in devices}
    if len(kinds) != 1:
        return None
    slots = _SWITCHES.get(kinds.pop())
    return slots(devices, tools, household, on) if slots is not None else None


def in_place(match: HomeMatch) -> tuple[Listed, ...]:
    """The devices that a name can mean in the room that was said; none when it stands elsewhere."""
    if match.is_here or match.text("floor"):
        return match.devices
    return tuple(one for one in match.devices if one.room in {match.place, ""})


_Switch = Callable[[tuple[Listed, ...], Tools, Household, bool], Reply | None]


def _light(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    return asked("set_light", tools, household, light=devices, on=on)


def _socket(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    own = asked("set_light", tools, household, socket=devices, on=on)
    return own or asked("set_switch", tools, household, socket=devices, on=on)


def _siren(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    return asked("set_switch", tools, household, socket=devices, on=on)


def _fan(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    return asked("set_fan", tools, household, fan=devices, on=on)


def _humidifier(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    return asked("set_humidifier", tools, household, humidifier=devices, on=on)


def _player(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    action = "on" if on else "off"
    tool = tools.get("control_player")
    if tool is None or not choice(tool, "action", action):
        return None
    return asked("control_player", tools, household, player=devices, action=action)


def _climate(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    return None if on else asked("set_temperature", tools, household, thermostat=devices, mode="off")


def _cover(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    return asked("set_cover", tools, household, cover=devices, go="open" if on else "close")


def _lock(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    return asked("set_lock", tools, household, lock=devices, action="lock" if on else "unlock")


def _scene(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    return asked("activate_scene", tools, household, scene=devices) if on else None


def _button(devices: tuple[Listed, ...], tools: Tools, household: Household, on: bool) -> Reply | None:
    return asked("press_button", tools, household, button=devices) if on else None


_SWITCHES: Final[Mapping[str, _Switch]] = {
    "light": _light,
    "switch": _socket,
    "siren": _siren,
    "fan": _fan,
    "humidifier": _humidifier,
    "media_player": _player,
    "climate": _climate,
    "water_heater": _climate,
    "cover": _cover,
    "valve": _cover,
    "lock": _lock,
    "scene": _scene,
    "button": _button,
}
"""Kind of device: what "on" and "off" mean for it; the others are not switched."""


def _switched_group(match: HomeMatch, tools: Tools, household: Household, *, on: bool) -> Reply | None:
    kind = match.domain or ("cover" if match.text("device_class") else "")
    if kind == "light":
        return lights_in(match, tools, household, on=on)
    if kind == "cover":
        return _covers(match, tools, {"action": "open" if on else "close"}, household)
    one_by_one = _SWITCHES.get(kind)
    if one_by_one is None or (kind == "lock" and not on):
        return None
    if kind == "lock" and everywhere(match):
        return asked("set_lock", tools, household, action="lock", everywhere=True)
    devices = household.of(kind) if everywhere(match) else those_of(kind, match.place, household)
    if match.is_here and not everywhere(match):
        devices = household.of(kind)
        if len(devices) != 1:
            return _switched_here(kind, tools, on=on)
    return together(one_by_one((device,), tools, household, on) for device in devices)


def _switched_here(kind: str, tools: Tools, *, on: bool) -> Reply | None:
    """What a tool finds by itself in the room that the speaker stands in."""
    tool = tools.get({"fan": "set_fan", "humidifier": "set_humidifier"}.get(kind, ""))
    return every([tool.call(on=on)]) if tool is not None and tool.knows_here else None


def lights_in(match: HomeMatch, tools: Tools, household: Household, **change: Slot) -> Reply | None:
    """The lights of a room, of the room that the speaker stands in, or all."""
    tool = tools.get("set_light")
    if tool is None:
        return None
    if everywhere(match):
        return asked("set_light", tools, household, everywhere=True, **change)
    if not match.is_here:
        return asked("set_light", tools, household, room=match.place, **change)
    if tool.knows_here:
        return every([tool.call(**_plain_change(change))])
    return asked("set_light", tools, household, **change)


def everywhere(match: HomeMatch) -> bool:
    """Whether all of the house is meant."""
    # All of a room are not all of the house.
    return match.is_here and (match.response in _ALL_OF_THEM or bool(match.text("everywhere")))


def _plain_change(change: Mapping[str, Slot]) -> Arguments:
    return {name: value for name, value in change.items() if isinstance(value, str | int | float | bool)}


def _covers(match: HomeMatch, tools: Tools, change: Arguments, household: Household) -> Reply | None:
    tool = tools.get("set_cover")
    several = _COVERS.get(match.text("device_class"), "covers")
    if tool is None:
        return None
    if everywhere(match):
        return every([first(tool, merged_calls([{"cover": f"all {several}"}], [change]))])
    if not match.is_here:
        return every([first(tool, merged_calls([{"cover": several, "room": match.place}], [change]))])
    rooms = {device.room for device in household.of("cover")}
    if several not in _WAYS_IN and (len(rooms) == 1 or tool.knows_here):
        return every([first(tool, merged_calls([{"cover": several}], [change]))])
    return asked("set_cover", tools, household, covers=several, go=str(change.get("action", "open")))


def positioned(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassSetPosition: percent open."""
    percent = match.number("position", "percentage")
    if percent is None:
        return None
    if match.devices:
        return asked("set_cover", tools, household, cover=in_place(match), percent=percent)
    return _covers(match, tools, {"position": round(percent)}, household)


def stopped(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassStopMoving: covers and valves stay where they are."""
    if match.devices:
        return asked("set_cover", tools, household, cover=in_place(match), go="stop")
    return _covers(match, tools, {"action": "stop"}, household)


def fanned(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassFanSetSpeed: a fan's speed in percent."""
    percent = match.number("percentage")
    if percent is None:
        return None
    if match.devices:
        return asked("set_fan", tools, household, fan=in_place(match), percent=percent)
    fans = those_of("fan", match.place, household) if not match.is_here else household.of("fan")
    if match.is_here and len(fans) != 1:
        return asked("set_fan", tools, household, percent=percent)
    return together(asked("set_fan", tools, household, fan=(fan,), percent=percent) for fan in fans)


def humidified(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassHumidifierSetpoint: the humidity that it is to reach, in percent."""
    tool, percent = tools.get("set_humidifier"), match.number("humidity")
    if tool is None or percent is None or len(devices := in_place(match)) != 1:
        return None
    there = targets("humidifier", devices[0], household, "humidifier")
    return every([first(tool, merged_calls(there, [{"humidity": round(percent)}]))])


def sent(action: str, kind: str) -> Callable[[HomeMatch, Tools, Household], Reply | None]:
    """A plan for robots: start, or go home."""

    def plan_robot(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
        tool = tools.get("control_vacuum")
        robots = match.devices or tuple(_robots(kind, match, household))
        if tool is None or len(robots) != 1 or match.text("floor"):
            return None
        there: Sequence[Arguments] = [{"vacuum": robots[0].name}]
        return every([first(tool, merged_calls(there, [{"action": action}]))])

    return plan_robot


def _robots(kind: str, match: HomeMatch, household: Household) -> Iterable[Listed]:
    return household.of(kind) if match.place == SPEAKERS_ROOM else those_of(kind, match.place, household)
