"""How bright and of which colour lights are, and how warm rooms are."""

from collections.abc import Sequence
from typing import Final

from speaker.home import colours
from speaker.offline.understanding.call_builders import Slots, every, first, merged_calls, targets
from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.home_intents.device_plans import (
    Tools,
    asked,
    everywhere,
    in_place,
    lights_in,
)
from speaker.offline.understanding.home_intents.home_match import HomeMatch
from speaker.offline.understanding.light_heating_intents import plan
from speaker.offline.understanding.sentence_matcher import Match
from speaker.offline.understanding.tool_schema import Reply

_NAMED_KELVIN: Final = {"candle": 1900, "warm white": 2700, "cool white": 4000, "daylight": 6500}
_FAHRENHEIT: Final = frozenset({"fahrenheit", "°f", "f"})


def lit(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassLightSet: brightness in percent, a colour, or a colour temperature in kelvin."""
    brightness, color = match.number("brightness"), match.text("color")
    if brightness is not None:
        percent = round(brightness)
        change: Slots = {"brightness": percent} if percent else {"on": False}
        return _changed(match, tools, household, change)
    if color in colours.NAMES or color in colours.WHITES:
        return _changed(match, tools, household, {"color": color})
    kelvin = match.number("temperature") or _NAMED_KELVIN.get(match.text("temperature"))
    return _warmth(match, tools, household, round(kelvin)) if kelvin else None


def _changed(match: HomeMatch, tools: Tools, household: Household, change: Slots) -> Reply | None:
    if match.devices:
        return asked("set_light", tools, household, light=in_place(match), **change)
    return lights_in(match, tools, household, **change)


def _warmth(match: HomeMatch, tools: Tools, household: Household, kelvin: int) -> Reply | None:
    tool = tools.get("set_light")
    if tool is None:
        return None
    if match.devices:
        devices = in_place(match)
        if not devices:
            return None
        if len(devices) > 1:
            return plan(Match("set_light", {"light": devices, "on": True}), tool, household)
        there = targets("light", devices[0], household, "light", "switch")
    elif everywhere(match):
        there = [{"light": "all"}]
    elif not match.is_here:
        there = [{"room": match.place}]
    else:
        there = [{}] if tool.knows_here else []
    return every([first(tool, merged_calls(there, [{"kelvin": kelvin}]))])


def heated(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassClimateSetTemperature: degrees of a thermostat, a room, or here."""
    degrees = match.number("temperature")
    if degrees is None or match.text("temperature_unit").lower() in _FAHRENHEIT:
        return None
    if match.devices:
        return _thermostat(in_place(match), tools, household, degrees)
    if match.is_here:
        tool = tools.get("set_temperature")
        if tool is not None and tool.knows_here and len(household.of("climate")) > 1:
            return every([tool.call(degrees=degrees)])
        return asked("set_temperature", tools, household, degrees=degrees)
    return asked("set_temperature", tools, household, room=match.place, degrees=degrees)


def _thermostat(devices: Sequence[Listed], tools: Tools, household: Household, degrees: float) -> Reply | None:
    """Of a thermostat by its name; where it is the room's only one, the room is enough."""
    rooms = {device.room for device in devices}
    if len(devices) > 1 and len(rooms) == len(devices) and all(rooms):
        return asked("set_temperature", tools, household, degrees=degrees)
    if len(devices) == 1 and devices[0].room and len(household.of("climate", devices[0].room)) == 1:
        return asked("set_temperature", tools, household, room=devices[0].room, degrees=degrees)
    return asked("set_temperature", tools, household, thermostat=tuple(devices), degrees=degrees)


def fan_mode(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassClimateSetFanMode: a word of the thermostat's own, which is told as "fan low"."""
    tool = tools.get("set_temperature")
    mode = tool.parameters.properties.get("mode") if tool is not None else None
    if mode is None or "fan " not in mode.description:
        return None
    word = f"fan {match.text('fan_mode')}"
    if match.devices:
        return asked("set_temperature", tools, household, thermostat=in_place(match), mode=word)
    place = {} if match.is_here else {"room": match.place}
    return asked("set_temperature", tools, household, mode=word, **place)


def warmth_read(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassClimateGetTemperature: of a room, of a thermostat, or here."""
    if match.devices:
        return asked("read_device", tools, household, device=in_place(match))
    if match.is_here:
        return asked("get_temperature", tools, household)
    return asked("get_temperature", tools, household, place=match.place)
