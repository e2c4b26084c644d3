"""Sirens: on and off, with a tone."""

import msgspec

from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, Feed
from speaker.home.device_types.base import AnnouncedValue
from speaker.home.device_types.switch_scene_button import Switch


class Siren(Switch, frozen=True, kw_only=True):
    """A siren; without a template of its own it takes a JSON object."""

    state_value_template: str = ""
    command_off_template: str = ""
    available_tones: list[AnnouncedValue] = msgspec.field(default_factory=list)

    def takes(self) -> set[str]:
        """On and off."""
        return {"on"}

    def feeds(self) -> tuple[Feed, ...]:
        """On and off, said plainly or in a JSON object."""
        if self.state_topic is None:
            return ()
        on = self.payload_on if self.state_on is None else self.state_on
        off = self.payload_off if self.state_off is None else self.state_off
        read = value_parsers.in_object("state", value_parsers.read_switch(on, off))
        return (Feed(self.state_topic, "on", self.state_value_template or self.value_template, read),)

    def switch(self, *, on: bool) -> DeviceMessage:
        """The message that switches it."""
        word = str(self.payload_on if on else self.payload_off)
        template = self.command_template if on else self.command_off_template or self.command_template
        if not template:
            return DeviceMessage(self.command_topic, msgspec.json.encode({"state": word}).decode(), self.retain)
        return DeviceMessage(self.command_topic, templates.write(template, word, state=word), self.retain)
