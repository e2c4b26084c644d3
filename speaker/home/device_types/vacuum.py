"""Robot vacuums."""

from typing import Final

import msgspec

from speaker.errors import ToolError
from speaker.home import value_parsers
from speaker.home.device_command import Action, DeviceMessage, DeviceState, Fact, Feed, Wish
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType, alike_words, one_of_options, word_of

_STATES: Final = {
    "cleaning": "cleaning", "docked": "docked", "paused": "paused", "idle": "idle", "returning": "returning",
    "error": "error",
}  # fmt: skip
_MEANT: Final[dict[Action, frozenset[str]]] = {
    "start": frozenset({"cleaning"}),
    "spot": frozenset({"cleaning"}),
    "pause": frozenset({"paused", "idle"}),
    "stop": frozenset({"idle", "paused", "docked", "returning"}),
    "return": frozenset({"returning", "docked"}),
}
"""What a vacuum may be doing after each command; that it was located is not reported."""

_SAID: Final = {"docked": "in its dock", "returning": "on its way to the dock", "error": "in trouble"}


class Vacuum(DeviceType, frozen=True, kw_only=True):
    """A vacuum that takes words and reports a JSON object."""

    command_topic: DeviceTopic
    state_topic: DeviceTopic | None = None
    value_template: str = "{{ value_json.state }}"
    payload_start: AnnouncedValue = "start"
    payload_stop: AnnouncedValue = "stop"
    payload_pause: AnnouncedValue = "pause"
    payload_return_to_base: AnnouncedValue = "return_to_base"
    payload_locate: AnnouncedValue = "locate"
    payload_clean_spot: AnnouncedValue = "clean_spot"
    set_fan_speed_topic: DeviceTopic | None = None
    fan_speed_list: list[AnnouncedValue] = msgspec.field(default_factory=list)
    send_command_topic: DeviceTopic | None = None

    def takes(self) -> set[str]:
        """Commands; on and off mean start and return."""
        return {"action", "on"} | ({"mode"} if self.set_fan_speed_topic and self.fan_speed_list else set())

    def feeds(self) -> tuple[Feed, ...]:
        """What it is doing."""
        if self.state_topic is None:
            return ()
        speed = value_parsers.option(self.fan_speed_list)
        return (
            Feed(self.state_topic, "state", self.value_template, value_parsers.word(_STATES)),
            Feed(self.state_topic, "mode", "{{ value_json.fan_speed }}", speed),
        )

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """One word, and how hard it is to work."""
        speed: list[DeviceMessage] = []
        if wish.mode is not None and self.set_fan_speed_topic is not None:
            word = one_of_options(wish.mode, self.fan_speed_list, said)
            speed = [DeviceMessage(self.set_fan_speed_topic, word, self.retain)]
            if _action(wish) is None:
                return speed
        words: dict[Action, AnnouncedValue] = {
            "start": self.payload_start,
            "stop": self.payload_stop,
            "pause": self.payload_pause,
            "return": self.payload_return_to_base,
            "locate": self.payload_locate,
            "spot": self.payload_clean_spot,
        }
        action = _action(wish)
        if action is None or action not in words:
            raise ToolError(f"{said} can be started, stopped, paused, sent home or located.")
        return [*speed, DeviceMessage(self.command_topic, str(words[action]), self.retain)]

    def asks(self, wish: Wish) -> set[Fact]:
        """What it is doing, or how hard it works."""
        return {"mode"} if wish.mode is not None and _action(wish) is None else {"state"}

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether it is doing that."""
        doing, action = word_of(state, "state"), _action(wish)
        if wish.mode is not None and action is None:
            speed = word_of(state, "mode")
            return alike_words(speed, wish.mode) if speed else None
        return doing in _MEANT[action] if doing and action in _MEANT else None

    def unreported(self, wish: Wish) -> str:
        """That it was located is heard, not reported."""
        return "was told to make itself heard" if wish.action == "locate" else ""

    def condition(self, state: DeviceState) -> str | None:
        """What it is doing, in words."""
        doing = word_of(state, "state")
        return _SAID.get(doing, doing) or None


def _action(wish: Wish) -> Action | None:
    if wish.on is not None:
        return "start" if wish.on else "return"
    return wish.action
