"""What all kinds of devices have in common: reachability, and that they report and may be told."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from speaker.errors import ToolError
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, FactValue, Feed, Wish
from speaker.home.naming import clean, listing
from speaker.home.templates import Incoming, template_of

DeviceTopic = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[^+#\x00-\x1f]+\Z")]
"""An MQTT topic without wildcards: a device may not make us listen to everything."""

AnnouncedValue = str | int | float | bool
"""A payload; announcements also write it as a JSON number or truth value."""

LACKING: Final = {
    "on": "cannot be switched on or off",
    "brightness_percent": "cannot be dimmed",
    "temperature_c": "has no temperature to set",
    "colour": "has no colours",
    "kelvin": "has no colour temperature",
    "percent": "takes no percentage",
    "tilt": "has no slats to tilt",
    "mode": "has no modes to choose from",
    "number": "takes no number",
    "action": "cannot do that",
    "step": "cannot be turned up or down",
}
"""Field of a wish: what is said of a device that does not take it."""


ONLY_READ: Final = "{} can only be read."


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """A topic that says whether the device can be reached."""

    topic: DeviceTopic
    value_template: str = ""
    payload_available: AnnouncedValue = "online"
    payload_not_available: AnnouncedValue = "offline"

    def stated(self, message: Incoming) -> bool | None:
        """Whether a message says available; None when it says neither."""
        text = message.text(template_of(self.value_template) if self.value_template else None)
        return {str(self.payload_available): True, str(self.payload_not_available): False}.get(text)


class DeviceType(msgspec.Struct, frozen=True, kw_only=True):
    """What every announcement may hold, and how a device behaves that only reports."""

    availability: list[Availability] = msgspec.field(default_factory=list)
    availability_mode: Literal["all", "any", "latest"] = "latest"
    device_class: str = ""
    retain: bool = False
    also_on: list[DeviceTopic] = msgspec.field(default_factory=list)
    """Topics on which the same is reported as on the others."""
    expire_after: float = 0
    """Seconds for which a reported value holds; 0: for good."""

    def feeds(self) -> tuple[Feed, ...]:
        """Where the device reports what."""
        return ()

    def takes(self) -> set[str]:
        """The fields of a wish that the device can grant; none: it can only be read."""
        return set()

    def refuse(self, wish: Wish, said: str) -> None:
        """Raise ToolError when the wish has a part that is not for this device, called ``said``."""
        taken = self.takes()
        if not taken:
            raise ToolError(ONLY_READ.format(said))
        for part, lacking in LACKING.items():
            if part not in taken and getattr(wish, part) is not None:
                raise ToolError(f"{said} {lacking}.")

    def settled(self, state: DeviceState, wish: Wish, said: str) -> Wish:  # noqa: ARG002
        """The wish with its ``step`` as a value, counted from what was reported.

        Raises ToolError when there is nothing to count, or the device has not said where it stands.
        """
        raise ToolError(f"{said} {LACKING['step']}.")

    def completed(self, wish: Wish, state: DeviceState) -> Wish:  # noqa: ARG002
        """The wish with what has to be said of the present state beside it."""
        return wish

    def taken(self, state: DeviceState, fact: Fact, value: FactValue) -> FactValue:  # noqa: ARG002
        """What a reported value means after what was known before."""
        return value

    def aged(self, state: DeviceState, age_s: float | None) -> DeviceState:
        """What still holds of a state that was reported so many seconds ago."""
        return {} if age_s is not None and 0 < self.expire_after < age_s else state

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:  # noqa: ARG002
        """The messages that ask for ``wish``.

        Raises ToolError when the device, which is called ``said`` in the sentence, cannot do that.
        """
        raise ToolError(ONLY_READ.format(said))

    def secures(self, wish: Wish) -> bool:  # noqa: ARG002
        """Whether the wish only makes the house safer: locking, closing, stopping."""
        return False

    def unreported(self, wish: Wish) -> str:  # noqa: ARG002
        """What is said when the wish was sent and nothing ever reports it; empty when something should."""
        return ""

    def approaches(self, before: DeviceState, state: DeviceState, wish: Wish) -> bool:  # noqa: ARG002
        """Whether the device is on its way to the wish: slow ones report every step."""
        return False

    def asks(self, wish: Wish) -> set[Fact]:
        """The facts that must be reported before the wish can be called fulfilled."""
        return set() if wish.wants_on is None else {"on"}

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether the reported state is what the wish asks for; None when the device did not say."""
        on = state.get("on")
        return None if on is None or wish.wants_on is None else on is wish.wants_on

    def condition(self, state: DeviceState) -> str | None:
        """What the device is, to be said after "is": "on at 40 percent"; None when not known."""
        on = state.get("on")
        return None if on is None else "on" if on else "off"

    def reading(self, state: DeviceState) -> str | None:
        """The value that one asks this device for; None when not known."""
        return self.condition(state)


def figure(state: DeviceState, fact: Fact) -> float | None:
    """A fact that is a number; None when not known."""
    value = state.get(fact)
    return value if isinstance(value, float) else None


def word_of(state: DeviceState, fact: Fact) -> str:
    """A fact that is a word; empty when not known."""
    value = state.get(fact)
    return value if isinstance(value, str) else ""


def alike_words(one: str, other: str) -> bool:
    """Whether two words are the same but for case and punctuation."""
    return _letters(one) == _letters(other)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def one_of_options(asked: str, options: Sequence[AnnouncedValue], said: str) -> str:
    """The one of the device's options that is asked for, in the device's spelling. Raises ToolError."""
    found = {_letters(one): one for one in map(str, options)}.get(_letters(asked))
    if found is None:
        known = listing([clean(one) for one in map(str, options)], "or")
        raise ToolError(f"{said} has no such choice. It knows {known}." if known else f"{said} has no modes.")
    return found


def stepped(state: DeviceState, fact: Fact, step: float, said: str) -> int:
    """A percentage after a step, 0-100. Raises ToolError when the device has not told the present one."""
    now = figure(state, fact)
    if now is None:
        raise ToolError(f"{said} has not said where it stands.", note="Ask for a percentage.")
    return round(min(100.0, max(0.0, now + step)))
