"""What may happen when somebody asks for something: do it, ask first, or refuse.

Two things count, and the stricter one wins: the tool, by its name, and the device, by its kind
(``lock``) or its kind and class (``cover.garage``), of which the narrower key counts. A device's
``confirm`` is about what opens the house: locking a lock, and closing or stopping a cover, are done without
asking, since nobody should have to confirm that a door gets locked. ``never`` means never, locking included.
Covers that are doors or gates, and switches and buttons that drive them, are asked about like garages.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from speaker.home import colours
from speaker.home.device_command import Wish
from speaker.home.device_types import Device
from speaker.home.naming import bag, clean
from speaker.home.spoken_values import rounded_digits
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.language.spoken_words import joined_words, say_counted, say_decimal

Risk = Literal["allow", "confirm", "never"]
"""What may happen when the model asks for a tool: run it, ask the user first, or refuse."""

_STRICTNESS: Final[dict[Risk, int]] = {"allow": 0, "confirm": 1, "never": 2}


def risk_of(
    tool: str | None, device: Device | None, rules: Mapping[str, Risk], own: Risk = "allow", wish: Wish | None = None
) -> Risk:
    """The strictest that applies to a tool with its ``own`` risk, a device, or both.

    ``rules`` are the keys of ``tools.risk``. Without a ``wish`` the device's worst is assumed.
    """
    risks: list[Risk] = [] if tool is None else [rules.get(tool, own)]
    if device is not None:
        risks.append(_of_device(device, rules, wish))
    return max(risks, key=_STRICTNESS.__getitem__, default=own)


def _of_device(device: Device, rules: Mapping[str, Risk], wish: Wish | None) -> Risk:
    keys = (f"{device.kind}.{device.device_class}", device.kind)
    risk: Risk = next((rules[key] for key in keys if key in rules), "allow")
    if opens := _opener(device):
        # Whatever drives it, it is a way into the house; an owner who wants it otherwise names it.
        asked = rules.get(f"cover.{opens}", rules.get("cover.garage", "allow"))
        risk = max(risk, asked, key=_STRICTNESS.__getitem__)
    return "allow" if risk == "confirm" and wish is not None and device.shape.secures(wish) else risk


_DRIVES: Final = bag("door doors opener gate gates roller shutter relay remote")
_BESIDE_IT: Final = bag(
    "light lights lamp lamps camera sensor socket plug outlet bell heater fan freezer fridge charger"
)
_GATES: Final = bag("gate gates hoftor einfahrtstor")


def _opener(device: Device) -> str:
    """What a cover, switch or button opens by its class or name: "garage", "gate" or "door"; empty when nothing."""
    if device.kind not in {"cover", "switch", "button"}:
        return ""
    if device.device_class in {"garage", "garage_door", "gate", "door"}:
        return "garage" if device.device_class.startswith("garage") else device.device_class
    words = set(re.findall(r"\w+", f"{device.name} {device.long_name}".casefold()))
    if words & _BESIDE_IT or (device.kind == "cover" and device.device_class):
        return ""
    if ("garage" in words and (device.kind == "cover" or words & _DRIVES)) or words & {"garagedoor", "garagentor"}:
        return "garage"
    return "gate" if words & _GATES else ""


def asked_for(wish: Wish, said: str, book: Phrasebook = ENGLISH_PHRASES) -> str:
    """What a wish would do, for a question: "unlock the front door", "set the garage door to 40 percent".

    ``said`` is the device in a sentence of the book's language.
    """
    words, numbers = book.devices, book.numbers
    if wish.action is not None:
        doing = words.doing[wish.action].format(device=said)
        at = "" if wish.percent is None else numbers.percent.format(number=f"{wish.percent:g}")
        return words.doing_at.format(doing=doing, percent=at) if at else doing
    if wish.wants_on is False:
        return words.switch_off.format(device=said)
    if wish.step is not None:
        turned = words.turn_up if wish.step > 0 else words.turn_down
        return turned.format(device=said, step=say_decimal(f"{abs(wish.step):g}", book))
    given = _values(wish, book)
    return (
        words.set.format(device=said, values=joined_words(given, book))
        if given
        else words.switch_on.format(device=said)
    )


def _values(wish: Wish, book: Phrasebook) -> list[str]:
    """What a device would be set to, in words."""
    numbers = book.numbers
    counts = [
        (numbers.percent, wish.brightness_percent), (numbers.percent, wish.percent), (numbers.kelvin, wish.kelvin),
        (numbers.tilt, wish.tilt),
    ]  # fmt: skip
    brightness, share, kelvin, tilt = [
        None if value is None else pattern.format(number=f"{value:g}") for pattern, value in counts
    ]
    values = [
        brightness,
        share,
        None if wish.temperature_c is None else say_counted(numbers.degrees, rounded_digits(wish.temperature_c), book),
        None if wish.number is None else say_decimal(rounded_digits(wish.number), book),
        None if wish.colour is None else book.colours[colours.name(wish.colour)],
        kelvin,
        tilt,
        None if wish.mode is None else clean(wish.mode),
    ]
    return [value for value in values if value]
