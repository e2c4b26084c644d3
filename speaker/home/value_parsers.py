"""How the texts that devices report are read: each reader takes a text and returns a fact.

None means that the text states nothing for this device, so that what was known stays; NOT_KNOWN, that the device does
not know it itself.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from speaker.errors import NOT_JSON
from speaker.home import colours, spoken_values
from speaker.home.colours import Colour
from speaker.home.device_command import MAX_TEXT_CHARACTERS, NOT_KNOWN, FactValue, NotKnown, Read

Stated = FactValue | NotKnown | None

NULL_TEXT: Final = "None"
"""What a template writes for a null."""

_UNKNOWN_WORDS: Final = frozenset({"none", "null", "unknown", "unavailable"})


def read_switch(on: object, off: object) -> Read:
    """On or off, said with these two words in any case."""
    words = {str(on).casefold(): True, str(off).casefold(): False}

    def read(text: str) -> Stated:
        known = words.get(text.casefold())
        return NOT_KNOWN if known is None and text == NULL_TEXT else known

    return read


def word(words: Mapping[str, object]) -> Read:
    """One of our own words for what the device says; ``words`` holds the device's word for each of ours."""
    ours = {str(theirs).casefold(): word for word, theirs in words.items()}

    def read(text: str) -> Stated:
        known = ours.get(text.casefold())
        return NOT_KNOWN if known is None and text == NULL_TEXT else known

    return read


def option(options: Iterable[object]) -> Read:
    """One of the device's own words, even one that is called "none"; without a list, any word."""
    known = {str(one).casefold(): one_line(str(one)) for one in options}

    def read(text: str) -> Stated:
        if text.casefold() in known:
            return known[text.casefold()]
        if known:
            return NOT_KNOWN if text.casefold() in _UNKNOWN_WORDS else None
        return said(text)

    return read


_MOST_READ: Final = 1_000
"""A state may be megabytes long; its beginning is all that is read."""


def one_line(text: str) -> str:
    """One short printable line that can stand in quotation marks."""
    printable = "".join(c if c.isprintable() else " " for c in text[:_MOST_READ])
    return " ".join(printable.split()).replace('"', "'")[:MAX_TEXT_CHARACTERS]


def said(text: str) -> Stated:
    """A text for a sentence."""
    line = one_line(text)
    if not line:
        return None
    return NOT_KNOWN if line.casefold() in _UNKNOWN_WORDS else line


def _figure(text: str) -> float | NotKnown | None:
    figure = spoken_values.spoken_number(text)
    return NOT_KNOWN if figure is None and text == NULL_TEXT else figure


def read_number(text: str) -> Stated:
    """A finite number."""
    return _figure(text)


def measured(text: str) -> Stated:
    """A finite number, in the digits that it came in."""
    figure = _figure(text)
    return text if isinstance(figure, float) else figure


def within(low: float, high: float) -> Read:
    """A number in a range; one outside it states nothing."""

    def read(text: str) -> Stated:
        figure = _figure(text)
        return None if isinstance(figure, float) and not low <= figure <= high else figure

    return read


def celsius(text: str) -> Stated:
    """A temperature in °C."""
    return _figure(text)


def fahrenheit(text: str) -> Stated:
    """A temperature in °F, as °C."""
    figure = _figure(text)
    return spoken_values.to_celsius(figure) if isinstance(figure, float) else figure


def percent(full: float, nothing: float = 0.0) -> Read:
    """A level as percent, 0-100, of a device that calls 100 percent ``full`` and 0 percent ``nothing``."""

    def read(text: str) -> Stated:
        figure = _figure(text)
        if not isinstance(figure, float) or full == nothing:
            return figure if figure is NOT_KNOWN else None
        return min(100.0, max(0.0, (figure - nothing) * 100 / (full - nothing)))

    return read


def in_object(key: str, inner: Read, *, bare: bool = True) -> Read:
    """What ``inner`` reads where it stands in a JSON object under ``key``, and, if ``bare``, by itself."""

    def read(text: str) -> Stated:
        if not text.startswith("{"):
            return inner(text) if bare else None
        try:
            found = msgspec.json.decode(text, type=dict[str, object]).get(key, "")
            return inner(str(found)) if found != "" else None
        except NOT_JSON:
            return None

    return read


def brightness(full: float) -> Read:
    """A brightness as percent of ``full``; 0 states nothing: a light that is off has one for the next time."""
    scaled = percent(full)

    def read(text: str) -> Stated:
        level = scaled(text)
        return None if level == 0.0 else level

    return read


def kelvin(*, mireds: bool) -> Read:
    """A colour temperature in kelvin."""

    def read(text: str) -> Stated:
        figure = _figure(text)
        if not isinstance(figure, float) or figure <= 0:
            return figure if figure is NOT_KNOWN else None
        return colours.to_kelvin(figure) if mireds else figure

    return read


def colour_object(text: str) -> Stated:
    """A colour from a JSON object with r, g, b, or h, s, or x, y."""
    try:
        parts = msgspec.json.decode(text, type=dict[str, object])
    except NOT_JSON:
        return None
    for keys, convert in (("rgb", _rgb), ("hs", _hs), ("xy", _xy)):
        figures = [value for key in keys if isinstance(value := parts.get(key), int | float)]
        if len(figures) == len(keys):
            return convert([float(figure) for figure in figures])
    return None


def rgb(text: str) -> Stated:
    """A colour from "255,0,0", perhaps with whites behind it; black is none: lights that shine white report it."""
    figures = _figures(text, 3, 4, 5)
    if not figures:
        return NOT_KNOWN if text == "None,None,None" else None
    return _rgb(figures[:3]) if any(figures[:3]) else NOT_KNOWN


def rgb_level(text: str) -> Stated:
    """The brightness in percent of a colour from "128,0,0": its strongest part; black states nothing."""
    figures = _figures(text, 3, 4, 5)
    return min(100.0, max(figures) * 100 / 255) if figures and max(figures) > 0 else None


def hs(text: str) -> Stated:
    """A colour from hue, 0-360, and saturation, 0-100: "120,100"."""
    figures = _figures(text, 2)
    return _hs(figures) if figures else None


def xy(text: str) -> Stated:
    """A colour from its place in the CIE diagram: "0.7,0.3"."""
    figures = _figures(text, 2)
    return _xy(figures) if figures else None


def _figures(text: str, *counts: int) -> list[float]:
    figures = [spoken_values.spoken_number(part) for part in text[:_MOST_READ].strip("()[] ").split(",")]
    known = [figure for figure in figures if figure is not None]
    return known if len(known) == len(figures) and len(figures) in counts else []


def _rgb(parts: list[float]) -> Colour:
    red, green, blue = (round(min(255.0, max(0.0, part))) for part in parts)
    return red, green, blue


def _hs(parts: list[float]) -> Colour:
    return colours.from_hs(*parts)


def _xy(parts: list[float]) -> Colour:
    return colours.from_xy(*parts)
