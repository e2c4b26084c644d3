"""Alarm panels: armed by voice, never disarmed by it."""

from typing import Final

import msgspec

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, Feed, Wish
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType, one_of_options, word_of

_STATES: Final = {
    "disarmed": "disarmed", "armed home": "armed_home", "armed away": "armed_away", "armed night": "armed_night",
    "armed vacation": "armed_vacation", "armed": "armed_custom_bypass", "about to go off": "pending",
    "arming": "arming", "disarming": "disarming", "going off": "triggered",
}  # fmt: skip

_EVERYTHING: Final = ("arm_home", "arm_away", "arm_night", "arm_vacation")


class AlarmPanel(DeviceType, frozen=True, kw_only=True):
    """An alarm panel. A code that is spoken is heard by everybody, so what needs one is left to the hub."""

    command_topic: DeviceTopic
    command_template: str = "{{action}}"
    state_topic: DeviceTopic
    value_template: str = ""
    code: str = ""
    """Not empty when there is one; what it is, is never kept."""
    code_arm_required: bool = True
    payload_arm_home: AnnouncedValue = "ARM_HOME"
    payload_arm_away: AnnouncedValue = "ARM_AWAY"
    payload_arm_night: AnnouncedValue = "ARM_NIGHT"
    payload_arm_vacation: AnnouncedValue = "ARM_VACATION"
    supported_features: list[AnnouncedValue] = msgspec.field(default_factory=lambda: [*_EVERYTHING])

    def takes(self) -> set[str]:
        """Arming, in one of its ways; disarming only to be told that it is not for the voice."""
        return {"action", "mode"}

    def feeds(self) -> tuple[Feed, ...]:
        """Its state."""
        return (Feed(self.state_topic, "state", self.value_template, value_parsers.word(_STATES)),)

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """One word. Raises ToolError for everything but arming."""
        if wish.action != "arm":
            raise ToolError(f"{said} is disarmed only where its code is entered: at the panel or on the hub.")
        if self.code and self.code_arm_required:
            raise ToolError(f"{said} wants a code, which is not given by voice.")
        words = {
            "home": self.payload_arm_home,
            "away": self.payload_arm_away,
            "night": self.payload_arm_night,
            "vacation": self.payload_arm_vacation,
        }
        able = [way for way in words if f"arm_{way}" in map(str, self.supported_features)]
        way = one_of_options(wish.mode or "away", able, said)
        payload = templates.write(self.command_template or "{{action}}", "", action=str(words[way]), code="")
        return [DeviceMessage(self.command_topic, payload, self.retain)]

    def asks(self, wish: Wish) -> set[Fact]:  # noqa: ARG002
        """Its state."""
        return {"state"}

    def secures(self, wish: Wish) -> bool:
        """Arming."""
        return wish.action == "arm"

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether it is armed that way, or about to be."""
        reported = word_of(state, "state")
        if not reported or wish.action != "arm":
            return None
        return reported in {"arming", f"armed {wish.mode or 'away'}"}

    def condition(self, state: DeviceState) -> str | None:
        """Its state in words."""
        return word_of(state, "state") or None
