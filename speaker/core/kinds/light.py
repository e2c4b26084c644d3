"""Lights, in the two forms that are announced: with plain topics, or with one JSON object."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from speaker.core import templates
from speaker.core.entities import Fact, Feed, Message, State, Wish
from speaker.core.kinds.shape import Topic, figure
from speaker.core.kinds.switched import Switch

TOLERANCE_PERCENT: Final = 2.0
"""How far a reported brightness may be off: devices round, and some convert twice."""


class Dimmable(Switch, frozen=True, kw_only=True):
    """What both forms share: a brightness beside on and off."""

    brightness_scale: Annotated[float, Meta(gt=0)] = 255

    def asks(self, wish: Wish) -> set[Fact]:
        """On and off, and the brightness when one is asked for."""
        if wish.wants_on and wish.brightness_percent is not None:
            return {"on", "brightness_percent"}
        return super().asks(wish)

    def fulfils(self, state: State, wish: Wish) -> bool | None:
        """Whether on and off are as asked, and the brightness is near enough."""
        lit = super().fulfils(state, wish)
        if not lit or not wish.wants_on or wish.brightness_percent is None:
            return lit
        level = figure(state, "brightness_percent")
        if level is None:
            return None
        # On a coarse scale what the device was told may be far from what was asked.
        told = self.level(wish.brightness_percent) * 100 / self.brightness_scale
        return min(abs(level - wish.brightness_percent), abs(level - told)) <= TOLERANCE_PERCENT

    def condition(self, state: State) -> str | None:
        """What is reported: "on at 40 percent", or without the number."""
        level = figure(state, "brightness_percent")
        if not state.get("on") or level is None:
            return super().condition(state)
        return f"on at {max(1, round(level))} percent"

    def level(self, percent: int) -> int:
        """A brightness above 0 percent on the device's own scale, at least 1."""
        return max(1, round(percent * self.brightness_scale / 100))


class Light(Dimmable, frozen=True, kw_only=True):
    """A light with a topic for on and off, and perhaps one for the brightness."""

    state_value_template: str = ""
    brightness_command_topic: Topic | None = None
    brightness_command_template: str = ""
    brightness_state_topic: Topic | None = None
    brightness_value_template: str = ""
    on_command_type: Literal["last", "first", "brightness"] = "last"

    def feeds(self) -> tuple[Feed, ...]:
        """On and off from one topic, the brightness from another."""
        feeds = self.on_feed(self.state_value_template or self.value_template)
        if self.brightness_state_topic is None:
            return feeds
        template, scale = self.brightness_value_template, self.brightness_scale
        return (*feeds, Feed(self.brightness_state_topic, "brightness_percent", template, scale=scale))

    def order(self, wish: Wish, said: str) -> list[Message]:
        """One message or two, in the order that the light asks for."""
        percent = wish.brightness_percent
        if percent is None and self.on_command_type == "brightness" and self.brightness_command_topic:
            percent = 100
        if not wish.wants_on or percent is None or self.brightness_command_topic is None:
            return super().order(wish, said)
        level = templates.write(self.brightness_command_template, self.level(percent))
        dim = Message(self.brightness_command_topic, level, self.retain)
        on = self.switch(on=True)
        return {"brightness": [dim], "first": [on, dim], "last": [dim, on]}[self.on_command_type]


class JsonLight(Dimmable, frozen=True, kw_only=True):
    """A light that takes and reports one JSON object."""

    brightness: bool = False
    supported_color_modes: list[str] = msgspec.field(default_factory=list)

    @property
    def dimmable(self) -> bool:
        """Whether it has a brightness: every colour mode but "onoff" has one."""
        return self.brightness or bool(set(self.supported_color_modes) - {"onoff", "unknown"})

    def feeds(self) -> tuple[Feed, ...]:
        """Everything from one JSON object."""
        if self.state_topic is None:
            return ()
        on = Feed(self.state_topic, "on", "{{ value_json.state }}")
        if not self.dimmable:
            return (on,)
        template = "{{ value_json.brightness }}"
        return on, Feed(self.state_topic, "brightness_percent", template, scale=self.brightness_scale)

    def order(self, wish: Wish, said: str) -> list[Message]:
        """One JSON object."""
        if wish.wants_on and wish.brightness_percent is not None and self.dimmable:
            body = f'{{"state":"ON","brightness":{self.level(wish.brightness_percent)}}}'
            return [Message(self.command_topic, body, self.retain)]
        return super().order(wish, said)

    def switch(self, *, on: bool) -> Message:
        """The object that switches the light."""
        word = "ON" if on else "OFF"
        return Message(self.command_topic, f'{{"state":"{word}"}}', self.retain)
