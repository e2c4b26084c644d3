"""How a control is written: as a number, a switch or a choice; for the hub, on disk, and in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from speaker.config.settings import Settings
from speaker.hub.payloads import number, on_or_off, one_of

Json = dict[str, Any]
Value = bool | int | float | str

EVERY_WORD: Final = "as configured"
"""The choice of all wake words of the configuration."""


class ControlKind(Protocol):
    """What all kinds can do."""

    @property
    def platform(self) -> str:
        """Home Assistant's platform."""

    @property
    def chosen(self) -> bool:
        """Whether the state shows it below ``chosen``, since the plain key says what is in force."""

    def read(self, payload: str, settings: Settings) -> Value:
        """A payload, or what was kept on disk, as a value. Raises SpeakerError."""

    def keep(self, value: Value) -> str:
        """A value as it is kept on disk."""

    def expression(self, key: str) -> str:
        """A template expression that shows the value of a state's key."""

    def fields(self, settings: Settings) -> Json:
        """What its component has beside names and topics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberKind:
    """A number in a range."""

    most: float
    least: float = 0
    step: float = 1
    unit: str = ""
    setting: bool = False
    """Whether it is for setting up rather than for every day."""
    box: bool = False
    """Whether it is typed in rather than slid."""
    platform: str = "number"
    chosen: bool = False

    def read(self, payload: str, settings: Settings) -> Value:  # noqa: ARG002 - a range is the same in every house
        """A whole number where steps are whole. Raises SpeakerError."""
        value = number(payload, self.least, self.most)
        return round(value) if self.step == 1 else value

    def keep(self, value: Value) -> str:
        """A value as it is kept on disk."""
        return str(value)

    def expression(self, key: str) -> str:
        """A template expression that shows the value of a state's key."""
        return f"value_json.{key} | default(none)"

    def fields(self, settings: Settings) -> Json:  # noqa: ARG002 - as above
        """What its component has beside names and topics."""
        return {
            "min": self.least, "max": self.most, "step": self.step,
            **({"unit_of_measurement": self.unit} if self.unit else {}),
            **({"entity_category": "config"} if self.setting else {}),
            **({"mode": "box"} if self.box else {}),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchKind:
    """A switch."""

    platform: str = "switch"
    chosen: bool = False

    def read(self, payload: str, settings: Settings) -> Value:  # noqa: ARG002 - a switch is the same in every house
        """ON or OFF. Raises SpeakerError."""
        return on_or_off(payload)

    def keep(self, value: Value) -> str:
        """A value as it is kept on disk."""
        return "ON" if value else "OFF"

    def expression(self, key: str) -> str:
        """A template expression that shows the value of a state's key."""
        return f"'ON' if value_json.{key} | default(false) else 'OFF'"

    def fields(self, settings: Settings) -> Json:  # noqa: ARG002 - as above
        """What its component has beside names and topics."""
        return {}


@dataclass(frozen=True, slots=True)
class ChoiceKind:
    """One of some words."""

    options: Callable[[Settings], Sequence[str]]
    platform: str = "select"
    chosen: bool = True

    def read(self, payload: str, settings: Settings) -> Value:
        """One of the options. Raises SpeakerError."""
        return one_of(payload, self.options(settings))

    def keep(self, value: Value) -> str:
        """A value as it is kept on disk."""
        return str(value)

    def expression(self, key: str) -> str:
        """A template expression that shows the value of a state's key."""
        return f"(value_json.chosen | default({{}})).{key} | default(none)"

    def fields(self, settings: Settings) -> Json:
        """What its component has beside names and topics."""
        return {"options": list(self.options(settings)), "entity_category": "config"}
