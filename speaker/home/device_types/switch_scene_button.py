"""What is switched: sockets and relays, and what is only ever set off: scenes and buttons."""

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, Feed, Wish
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType


class Switch(DeviceType, frozen=True, kw_only=True):
    """A socket, relay or anything else that is on or off."""

    command_topic: DeviceTopic
    state_topic: DeviceTopic | None = None
    payload_on: AnnouncedValue = "ON"
    payload_off: AnnouncedValue = "OFF"
    state_on: AnnouncedValue | None = None
    state_off: AnnouncedValue | None = None
    value_template: str = ""
    command_template: str = ""

    def takes(self) -> set[str]:
        """On and off; a brightness only to be told that there is none."""
        return {"on", "brightness_percent"}

    def feeds(self) -> tuple[Feed, ...]:
        """On and off, if there is a state topic."""
        return self.on_feed(self.value_template)

    def on_feed(self, template: str) -> tuple[Feed, ...]:
        """Where on and off are reported, read by ``template``; empty when they are not."""
        if self.state_topic is None:
            return ()
        on = self.payload_on if self.state_on is None else self.state_on
        off = self.payload_off if self.state_off is None else self.state_off
        return (Feed(self.state_topic, "on", template, value_parsers.read_switch(on, off)),)

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """On or off; nothing else."""
        if wish.wants_on and wish.brightness_percent is not None:
            raise ToolError(f"{said} cannot be dimmed, only switched on and off.")
        if wish.wants_on is None:
            raise ToolError(f"Say whether {said} is to be on or off.")
        return [self.switch(on=wish.wants_on)]

    def switch(self, *, on: bool) -> DeviceMessage:
        """The message that switches the device."""
        word = str(self.payload_on if on else self.payload_off)
        return DeviceMessage(self.command_topic, templates.write(self.command_template, word), self.retain)


class Scene(DeviceType, frozen=True, kw_only=True):
    """Something to be set off; it has no state."""

    command_topic: DeviceTopic
    payload_on: AnnouncedValue = "ON"

    def takes(self) -> set[str]:
        """On; the others only to be told so."""
        return {"on", "brightness_percent", "action"}

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """Activation; nothing else."""
        if not wish.on or wish.brightness_percent is not None:
            raise ToolError(f"{said} can only be activated.")
        return [DeviceMessage(self.command_topic, str(self.payload_on), self.retain)]

    def unreported(self, wish: Wish) -> str:  # noqa: ARG002
        """Scenes give no confirmation."""
        return "was sent; scenes give no confirmation"


class Button(DeviceType, frozen=True, kw_only=True):
    """Something to be pressed; it has no state either."""

    command_topic: DeviceTopic
    command_template: str = ""
    payload_press: AnnouncedValue = "PRESS"

    def takes(self) -> set[str]:
        """Being pressed; on is taken for the same."""
        return {"action", "on"}

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """The press; nothing else."""
        if wish.action != "press" and not wish.on:
            raise ToolError(f"{said} can only be pressed.")
        payload = templates.write(self.command_template, str(self.payload_press))
        return [DeviceMessage(self.command_topic, payload, self.retain)]

    def unreported(self, wish: Wish) -> str:  # noqa: ARG002
        """Buttons give no confirmation."""
        return "was pressed; buttons give no confirmation"
