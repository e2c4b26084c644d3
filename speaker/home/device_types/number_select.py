"""What holds one value that can be set: numbers, and choices among options."""

import math
from typing import Final

import msgspec

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, Feed, Wish
from speaker.home.device_types.base import (
    AnnouncedValue,
    DeviceTopic,
    DeviceType,
    alike_words,
    figure,
    one_of_options,
    word_of,
)
from speaker.home.device_types.sensor import Unit
from speaker.home.spoken_values import say_quantity

MOST_OPTIONS: Final = 200
"""Options of a select that are kept; the rest of a longer list is not for the voice."""


class Number(DeviceType, frozen=True, kw_only=True):
    """A number within bounds."""

    command_topic: DeviceTopic
    command_template: str = ""
    state_topic: DeviceTopic | None = None
    value_template: str = ""
    min: float = 1
    max: float = 100
    step: float = 1
    unit_of_measurement: Unit = ""

    def takes(self) -> set[str]:
        """A number; a percentage is one."""
        return {"number"}

    def feeds(self) -> tuple[Feed, ...]:
        """The value."""
        within = value_parsers.within(self.min, self.max)
        return (Feed(self.state_topic, "value", self.value_template, within),) if self.state_topic else ()

    def settled(self, state: DeviceState, wish: Wish, said: str) -> Wish:
        """More or less, within the bounds."""
        now = figure(state, "value")
        if now is None:
            raise ToolError(f"{said} has not said where it stands.", note="Ask for a number.")
        return Wish(number=min(self.max, max(self.min, now + (wish.step or 0))))

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """The number in the steps of the device."""
        if wish.number is None:
            raise ToolError(f"Say which number {said} is to be set to.")
        if not self.min <= wish.number <= self.max:
            low, high = (say_quantity(bound, self.unit_of_measurement) for bound in (self.min, self.max))
            raise ToolError(f"{said} takes {low} to {high}.")
        payload = templates.write(self.command_template, whole(self.told(wish.number)))
        return [DeviceMessage(self.command_topic, payload, self.retain)]

    def told(self, number: float) -> float:
        """The nearest number that the device knows."""
        steps = round((number - self.min) / self.step) if self.step > 0 else 0
        return min(self.max, self.min + steps * self.step) if self.step > 0 else number

    def asks(self, wish: Wish) -> set[Fact]:  # noqa: ARG002
        """The value."""
        return {"value"}

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether the value is the one it was told, within half a step."""
        value = figure(state, "value")
        if value is None or wish.number is None:
            return None
        return abs(value - self.told(wish.number)) <= max(self.step, 0) / 2 + 1e-6

    def condition(self, state: DeviceState) -> str | None:
        """The value with its unit."""
        value = figure(state, "value")
        return None if value is None else say_quantity(value, self.unit_of_measurement)


class Select(DeviceType, frozen=True, kw_only=True):
    """One of several options."""

    command_topic: DeviceTopic
    command_template: str = ""
    state_topic: DeviceTopic | None = None
    value_template: str = ""
    options: list[AnnouncedValue] = msgspec.field(default_factory=list)

    def takes(self) -> set[str]:
        """An option."""
        return {"mode"}

    def feeds(self) -> tuple[Feed, ...]:
        """The option that is chosen."""
        option = value_parsers.option(self.options[:MOST_OPTIONS])
        return (Feed(self.state_topic, "mode", self.value_template, option),) if self.state_topic else ()

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """The option in the spelling of the device."""
        if wish.mode is None:
            raise ToolError(f"Say which option {said} is to be set to.")
        chosen = one_of_options(wish.mode, self.options[:MOST_OPTIONS], said)
        return [DeviceMessage(self.command_topic, templates.write(self.command_template, chosen), self.retain)]

    def asks(self, wish: Wish) -> set[Fact]:  # noqa: ARG002
        """The option that is chosen."""
        return {"mode"}

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether that option is chosen."""
        chosen = word_of(state, "mode")
        return alike_words(chosen, wish.mode) if chosen and wish.mode else None

    def condition(self, state: DeviceState) -> str | None:
        """The option that is chosen."""
        chosen = word_of(state, "mode")
        return f"set to {chosen}" if chosen else None


def whole(number: float) -> float:
    """A number for a template: whole ones without a point, as Home Assistant hands them over."""
    return int(number) if math.isfinite(number) and number == int(number) else number
