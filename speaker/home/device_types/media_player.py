"""Media players, by convention: Home Assistant's own discovery has none.

The keys are those of the mqtt_media_player integration, a topic for each command and each fact. A player
with one topic for all commands has ``command_topic``.
"""

from typing import Annotated, Final

from msgspec import Meta

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import Action, DeviceMessage, DeviceState, Fact, Feed, Wish, feeds
from speaker.home.device_types.base import (
    AnnouncedValue,
    DeviceTopic,
    DeviceType,
    figure,
    stepped,
    word_of,
)

_TOLERANCE_PERCENT: Final = 3.0
"""How far a reported volume may be off: players have steps of their own."""

_STATES: Final = {"playing": "playing", "paused": "paused", "stopped": "stopped", "idle": "idle", "off": "off"}
_MEANT: Final[dict[Action, frozenset[str]]] = {
    "play": frozenset({"playing"}),
    "pause": frozenset({"paused", "stopped", "idle", "off"}),
    "stop": frozenset({"stopped", "idle", "off"}),
}
"""What a player may be doing after each command; the others are not reported."""


_MUTED: Final = {"on": True, "true": True, "1": True, "muted": True, "off": False, "false": False, "0": False}
"""What a player says of its mute."""


class MediaPlayer(DeviceType, frozen=True, kw_only=True):
    """Play, pause, stop, next, previous, a volume, a mute, and on and off."""

    command_topic: DeviceTopic | None = None
    command_play_topic: DeviceTopic | None = None
    command_play_payload: AnnouncedValue = "play"
    command_pause_topic: DeviceTopic | None = None
    command_pause_payload: AnnouncedValue = "pause"
    command_stop_topic: DeviceTopic | None = None
    command_stop_payload: AnnouncedValue = "stop"
    command_next_topic: DeviceTopic | None = None
    command_next_payload: AnnouncedValue = "next"
    command_previous_topic: DeviceTopic | None = None
    command_previous_payload: AnnouncedValue = "previous"
    command_mute_topic: DeviceTopic | None = None
    command_mute_payload: AnnouncedValue = "mute"
    command_unmute_payload: AnnouncedValue = "unmute"
    command_on_topic: DeviceTopic | None = None
    command_on_payload: AnnouncedValue = "on"
    command_off_topic: DeviceTopic | None = None
    command_off_payload: AnnouncedValue = "off"
    command_volume_topic: DeviceTopic | None = None
    command_volume_template: str = ""
    state_state_topic: DeviceTopic | None = None
    state_state_template: str = ""
    state_volume_topic: DeviceTopic | None = None
    state_volume_template: str = ""
    state_mute_topic: DeviceTopic | None = None
    state_mute_template: str = ""
    state_title_topic: DeviceTopic | None = None
    state_title_template: str = ""
    volume_scale: Annotated[float, Meta(gt=0)] = 1
    """What the player calls 100 percent: usually 1, or 100."""

    def takes(self) -> set[str]:
        """Commands, a volume, and on and off as far as it has them."""
        power = self.command_on_topic or self.command_off_topic or self.command_topic
        return {"action"} | ({"percent"} if self.command_volume_topic else set()) | ({"on"} if power else set())

    def feeds(self) -> tuple[Feed, ...]:
        """What it is doing, how loud, and what is played."""
        return feeds(
            (self.state_state_topic, "state", self.state_state_template, value_parsers.word(_STATES)),
            (self.state_volume_topic, "percent", self.state_volume_template, value_parsers.percent(self.volume_scale)),
            (self.state_mute_topic, "muted", self.state_mute_template, _muted),
            (self.state_title_topic, "value", self.state_title_template, value_parsers.said),
        )

    def settled(self, state: DeviceState, wish: Wish, said: str) -> Wish:
        """Louder or quieter."""
        if self.command_volume_topic is None:
            raise ToolError(f"{said} has no volume to set.")
        return Wish(percent=stepped(state, "percent", wish.step or 0, said))

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """A command, a volume, or both."""
        orders = [] if wish.action is None else [self._command(wish.action, said)]
        if wish.on is not None:
            orders.append(self._power(wish.on, said))
        if wish.percent is not None and self.command_volume_topic is not None:
            level = round(wish.percent * self.volume_scale / 100, 2)
            payload = templates.write(self.command_volume_template, level)
            orders.append(DeviceMessage(self.command_volume_topic, payload, self.retain))
        if not orders:
            raise ToolError(f"Say what {said} is to do, or how loud it is to be.")
        return orders

    def _command(self, action: Action, said: str) -> DeviceMessage:
        ways: dict[Action, tuple[str | None, AnnouncedValue]] = {
            "play": (self.command_play_topic, self.command_play_payload),
            "pause": (self.command_pause_topic, self.command_pause_payload),
            "stop": (self.command_stop_topic, self.command_stop_payload),
            "next": (self.command_next_topic, self.command_next_payload),
            "previous": (self.command_previous_topic, self.command_previous_payload),
            "mute": (self.command_mute_topic, self.command_mute_payload),
            "unmute": (self.command_mute_topic, self.command_unmute_payload),
        }
        topic, word = ways.get(action, (None, ""))
        topic = topic or (self.command_topic if action in ways else None)
        if topic is None:
            lacking = "cannot be muted" if action in {"mute", "unmute"} else "cannot do that"
            raise ToolError(f"{said} {lacking}.")
        return DeviceMessage(topic, str(word), self.retain)

    def _power(self, on: bool, said: str) -> DeviceMessage:
        topic = (self.command_on_topic if on else self.command_off_topic) or self.command_topic
        if topic is None:
            raise ToolError(f"{said} cannot be switched {'on' if on else 'off'}.")
        return DeviceMessage(topic, str(self.command_on_payload if on else self.command_off_payload), self.retain)

    def asks(self, wish: Wish) -> set[Fact]:
        """The volume, or what it is doing."""
        asked: set[Fact] = set()
        if wish.action is not None or wish.on is not None:
            asked = {"muted"} if wish.action in {"mute", "unmute"} else {"state"}
        return asked | ({"percent"} if wish.percent is not None else set())

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether it does what it should, as loud as it should."""
        parts: list[bool | None] = []
        doing = word_of(state, "state")
        if wish.on is not None:
            parts.append((doing != "off") is wish.on if doing else None)
        if wish.action in {"mute", "unmute"}:
            muted = state.get("muted")
            parts.append(None if muted is None else muted is (wish.action == "mute"))
        elif wish.action is not None:
            parts.append(doing in _MEANT[wish.action] if doing and wish.action in _MEANT else None)
        if wish.percent is not None:
            volume = figure(state, "percent")
            parts.append(None if volume is None else abs(volume - wish.percent) <= _TOLERANCE_PERCENT)
        return False if False in parts else None if None in parts or not parts else True

    def unreported(self, wish: Wish) -> str:
        """That a title was skipped shows in no state."""
        skipped = wish.action in {"next", "previous"} and wish.percent is None
        return "was told to; players do not confirm that" if skipped else ""

    def condition(self, state: DeviceState) -> str | None:
        """What it is doing, and how loud."""
        doing, volume = word_of(state, "state"), figure(state, "percent")
        loud = f"at {round(volume)} percent" if volume is not None else ""
        loud = "muted" if state.get("muted") else loud
        return " ".join(part for part in (doing, loud) if part) or None

    def reading(self, state: DeviceState) -> str | None:
        """The same with the title."""
        title, condition = word_of(state, "value"), self.condition(state)
        return f'{condition}, "{title}"' if title and condition else condition


def _muted(text: str) -> bool | None:
    return _MUTED.get(text.casefold())
