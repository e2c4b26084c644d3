"""What can only be read: measured values, texts, contacts and detectors."""

from typing import Annotated

from msgspec import Meta

from speaker.home import value_parsers
from speaker.home.device_command import DeviceState, Feed
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType
from speaker.home.spoken_values import say_binary, say_quantity, spoken_number

Unit = Annotated[str, Meta(max_length=30, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z")]


class Sensor(DeviceType, frozen=True, kw_only=True):
    """A measured value or a text."""

    state_topic: DeviceTopic
    value_template: str = ""
    unit_of_measurement: Unit = ""

    def feeds(self) -> tuple[Feed, ...]:
        """The one value."""
        return (Feed(self.state_topic, "value", self.value_template, value_parsers.said),)

    def condition(self, state: DeviceState) -> str | None:
        """The value with its unit in words, or the text."""
        value = state.get("value")
        if value is None:
            return None
        measured = spoken_number(str(value))
        return str(value) if measured is None else say_quantity(measured, self.unit_of_measurement)


class BinarySensor(DeviceType, frozen=True, kw_only=True):
    """A contact, a motion detector, anything that reports one of two states."""

    state_topic: DeviceTopic
    value_template: str = ""
    payload_on: AnnouncedValue = "ON"
    payload_off: AnnouncedValue = "OFF"

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
