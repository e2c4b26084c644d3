"""How the texts that devices report are read: each reader takes a text and returns a fact, or None for unknown."""

from collections.abc import Mapping
from typing import Final

import msgspec

from speaker.home import colours, spoken_values
from speaker.home.colours import Colour
from speaker.home.device_command import MAX_TEXT_CHARACTERS, FactValue, Read

_UNKNOWN: Final = frozenset({"", "none", "null", "unknown", "unavailable"})


def read_switch(on: object, off: object) -> Read:
    """On or off, said with these two words in any case."""
    words = {str(on).casefold(): True, str(off).casefold(): False}
    return lambda text: words.get(text.casefold())


def word(words: Mapping[str, object]) -> Read:
    """One of our own words for what the device says; ``words`` holds the device's word for each of ours."""
    ours = {str(theirs).casefold(): word for word, theirs in words.items()}
    return lambda text: ours.get(text.casefold())


_MOST_READ: Final = 1_000
"""A state may be megabytes long; its beginning is all that is read."""


def said(text: str) -> FactValue | None:
    """A text for a sentence: one short printable line that can stand in quotation marks."""
    printable = "".join(c if c.isprintable() else " " for c in text[:_MOST_READ])
    line = " ".join(printable.split()).replace('"', "'")
    return None if line.casefold() in _UNKNOWN else line[:MAX_TEXT_CHARACTERS]


def read_number(text: str) -> FactValue | None:
    """A finite number."""
    return spoken_values.spoken_number(text)


def celsius(text: str) -> FactValue | None:
    """A temperature in °C."""
    return spoken_values.spoken_number(text)


def fahrenheit(text: str) -> FactValue | None:
    """A temperature in °F, as °C."""
    figure = spoken_values.spoken_number(text)
    return None if figure is None else spoken_values.to_celsius(figure)


def percent(full: float, nothing: float = 0.0) -> Read:
    """A level as percent, 0-100, of a device that calls 100 percent ``full`` and 0 percent ``nothing``."""

    def read(text: str) -> FactValue | None:
        figure = spoken_values.spoken_number(text)
        if figure is None or full == nothing:
            return None
        return min(100.0, max(0.0, (figure - nothing) * 100 / (full - nothing)))

    return read


def kelvin(*, mireds: bool) -> Read:
    """A colour temperature in kelvin."""

    def read(text: str) -> FactValue | None:
        figure = spoken_values.spoken_number(text)
        if figure is None or figure <= 0:
            return None
        return colours.to_kelvin(figure) if mireds else figure

    return read


def colour_object(text: str) -> FactValue | None:
    """A colour from a JSON object with r, g, b, or h, s, or x, y."""
    try:
        parts = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return None
    for keys, convert in (("rgb", _rgb), ("hs", _hs), ("xy", _xy)):
        figures = [value for key in keys if isinstance(value := parts.get(key), int | float)]
        if len(figures) == len(keys):
            return convert([float(figure) for figure in figures])
    return None


def rgb(text: str) -> FactValue | None:
    """A colour from "255,0,0"; black is none: lights report it while they shine white."""
    found = _listed(text, 3)
    return found if found and any(found) else None


def hs(text: str) -> FactValue | None:
    """A colour from hue, 0-360, and saturation, 0-100: "120,100"."""
    return _listed(text, 2)


def xy(text: str) -> FactValue | None:
    """A colour from its place in the CIE diagram: "0.7,0.3"."""
    figures = _figures(text, 2)
    return _xy(figures) if figures else None


def _listed(text: str, count: int) -> Colour | None:
    figures = _figures(text, count)
    if not figures:
        return None
    return _rgb(figures) if count == 3 else _hs(figures)


def _figures(text: str, count: int) -> list[float]:
    figures = [spoken_values.spoken_number(part) for part in text.strip("()[] ").split(",")]
    known = [figure for figure in figures if figure is not None]
    return known if len(known) == len(figures) == count else []


def _rgb(parts: list[float]) -> Colour:
    red, green, blue = (round(min(255.0, max(0.0, part))) for part in parts)
    return red, green, blue


def _hs(parts: list[float]) -> Colour:
    return colours.from_hs(*parts)


def _xy(parts: list[float]) -> Colour:
    return colours.from_xy(*parts)
