"""What is a text, what happened last, and what has a newer version."""

from typing import Final

import msgspec

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, Feed, Wish
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType, figure, word_of
from speaker.home.spoken_values import say_ago

MOST_TYPES: Final = 200


class TextField(DeviceType, frozen=True, kw_only=True):
    """A text that can be set. One that is a password is no device for a voice; see ``kept_secrets``."""

    command_topic: DeviceTopic
    command_template: str = ""
    state_topic: DeviceTopic | None = None
    value_template: str = ""
    min: int = 0
    max: int = 255
    mode: str = "text"

    def takes(self) -> set[str]:
        """A text."""
        return {"mode"}

    def feeds(self) -> tuple[Feed, ...]:
        """The text that stands there."""
        return (Feed(self.state_topic, "value", self.value_template, value_parsers.said),) if self.state_topic else ()

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """The text as it was said."""
        text = wish.mode
        if text is None:
            raise ToolError(f"Say which text {said} is to show.")
        if not self.min <= len(text) <= min(self.max, 255):
            raise ToolError(f"{said} takes {self.min} to {min(self.max, 255)} characters.")
        return [DeviceMessage(self.command_topic, templates.write(self.command_template, text), self.retain)]

    def asks(self, wish: Wish) -> set[Fact]:  # noqa: ARG002
        """The text."""
        return {"value"}

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether that text stands there."""
        shown = word_of(state, "value")
        return shown.casefold() == value_parsers.one_line(wish.mode).casefold() if shown and wish.mode else None

    def condition(self, state: DeviceState) -> str | None:
        """The text."""
        return word_of(state, "value") or None


class Happening(DeviceType, frozen=True, kw_only=True):
    """Something that happens: a button that is pressed, a doorbell that rings."""

    state_topic: DeviceTopic
    value_template: str = ""
    event_types: list[AnnouncedValue] = msgspec.field(default_factory=list)

    def feeds(self) -> tuple[Feed, ...]:
        """What happened last."""
        types = value_parsers.option(self.event_types[:MOST_TYPES])
        return (Feed(self.state_topic, "value", self.value_template, value_parsers.in_object("event_type", types)),)

    def aged(self, state: DeviceState, age_s: float | None) -> DeviceState:
        """With how long ago that was."""
        return {**state, "age_s": age_s} if state and age_s is not None else state

    def condition(self, state: DeviceState) -> str | None:
        """What happened last, and when."""
        happened, age_s = word_of(state, "value"), figure(state, "age_s")
        if not happened:
            return None
        return happened.replace("_", " ") if age_s is None else f"{happened.replace('_', ' ')}, {say_ago(age_s)}"


class SoftwareUpdate(DeviceType, frozen=True, kw_only=True):
    """Whether there is a newer version of a device's software. It is not installed by voice."""

    state_topic: DeviceTopic | None = None
    value_template: str = ""
    latest_version_topic: DeviceTopic | None = None
    latest_version_template: str = ""

    def feeds(self) -> tuple[Feed, ...]:
        """The version that runs and the newest."""
        installed = value_parsers.in_object("installed_version", value_parsers.said)
        latest = value_parsers.in_object("latest_version", value_parsers.said, bare=False)
        found: list[Feed] = []
        if self.state_topic is not None:
            found.append(Feed(self.state_topic, "value", self.value_template, installed))
            found.append(Feed(self.state_topic, "latest", self.value_template, latest))
        if self.latest_version_topic is not None:
            found.append(Feed(self.latest_version_topic, "latest", self.latest_version_template, value_parsers.said))
        return tuple(found)

    def condition(self, state: DeviceState) -> str | None:
        """Whether an update is available."""
        installed, latest = word_of(state, "value"), word_of(state, "latest")
        if not installed or not latest:
            return None
        return "up to date" if installed == latest else "out of date, an update is available"
