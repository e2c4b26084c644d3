"""Thermostats. Their mode is read, not set."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from speaker.core import templates
from speaker.core.entities import Fact, Feed, Message, State, Wish
from speaker.core.errors import ToolError
from speaker.core.kinds.shape import Shape, Topic, figure
from speaker.core.quantities import say_degrees, to_celsius, to_fahrenheit

TOLERANCE_C: Final = 0.25
"""How far a reported target may be off: many thermostats know only half degrees."""

LOWEST_C: Final = 7.0
HIGHEST_C: Final = 35.0
"""The range of a thermostat that does not announce its own; Home Assistant's."""


class Climate(Shape, frozen=True, kw_only=True):
    """A thermostat."""

    temperature_command_topic: Topic | None = None
    temperature_command_template: str = ""
    temperature_state_topic: Topic | None = None
    temperature_state_template: str = ""
    current_temperature_topic: Topic | None = None
    current_temperature_template: str = ""
    mode_state_topic: Topic | None = None
    mode_state_template: str = ""
    min_temp: float | None = None
    max_temp: float | None = None
    temp_step: Annotated[float, Meta(ge=0)] = 0
    temperature_unit: Literal["C", "F"] = "C"

    def feeds(self) -> tuple[Feed, ...]:
        """Target, measured temperature and mode, as far as they are announced."""
        fahrenheit = self.temperature_unit == "F"
        sources: tuple[tuple[Fact, str | None, str], ...] = (
            ("target_c", self.temperature_state_topic, self.temperature_state_template),
            ("current_c", self.current_temperature_topic, self.current_temperature_template),
            ("mode", self.mode_state_topic, self.mode_state_template),
        )
        return tuple(Feed(at, fact, how, fahrenheit=fahrenheit) for fact, at, how in sources if at)

    def range_c(self) -> tuple[float, float]:
        """Lowest and highest target in °C."""
        convert = to_celsius if self.temperature_unit == "F" else float
        low = LOWEST_C if self.min_temp is None else convert(self.min_temp)
        high = HIGHEST_C if self.max_temp is None else convert(self.max_temp)
        return low, high

    def order(self, wish: Wish, said: str) -> list[Message]:
        """The target in the unit and steps of the device."""
        if wish.wants_on is not None:
            raise ToolError(f"{said} cannot be switched on or off from here, only set to a temperature.")
        if self.temperature_command_topic is None or wish.temperature_c is None:
            raise ToolError(f"{said} has no temperature that could be set.")
        low, high = self.range_c()
        if not low - 0.05 <= wish.temperature_c <= high + 0.05:
            raise ToolError(f"{said} takes {say_degrees(low)} to {say_degrees(high)}.")
        asked = wish.temperature_c
        target = to_fahrenheit(asked) if self.temperature_unit == "F" else asked
        if self.temp_step:
            target = round(target / self.temp_step) * self.temp_step
        payload = templates.write(self.temperature_command_template, round(target, 2))
        return [Message(self.temperature_command_topic, payload, self.retain)]

    def asks(self, wish: Wish) -> set[Fact]:  # noqa: ARG002
        """Only the target counts."""
        return {"target_c"}

    def fulfils(self, state: State, wish: Wish) -> bool | None:
        """Whether the reported target is the one asked for, within half a step."""
        target = figure(state, "target_c")
        if target is None or wish.temperature_c is None:
            return None
        step_c = self.temp_step / 1.8 if self.temperature_unit == "F" else self.temp_step
        tolerance = max(TOLERANCE_C, step_c / 2)
        return abs(target - wish.temperature_c) <= tolerance + 1e-6

    def condition(self, state: State) -> str | None:
        """The target: "set to 21 degrees"."""
        target = figure(state, "target_c")
        if target is None:
            return None
        idle = ", but its mode is off" if state.get("mode") == "off" else ""
        return f"set to {say_degrees(target)}{idle}"

    def reading(self, state: State) -> str | None:
        """What is measured, and the target."""
        current, target = figure(state, "current_c"), self.condition(state)
        if current is None:
            return target and f"not known, with the thermostat {target}"
        return f"{say_degrees(current)}{f', with the thermostat {target}' if target else ''}"
