"""What can only be read: measured values, texts, contacts and detectors."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from speaker.home import value_parsers
from speaker.home.device_command import DeviceState, Feed
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType
from speaker.home.spoken_values import say_binary, say_quantity, spoken_number

LOW_BATTERY_PERCENT: Final = 20.0
"""A battery at or below it is called low."""

Unit = Annotated[str, Meta(max_length=30, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z")]


class Sensor(DeviceType, frozen=True, kw_only=True):
    """A measured value or a text."""

    state_topic: DeviceTopic
    value_template: str = ""
    unit_of_measurement: Unit = ""
    state_class: str = ""
    suggested_display_precision: int | None = None
    options: list[AnnouncedValue] = msgspec.field(default_factory=list)

    def feeds(self) -> tuple[Feed, ...]:
        """The one value."""
        numbers = self.unit_of_measurement or self.state_class or self.suggested_display_precision is not None
        read = value_parsers.measured if numbers else value_parsers.option(self.options)
        return (Feed(self.state_topic, "value", self.value_template, read),)

    def condition(self, state: DeviceState) -> str | None:
        """The value with its unit in words, or the text."""
        value = state.get("value")
        if value is None:
            return None
        measured = spoken_number(str(value))
        if measured is None:
            return str(value)
        low = ", low" if self.device_class == "battery" and measured <= LOW_BATTERY_PERCENT else ""
        return f"{say_quantity(measured, self.unit_of_measurement)}{low}"


class BinarySensor(DeviceType, frozen=True, kw_only=True):
    """A contact, a motion detector, anything that reports one of two states."""

    state_topic: DeviceTopic
    value_template: str = ""
    payload_on: AnnouncedValue = "ON"
    payload_off: AnnouncedValue = "OFF"
    off_delay: float | None = None
    """Seconds after which "on" is over; what reports movement often never says that it ended."""

    def aged(self, state: DeviceState, age_s: float | None) -> DeviceState:
        """Off again after the delay."""
        held = super().aged(state, age_s)
        over = age_s is not None and self.off_delay is not None and age_s > self.off_delay
        return {"on": False} if over and held.get("on") else held

    def feeds(self) -> tuple[Feed, ...]:
        """The one state."""
        return (
            Feed(
                self.state_topic,
                "on",
                self.value_template,
                value_parsers.read_switch(self.payload_on, self.payload_off),
            ),
        )

    def condition(self, state: DeviceState) -> str | None:
        """The state in the words of the device class: "open", "dry"."""
        on = state.get("on")
        return None if on is None else say_binary(self.device_class, on=bool(on))
