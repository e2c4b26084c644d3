"""What all kinds of devices have in common: reachability, and that they report and may be told."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from speaker.core import templates
from speaker.core.entities import Fact, Feed, Message, State, Wish
from speaker.core.errors import ToolError

Topic = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[^+#\x00-\x1f]+\Z")]
"""An MQTT topic without wildcards: a device may not make us listen to everything."""

Word = str | int | float | bool
"""A payload; announcements also write it as a JSON number or truth value."""


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """A topic that says whether the device can be reached."""

    topic: Topic
    value_template: str = ""
    payload_available: Word = "online"
    payload_not_available: Word = "offline"

    def read(self, payload: bytes) -> bool | None:
        """Whether ``payload`` says available; None when it says neither."""
        text = templates.read(self.value_template, payload)
        return {str(self.payload_available): True, str(self.payload_not_available): False}.get(text)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What every announcement may hold, and how a device behaves that only reports."""

    availability: list[Availability] = msgspec.field(default_factory=list)
    availability_mode: Literal["all", "any", "latest"] = "latest"
    device_class: str = ""
    retain: bool = False

    def feeds(self) -> tuple[Feed, ...]:
        """Where the device reports what."""
        return ()

    def order(self, wish: Wish, said: str) -> list[Message]:  # noqa: ARG002
        """The messages that ask for ``wish``.

        Raises ToolError when the device, which is called ``said`` in the sentence, cannot do that.
        """
        raise ToolError(f"{said} can only be read.")

    def asks(self, wish: Wish) -> set[Fact]:
        """The facts that must be reported before the wish can be called fulfilled."""
        return set() if wish.wants_on is None else {"on"}

    def fulfils(self, state: State, wish: Wish) -> bool | None:
        """Whether the reported state is what the wish asks for; None when the device did not say."""
        on = state.get("on")
        return None if on is None or wish.wants_on is None else on is wish.wants_on

    def condition(self, state: State) -> str | None:
        """What the device is, to be said after "is": "on at 40 percent"; None when not known."""
        on = state.get("on")
        return None if on is None else "on" if on else "off"

    def reading(self, state: State) -> str | None:
        """The value that one asks this device for; None when not known."""
        return self.condition(state)


def figure(state: State, fact: Fact) -> float | None:
    """A fact that is a number; None when not known."""
    value = state.get(fact)
    return value if isinstance(value, float) else None
