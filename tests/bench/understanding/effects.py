"""What a sentence should do in the house, and what calls of tools would do there: comparable, whatever the words."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from speaker.home.spoken_values import BINARY
from tests.bench.understanding.examples import Entity, Example, House

Effect = tuple[Any, ...]
Effects = frozenset[Effect] | None
"""None: nothing that a tool can do."""

SWITCHED: Final = {
    "light", "switch", "fan", "humidifier", "media_player", "climate", "cover", "valve", "lock", "scene", "button",
    "input_button", "siren",
}  # fmt: skip
_VERBS: Final = {
    "cover": ("open", "close"), "valve": ("open", "close"), "lock": ("lock", "unlock"), "scene": ("activate", ""),
    "button": ("press", ""), "input_button": ("press", ""),
}  # fmt: skip
READING: Final = {
    "find_devices", "read_device", "get_temperature", "get_weather", "get_time", "list_timers", "read_list",
}  # fmt: skip
TIMERS: Final = {
    "HassStartTimer": "start", "HassIncreaseTimer": "add", "HassDecreaseTimer": "subtract", "HassPauseTimer": "pause",
    "HassUnpauseTimer": "resume", "HassCancelTimer": "cancel", "HassTimerStatus": "tell",
}  # fmt: skip
PLAYERS: Final = {
    "HassMediaNext": "next", "HassMediaPrevious": "previous", "HassMediaPause": "pause", "HassMediaUnpause": "resume",
    "HassMediaPlayerMute": "mute", "HassMediaPlayerUnmute": "unmute",
}  # fmt: skip
LISTS: Final = {
    "HassShoppingListAddItem": "add", "HassShoppingListCompleteItem": "remove", "HassListAddItem": "add",
    "HassListCompleteItem": "remove", "HassListRemoveItem": "remove",
}  # fmt: skip
PLAIN: Final = {
    "HassGetCurrentTime": "get_time", "HassGetCurrentDate": "get_time", "HassGetWeather": "get_weather",
    "HassNevermind": "end_conversation",
}  # fmt: skip


def chosen(house: House, slots: Mapping[str, Any], here: str, domains: Iterable[str]) -> list[Entity]:
    """The things that slots mean."""
    wanted = set(_several(slots.get("domain")) or domains)
    place = _low(slots.get("area") or slots.get("floor") or ("" if slots.get("name") else here))
    place = "" if wanted == {"scene"} else place
    name = _low(slots.get("name"))
    classes = set(_several(slots.get("device_class")))
    return [
        one
        for one in house.entities
        if one.domain in wanted
        and (name in {"", "all"} or one.name.lower() == name)
        and (not place or place in {one.area.lower(), one.floor.lower()})
        and (not classes or one.device_class in classes)
    ]


def _several(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def _low(value: object) -> str:
    first = next(iter(value), "") if isinstance(value, list) else value
    return str(first or "").strip().lower()


def expected(example: Example, house: House) -> Effects:
    """What the sentence means; None when no tool of the speaker is for that."""
    slots, intent, here = example.slots, example.intent, example.here
    if intent in {"HassTurnOn", "HassTurnOff"}:
        on = intent == "HassTurnOn"
        kinds = SWITCHED if slots.get("name") not in {None, "all"} else _several(slots.get("domain")) or ["cover"]
        if not set(kinds) & SWITCHED or _several(slots.get("domain")) == ["script"]:
            return None
        return frozenset((one.id, "set", _verb(one.domain, on=on)) for one in chosen(house, slots, here, kinds))
    if intent == "HassLightSet":
        key = next(key for key in ("brightness", "color", "temperature") if key in slots)
        return frozenset((one.id, key, slots[key]) for one in chosen(house, slots, here, ["light"]))
    if intent == "HassSetPosition":
        things = chosen(house, slots, here, ["cover", "valve"])
        return frozenset((one.id, "position", slots["position"]) for one in things)
    return _expected_else(example, house)


def seconds_of(given: Mapping[str, Any]) -> float:
    """A length in seconds."""
    factors = {"hours": 3600, "minutes": 60, "seconds": 1}
    return float(sum(factor * given.get(unit, 0) for unit, factor in factors.items()))


def _verb(domain: str, *, on: bool) -> str:
    return _VERBS.get(domain, ("on", "off"))[0 if on else 1]


def _expected_else(example: Example, house: House) -> Effects:  # noqa: PLR0911 - a table of intents
    slots, intent = example.slots, example.intent
    name, area = _low(slots.get("name")), _low(slots.get("area") or slots.get("floor"))
    if intent in TIMERS:
        if "conversation_command" in slots:
            return None
        name = name or area
        length = seconds_of(slots)
        start = tuple(slots.get(f"start_{unit}", 0) for unit in ("hours", "minutes", "seconds"))
        return frozenset([("timer", TIMERS[intent], name, length, start)])
    if intent == "HassCancelAllTimers":
        return None if area else frozenset([("timer", "cancel", "all", 0, (0, 0, 0))])
    if intent in LISTS:
        return frozenset([("list", LISTS[intent], _low(slots["item"]), name.removeprefix("liste des "))])
    if intent in PLAIN:
        return None if name else frozenset([(PLAIN[intent],)])
    if intent == "HassBroadcast":
        return frozenset([("announce", _low(slots["message"]))])
    return _expected_place(example, house)


def _expected_place(example: Example, house: House) -> Effects:  # noqa: PLR0911 - a table of intents
    slots, intent = example.slots, example.intent
    name, area = _low(slots.get("name")), _low(slots.get("area") or slots.get("floor"))
    there = area or _low(example.here)
    if intent in PLAYERS:
        return frozenset([("player", PLAYERS[intent], name or there)])
    if intent == "HassSetVolume":
        return frozenset([("volume", slots["volume_level"], name or there)])
    if intent in {"HassVacuumStart", "HassVacuumReturnToBase"}:
        verb = "start" if intent == "HassVacuumStart" else "return"
        robots = chosen(house, slots, "", ["vacuum"])
        return frozenset([("vacuum", verb, robots[0].name.lower())]) if len(robots) == 1 else None
    if intent == "HassFanSetSpeed":
        return frozenset((one.id, "speed", slots["percentage"]) for one in chosen(house, slots, example.here, ["fan"]))
    if intent == "HassClimateSetTemperature":
        unit = _low(slots.get("temperature_unit"))
        climates = [one.name.lower() for one in house.entities if one.domain == "climate" and one.area.lower() == there]
        target = name or (climates[0] if len(climates) == 1 else there)
        return None if unit.startswith("f") else frozenset([("heat", slots["temperature"], target)])
    if intent == "HassClimateGetTemperature":
        return frozenset([("read", name) if name else ("temperature", there)])
    return _expected_state(example, house) if intent == "HassGetState" else None


def _expected_state(example: Example, house: House) -> Effects:
    slots = example.slots
    name, area = _low(slots.get("name")), _low(slots.get("area") or slots.get("floor"))
    domain = "".join(_several(slots.get("domain"))[:1])
    if domain in {"person", "zone"}:
        return None
    if name and name != "all":
        named = [one for one in house.entities if one.name.lower() == name and (not domain or one.domain == domain)]
        return None if any(one.domain in {"person", "script"} for one in named) else frozenset([("read", name)])
    kind = "".join(_several(slots.get("device_class"))[:1]) or domain
    return frozenset([("find", kind, area, as_told(kind, _low(slots.get("state"))))])


def as_told(kind: str, state: str) -> str:
    """A state as the house tells it."""
    when_on, when_off = BINARY.get(kind, ("on", "off"))
    return {"on": when_on, "off": when_off}.get(state, state)
