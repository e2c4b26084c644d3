"""Thermostats and air conditioners."""

from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, Feed, Wish, feeds
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType, figure, word_of
from speaker.home.device_types.choices import Choice, chosen_is, picked, words_for
from speaker.home.spoken_values import say_degrees, to_celsius, to_fahrenheit

TOLERANCE_C: Final = 0.25
"""How far a reported target may be off: many thermostats know only half degrees."""

LOWEST_C: Final = 7.0
HIGHEST_C: Final = 35.0
"""The range of a thermostat that does not announce its own; Home Assistant's."""

BAND_C: Final = 1.0
"""How far above and below the temperature that was asked for the two targets of a thermostat with a range lie."""

TOLERANCE_PERCENT: Final = 2.5
"""How far a reported humidity may be off."""

RUNNING: Final = ("auto", "heat_cool", "heat", "cool", "dry", "fan_only")
"""Modes that "on" may mean, the likeliest first."""


class Climate(DeviceType, frozen=True, kw_only=True):
    """A thermostat."""

    temperature_command_topic: DeviceTopic | None = None
    temperature_command_template: str = ""
    temperature_state_topic: DeviceTopic | None = None
    temperature_state_template: str = ""
    temperature_low_command_topic: DeviceTopic | None = None
    temperature_low_command_template: str = ""
    temperature_low_state_topic: DeviceTopic | None = None
    temperature_low_state_template: str = ""
    temperature_high_command_topic: DeviceTopic | None = None
    temperature_high_command_template: str = ""
    temperature_high_state_topic: DeviceTopic | None = None
    temperature_high_state_template: str = ""
    current_temperature_topic: DeviceTopic | None = None
    current_temperature_template: str = ""
    mode_command_topic: DeviceTopic | None = None
    mode_command_template: str = ""
    mode_state_topic: DeviceTopic | None = None
    mode_state_template: str = ""
    modes: list[AnnouncedValue] = msgspec.field(
        default_factory=lambda: ["auto", "off", "cool", "heat", "dry", "fan_only"]
    )
    power_command_topic: DeviceTopic | None = None
    power_command_template: str = ""
    payload_on: AnnouncedValue = "ON"
    payload_off: AnnouncedValue = "OFF"
    value_template: str = ""
    """Stands for every template to read with that is not given."""
    preset_mode_command_topic: DeviceTopic | None = None
    preset_mode_command_template: str = ""
    preset_mode_state_topic: DeviceTopic | None = None
    preset_mode_value_template: str = ""
    preset_modes: list[AnnouncedValue] = msgspec.field(default_factory=list)
    fan_mode_command_topic: DeviceTopic | None = None
    fan_mode_command_template: str = ""
    fan_mode_state_topic: DeviceTopic | None = None
    fan_mode_state_template: str = ""
    fan_modes: list[AnnouncedValue] = msgspec.field(default_factory=lambda: ["auto", "low", "medium", "high"])
    swing_mode_command_topic: DeviceTopic | None = None
    swing_mode_command_template: str = ""
    swing_mode_state_topic: DeviceTopic | None = None
    swing_mode_state_template: str = ""
    swing_modes: list[AnnouncedValue] = msgspec.field(default_factory=lambda: ["on", "off"])
    swing_horizontal_mode_command_topic: DeviceTopic | None = None
    swing_horizontal_mode_command_template: str = ""
    swing_horizontal_mode_state_topic: DeviceTopic | None = None
    swing_horizontal_mode_state_template: str = ""
    swing_horizontal_modes: list[AnnouncedValue] = msgspec.field(default_factory=lambda: ["on", "off"])
    target_humidity_command_topic: DeviceTopic | None = None
    target_humidity_command_template: str = ""
    target_humidity_state_topic: DeviceTopic | None = None
    target_humidity_state_template: str = ""
    min_humidity: float = 30
    max_humidity: float = 99
    min_temp: float | None = None
    max_temp: float | None = None
    temp_step: Annotated[float, Meta(ge=0)] = 0
    temperature_unit: Literal["C", "F"] = "C"

    def takes(self) -> set[str]:
        """A temperature, modes and the like with their on and off, a humidity if it can be set."""
        return {"temperature_c", "on", "mode"} | ({"percent"} if self.target_humidity_command_topic else set())

    def choices(self) -> list[Choice]:
        """What is set by a word: the mode, the preset, the fan and its swing."""
        usual = self.value_template
        presets = ["none", *self.preset_modes] if self.preset_modes else []
        return [
            Choice(
                "mode", self.mode_command_topic, self.mode_command_template,
                self.mode_state_topic, self.mode_state_template or usual, words_for(self.modes),
            ),
            Choice(
                "preset", self.preset_mode_command_topic, self.preset_mode_command_template,
                self.preset_mode_state_topic, self.preset_mode_value_template or usual, words_for(presets), "preset",
            ),
            Choice(
                "fan_mode", self.fan_mode_command_topic, self.fan_mode_command_template,
                self.fan_mode_state_topic, self.fan_mode_state_template or usual, words_for(self.fan_modes), "fan",
            ),
            Choice(
                "swing", self.swing_mode_command_topic, self.swing_mode_command_template,
                self.swing_mode_state_topic, self.swing_mode_state_template or usual,
                words_for(self.swing_modes), "swing",
            ),
            Choice(
                "swing_across", self.swing_horizontal_mode_command_topic, self.swing_horizontal_mode_command_template,
                self.swing_horizontal_mode_state_topic, self.swing_horizontal_mode_state_template or usual,
                words_for(self.swing_horizontal_modes), "sideways",
            ),
        ]  # fmt: skip

    def feeds(self) -> tuple[Feed, ...]:
        """Targets, measured temperature and mode, as far as they are announced."""
        degrees = value_parsers.fahrenheit if self.temperature_unit == "F" else value_parsers.celsius
        low, high = self.temperature_low_state_topic, self.temperature_high_state_topic
        usual = self.value_template
        return feeds(
            (self.temperature_state_topic, "target_c", self.temperature_state_template or usual, degrees),
            (low, "low_c", self.temperature_low_state_template or usual, degrees),
            (high, "high_c", self.temperature_high_state_template or usual, degrees),
            (self.current_temperature_topic, "current_c", self.current_temperature_template or usual, degrees),
            (
                self.target_humidity_state_topic, "humidity", self.target_humidity_state_template or usual,
                value_parsers.percent(100),
            ),
        ) + tuple(feed for choice in self.choices() for feed in choice.feeds())  # fmt: skip

    def range_c(self) -> tuple[float, float]:
        """Lowest and highest target in °C."""
        convert = to_celsius if self.temperature_unit == "F" else float
        least, most = self.default_range_c()
        low = least if self.min_temp is None else convert(self.min_temp)
        high = most if self.max_temp is None else convert(self.max_temp)
        return low, high

    def default_range_c(self) -> tuple[float, float]:
        """The same, where it is not announced."""
        return LOWEST_C, HIGHEST_C

    def running_modes(self) -> tuple[str, ...]:
        """Modes that "on" may mean, the likeliest first."""
        return RUNNING

    def settled(self, state: DeviceState, wish: Wish, said: str) -> Wish:
        """Warmer or colder, within the range of the device."""
        now = self._target(state)
        if now is None:
            raise ToolError(f"{said} has not said what it is set to.", note="Ask for a temperature.")
        low, high = self.range_c()
        return Wish(temperature_c=min(high, max(low, now + (wish.step or 0))), mode=wish.mode)

    def completed(self, wish: Wish, state: DeviceState) -> Wish:
        """With the mode, where that decides which of its targets counts."""
        both = self.temperature_command_topic is not None and self.temperature_low_command_topic is not None
        if both and wish.temperature_c is not None and wish.mode is None and word_of(state, "mode") == "heat_cool":
            return replace(wish, mode="heat_cool")
        return wish

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """The mode first, since some set the temperature of the mode they are in."""
        orders = [] if wish.on is None and wish.mode is None else [self._mode(wish, said)]
        if wish.percent is not None and self.target_humidity_command_topic is not None:
            if not self.min_humidity <= wish.percent <= self.max_humidity:
                raise ToolError(f"{said} takes {self.min_humidity:g} to {self.max_humidity:g} percent.")
            payload = templates.write(self.target_humidity_command_template, wish.percent)
            orders.append(DeviceMessage(self.target_humidity_command_topic, payload, self.retain))
        if wish.temperature_c is None:
            if not orders:
                raise ToolError(f"{said} has no temperature that could be set.")
            return orders
        return [*orders, *self._temperature(wish.temperature_c, said, ranged=wish.mode == "heat_cool")]

    def _mode(self, wish: Wish, said: str) -> DeviceMessage:
        if wish.mode is None and self.power_command_topic is not None:
            word = str(self.payload_on if wish.on else self.payload_off)
            return DeviceMessage(
                self.power_command_topic, templates.write(self.power_command_template, word), self.retain
            )
        if wish.mode is None and self.mode_command_topic is None:
            raise ToolError(f"{said} cannot be switched on or off from here, only set to a temperature.")
        choice, word = picked(wish.mode or self._mode_for(on=bool(wish.on), said=said), self.choices(), said)
        return choice.message(word, retain=self.retain)

    def _mode_for(self, *, on: bool, said: str) -> str:
        fitting = [mode for mode in (self.running_modes() if on else ("off",)) if mode in self.modes]
        if not fitting:
            raise ToolError(f"{said} has no mode for that.")
        return fitting[0]

    def _temperature(self, asked: float, said: str, *, ranged: bool) -> list[DeviceMessage]:
        low, high = self.range_c()
        if not low - 0.05 <= asked <= high + 0.05:
            raise ToolError(f"{said} takes {say_degrees(low)} to {say_degrees(high)}.")
        ways = (
            (self.temperature_command_topic, self.temperature_command_template, asked),
            (self.temperature_low_command_topic, self.temperature_low_command_template, asked - BAND_C),
            (self.temperature_high_command_topic, self.temperature_high_command_template, asked + BAND_C),
        )
        # One target when there is one: the range is for those that know nothing else.
        single = self.temperature_command_topic is not None
        used = ways[1:] if not single or (ranged and self.temperature_low_command_topic is not None) else ways[:1]
        orders = [
            DeviceMessage(topic, templates.write(template, self.told(degrees)), self.retain)
            for topic, template, degrees in used
            if topic is not None
        ]
        if not orders:
            raise ToolError(f"{said} has no temperature that could be set.")
        return orders

    def told(self, celsius: float) -> float:
        """A target in the unit and steps of the device."""
        target = to_fahrenheit(celsius) if self.temperature_unit == "F" else celsius
        if self.temp_step:
            target = round(target / self.temp_step) * self.temp_step
        return round(target, 2)

    def asks(self, wish: Wish) -> set[Fact]:
        """The target, and the mode when it is asked for."""
        asked: set[Fact] = {"mode"} if wish.on is not None else set()
        if wish.mode is not None:
            with suppress(ToolError):
                asked |= {picked(wish.mode, self.choices(), "")[0].fact}
        if wish.percent is not None:
            asked |= {"humidity"}
        if wish.temperature_c is not None:
            one = self.temperature_command_topic is not None
            asked |= {"target_c"} if one else {"low_c", "high_c"}
        return asked

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether mode and targets are as asked, the temperature within half a step."""
        parts: list[bool | None] = []
        mode, humidity = word_of(state, "mode"), figure(state, "humidity")
        if wish.mode is not None:
            parts.append(chosen_is(state, wish.mode, self.choices()))
        elif wish.on is not None:
            parts.append((mode != "off") is wish.on if mode else None)
        if wish.percent is not None:
            parts.append(None if humidity is None else abs(humidity - wish.percent) <= TOLERANCE_PERCENT)
        if wish.temperature_c is not None:
            target = self._target(state)
            parts.append(None if target is None else abs(target - wish.temperature_c) <= self._tolerance_c() + 1e-6)
        return False if False in parts else None if None in parts or not parts else True

    def _tolerance_c(self) -> float:
        step_c = self.temp_step / 1.8 if self.temperature_unit == "F" else self.temp_step
        return max(TOLERANCE_C, step_c / 2)

    def _target(self, state: DeviceState) -> float | None:
        """The one target, or the middle of the range."""
        low, high = figure(state, "low_c"), figure(state, "high_c")
        ranged = self.temperature_command_topic is None or word_of(state, "mode") == "heat_cool"
        if ranged and low is not None and high is not None:
            return (low + high) / 2
        return figure(state, "target_c")

    def condition(self, state: DeviceState) -> str | None:
        """The target: "set to 21 degrees"; and the mode when it changes what that means."""
        low, high, mode = figure(state, "low_c"), figure(state, "high_c"), word_of(state, "mode")
        target = figure(state, "target_c")
        preset = word_of(state, "preset")
        idle = ", but its mode is off" if mode == "off" else f", preset {preset}" if preset not in {"", "none"} else ""
        ranged = mode == "heat_cool" and low is not None and high is not None
        if target is not None and not ranged:
            return f"set to {say_degrees(target)}{idle}"
        if low is not None and high is not None:
            return f"set to between {say_degrees(low)} and {say_degrees(high)}{idle}"
        return f"in mode {mode.replace('_', ' ')}" if mode else None

    def reading(self, state: DeviceState) -> str | None:
        """What is measured, and the target."""
        current, target = figure(state, "current_c"), self.condition(state)
        if current is None:
            return target and f"not known, with the thermostat {target}"
        return f"{say_degrees(current)}{f', with the thermostat {target}' if target else ''}"
