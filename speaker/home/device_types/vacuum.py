"""Robot vacuums."""

from typing import Final

from speaker.errors import ToolError
from speaker.home import value_parsers
from speaker.home.device_command import Action, DeviceMessage, DeviceState, Fact, Feed, Wish
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType, word_of

_STATES: Final = {
    "cleaning": "cleaning", "docked": "docked", "paused": "paused", "idle": "idle", "returning": "returning",
    "error": "error",
}  # fmt: skip
_MEANT: Final[dict[Action, frozenset[str]]] = {
    "start": frozenset({"cleaning"}),
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

    def takes(self) -> set[str]:
        """Commands; on and off mean start and return."""
        return {"action", "on"}

    def feeds(self) -> tuple[Feed, ...]:
        """What it is doing."""
        if self.state_topic is None:
            return ()
        return (Feed(self.state_topic, "state", self.value_template, value_parsers.word(_STATES)),)

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """One word."""
        words: dict[Action, AnnouncedValue] = {
            "start": self.payload_start,
            "stop": self.payload_stop,
            "pause": self.payload_pause,
            "return": self.payload_return_to_base,
            "locate": self.payload_locate,
        }
        action = _action(wish)
        if action is None or action not in words:
            raise ToolError(f"{said} can be started, stopped, paused, sent home or located.")
        return [DeviceMessage(self.command_topic, str(words[action]), self.retain)]

    def asks(self, wish: Wish) -> set[Fact]:  # noqa: ARG002
        """What it is doing."""
        return {"state"}

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether it is doing that."""
        doing, action = word_of(state, "state"), _action(wish)
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
