"""What the three forms of lights share: brightness, colour, white and effects, wished for and reported."""

from dataclasses import replace
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from speaker.errors import ToolError
from speaker.home import colours
from speaker.home.colours import Colour
from speaker.home.device_command import DeviceState, Fact, Wish
from speaker.home.device_types.base import AnnouncedValue, alike_words, figure, one_of_options, stepped, word_of
from speaker.home.device_types.switch_scene_button import Switch

_TOLERANCE_PERCENT: Final = 2.0
"""How far a reported brightness may be off: devices round, and some convert twice."""

NO_EFFECT: Final = frozenset({"none", "off", "stop_effect", "finish_effect", "solid"})
"""Effects that are none."""

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
    effect_list: list[AnnouncedValue] = msgspec.field(default_factory=list)

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

    @property
    def has_effects(self) -> bool:
        """Whether it has effects of its own."""
        return False

    @property
    def scales_colour(self) -> bool:
        """Whether its brightness is how strong its colour is, for want of anything else."""
        return False

    def takes(self) -> set[str]:
        """On, off and brightness, and what else it has; a lamp with colours makes its white of them."""
        colour = {"colour", "kelvin"} if self.has_colour else set()
        white = {"kelvin"} if self.has_white else set()
        return super().takes() | colour | white | ({"mode"} if self.has_effects else set())

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
        return replace(wish, brightness_percent=percent, step=None)

    def completed(self, wish: Wish, state: DeviceState) -> Wish:
        """On for an effect; and where the brightness is that of the colour, the one with the other."""
        if wish.mode is not None and wish.wants_on is None:
            wish = replace(wish, on=True)
        if not self.scales_colour or not wish.wants_on:
            return wish
        if wish.brightness_percent is None and (wish.colour or wish.kelvin) is not None:
            return replace(wish, brightness_percent=figure(state, "brightness_percent") or 100)
        shown = state.get("colour")
        if wish.brightness_percent is not None and (wish.colour or wish.kelvin) is None:
            return replace(wish, colour=shown if isinstance(shown, tuple) else (255, 255, 255))
        return wish

    def shade(self, wish: Wish) -> Colour | None:
        """The colour that is to be shown, the white of a lamp without a white of its own too, at full brightness."""
        if wish.kelvin is not None and not self.has_white:
            return colours.from_kelvin(wish.kelvin)
        return wish.colour

    def shade_scaled(self, wish: Wish) -> Colour | None:
        """The same as strong as the brightness asks for, where nothing else can."""
        shade = self.shade(wish)
        if shade is None or not self.scales_colour:
            return shade
        return colours.scaled(shade, wish.brightness_percent)

    def effect_named(self, wish: Wish, said: str) -> str | None:
        """The effect that is asked for, in the light's spelling. Raises ToolError."""
        return None if wish.mode is None else one_of_options(wish.mode, self.effect_list, said)

    def asks(self, wish: Wish) -> set[Fact]:
        """On and off, and what else is asked for."""
        asked = super().asks(wish)
        if wish.wants_on:
            asked |= {"brightness_percent"} if wish.brightness_percent is not None else set()
            asked |= {"colour"} if wish.colour is not None else set()
            asked |= {"kelvin" if self.has_white else "colour"} if wish.kelvin is not None else set()
            asked |= {"effect"} if wish.mode is not None else set()
        return asked or ({"effect"} if wish.mode is not None else set())

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether on and off are as asked, and brightness and colour near enough."""
        if wish.mode is not None and wish.wants_on is None:
            wish = replace(wish, on=True)
        lit = super().fulfils(state, wish)
        if not lit or not wish.wants_on:
            return lit
        shown = word_of(state, "effect")
        effect = None if not shown else wish.mode is not None and alike_words(shown, wish.mode)
        parts = [self._bright(state, wish), self._coloured(state, wish), self._white(state, wish)]
        parts += [] if wish.mode is None else [effect]
        return False if False in parts else None if None in parts else True

    def _bright(self, state: DeviceState, wish: Wish) -> bool | None:
        level = figure(state, "brightness_percent")
        if wish.brightness_percent is None or level is None:
            return None if level is None and wish.brightness_percent is not None else True
        # On a coarse scale what the device was told may be far from what was asked.
        told = self.level(wish.brightness_percent) * 100 / self.brightness_scale
        return min(abs(level - wish.brightness_percent), abs(level - told)) <= _TOLERANCE_PERCENT

    def _coloured(self, state: DeviceState, wish: Wish) -> bool | None:
        shade = self.shade(wish)
        if shade is None:
            return True
        if word_of(state, "mode") in {"color_temp", "white"}:
            return wish.kelvin is not None
        shown = state.get("colour")
        return colours.alike(shade, shown) if isinstance(shown, tuple) else None

    def _white(self, state: DeviceState, wish: Wish) -> bool | None:
        if wish.kelvin is None or not self.has_white:
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
        effect = word_of(state, "effect")
        shown = effect if effect in map(str, self.effect_list) and effect.casefold() not in NO_EFFECT else ""
        tint = shown or self._tint(state)
        return f"{lit}, {tint}" if tint else lit

    def _tint(self, state: DeviceState) -> str:
        mode, shown, white = word_of(state, "mode"), state.get("colour"), figure(state, "kelvin")
        if isinstance(shown, tuple) and (mode in COLOUR_MODES or not mode):
            return colours.name(shown)
        shows_white = mode == "color_temp" or (not mode and not isinstance(shown, tuple))
        return colours.name_of_white(white) if white is not None and shows_white else ""

    def level(self, percent: float) -> int:
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
