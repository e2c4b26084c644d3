"""Numbers and states as one says them."""

import math
from typing import Final

UNITS: Final[dict[str, tuple[str, str]]] = {
    "°C": ("degree", "degrees"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "K": ("kelvin", "kelvins"),
    "°": ("degree", "degrees"),
    "%": ("percent", "percent"),
    "km/h": ("kilometre per hour", "kilometres per hour"),
    "m/s": ("metre per second", "metres per second"),
    "mph": ("mile per hour", "miles per hour"),
    "kn": ("knot", "knots"),
    "hPa": ("hectopascal", "hectopascals"),
    "mbar": ("millibar", "millibars"),
    "Pa": ("pascal", "pascals"),
    "kPa": ("kilopascal", "kilopascals"),
    "bar": ("bar", "bars"),
    "mm": ("millimetre", "millimetres"),
    "cm": ("centimetre", "centimetres"),
    "m": ("metre", "metres"),
    "km": ("kilometre", "kilometres"),
    "mm/h": ("millimetre per hour", "millimetres per hour"),
    "W": ("watt", "watts"),
    "kW": ("kilowatt", "kilowatts"),
    "Wh": ("watt hour", "watt hours"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "V": ("volt", "volts"),
    "mV": ("millivolt", "millivolts"),
    "A": ("ampere", "amperes"),
    "mA": ("milliampere", "milliamperes"),
    "Hz": ("hertz", "hertz"),
    "lx": ("lux", "lux"),
    "ppm": ("part per million", "parts per million"),
    "ppb": ("part per billion", "parts per billion"),
    "µg/m³": ("microgram per cubic metre", "micrograms per cubic metre"),
    "g/m³": ("gram per cubic metre", "grams per cubic metre"),
    "m³": ("cubic metre", "cubic metres"),
    "L": ("litre", "litres"),
    "dB": ("decibel", "decibels"),
    "ms": ("millisecond", "milliseconds"),
    "s": ("second", "seconds"),
    "min": ("minute", "minutes"),
    "h": ("hour", "hours"),
    "d": ("day", "days"),
}
"""Unit of measurement: what one of it is called, and several."""

_OPEN = ("open", "closed")
_SEEN = ("detected", "not detected")

BINARY: Final[dict[str, tuple[str, str]]] = {
    "door": _OPEN,
    "garage_door": _OPEN,
    "opening": _OPEN,
    "window": _OPEN,
    "lock": ("unlocked", "locked"),
    "motion": _SEEN,
    "occupancy": _SEEN,
    "presence": _SEEN,
    "gas": _SEEN,
    "smoke": _SEEN,
    "carbon_monoxide": _SEEN,
    "vibration": _SEEN,
    "sound": _SEEN,
    "moisture": ("wet", "dry"),
    "battery": ("low", "normal"),
    "cold": ("cold", "normal"),
    "heat": ("hot", "normal"),
    "connectivity": ("connected", "disconnected"),
    "plug": ("plugged in", "unplugged"),
    "problem": ("reporting a problem", "working"),
    "running": ("running", "not running"),
}
"""Device class of a binary sensor: what on means, and off."""


def spoken_number(text: str) -> float | None:
    """The finite number that ``text`` is, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def say_number(value: float) -> str:
    """A number with as many decimals as one would say: "21.5", "minus 3", "0.25"."""
    digits = rounded_digits(value)
    return f"minus {digits[1:]}" if digits.startswith("-") else digits


def rounded_digits(value: float) -> str:
    """The same in digits: "21.5", "-3", "0.25"."""
    rounded = round(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 1 else 2)
    digits = f"{abs(rounded):.2f}".rstrip("0").rstrip(".")
    return f"-{digits}" if rounded < 0 else digits


def say_quantity(value: float, unit: str) -> str:
    """A number with its unit in words: "21.5 degrees", "1 kilometre per hour"; unknown units stand as is."""
    said = say_number(value)
    # Both the micro sign and the Greek letter are in use.
    singular, plural = UNITS.get(unit.replace("μ", "µ"), (unit, unit))
    return f"{said} {singular if said in {'1', 'minus 1'} else plural}".strip()


def say_degrees(celsius: float) -> str:
    """A temperature in °C: "21.5 degrees"."""
    return say_quantity(celsius, "°C")


def say_ago(seconds: float) -> str:
    """How long ago something was: "just now", "5 minutes ago", "2 days ago"."""
    if seconds < 60:
        return "just now"
    for name, length_s in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length_s:
            count = int(seconds // length_s)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def say_binary(device_class: str, *, on: bool) -> str:
    """What a binary sensor of this class means by on or off: "open", "dry"."""
    when_on, when_off = BINARY.get(device_class, ("on", "off"))
    return when_on if on else when_off


def to_celsius(fahrenheit: float) -> float:
    """°F as °C."""
    return (fahrenheit - 32) / 1.8


def to_fahrenheit(celsius: float) -> float:
    """°C as °F."""
    return celsius * 1.8 + 32
