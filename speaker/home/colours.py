"""Colours as one says them, and as lights count them: red, green and blue; hue and saturation; x and y; kelvin."""

import colorsys
import math
import re
from typing import Final

Colour = tuple[int, int, int]
"""Red, green and blue, 0-255 each."""

NAMES: Final[dict[str, Colour]] = {
    "red": (255, 0, 0),
    "orange": (255, 128, 0),
    "amber": (255, 191, 0),
    "yellow": (255, 255, 0),
    "lime": (191, 255, 0),
    "green": (0, 255, 0),
    "turquoise": (0, 255, 191),
    "cyan": (0, 255, 255),
    "sky blue": (0, 149, 255),
    "blue": (0, 0, 255),
    "violet": (127, 0, 255),
    "purple": (170, 0, 255),
    "magenta": (255, 0, 255),
    "pink": (255, 105, 180),
}
"""A colour's name: what it is."""

WHITES: Final[dict[str, int]] = {
    "candlelight": 2000,
    "warm white": 2700,
    "soft white": 3000,
    "white": 4000,
    "neutral white": 4000,
    "cold white": 6000,
    "daylight": 6500,
}
"""A white's name: its colour temperature in kelvin."""

_ALSO: Final = {
    "warm": "warm white",
    "warmer": "warm white",
    "cold": "cold white",
    "cool": "cold white",
    "cool white": "cold white",
    "colder": "cold white",
    "neutral": "neutral white",
    "candle": "candlelight",
    "aqua": "cyan",
    "teal": "turquoise",
    "rose": "pink",
    "indigo": "violet",
}

_HEX = re.compile(r"#[0-9a-f]{6}")
_KELVIN = re.compile(r"(\d{4,5}) ?k(elvin)?")

HUE_TOLERANCE: Final = 20.0
"""Degrees by which a reported hue may be off: lamps cannot show all colours and convert between systems."""

SATURATION_TOLERANCE: Final = 30.0
"""The same for the saturation, in percent."""

MIRED_TOLERANCE: Final = 12.0
"""How far a reported colour temperature may be off, in mired: lamps round it to steps."""


def named_colour(text: str) -> Colour | int | None:
    """A colour, or a white in kelvin, from its name, "#rrggbb" or "2700 K"; None for anything else."""
    words = " ".join(text.casefold().replace("-", " ").replace("light ", "").split())
    words = _ALSO.get(words, words)
    if (white := WHITES.get(words)) or (white := _of_kelvin(words)):
        return white
    if _HEX.fullmatch(words):
        return int(words[1:3], 16), int(words[3:5], 16), int(words[5:], 16)
    return NAMES.get(words)


def _of_kelvin(words: str) -> int | None:
    found = _KELVIN.fullmatch(words)
    return int(found[1]) if found else None


def name(colour: Colour) -> str:
    """What one calls a colour: the nearest name."""
    if to_hs(colour)[1] < 12:
        return "white"
    return min(NAMES, key=lambda known: _distance(colour, NAMES[known]))


def name_of_white(kelvin: float) -> str:
    """What one calls a white of this colour temperature."""
    if kelvin < 3500:
        return "warm white"
    return "cold white" if kelvin > 5000 else "neutral white"


def alike(one: Colour, other: Colour) -> bool:
    """Whether a light that was told ``one`` and reports ``other`` did as it was told."""
    (hue, saturation), (hue2, saturation2) = to_hs(one), to_hs(other)
    if abs(saturation - saturation2) > SATURATION_TOLERANCE:
        return False
    apart = abs(hue - hue2) % 360
    return min(saturation, saturation2) < 12 or min(apart, 360 - apart) <= HUE_TOLERANCE


def _distance(one: Colour, other: Colour) -> float:
    (hue, saturation), (hue2, saturation2) = to_hs(one), to_hs(other)
    apart = abs(hue - hue2) % 360
    return min(apart, 360 - apart) + abs(saturation - saturation2)


def to_hs(colour: Colour) -> tuple[float, float]:
    """Hue, 0-360, and saturation, 0-100."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    return round(hue * 360, 1), round(saturation * 100, 1)


def from_hs(hue: float, saturation: float) -> Colour:
    """The colour of a hue, in degrees, and a saturation, in percent, at full brightness."""
    parts = colorsys.hsv_to_rgb(hue % 360 / 360, min(100.0, max(0.0, saturation)) / 100, 1)
    red, green, blue = (round(part * 255) for part in parts)
    return red, green, blue


def to_xy(colour: Colour) -> tuple[float, float]:
    """The place in the CIE 1931 diagram, for sRGB."""
    red, green, blue = (_linear(part / 255) for part in colour)
    x = red * 0.4124 + green * 0.3576 + blue * 0.1805
    y = red * 0.2126 + green * 0.7152 + blue * 0.0722
    z = red * 0.0193 + green * 0.1192 + blue * 0.9505
    total = x + y + z
    return (round(x / total, 4), round(y / total, 4)) if total else (0.3127, 0.329)


def from_xy(x: float, y: float) -> Colour:
    """The colour at a place in the CIE 1931 diagram, at full brightness."""
    if y <= 0:
        return 255, 255, 255
    big_x, big_z = x / y, (1 - x - y) / y
    linear = (
        big_x * 3.2406 - 1.5372 - big_z * 0.4986,
        -big_x * 0.9689 + 1.8758 + big_z * 0.0415,
        big_x * 0.0557 - 0.2040 + big_z * 1.0570,
    )
    most = max(*linear, 1e-9)
    red, green, blue = (round(255 * _gamma(min(1.0, max(0.0, part / most)))) for part in linear)
    return red, green, blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def from_kelvin(kelvin: float) -> Colour:
    """The colour of a white of this temperature, for lamps that have to make their white of colours."""
    hundreds = min(400.0, max(10.0, kelvin / 100))
    if hundreds <= 66:
        red, green = 255.0, 99.4708025861 * math.log(hundreds) - 161.1195681661
        blue = 138.5177312231 * math.log(hundreds - 10) - 305.0447927307 if hundreds > 19 else 0.0
    else:
        red = 329.698727446 * (hundreds - 60) ** -0.1332047592
        green, blue = 288.1221695283 * (hundreds - 60) ** -0.0755148492, 255.0
    one, two, three = (round(min(255.0, max(0.0, part))) for part in (red, green, blue))
    return one, two, three


def scaled(colour: Colour, percent: float | None) -> Colour:
    """A colour as strong as a percentage says; None is all of it."""
    level = 255 if percent is None else round(percent * 255 / 100)
    red, green, blue = (int(part * level / 255) for part in colour)
    return red, green, blue


def to_rgbw(colour: Colour) -> tuple[int, int, int, int]:
    """Red, green, blue and white: what the three have in common is white's."""
    white = min(colour)
    rest = [part - white for part in colour]
    most = max(*rest, white)
    stretch = max(colour) / most if most else 0.0
    red, green, blue, share = (round(part * stretch) for part in (*rest, white))
    return red, green, blue, share


def to_rgbww(colour: Colour) -> tuple[int, int, int, int, int]:
    """The same with a cold and a warm white, which share the white."""
    red, green, blue, white = to_rgbw(colour)
    return red, green, blue, white, white


def to_mired(kelvin: float) -> int:
    """A colour temperature in mired, as Zigbee counts it."""
    return round(1_000_000 / kelvin)


def to_kelvin(mired: float) -> float:
    """A colour temperature in kelvin."""
    return 1_000_000 / mired
