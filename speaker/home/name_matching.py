"""Which devices a spoken name may mean.

Names are compared as bags of plain words: no case, articles, plurals or kinds of lamp. The steps go
from what was certainly meant to what was probably misheard; the first step that finds anything decides.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rapidfuzz import fuzz

from speaker.home.device_command import Kind
from speaker.home.device_types import Device
from speaker.home.naming import bag

SAME_ROOM_SCORE: Final = 85.0
SAME_NAME_SCORE: Final = 70.0
"""0-100; "selling" is "ceiling" (71), "bathroom" is not "bedroom" (67)."""

CLEAR_LEAD: Final = 8.0
"""How much better the best guess must be than the next to be the only one."""

_FILLERS: Final = bag("the a an my our your this that in on of at by for please")

_SAME: Final[dict[str, str]] = {
    "lamp": "light",
    "bulb": "light",
    "plug": "switch",
    "socket": "switch",
    "outlet": "switch",
    "heating": "thermostat",
    "heater": "thermostat",
    "radiator": "thermostat",
    "ventilator": "fan",
    "hoover": "vacuum",
    "dehumidifier": "humidifier",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
}

_KIND_WORDS: Final[dict[str, tuple[Kind, ...]]] = {
    "light": ("light",),
    "switch": ("switch",),
    "thermostat": ("climate",),
    "blind": ("cover",),
    "shutter": ("cover",),
    "curtain": ("cover",),
    "shade": ("cover",),
    "awning": ("cover",),
    "cover": ("cover",),
    "fan": ("fan",),
    "lock": ("lock",),
    "player": ("media_player",),
    "vacuum": ("vacuum",),
    "humidifier": ("humidifier",),
    "button": ("button",),
    "sensor": ("sensor", "binary_sensor"),
    "scene": ("scene",),
    "valve": ("valve",),
    "siren": ("siren",),
    "mower": ("lawn_mower",),
    "boiler": ("water_heater",),
    "alarm": ("alarm_control_panel", "siren"),
}

_OUTSIDE: Final = frozenset({"outside", "outdoor"})
"""What one calls all places outside at once, in plain words."""

_OUTDOORS: Final = _OUTSIDE | bag("garden weather balcony terrace patio porch yard exterior")
"""Words in a room's or a device's name that say it is outside."""

_INDOORS: Final = bag("inside indoor")
"""Words that say it is not: the indoor sensor of a weather station."""

NameWords = tuple[str, ...]


def name_words(text: str) -> NameWords:
    """The words that matter in ``text``, sorted: "the Lamps in the kitchen" gives ("kitchen", "light")."""
    found = [word.removesuffix("'s") for word in re.findall(r"[\w']+", text.casefold().replace("’", "'"))]
    kept = [word for word in found if word not in _FILLERS] or found
    singular = [word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word for word in kept]
    return tuple(sorted(_SAME.get(word, word) for word in singular))


def same_room(asked: str, known: str) -> bool:
    """Whether two names mean the same room: "livingroom", "the Living Room"."""
    one, other = ("".join(re.findall(r"\w+", text.casefold().removeprefix("the "))) for text in (asked, known))
    return one == other or fuzz.ratio(one, other) >= SAME_ROOM_SCORE


def in_room(device: Device, room: str) -> bool:
    """Whether the device is in ``room``; one without a room is where its name says.

    "Outside" is everything that room or name places there: the garden, the balcony, the weather.
    """
    if means_outside(room):
        return is_outside(device)
    if device.room:
        return same_room(room, device.room)
    words = name_words(room)
    return bool(words) and set(words) <= set(name_words(device.name))


def means_outside(room: str) -> bool:
    """Whether a room's name says no more than outside: "outdoors", "the outside"."""
    words = name_words(room)
    return bool(words) and _OUTSIDE.issuperset(words)


def is_outside(device: Device) -> bool:
    """Whether room or name say that the device, or what it measures, is outside."""
    words = name_words(f"{device.room} {device.name} {device.long_name}")
    return not _OUTDOORS.isdisjoint(words) and _INDOORS.isdisjoint(words)


def matches(name: str, candidates: Sequence[Device], rooms: Iterable[str]) -> list[Device]:
    """The candidates that ``name`` may mean: none, the one, or several that it cannot tell apart."""
    asked = name_words(name)
    if not asked:  # a name without a word in it, such as "<3"
        return [device for device in candidates if device.name.casefold() == name.strip().casefold()]
    said = " ".join(name.casefold().split()).removeprefix("the ")
    # Word for word goes before words that mean the same: in a house with a heater and a thermostat, each is itself.
    if literal := [device for device in candidates if said in _spelled_names(device)]:
        return literal
    if exact := [device for device in candidates if asked in _full_names(device)]:
        return exact
    for room in sorted(rooms, key=len, reverse=True):
        named = set(name_words(room))
        inside = [device for device in candidates if in_room(device, room)]
        if named and named <= set(asked) and inside:
            return _among(_without(asked, named), inside, named)
    return _among(asked, candidates, set())


def _spelled_names(device: Device) -> set[str]:
    return {device.name.casefold(), device.long_name.casefold(), f"{device.room} {device.name}".casefold()}


def _full_names(device: Device) -> set[NameWords]:
    return {name_words(name) for name in (device.name, device.long_name, f"{device.room} {device.name}")}


def _among(asked: NameWords, candidates: Sequence[Device], room: set[str]) -> list[Device]:
    core = _without(asked, _KIND_WORDS)
    kinds = {kind for word in asked for kind in _KIND_WORDS.get(word, ())}
    if not core:  # "the lamp": any of that kind, but never something else
        meant = [device for device in candidates if not kinds or device.kind in kinds]
        # What covers are called says which: the blinds are not the curtains.
        return [one for one in meant if one.kind == "cover" and set(asked) <= set(name_words(one.name))] or meant

    def where(fits: Callable[[NameWords], bool]) -> list[Device]:
        found = [device for device in candidates if fits(_core(device, room))]
        return _of_kinds(found, kinds)

    wanted = set(core)
    return where(lambda words: words == core) or where(wanted.issubset) or _similar(core, candidates, room)


def _of_kinds(devices: Sequence[Device], kinds: set[Kind]) -> list[Device]:
    """Those of the kinds that were named, or all when there are none of them."""
    return [device for device in devices if device.kind in kinds] or list(devices)


def _similar(core: NameWords, candidates: Sequence[Device], room: set[str]) -> list[Device]:
    heard = " ".join(core)
    scored = [(fuzz.ratio(heard, " ".join(_core(device, room))), device) for device in candidates]
    best = max((score for score, _ in scored), default=0.0)
    if best < SAME_NAME_SCORE:
        return []
    return [device for score, device in scored if score > best - CLEAR_LEAD]


def _core(device: Device, room: set[str]) -> NameWords:
    words = name_words(device.name)
    return _without(words, room | set(_KIND_WORDS)) or words


def _without(words: NameWords, dropped: Iterable[str]) -> NameWords:
    gone = set(dropped)
    return tuple(word for word in words if word not in gone)
