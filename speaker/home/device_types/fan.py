"""Fans."""

import math
from contextlib import suppress
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, Feed, Wish
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, figure, stepped, word_of
from speaker.home.device_types.choices import Choice, chosen_is, picked, words_for
from speaker.home.device_types.switch_scene_button import Switch

_TOLERANCE_PERCENT: Final = 2.0
"""How far a reported speed may be off, beside the width of one of the fan's own steps."""


class Fan(Switch, frozen=True, kw_only=True):
    """A fan, perhaps with a speed, perhaps with modes."""

    state_value_template: str = ""
    percentage_command_topic: DeviceTopic | None = None
    percentage_command_template: str = ""
    percentage_state_topic: DeviceTopic | None = None
    percentage_value_template: str = ""
    speed_range_min: Annotated[int, Meta(ge=1)] = 1
    speed_range_max: Annotated[int, Meta(ge=1)] = 100
    preset_mode_command_topic: DeviceTopic | None = None
    preset_mode_command_template: str = ""
    preset_mode_state_topic: DeviceTopic | None = None
    preset_mode_value_template: str = ""
    preset_modes: list[AnnouncedValue] = msgspec.field(default_factory=list)
    oscillation_command_topic: DeviceTopic | None = None
    oscillation_command_template: str = ""
    oscillation_state_topic: DeviceTopic | None = None
    oscillation_value_template: str = ""
    payload_oscillation_on: AnnouncedValue = "oscillate_on"
    payload_oscillation_off: AnnouncedValue = "oscillate_off"
    direction_command_topic: DeviceTopic | None = None
    direction_command_template: str = ""
    direction_state_topic: DeviceTopic | None = None
    direction_value_template: str = ""

    def takes(self) -> set[str]:
        """On and off, a speed and a mode as far as there are any."""
        speed = {"percent"} if self.percentage_command_topic else set()
        set_by_word = (self.preset_mode_command_topic, self.oscillation_command_topic, self.direction_command_topic)
        return {"on"} | speed | ({"mode"} if any(set_by_word) else set())

    def choices(self) -> list[Choice]:
        """What is set by a word: the preset, whether it turns, and which way."""
        turning = {"oscillating": str(self.payload_oscillation_on), "still": str(self.payload_oscillation_off)}
        return [
            Choice(
                "mode", self.preset_mode_command_topic, self.preset_mode_command_template,
                self.preset_mode_state_topic, self.preset_mode_value_template, words_for(self.preset_modes),
            ),
            Choice(
                "turning", self.oscillation_command_topic, self.oscillation_command_template,
                self.oscillation_state_topic, self.oscillation_value_template, turning,
            ),
            Choice(
                "direction", self.direction_command_topic, self.direction_command_template,
                self.direction_state_topic, self.direction_value_template, words_for(("forward", "reverse")),
            ),
        ]  # fmt: skip

    def feeds(self) -> tuple[Feed, ...]:
        """On and off, the speed, the mode."""
        feeds = list(self.on_feed(self.state_value_template or self.value_template))
        if self.percentage_state_topic is not None:
            percent = value_parsers.percent(self.speed_range_max, self.speed_range_min - 1)
            feeds.append(Feed(self.percentage_state_topic, "percent", self.percentage_value_template, percent))
        feeds += [feed for choice in self.choices() for feed in choice.feeds()]
        return tuple(feeds)

    def settled(self, state: DeviceState, wish: Wish, said: str) -> Wish:
        """Faster or slower, but never off."""
        if self.percentage_command_topic is None:
            raise ToolError(f"{said} has only one speed.")
        known: DeviceState = {"percent": 0.0} if state.get("on") is False else state
        return Wish(percent=max(1, stepped(known, "percent", wish.step or 0, said)))

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """Off, or on with speed and mode; a fan that is told a speed also runs."""
        if wish.on is False or wish.percent == 0:
            return [self.switch(on=False)]
        orders: list[DeviceMessage] = []
        if wish.percent is not None and self.percentage_command_topic is not None:
            speed = templates.write(self.percentage_command_template, self.speed(wish.percent))
            orders.append(DeviceMessage(self.percentage_command_topic, speed, self.retain))
        if wish.mode is not None:
            choice, word = picked(wish.mode, self.choices(), said)
            orders.append(choice.message(word, retain=self.retain))
            if choice.fact != "mode" and wish.on is None:
                return orders
        if wish.on or not orders:
            orders.insert(0, self.switch(on=True))
        return orders

    def speed(self, percent: int) -> int:
        """A speed above 0 percent on the fan's own scale."""
        steps = self.speed_range_max - self.speed_range_min + 1
        return math.ceil(percent * steps / 100) + self.speed_range_min - 1

    def asks(self, wish: Wish) -> set[Fact]:
        """What is asked for; off is enough for a speed of 0."""
        if wish.on is False or wish.percent == 0:
            return {"on"}
        asked: set[Fact] = {"percent"} if wish.percent is not None else set()
        if wish.mode is not None:
            with suppress(ToolError):
                asked |= {picked(wish.mode, self.choices(), "")[0].fact}
        return asked or {"on"}

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether it runs as asked, within one step of its speed."""
        on, speed = state.get("on"), figure(state, "percent")
        if wish.on is False or wish.percent == 0:
            return None if on is None else not on
        if on is False:
            return False
        if wish.percent is not None:
            tolerance = max(_TOLERANCE_PERCENT, 100 / (self.speed_range_max - self.speed_range_min + 1) / 2)
            told = (self.speed(wish.percent) - self.speed_range_min + 1) * 100
            told_percent = told / (self.speed_range_max - self.speed_range_min + 1)
            return None if speed is None else abs(speed - told_percent) <= tolerance
        if wish.mode is not None:
            return chosen_is(state, wish.mode, self.choices())
        return None if on is None else bool(on)

    def condition(self, state: DeviceState) -> str | None:
        """On with its speed and mode, or off."""
        on, speed, mode = super().condition(state), figure(state, "percent"), word_of(state, "mode")
        if on == "off" or (on is None and speed is None):
            return on
        parts = [f"at {round(speed)} percent"] if speed is not None else []
        parts += (
            [f"in mode {mode}"] if mode and mode.casefold() in {str(m).casefold() for m in self.preset_modes} else []
        )
        parts += ["and oscillating"] if word_of(state, "turning") == "oscillating" else []
        return " ".join(["on", *parts])
