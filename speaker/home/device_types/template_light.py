"""Lights whose messages are made and read by templates of their own."""

from speaker.home import colours, templates, value_parsers
from speaker.home.device_command import DeviceMessage, Feed, Wish, feeds
from speaker.home.device_types.lamp import Lamp


class TemplateLight(Lamp, frozen=True, kw_only=True):
    """A light that says how to word its commands and how to read its state."""

    command_on_template: str
    command_off_template: str
    state_template: str = ""
    brightness_template: str = ""
    color_temp_template: str = ""
    red_template: str = ""
    green_template: str = ""
    blue_template: str = ""
    effect_template: str = ""

    @property
    def has_brightness(self) -> bool:
        """When there is a template to read it, or colours that can be weaker."""
        return bool(self.brightness_template) or self.scales_colour

    @property
    def scales_colour(self) -> bool:
        """When it has colours and no template for the brightness."""
        return self.has_colour and not self.brightness_template

    @property
    def has_colour(self) -> bool:
        """When all three parts can be read."""
        return bool(self.red_template and self.green_template and self.blue_template)

    @property
    def has_white(self) -> bool:
        """When there is a template to read it."""
        return bool(self.color_temp_template)

    @property
    def has_effects(self) -> bool:
        """When it says which."""
        return bool(self.effect_list)

    def feeds(self) -> tuple[Feed, ...]:
        """Each by its own template, from one message."""
        parts = f"{self.red_template},{self.green_template},{self.blue_template}" if self.has_colour else ""
        kelvin = value_parsers.kelvin(mireds=not self.color_temp_kelvin)
        topic, percent = self.state_topic, value_parsers.brightness(self.brightness_scale)
        effects = value_parsers.option(self.effect_list)
        return feeds(
            (topic if self.state_template else None, "on", self.state_template, value_parsers.read_switch("on", "off")),
            (topic if self.brightness_template else None, "brightness_percent", self.brightness_template, percent),
            (topic if self.has_white else None, "kelvin", self.color_temp_template, kelvin),
            (topic if self.has_colour else None, "colour", parts, value_parsers.rgb),
            (topic if self.effect_template else None, "effect", self.effect_template, effects),
        )

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """One message, from the template for on or for off."""
        if not wish.wants_on:
            return super().order(wish, said)
        named: dict[str, float | str | bool] = {"state": True}
        if wish.brightness_percent is not None:
            named["brightness"] = self.level(wish.brightness_percent)
        shade, full = self.shade_scaled(wish), self.shade(wish)
        if shade is not None and full is not None:
            hue, saturation = colours.to_hs(full)
            named |= dict(zip(("red", "green", "blue"), shade, strict=True)) | {"hue": hue, "sat": saturation}
        elif wish.kelvin is not None:
            named["color_temp"] = self.white(wish.kelvin)
        if (effect := self.effect_named(wish, said)) is not None:
            named["effect"] = effect
        return [DeviceMessage(self.command_topic, templates.write(self.command_on_template, "", **named), self.retain)]

    def switch(self, *, on: bool) -> DeviceMessage:
        """The message of the template for on, or for off."""
        template = self.command_on_template if on else self.command_off_template
        return DeviceMessage(self.command_topic, templates.write(template, "", state=on), self.retain)
