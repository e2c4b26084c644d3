"""What calls of tools would do in the test house, told as the effects that are expected."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from speaker.offline.understanding.tool_schema import Call
from tests.bench.understanding.effects import Effect, seconds_of
from tests.bench.understanding.examples import Entity, House

_COVERS: Final = {
    "blinds": "blind", "curtains": "curtain", "shutters": "shutter", "shades": "shade", "garage doors": "garage",
    "windows": "window", "awnings": "awning", "doors": "door", "gates": "gate", "dampers": "damper",
}  # fmt: skip
_LENGTHS: Final = ("hours", "minutes", "seconds")


def effects_of(calls: Sequence[Call], house: House, here: str) -> frozenset[Effect]:
    """All that the calls would do."""
    return frozenset(effect for call in calls for effect in _of(call, house, here))


def _things(house: House, kinds: Sequence[str], name: str, room: str, here: str) -> list[Entity]:
    name = name.lower()
    every = name.startswith("all")
    place = (room or ("" if name and name not in _COVERS and name != "covers" else here)).lower()
    name = name.removeprefix("all").strip()
    cover_class = _COVERS.get(name) if "cover" in kinds else None
    if name == "covers":
        name = ""
    return [
        one
        for one in house.entities
        if one.domain in kinds
        and (not name or one.name.lower() == name or one.device_class == cover_class)
        and (every or not place or place in {one.area.lower(), one.floor.lower()})
    ]


def _of(call: Call, house: House, here: str) -> list[Effect]:
    given = dict(call.arguments)
    plain = {"get_time": ("get_time",), "get_weather": ("get_weather",), "end_conversation": ("end_conversation",)}
    if call.name in plain:
        return [plain[call.name]]
    known = _READ.get(call.name)
    return known(given, house, here) if known is not None else [("other", call.name, str(sorted(given.items())))]


Given = Mapping[str, Any]


def _set(key: str, *kinds: str) -> Callable[[Given, House, str], list[Effect]]:
    def read(given: Given, house: House, here: str) -> list[Effect]:
        name = str(given.get(key, ""))
        # A socket or a valve is only meant by its name.
        group = not name.removeprefix("all") or name.removeprefix("all ") in {*_COVERS, "covers"}
        meant = kinds[:1] if group else kinds
        things = _things(house, meant, name, str(given.get("room", "")), here)
        return [(one.id, *_change(given)) for one in things]

    return read


def _change(given: Given) -> tuple[Any, ...]:
    for key, told in (
        ("brightness", "brightness"), ("color", "color"), ("kelvin", "temperature"), ("position", "position"),
        ("speed", "speed"),
    ):  # fmt: skip
        if key in given:
            return told, given[key]
    if given.get("mode") == "off":
        return "set", "off"
    return "set", given.get("action") or ("on" if given.get("on") else "off")


def _named(verb: str, key: str) -> Callable[[Given, House, str], list[Effect]]:
    def read(given: Given, house: House, here: str) -> list[Effect]:
        return [(one.id, "set", verb) for one in house.entities if one.name.lower() == str(given[key]).lower()][:1]

    return read


def _timer(action: str) -> Callable[[Given, House, str], list[Effect]]:
    def read(given: Given, house: House, here: str) -> list[Effect]:
        name = str(given.get("name", "")).lower()
        length = seconds_of(given)
        start = [0, 0, 0]
        words = name.removesuffix(" timer").split()
        if name.endswith(" timer") and len(words) % 2 == 0 and all(word.isdecimal() for word in words[::2]):
            for amount, unit in zip(words[::2], words[1::2], strict=True):
                start[_LENGTHS.index(f"{unit}s")] = int(amount)
            name = ""
        name = {"all timers": "all", "timer": ""}.get(name, name.removesuffix(" timer"))
        return [("timer", given.get("action", action), name, length, tuple(start))]

    return read


def _listed(verb: str) -> Callable[[Given, House, str], list[Effect]]:
    def read(given: Given, house: House, here: str) -> list[Effect]:
        return [
            (
                "list",
                verb,
                str(one).lower(),
                str(given.get("list", "")).lower().removeprefix("liste des ").replace("shopping", ""),
            )
            for one in given["items"]
        ]

    return read


def _temperature(given: Given, house: House, here: str) -> list[Effect]:
    place = str(given.get("room") or here).lower()
    sensor = next((one.name.lower() for one in house.entities if one.name.lower() == f"{place} temperature"), "")
    return [("read", sensor)] if sensor else [("temperature", place)]


def _player(given: Given, house: House, here: str) -> list[Effect]:
    where = str(given.get("player") or given.get("room") or here).lower()
    if given.get("action") in {"on", "off"}:
        return [(one.id, "set", given["action"]) for one in house.entities if one.name.lower() == where]
    if "volume" in given:
        return [("volume", given["volume"], where)]
    return [("player", given.get("action", given.get("change")), where)]


def _heat(given: Given, house: House, here: str) -> list[Effect]:
    if "mode" in given:
        return _set("thermostat", "climate")(given, house, here)
    place = str(given.get("room") or here).lower()
    there = [one.name.lower() for one in house.entities if one.domain == "climate" and one.area.lower() == place]
    # A room's only thermostat is what sets the room.
    target = str(given.get("thermostat") or "").lower() or (there[0] if len(there) == 1 else place)
    return [("heat", given.get("degrees"), target)]


def _found(given: Given, house: House, here: str) -> list[Effect]:
    kind = str(given.get("kind", "")).replace(" ", "_")
    kind = "garage" if kind == "garage_door" and any(one.device_class == "garage" for one in house.entities) else kind
    return [("find", kind, str(given.get("room", "")).lower(), str(given.get("state", "")))]


_READ: Final[Mapping[str, Callable[[Given, House, str], list[Effect]]]] = {
    "set_light": _set("light", "light", "switch"),
    "set_switch": _set("name", "switch", "siren"),
    "set_cover": _set("cover", "cover", "valve"),
    "set_lock": _set("lock", "lock"),
    "set_fan": _set("fan", "fan"),
    "set_humidifier": _set("humidifier", "humidifier"),
    "set_temperature": _heat,
    "activate_scene": _named("activate", "scene"),
    "press_button": _named("press", "button"),
    "control_player": _player,
    "set_volume": lambda given, house, here: [("volume", given.get("percent", given.get("change")), here.lower())],
    "control_vacuum": lambda given, house, here: [("vacuum", given["action"], str(given.get("vacuum", "")).lower())],
    "read_device": lambda given, house, here: [("read", str(given["name"]).lower())],
    "get_temperature": _temperature,
    "find_devices": _found,
    "set_timer": _timer("start"),
    "change_timer": _timer(""),
    "cancel_timer": _timer("cancel"),
    "list_timers": _timer("tell"),
    "add_to_list": _listed("add"),
    "remove_from_list": _listed("remove"),
    "announce": lambda given, house, here: [("announce", str(given["message"]).lower())],
}
