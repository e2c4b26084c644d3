"""Humidifiers and dehumidifiers."""

from typing import Final

import msgspec

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, Feed, Wish, feeds
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, figure, one_of_options, stepped, word_of
from speaker.home.device_types.switch_scene_button import Switch

_TOLERANCE_PERCENT: Final = 2.5
"""How far a reported target may be off: many know only steps of five."""


class Humidifier(Switch, frozen=True, kw_only=True):
    """On and off, a humidity to reach, perhaps modes."""

    state_value_template: str = ""
    target_humidity_command_topic: DeviceTopic | None = None
    target_humidity_command_template: str = ""
    target_humidity_state_topic: DeviceTopic | None = None
    target_humidity_state_template: str = ""
    current_humidity_topic: DeviceTopic | None = None
    current_humidity_template: str = ""
    min_humidity: float = 0
    max_humidity: float = 100
    mode_command_topic: DeviceTopic | None = None
    mode_command_template: str = ""
    mode_state_topic: DeviceTopic | None = None
    mode_state_template: str = ""
    modes: list[AnnouncedValue] = msgspec.field(default_factory=list)

    def takes(self) -> set[str]:
        """On and off, a humidity and a mode as far as there are any."""
        target = {"percent"} if self.target_humidity_command_topic else set()
        return {"on"} | target | ({"mode"} if self.mode_command_topic else set())

    def feeds(self) -> tuple[Feed, ...]:
        """On and off, the target, what is measured, the mode."""
        percent = value_parsers.percent(100)
        others = feeds(
            (self.target_humidity_state_topic, "percent", self.target_humidity_state_template, percent),
            (self.current_humidity_topic, "value", self.current_humidity_template, value_parsers.read_number),
            (self.mode_state_topic, "mode", self.mode_state_template, value_parsers.option(self.modes)),
        )
        return (*self.on_feed(self.state_value_template or self.value_template), *others)

    def settled(self, state: DeviceState, wish: Wish, said: str) -> Wish:
        """Moister or drier."""
        return Wish(percent=stepped(state, "percent", wish.step or 0, said))

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """A message for each thing that is asked for."""
        orders = [self.switch(on=wish.on)] if wish.on is not None else []
        if wish.percent is not None and self.target_humidity_command_topic is not None:
            if not self.min_humidity <= wish.percent <= self.max_humidity:
                raise ToolError(f"{said} takes {self.min_humidity:g} to {self.max_humidity:g} percent.")
            payload = templates.write(self.target_humidity_command_template, wish.percent)
            orders.append(DeviceMessage(self.target_humidity_command_topic, payload, self.retain))
        if wish.mode is not None and self.mode_command_topic is not None:
            payload = templates.write(self.mode_command_template, one_of_options(wish.mode, self.modes, said))
            orders.append(DeviceMessage(self.mode_command_topic, payload, self.retain))
        if not orders:
            raise ToolError(f"Say whether {said} is to be on or off, or how humid it is to be.")
        return orders

    def asks(self, wish: Wish) -> set[Fact]:
        """What is asked for."""
        asked: set[Fact] = {"on"} if wish.on is not None else set()
        asked |= {"percent"} if wish.percent is not None else set()
        return asked | ({"mode"} if wish.mode is not None else set())

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether all that is asked for is reported."""
        on, target, mode = state.get("on"), figure(state, "percent"), word_of(state, "mode")
        parts: list[bool | None] = []
        if wish.on is not None:
            parts.append(None if on is None else on is wish.on)
        if wish.percent is not None:
            parts.append(None if target is None else abs(target - wish.percent) <= _TOLERANCE_PERCENT)
        if wish.mode is not None:
            parts.append(mode.casefold() == wish.mode.casefold() if mode else None)
        return False if False in parts else None if None in parts or not parts else True

    def condition(self, state: DeviceState) -> str | None:
        """On or off, and the target."""
        on, target = super().condition(state), figure(state, "percent")
        if target is None:
            return on
        return f"{on or 'set'}{', set' if on else ''} to {round(target)} percent"

    def reading(self, state: DeviceState) -> str | None:
        """What is measured, and what it is set to."""
        measured, condition = figure(state, "value"), self.condition(state)
        if measured is None:
            return condition
        return f"{round(measured)} percent{f', with the humidifier {condition}' if condition else ''}"
