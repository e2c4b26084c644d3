"""Lights with a topic for each thing: on and off, brightness, colour, white, effects."""

from dataclasses import replace
from typing import Annotated, Final, Literal

from msgspec import Meta

from speaker.home import colours, templates, value_parsers
from speaker.home.device_command import DeviceMessage, DeviceState, Feed, Wish, feeds
from speaker.home.device_types.base import DeviceTopic, figure
from speaker.home.device_types.lamp import Lamp

_CHANNELS: Final = ("red", "green", "blue", "white")
_CHANNELS_OF_FIVE: Final = ("red", "green", "blue", "cold_white", "warm_white")


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
    rgbw_command_topic: DeviceTopic | None = None
    rgbw_command_template: str = ""
    rgbw_state_topic: DeviceTopic | None = None
    rgbw_value_template: str = ""
    rgbww_command_topic: DeviceTopic | None = None
    rgbww_command_template: str = ""
    rgbww_state_topic: DeviceTopic | None = None
    rgbww_value_template: str = ""
    hs_command_topic: DeviceTopic | None = None
    hs_command_template: str = ""
    hs_state_topic: DeviceTopic | None = None
    hs_value_template: str = ""
    xy_command_topic: DeviceTopic | None = None
    xy_command_template: str = ""
    xy_state_topic: DeviceTopic | None = None
    xy_value_template: str = ""
    white_command_topic: DeviceTopic | None = None
    white_scale: Annotated[float, Meta(gt=0)] = 255
    effect_command_topic: DeviceTopic | None = None
    effect_command_template: str = ""
    effect_state_topic: DeviceTopic | None = None
    effect_value_template: str = ""
    color_mode_state_topic: DeviceTopic | None = None
    color_mode_value_template: str = ""
    on_command_type: Literal["last", "first", "brightness"] = "last"

    @property
    def has_brightness(self) -> bool:
        """By its topic, or by the strength of its colours."""
        return self.brightness_command_topic is not None or self.scales_colour

    @property
    def scales_colour(self) -> bool:
        """When there are red, green and blue, and no topic for the brightness."""
        return self.brightness_command_topic is None and any(self._of_channels())

    @property
    def has_colour(self) -> bool:
        """By one of its topics."""
        return any((*self._of_channels(), self.hs_command_topic, self.xy_command_topic))

    @property
    def has_white(self) -> bool:
        """By its topic."""
        return self.color_temp_command_topic is not None

    @property
    def has_effects(self) -> bool:
        """By its topic."""
        return self.effect_command_topic is not None

    def _of_channels(self) -> tuple[str | None, ...]:
        return self.rgbww_command_topic, self.rgbw_command_topic, self.rgb_command_topic

    def feeds(self) -> tuple[Feed, ...]:
        """Each from its own topic."""
        kelvin = value_parsers.kelvin(mireds=not self.color_temp_kelvin)
        brightness = value_parsers.brightness(self.brightness_scale)
        channels = (
            (self.rgb_state_topic, self.rgb_value_template),
            (self.rgbw_state_topic, self.rgbw_value_template),
            (self.rgbww_state_topic, self.rgbww_value_template),
        )
        colour = feeds(*((topic, "colour", how, value_parsers.rgb) for topic, how in channels))
        strength = feeds(*((topic, "brightness_percent", how, value_parsers.rgb_level) for topic, how in channels))
        others = feeds(
            (self.brightness_state_topic, "brightness_percent", self.brightness_value_template, brightness),
            (self.color_temp_state_topic, "kelvin", self.color_temp_value_template, kelvin),
            (self.xy_state_topic, "colour", self.xy_value_template, value_parsers.xy),
            (self.hs_state_topic, "colour", self.hs_value_template, value_parsers.hs),
            (self.color_mode_state_topic, "mode", self.color_mode_value_template, value_parsers.said),
            (self.effect_state_topic, "effect", self.effect_value_template, value_parsers.option(self.effect_list)),
        )
        own = self.on_feed(self.state_value_template or self.value_template)
        return (*own, *others, *colour, *(strength if self.brightness_state_topic is None else ()))

    def completed(self, wish: Wish, state: DeviceState) -> Wish:
        """With the last brightness, where that is what switches the light on."""
        wish = super().completed(wish, state)
        if self._switched_by_brightness() and wish.wants_on and wish.brightness_percent is None:
            return replace(wish, brightness_percent=figure(state, "brightness_percent") or 100)
        return wish

    def _switched_by_brightness(self) -> bool:
        return self.on_command_type == "brightness" and self.has_brightness

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """One message or several, in the order that the light asks for."""
        if not wish.wants_on:
            return super().order(wish, said)
        effect = self.effect_named(wish, said)
        style = [*self._colour(wish), *self._temperature(wish), *self._dim(wish)]
        if effect is not None and self.effect_command_topic is not None:
            style.append(self._message(self.effect_command_topic, self.effect_command_template, effect))
        if self._switched_by_brightness() and style:
            return style
        on = self.switch(on=True)
        return [on, *style] if self.on_command_type == "first" else [*style, on]

    def _message(self, topic: str, template: str, value: float | str, **named: float) -> DeviceMessage:
        return DeviceMessage(topic, templates.write(template, value, **named), self.retain)

    def _dim(self, wish: Wish) -> list[DeviceMessage]:
        topic = self.brightness_command_topic
        if wish.brightness_percent is None or topic is None or self._whitens(wish):
            return []
        return [self._message(topic, self.brightness_command_template, self.level(wish.brightness_percent))]

    def _temperature(self, wish: Wish) -> list[DeviceMessage]:
        if wish.kelvin is None:
            return []
        if self.color_temp_command_topic is not None:
            return [
                self._message(self.color_temp_command_topic, self.color_temp_command_template, self.white(wish.kelvin))
            ]
        if self.white_command_topic is None:
            return []
        percent = 100 if wish.brightness_percent is None else wish.brightness_percent
        return [self._message(self.white_command_topic, "", max(1, round(percent * self.white_scale / 100)))]

    def _whitens(self, wish: Wish) -> bool:
        return wish.kelvin is not None and not self.has_white and self.white_command_topic is not None

    def _colour(self, wish: Wish) -> list[DeviceMessage]:
        shade, full = self.shade_scaled(wish), self.shade(wish)
        if shade is None or full is None or self._whitens(wish):
            return []
        (hue, sat), (x, y) = colours.to_hs(full), colours.to_xy(full)
        forms: tuple[tuple[str | None, str, dict[str, float]], ...] = (
            (self.rgb_command_topic, self.rgb_command_template, dict(zip(_CHANNELS, shade, strict=False))),
            (
                self.rgbw_command_topic,
                self.rgbw_command_template,
                dict(zip(_CHANNELS, colours.to_rgbw(shade), strict=True)),
            ),
            (
                self.rgbww_command_topic,
                self.rgbww_command_template,
                dict(zip(_CHANNELS_OF_FIVE, colours.to_rgbww(shade), strict=True)),
            ),
            (self.hs_command_topic, self.hs_command_template, {"hue": hue, "sat": sat}),
            (self.xy_command_topic, self.xy_command_template, {"x": x, "y": y}),
        )
        for topic, template, parts in forms:
            if topic is not None:
                plain = ",".join(f"{part:g}" for part in parts.values())
                return [self._message(topic, template, plain, **parts)]
        return []
