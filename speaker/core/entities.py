"""What is asked of a device, what it is told, what it reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from speaker.core import quantities, templates

Kind = Literal["light", "switch", "climate", "sensor", "binary_sensor", "scene"]
"""What a device is; Home Assistant's names."""

Fact = Literal["on", "brightness_percent", "target_c", "current_c", "mode", "value"]
"""What may be known of a device."""

Value = bool | float | str
State = Mapping[Fact, Value]
"""What a device last reported; a fact that is not in it is not known."""

MAX_TEXT_CHARACTERS: Final = 100
"""Longest text that a sensor may put into a sentence."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a device. None: leave that as it is."""

    on: bool | None = None
    brightness_percent: int | None = None
    """0-100; 0 is off, anything else implies on."""
    temperature_c: float | None = None

    @property
    def wants_on(self) -> bool | None:
        """Whether the device is to be on afterwards; None when the wish does not say."""
        if self.on is False or self.brightness_percent == 0:
            return False
        return True if self.on or self.brightness_percent is not None else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a wish: a status and a sentence without a capital, as in "the sofa lamp is on."."""

    status: Literal["confirmed", "sent", "no answer", "refused"]
    """confirmed: the device says so. sent: a scene, which never reports. no answer: nobody knows."""
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message to publish."""

    topic: str
    payload: str
    retain: bool = False
    qos: int = 1


@dataclass(frozen=True, slots=True)
class Feed:
    """Where one fact about a device is reported, and how to read it there."""

    topic: str
    fact: Fact
    template: str = ""
    payload_on: str = "ON"
    payload_off: str = "OFF"
    scale: float = 100.0
    """What the device calls 100 percent brightness."""
    fahrenheit: bool = False

    def text(self, payload: bytes) -> str:
        """What ``payload`` says about this fact; empty when it says nothing."""
        return templates.read(self.template, payload)

    def value(self, text: str) -> Value | None:
        """The fact that ``text`` states, or None: the device does not know it itself."""
        if self.fact == "on":
            known = {self.payload_on.casefold(): True, self.payload_off.casefold(): False}
            return known.get(text.casefold())
        if self.fact in {"mode", "value"}:
            said = " ".join("".join(c if c.isprintable() else " " for c in text).split())
            unknown = said.casefold() in {"", "none", "null", "unknown", "unavailable"}
            return None if unknown else said[:MAX_TEXT_CHARACTERS]
        figure = quantities.number(text)
        if figure is None:
            return None
        if self.fact == "brightness_percent":
            return min(100.0, max(0.0, figure * 100 / self.scale))
        return quantities.to_celsius(figure) if self.fahrenheit else figure
