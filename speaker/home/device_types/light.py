"""Lights: what their three forms share, and the form with a topic for each thing."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from speaker.errors import ToolError
from speaker.home import colours, templates, value_parsers
from speaker.home.colours import Colour
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, Feed, Wish, feeds
from speaker.home.device_types.base import DeviceTopic, figure, stepped, word_of
from speaker.home.device_types.switch_scene_button import Switch

_TOLERANCE_PERCENT: Final = 2.0
"""How far a reported brightness may be off: devices round, and some convert twice."""

COLOUR_MODES: Final = frozenset({"hs", "xy", "rgb", "rgbw", "rgbww"})
"""What a light reports or announces when it shows a colour rather than a white."""

Positive = Annotated[float, Meta(gt=0)]


class Lamp(Switch, frozen=True, kw_only=True):
    """What all forms share: brightness, colour and colour temperature beside on and off."""

    brightness_scale: Positive = 255
    color_temp_kelvin: bool = False
    """Whether the device counts the colour temperature in kelvin instead of mired."""
    min_mireds: Positive | None = None
    max_mireds: Positive | None = None
    min_kelvin: Positive | None = None
    max_kelvin: Positive | None = None

    @property
    def has_brightness(self) -> bool:
        """Whether it can be dimmed."""
        return False

    @property
    def has_colour(self) -> bool:
        """Whether it has colours."""
        return False

    @property
    def has_white(self) -> bool:
        """Whether its white can be warmer and colder."""
        return False

    def takes(self) -> set[str]:
        """On, off and brightness, and what else it has."""
        white = {"kelvin"} if self.has_white else set()
        return super().takes() | ({"colour"} if self.has_colour else set()) | white

    def refuse(self, wish: Wish, said: str) -> None:
        """Refuse a brightness too, when there is none."""
        super().refuse(wish, said)
        if wish.brightness_percent and not self.has_brightness:
            raise ToolError(f"{said} cannot be dimmed, only switched on and off.")

    def settled(self, state: DeviceState, wish: Wish, said: str) -> Wish:
        """Brighter or dimmer, but never off."""
        if not self.has_brightness:
            raise ToolError(f"{said} cannot be dimmed, only switched on and off.")
        known: DeviceState = {"brightness_percent": 0.0} if state.get("on") is False else state
        percent = max(1, stepped(known, "brightness_percent", wish.step or 0, said))
        return Wish(brightness_percent=percent, colour=wish.colour, kelvin=wish.kelvin)

    def asks(self, wish: Wish) -> set[Fact]:
        """On and off, and what else is asked for."""
        asked = super().asks(wish)
        if wish.wants_on:
            asked |= {"brightness_percent"} if wish.brightness_percent is not None else set()
            asked |= {"colour"} if wish.colour is not None else set()
            asked |= {"kelvin"} if wish.kelvin is not None else set()
        return asked

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether on and off are as asked, and brightness and colour near enough."""
        lit = super().fulfils(state, wish)
        if not lit or not wish.wants_on:
            return lit
        parts = [self._bright(state, wish), self._coloured(state, wish), self._white(state, wish)]
        return False if False in parts else None if None in parts else True

    def _bright(self, state: DeviceState, wish: Wish) -> bool | None:
        level = figure(state, "brightness_percent")
        if wish.brightness_percent is None or level is None:
            return None if level is None and wish.brightness_percent is not None else True
        # On a coarse scale what the device was told may be far from what was asked.
        told = self.level(wish.brightness_percent) * 100 / self.brightness_scale
        return min(abs(level - wish.brightness_percent), abs(level - told)) <= _TOLERANCE_PERCENT

    def _coloured(self, state: DeviceState, wish: Wish) -> bool | None:
        if wish.colour is None:
            return True
        if word_of(state, "mode") == "color_temp":
            return False
        shown = state.get("colour")
        return colours.alike(wish.colour, shown) if isinstance(shown, tuple) else None

    def _white(self, state: DeviceState, wish: Wish) -> bool | None:
        if wish.kelvin is None:
            return True
        if word_of(state, "mode") in COLOUR_MODES:
            return False
        shown, told = figure(state, "kelvin"), self.within_reach(wish.kelvin)
        if shown is None:
            return None
        return abs(colours.to_mired(shown) - colours.to_mired(told)) <= colours.MIRED_TOLERANCE

    def condition(self, state: DeviceState) -> str | None:
        """What is reported: "on at 40 percent, red", or without what is not known."""
        level = figure(state, "brightness_percent")
        if not state.get("on"):
            return super().condition(state)
        lit = "on" if level is None else f"on at {max(1, round(level))} percent"
        tint = self._tint(state)
        return f"{lit}, {tint}" if tint else lit

    def _tint(self, state: DeviceState) -> str:
        mode, shown, white = word_of(state, "mode"), state.get("colour"), figure(state, "kelvin")
        if isinstance(shown, tuple) and (mode in COLOUR_MODES or not mode):
            return colours.name(shown)
        shows_white = mode == "color_temp" or (not mode and not isinstance(shown, tuple))
        return colours.name_of_white(white) if white is not None and shows_white else ""

    def level(self, percent: int) -> int:
        """A brightness above 0 percent on the device's own scale, at least 1."""
        return max(1, round(percent * self.brightness_scale / 100))

    def within_reach(self, kelvin: int) -> float:
        """A colour temperature in kelvin, or the nearest one that the device can show."""
        low = self.min_kelvin or (colours.to_kelvin(self.max_mireds) if self.max_mireds else 1000)
        high = self.max_kelvin or (colours.to_kelvin(self.min_mireds) if self.min_mireds else 20_000)
        return min(max(float(kelvin), low), high)

    def white(self, kelvin: int) -> int:
        """A colour temperature in the device's own unit and range."""
        reached = self.within_reach(kelvin)
        return round(reached) if self.color_temp_kelvin else colours.to_mired(reached)


class Light(Lamp, frozen=True, kw_only=True):
    """A light with a topic for on and off, and perhaps others for brightness and colour."""

    state_value_template: str = ""
    brightness_command_topic: DeviceTopic | None = None
    brightness_command_template: str = ""
    brightness_state_topic: DeviceTopic | None = None
    brightness_value_template: str = ""
    color_temp_command_topic: DeviceTopic | None = None
    color_temp_command_template: str = ""
    color_temp_state_topic: DeviceTopic | None = None
    color_temp_value_template: str = ""
    rgb_command_topic: DeviceTopic | None = None
    rgb_command_template: str = ""
    rgb_state_topic: DeviceTopic | None = None
    rgb_value_template: str = ""
    hs_command_topic: DeviceTopic | None = None
    hs_command_template: str = ""
    hs_state_topic: DeviceTopic | None = None
    hs_value_template: str = ""
    xy_command_topic: DeviceTopic | None = None
    xy_command_template: str = ""
    xy_state_topic: DeviceTopic | None = None
    xy_value_template: str = ""
    color_mode_state_topic: DeviceTopic | None = None
    color_mode_value_template: str = ""
    on_command_type: Literal["last", "first", "brightness"] = "last"

    @property
    def has_brightness(self) -> bool:
        """By its topic."""
        return self.brightness_command_topic is not None

    @property
    def has_colour(self) -> bool:
        """By one of three topics."""
        return any((self.rgb_command_topic, self.hs_command_topic, self.xy_command_topic))

    @property
    def has_white(self) -> bool:
        """By its topic."""
        return self.color_temp_command_topic is not None

    def feeds(self) -> tuple[Feed, ...]:
        """Each from its own topic."""
        percent = value_parsers.percent(self.brightness_scale)
        kelvin = value_parsers.kelvin(mireds=not self.color_temp_kelvin)
        others = feeds(
            (self.brightness_state_topic, "brightness_percent", self.brightness_value_template, percent),
            (self.color_temp_state_topic, "kelvin", self.color_temp_value_template, kelvin),
            (self.xy_state_topic, "colour", self.xy_value_template, value_parsers.xy),
            (self.hs_state_topic, "colour", self.hs_value_template, value_parsers.hs),
            (self.rgb_state_topic, "colour", self.rgb_value_template, value_parsers.rgb),
            (self.color_mode_state_topic, "mode", self.color_mode_value_template, value_parsers.said),
        )
        return (*self.on_feed(self.state_value_template or self.value_template), *others)

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """One message or several, in the order that the light asks for."""
        if not wish.wants_on:
            return super().order(wish, said)
        percent = wish.brightness_percent
        if percent is None and self.on_command_type == "brightness" and self.has_brightness:
            percent = 100
        style = [*self._colour(wish.colour), *self._temperature(wish.kelvin), *self._dim(percent)]
        on = self.switch(on=True)
        if self.on_command_type == "brightness" and self.has_brightness:
            return style
        return [on, *style] if self.on_command_type == "first" else [*style, on]

    def _dim(self, percent: int | None) -> list[DeviceMessage]:
        if percent is None or self.brightness_command_topic is None:
            return []
        level = templates.write(self.brightness_command_template, self.level(percent))
        return [DeviceMessage(self.brightness_command_topic, level, self.retain)]

    def _temperature(self, kelvin: int | None) -> list[DeviceMessage]:
        if kelvin is None or self.color_temp_command_topic is None:
            return []
        payload = templates.write(self.color_temp_command_template, self.white(kelvin))
        return [DeviceMessage(self.color_temp_command_topic, payload, self.retain)]

    def _colour(self, colour: Colour | None) -> list[DeviceMessage]:
        if colour is None:
            return []
        (red, green, blue), (hue, sat), (x, y) = colour, colours.to_hs(colour), colours.to_xy(colour)
        forms: tuple[tuple[str | None, str, dict[str, float]], ...] = (
            (self.rgb_command_topic, self.rgb_command_template, {"red": red, "green": green, "blue": blue}),
            (self.hs_command_topic, self.hs_command_template, {"hue": hue, "sat": sat}),
            (self.xy_command_topic, self.xy_command_template, {"x": x, "y": y}),
        )
        for topic, template, parts in forms:
            if topic is not None:
                plain = ",".join(f"{part:g}" for part in parts.values())
                return [DeviceMessage(topic, templates.write(template, plain, **parts), self.retain)]
        return []
