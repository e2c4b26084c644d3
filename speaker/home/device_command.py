"""What is asked of a device, what it is told, what it reports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from speaker.home import templates
from speaker.home.colours import Colour
from speaker.home.templates import Incoming

Kind = Literal[
    "light",
    "switch",
    "cover",
    "climate",
    "fan",
    "lock",
    "media_player",
    "vacuum",
    "humidifier",
    "scene",
    "button",
    "number",
    "select",
    "sensor",
    "binary_sensor",
    "valve",
    "siren",
    "lawn_mower",
    "water_heater",
    "alarm_control_panel",
    "text",
    "event",
    "update",
]
"""What a device is; Home Assistant's names."""

Action = Literal[
    "open",
    "close",
    "stop",
    "lock",
    "unlock",
    "play",
    "pause",
    "next",
    "previous",
    "start",
    "return",
    "locate",
    "press",
    "spot",
    "arm",
    "disarm",
    "mute",
    "unmute",
]
"""What a device can be told to do that is neither on nor off nor a value."""

Fact = Literal[
    "on",
    "brightness_percent",
    "colour",
    "kelvin",
    "percent",
    "target_c",
    "low_c",
    "high_c",
    "current_c",
    "mode",
    "state",
    "value",
    "effect",
    "preset",
    "fan_mode",
    "swing",
    "swing_across",
    "turning",
    "direction",
    "humidity",
    "tilt",
    "latest",
    "age_s",
    "muted",
]
"""What may be known of a device. percent: how far open, how fast, how loud, how humid it is to be.
state: one word for what it is doing, such as "closing", "locked" or "playing"."""

FactValue = bool | float | str | Colour
DeviceState = Mapping[Fact, FactValue]
"""What a device last reported; a fact that is not in it is not known."""

MAX_TEXT_CHARACTERS: Final = 100
"""Longest text that a sensor may put into a sentence."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a device. None: leave that as it is."""

    on: bool | None = None
    brightness_percent: float | None = None
    """0-100; 0 is off, anything else implies on."""
    temperature_c: float | None = None
    colour: Colour | None = None
    """Implies on, like the colour temperature."""
    kelvin: int | None = None
    percent: int | None = None
    """0-100: how far open, how fast, how loud or how humid."""
    mode: str | None = None
    """One of the device's own: "heat", "sleep", an option, an effect, the text of a text."""
    tilt: int | None = None
    """0-100: how far open the slats of a cover are."""
    number: float | None = None
    """The value of a number, in its own unit."""
    action: Action | None = None
    step: float | None = None
    """Change of what the kind is about, with its sign: percent, or degrees; see ``Shape.settled``."""

    @property
    def wants_on(self) -> bool | None:
        """Whether the device is to be on afterwards; None when the wish does not say."""
        if self.on is False or self.brightness_percent == 0:
            return False
        lit = (self.brightness_percent, self.colour, self.kelvin)
        return True if self.on or any(part is not None for part in lit) else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a wish: a status and a sentence without a capital, as in "the sofa lamp is on."."""

    status: Literal["confirmed", "sent", "no answer", "refused"]
    """confirmed: the device says so. sent: a scene or button, which never reports. no answer: nobody knows."""
    text: str
    """As a person hears it."""
    for_model: str = ""
    """As the model reads it, if that differs."""


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """One MQTT message to publish."""

    topic: str
    payload: str
    retain: bool = False
    qos: int = 1


class NotKnown(Enum):
    """What a device says that does not know a fact itself."""

    NOT_KNOWN = "unknown"


NOT_KNOWN: Final = NotKnown.NOT_KNOWN

Read = Callable[[str], FactValue | NotKnown | None]
"""What a text states about a fact; None: nothing, so that what was known stays."""


class Feed:
    """Where one fact about a device is reported, and how to read it there."""

    __slots__ = ("_named", "_template", "fact", "read", "topic")

    def __init__(self, topic: str, fact: Fact, template: str, read: Read, **named: float) -> None:
        """``named`` is what the template may use beside the message."""
        self.topic = topic
        self.fact: Fact = fact
        self.read = read
        self._template = templates.template_of(template) if template else None
        self._named = tuple(named.items())

    @property
    def cost(self) -> int:
        """Work that reading it took the last time."""
        return self._template.cost if self._template is not None else 0

    def stated(self, message: Incoming) -> FactValue | NotKnown | None:
        """What a message states about the fact; None when nothing."""
        text = message.text(self._template, self._named)
        return self.read(text) if text else None


def feeds(*sources: tuple[str | None, Fact, str, Read]) -> tuple[Feed, ...]:
    """A feed for each topic, fact, template and reader; none where there is no topic."""
    return tuple(Feed(topic, fact, how, read) for topic, fact, how, read in sources if topic is not None)
