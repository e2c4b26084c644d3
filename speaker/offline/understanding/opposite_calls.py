"""The call that takes another one back, where its arguments alone tell what that is."""

from collections.abc import Mapping
from typing import Final

from speaker.offline.understanding.tool_schema import ArgumentValue, Call

MAKERS: Final = frozenset({"set_timer", "set_alarm", "add_to_list"})
"""Tools that make something: who corrects himself does not want both."""

_ACTIONS: Final = {
    "open": "close", "close": "open", "pause": "resume", "resume": "pause", "play": "pause", "mute": "unmute",
    "unmute": "mute", "on": "off", "off": "on", "next": "previous", "previous": "next", "start": "return",
}  # fmt: skip
_UNITS: Final = ("hours", "minutes", "seconds")
_LISTS: Final = {"add_to_list": "remove_from_list", "remove_from_list": "add_to_list"}

_NEVER: Final = frozenset({"set_lock", "arm_alarm", "press_button", "activate_scene", "announce"})
"""What is not taken back by a word: a door that is locked stays so, and what was heard cannot be unheard."""


def opposite(call: Call) -> Call | None:
    """What undoes a call; None when nobody can know how it was before, or when that must be asked for by name."""
    given = call.arguments
    if call.name in _NEVER:
        return None
    if call.name == "set_timer":
        return Call("cancel_timer", {"name": str(given.get("name") or "") or _length(given)})
    if call.name == "set_alarm":
        named = given.get("name") or given.get("message") or given.get("time")
        return Call("cancel_timer", {"name": str(named)}) if named else None
    if call.name in _LISTS:
        return Call(_LISTS[call.name], given)
    return _turned_round(call)


def _turned_round(call: Call) -> Call | None:
    given = call.arguments
    change, action = given.get("change"), given.get("action")
    if isinstance(change, int | float):
        return Call(call.name, {**given, "change": -change})
    if set(given) & {"brightness", "color", "kelvin", "effect", "position", "speed", "mode", "percent", "volume"}:
        return None
    for key in ("on", "muted"):
        if isinstance(given.get(key), bool):
            return Call(call.name, {**given, key: not given[key]})
    return Call(call.name, {**given, "action": _ACTIONS[action]}) if action in _ACTIONS else None


def _length(given: Mapping[str, ArgumentValue]) -> str:
    parts = [f"{given[unit]} {unit[:-1]}" for unit in _UNITS if given.get(unit)]
    return f"{' '.join(parts)} timer"
