"""Lawn mowers."""

from typing import Final

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import Action, DeviceMessage, DeviceState, Fact, Feed, Wish
from speaker.home.device_types.base import DeviceTopic, DeviceType, word_of
from speaker.home.naming import listing

_STATES: Final = {state: state for state in ("mowing", "paused", "docked", "returning", "error")}
_MEANT: Final[dict[Action, frozenset[str]]] = {
    "start": frozenset({"mowing"}),
    "pause": frozenset({"paused"}),
    "stop": frozenset({"paused", "docked", "returning"}),
    "return": frozenset({"returning", "docked"}),
}
_SAID: Final = {"docked": "in its dock", "returning": "on its way to the dock", "error": "in trouble"}
_CALLED: Final = {"start": "started", "pause": "paused", "stop": "stopped", "return": "sent home"}


class LawnMower(DeviceType, frozen=True, kw_only=True):
    """A mower with a topic for each command."""

    start_mowing_command_topic: DeviceTopic | None = None
    start_mowing_command_template: str = ""
    pause_command_topic: DeviceTopic | None = None
    pause_command_template: str = ""
    stop_command_topic: DeviceTopic | None = None
    stop_command_template: str = ""
    dock_command_topic: DeviceTopic | None = None
    dock_command_template: str = ""
    activity_state_topic: DeviceTopic | None = None
    activity_value_template: str = ""

    def takes(self) -> set[str]:
        """Commands; on and off mean start and return."""
        return {"action", "on"}

    def feeds(self) -> tuple[Feed, ...]:
        """What it is doing."""
        if self.activity_state_topic is None:
            return ()
        return (Feed(self.activity_state_topic, "state", self.activity_value_template, value_parsers.word(_STATES)),)

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """One word on the topic of the command."""
        ways: dict[Action, tuple[str | None, str, str]] = {
            "start": (self.start_mowing_command_topic, self.start_mowing_command_template, "start_mowing"),
            "pause": (self.pause_command_topic, self.pause_command_template, "pause"),
            "stop": (self.stop_command_topic, self.stop_command_template, "stop"),
            "return": (self.dock_command_topic, self.dock_command_template, "dock"),
        }
        topic, template, word = ways.get(_asked(wish) or "open", (None, "", ""))
        if topic is None:
            able = listing([_CALLED[action] for action, (there, *_) in ways.items() if there is not None], "or")
            raise ToolError(f"{said} can be {able}." if able else f"{said} can only be read.")
        return [DeviceMessage(topic, templates.write(template, word), self.retain)]

    def asks(self, wish: Wish) -> set[Fact]:  # noqa: ARG002
        """What it is doing."""
        return {"state"}

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether it is doing that."""
        doing, action = word_of(state, "state"), _asked(wish)
        return doing in _MEANT[action] if doing and action in _MEANT else None

    def condition(self, state: DeviceState) -> str | None:
        """What it is doing, in words."""
        doing = word_of(state, "state")
        return _SAID.get(doing, doing) or None


def _asked(wish: Wish) -> Action | None:
    if wish.on is not None:
        return "start" if wish.on else "return"
    return wish.action
