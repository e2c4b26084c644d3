"""What is switched: sockets and relays, and scenes, which are only ever set off."""

from speaker.core import templates
from speaker.core.entities import Feed, Message, Wish
from speaker.core.errors import ToolError
from speaker.core.kinds.shape import Shape, Topic, Word


class Switch(Shape, frozen=True, kw_only=True):
    """A socket, relay or anything else that is on or off."""

    command_topic: Topic
    state_topic: Topic | None = None
    payload_on: Word = "ON"
    payload_off: Word = "OFF"
    state_on: Word | None = None
    state_off: Word | None = None
    value_template: str = ""
    command_template: str = ""

    def feeds(self) -> tuple[Feed, ...]:
        """On and off, if there is a state topic."""
        return self.on_feed(self.value_template)

    def on_feed(self, template: str) -> tuple[Feed, ...]:
        """Where on and off are reported, read by ``template``; empty when they are not."""
        if self.state_topic is None:
            return ()
        on = self.payload_on if self.state_on is None else self.state_on
        off = self.payload_off if self.state_off is None else self.state_off
        return (Feed(self.state_topic, "on", template, str(on), str(off)),)

    def order(self, wish: Wish, said: str) -> list[Message]:
        """On or off; nothing else."""
        if wish.temperature_c is not None:
            raise ToolError(f"{said} has no temperature to set.")
        if wish.wants_on and wish.brightness_percent is not None:
            raise ToolError(f"{said} cannot be dimmed, only switched on and off.")
        if wish.wants_on is None:
            raise ToolError(f"Say whether {said} is to be on or off.")
        return [self.switch(on=wish.wants_on)]

    def switch(self, *, on: bool) -> Message:
        """The message that switches the device."""
        word = str(self.payload_on if on else self.payload_off)
        return Message(self.command_topic, templates.write(self.command_template, word), self.retain)


class Scene(Shape, frozen=True, kw_only=True):
    """Something to be set off; it has no state."""

    command_topic: Topic
    payload_on: Word = "ON"

    def order(self, wish: Wish, said: str) -> list[Message]:
        """Activation; nothing else."""
        if not wish.wants_on or wish.brightness_percent is not None:
            raise ToolError(f"{said} can only be activated.")
        return [Message(self.command_topic, str(self.payload_on), self.retain)]
