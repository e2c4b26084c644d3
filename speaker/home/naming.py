"""Names of devices: cleaned, chosen as a person would, and said in a sentence.

Names come from other programs, so nothing in them may break a line, a list or a sentence.
"""

import re
from typing import Final

from speaker.home.device_command import Kind

MAX_NAME_CHARACTERS: Final = 60

# They structure the list of devices in the instructions; underscores and slashes stand for spaces.
_NOT_IN_NAMES: Final = frozenset('(),;:+_/\\"')

NOUNS: Final[dict[Kind, str]] = {
    "light": "light",
    "switch": "switch",
    "cover": "cover",
    "climate": "thermostat",
    "fan": "fan",
    "lock": "lock",
    "media_player": "player",
    "vacuum": "vacuum",
    "humidifier": "humidifier",
    "scene": "scene",
    "button": "button",
    "number": "number",
    "select": "setting",
    "sensor": "sensor",
    "binary_sensor": "sensor",
    "valve": "valve",
    "siren": "siren",
    "lawn_mower": "mower",
    "water_heater": "water heater",
    "alarm_control_panel": "alarm",
    "text": "text",
    "event": "event",
    "update": "update",
}
"""What one calls a device of this kind."""


def bag(words: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(words.split())


_OWN_NOUNS: Final[dict[Kind, frozenset[str]]] = {
    "light": bag("light lights lamp lamps bulb led leds spot spots spotlight chandelier strip"),
    "switch": bag("switch relay plug socket outlet power"),
    "cover": bag("cover covers blind blinds shutter shutters shade shades curtain curtains door gate awning motor"),
    "climate": bag("thermostat climate heating heater radiator heat hvac trv conditioning"),
    "fan": bag("fan fans"),
    "lock": bag("lock door"),
    "media_player": bag("player media speaker music"),
    "vacuum": bag("vacuum robot cleaner hoover"),
    "humidifier": bag("humidifier dehumidifier"),
    "valve": bag("valve tap water"),
    "siren": bag("siren alarm"),
    "lawn_mower": bag("mower lawn robot"),
    "water_heater": bag("boiler heater tank water"),
    "alarm_control_panel": bag("alarm panel system"),
}
"""Words that already say the kind; an entity called only by them has the device's name."""

_POSITIONS: Final = bag(
    "left right center centre middle top bottom upper lower first second third channel output relay outlet "
    "switch light socket ch l1 l2 l3 l4 l5 l6 l7 l8 a b c d 1 2 3 4 5 6 7 8"
)
"""Words that only tell the parts of one device apart."""

_QUANTITIES: Final = bag(
    "temperature humidity pressure illuminance brightness battery power energy voltage current co2 voc pm25 "
    "motion occupancy presence contact door window opening moisture leak water smoke gas vibration sound "
    "noise wind speed gust direction rain uv index air quality level state status apparent reactive factor "
    "carbon dioxide monoxide nitrogen nitrous oxide ozone precipitation irradiance ph pm1 pm10 pm2.5 pm4 radon "
    "sulphur volatile organic compounds parts atmospheric absolute signal strength weight distance duration tamper "
    "problem safety conductivity"
)
"""Words that say what is measured, and not where."""

_TECHNICAL: Final = bag(
    "sensor sensors thermometer hygrometer barometer multisensor detector monitor station device node module "
    "unit zigbee zwave wifi ble esp esp32 esp8266 esphome tasmota shelly sonoff aqara climate weather"
)
"""Words of a device's name that nobody says."""


_MOST_READ: Final = 1_000
"""A name may come with as many megabytes as a broker carries; its beginning is all that is read."""


def clean(text: str) -> str:
    """One line of at most 60 printable characters that keeps the list of devices readable; may be empty."""
    kept = "".join(c if c.isprintable() and c not in _NOT_IN_NAMES else " " for c in text[:_MOST_READ])
    return " ".join(kept.split())[:MAX_NAME_CHARACTERS].strip()


def choose_names(entity: str, owner: str, room: str, kind: Kind) -> tuple[str, str]:
    """The short and the long name of an entity of the device ``owner`` in ``room``, all clean.

    Either may be empty. The short name is what a person would say in that room.
    """
    if not entity or not owner:
        return entity or owner, entity or owner
    said, whose = _words(entity), _words(owner)
    if whose <= said:
        return entity, entity
    long = clean(f"{owner} {uncapital(entity)}")
    if said <= whose or said <= _OWN_NOUNS.get(kind, frozenset()):
        return owner, long
    if kind in {"sensor", "binary_sensor"} and said <= _QUANTITIES:
        where = {word for word in whose - _words(room) - _TECHNICAL - said if not _is_code(word)}
        if where and kind == "binary_sensor":
            return owner, long  # "Hall window" says more than "Contact"
        return (entity, long) if room and not where else (long, long)
    return (long, long) if said <= _POSITIONS else (entity, long)


def _words(text: str) -> set[str]:
    return set(re.split(r"[\s-]+", text.casefold())) - {""}


def _is_code(word: str) -> bool:
    return any(c.isdigit() for c in word)


def uncapital(name: str) -> str:
    """A name inside a sentence: "Sofa lamp" becomes "sofa lamp"; "TV lamp" and "LED" stay."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def the(name: str, kind: Kind, room: str = "") -> str:
    """The device in a sentence: "the sofa lamp", "the kitchen ceiling light", "the scene movie night"."""
    if kind == "scene":
        return f"the scene {uncapital(name)}"
    words = _words(name)
    unclear = kind in {"light", "climate", "fan", "lock", "vacuum"} and not words & _OWN_NOUNS[kind]
    noun = f" {NOUNS[kind]}" if unclear else ""
    before = f"{room} " if room and not _words(room) <= words else ""
    if not before and re.match(r"(the|\S+['’]s?) ", name, re.IGNORECASE):
        return f"{name}{noun}"
    return f"the {before}{uncapital(name)}{noun}"


def be(said: str) -> str:
    """The verb after a name: "the blinds are", "the lamp is"."""
    return "are" if re.search(r"[^sui'’]s$", said) else "is"


def listing(names: list[str], last: str = "and", limit: int = 12) -> str:
    """Names as one says them: "a, b and c"; a long list is cut with the number of the rest."""
    if len(names) > limit:
        names = [*names[: limit - 1], f"{len(names) - limit + 1} more"]
    return f" {last} ".join(part for part in [", ".join(names[:-1]), *names[-1:]] if part)
