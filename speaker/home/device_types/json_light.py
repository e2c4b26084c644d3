"""Lights that take and report one JSON object."""

from typing import Any

import msgspec

from speaker.home import colours, value_parsers
from speaker.home.colours import Colour
from speaker.home.device_command import DeviceMessage, Feed, Wish
from speaker.home.device_types.lamp import COLOUR_MODES, Lamp

_CHANNELLED = ("rgbww", "rgbw", "rgb")


class JsonLight(Lamp, frozen=True, kw_only=True):
    """A light whose messages are objects: ``{"state": "ON", "brightness": 127}``."""

    brightness: bool = False
    supported_color_modes: list[str] = msgspec.field(default_factory=list)
    white_scale: float = 255
    effect: bool = False
    # How they were announced before there were colour modes.
    color_temp: bool = False
    rgb: bool = False
    hs: bool = False
    xy: bool = False

    @property
    def has_brightness(self) -> bool:
        """Every colour mode but "onoff" has one."""
        return self.brightness or bool(set(self.supported_color_modes) - {"onoff", "unknown"})

    @property
    def has_colour(self) -> bool:
        """By its colour modes."""
        return self.rgb or self.hs or self.xy or not COLOUR_MODES.isdisjoint(self.supported_color_modes)

    @property
    def has_white(self) -> bool:
        """By its colour modes."""
        return self.color_temp or "color_temp" in self.supported_color_modes

    @property
    def has_effects(self) -> bool:
        """When it says so, and which."""
        return self.effect and bool(self.effect_list)

    @property
    def scales_colour(self) -> bool:
        """When it has red, green and blue and does not take a brightness beside them."""
        return not self.brightness and self._form() in _CHANNELLED

    def _form(self) -> str:
        """In what form it takes colours."""
        modes = self.supported_color_modes
        if "hs" in modes or self.hs:
            return "hs"
        if "xy" in modes or self.xy:
            return "xy"
        return next((form for form in _CHANNELLED if form in modes), "rgb" if self.rgb else "")

    def feeds(self) -> tuple[Feed, ...]:
        """Everything from one JSON object."""
        if self.state_topic is None:
            return ()
        topic = self.state_topic
        feeds = [Feed(topic, "on", "{{ value_json.state }}", value_parsers.read_switch("ON", "OFF"))]
        if self.has_brightness:
            percent = value_parsers.brightness(self.brightness_scale)
            feeds.append(Feed(topic, "brightness_percent", "{{ value_json.brightness }}", percent))
        if self.has_colour or self.has_white:
            feeds.append(Feed(topic, "mode", "{{ value_json.color_mode }}", value_parsers.said))
        if self.has_colour:
            feeds.append(Feed(topic, "colour", "{{ value_json.color | to_json }}", value_parsers.colour_object))
        if self.has_white:
            kelvin = value_parsers.kelvin(mireds=not self.color_temp_kelvin)
            feeds.append(Feed(topic, "kelvin", "{{ value_json.color_temp }}", kelvin))
        if self.has_effects:
            feeds.append(Feed(topic, "effect", "{{ value_json.effect }}", value_parsers.option(self.effect_list)))
        return tuple(feeds)

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """One JSON object."""
        if not wish.wants_on:
            return super().order(wish, said)
        body: dict[str, Any] = {"state": "ON"}
        shade = self.shade_scaled(wish)
        whitens = wish.kelvin is not None and not self.has_white and "white" in self.supported_color_modes
        if wish.brightness_percent is not None and not whitens and (shade is None or not self.scales_colour):
            body["brightness"] = self.level(wish.brightness_percent)
        if whitens:
            percent = 100 if wish.brightness_percent is None else wish.brightness_percent
            body["white"] = max(1, round(percent * self.white_scale / 100))
        elif shade is not None:
            body["color"] = self._parts(shade)
        elif wish.kelvin is not None:
            body["color_temp"] = self.white(wish.kelvin)
        if (effect := self.effect_named(wish, said)) is not None:
            body["effect"] = effect
        return [DeviceMessage(self.command_topic, msgspec.json.encode(body).decode(), self.retain)]

    def _parts(self, colour: Colour) -> dict[str, float]:
        match self._form():
            case "hs":
                return dict(zip("hs", colours.to_hs(colour), strict=True))
            case "xy":
                return dict(zip("xy", colours.to_xy(colour), strict=True))
            case "rgbw":
                return dict(zip("rgbw", colours.to_rgbw(colour), strict=True))
            case "rgbww":
                return dict(zip("rgbcw", colours.to_rgbww(colour), strict=True))
        return dict(zip("rgb", colour, strict=True))

    def switch(self, *, on: bool) -> DeviceMessage:
        """The object that switches the light."""
        word = "ON" if on else "OFF"
        return DeviceMessage(self.command_topic, f'{{"state":"{word}"}}', self.retain)
