"""Blinds, shutters, curtains, garage doors: what is opened, closed and stopped."""

from typing import Final

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import Action, DeviceMessage, DeviceState, Fact, FactValue, Feed, Read, Wish
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType, figure, stepped, word_of
from speaker.home.spoken_values import say_number

_TOLERANCE_PERCENT: Final = 3.0
"""How far a reported position may be off: motors are stopped by time or by a coarse counter."""

_STEP_PERCENT: Final = 1.0
"""How much nearer a position must be to the one asked for to be called a movement towards it."""


class Cover(DeviceType, frozen=True, kw_only=True):
    """A cover; 100 percent is open, 0 is closed, whatever the device calls these."""

    command_topic: DeviceTopic | None = None
    command_template: str = ""
    payload_open: AnnouncedValue | None = "OPEN"
    payload_close: AnnouncedValue | None = "CLOSE"
    payload_stop: AnnouncedValue | None = "STOP"
    state_topic: DeviceTopic | None = None
    value_template: str = ""
    state_open: AnnouncedValue = "open"
    state_opening: AnnouncedValue = "opening"
    state_closed: AnnouncedValue = "closed"
    state_closing: AnnouncedValue = "closing"
    state_stopped: AnnouncedValue = "stopped"
    set_position_topic: DeviceTopic | None = None
    set_position_template: str = ""
    position_topic: DeviceTopic | None = None
    position_template: str = ""
    position_open: float = 100
    position_closed: float = 0
    open_command_topic: DeviceTopic | None = None
    close_command_topic: DeviceTopic | None = None
    stop_command_topic: DeviceTopic | None = None
    """Where each command has a topic of its own."""
    tilt_command_topic: DeviceTopic | None = None
    tilt_command_template: str = ""
    tilt_status_topic: DeviceTopic | None = None
    tilt_status_template: str = ""
    tilt_min: float = 0
    tilt_max: float = 100

    def takes(self) -> set[str]:
        """Open, close and stop, and a position when it can be set."""
        return {"action", "percent"} | ({"tilt"} if self.tilt_command_topic else set())

    def feeds(self) -> tuple[Feed, ...]:
        """What it is doing, and how far open it is."""
        feeds: list[Feed] = []
        if self.state_topic is not None:
            words = {
                "open": self.state_open, "opening": self.state_opening, "closed": self.state_closed,
                "closing": self.state_closing, "stopped": self.state_stopped,
            }  # fmt: skip
            feeds.append(Feed(self.state_topic, "state", self.value_template, value_parsers.word(words)))
        if self.position_topic is not None:
            percent = value_parsers.in_object("position", self.percent())
            feeds.append(Feed(self.position_topic, "percent", self.position_template, percent, **self.ends()))
        if self.tilt_status_topic is not None:
            tilt = value_parsers.percent(self.tilt_max, self.tilt_min)
            feeds.append(Feed(self.tilt_status_topic, "tilt", self.tilt_status_template, tilt, **self.ends()))
        return tuple(feeds)

    def percent(self) -> Read:
        """How a position is read."""
        return value_parsers.percent(self.position_open, self.position_closed)

    @property
    def positions_topic(self) -> str | None:
        """Where a position is sent; None when it takes none."""
        return self.set_position_topic

    @property
    def reports_percent(self) -> bool:
        """Whether its position is told."""
        return self.position_topic is not None

    def ends(self) -> dict[str, float]:
        """What templates may use beside the message."""
        ends = {"position_open": self.position_open, "position_closed": self.position_closed}
        ends |= {"tilt_min": self.tilt_min, "tilt_max": self.tilt_max} if self.tilt_command_topic else {}
        return {name: int(value) if value == int(value) else value for name, value in ends.items()}

    def taken(self, state: DeviceState, fact: Fact, value: FactValue) -> FactValue:
        """Where a cover stands that stopped and reports no position: shut only if it was on its way there."""
        if fact == "state" and value == "stopped" and not self.reports_percent:
            return "closed" if word_of(state, "state") in {"closed", "closing"} else "open"
        return value

    def settled(self, state: DeviceState, wish: Wish, said: str) -> Wish:
        """Further open or further closed."""
        return Wish(percent=stepped(state, "percent", wish.step or 0, said))

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """A command word or a position, and a tilt."""
        tilt = [self._tilted(wish.tilt)] if wish.tilt is not None else []
        if wish.percent is None:
            return tilt if tilt and wish.action is None else [self._command(wish.action, said), *tilt]
        if self.positions_topic is not None:
            return [self.position(wish.percent), *tilt]
        if wish.percent in {0, 100}:
            return [self._command("open" if wish.percent else "close", said), *tilt]
        raise ToolError(f"{said} can only be opened and closed, not set to a position.")

    def word_for(self, action: str) -> str | None:
        """The word that the device takes for an action; None when it takes none."""
        word = {"open": self.payload_open, "close": self.payload_close, "stop": self.payload_stop}[action]
        return None if word is None else str(word)

    def _command(self, action: Action | None, said: str) -> DeviceMessage:
        if action not in {"open", "close", "stop"}:
            raise ToolError(f"{said} can only be opened, closed or stopped.")
        word = self.word_for(str(action))
        own = {"open": self.open_command_topic, "close": self.close_command_topic, "stop": self.stop_command_topic}
        topic = own[str(action)] or self.command_topic
        if topic is not None and word is not None:
            return DeviceMessage(topic, templates.write(self.command_template, word), self.retain)
        if self.positions_topic is not None and action != "stop":
            return self.position(100 if action == "open" else 0)
        raise ToolError(f"{said} cannot be told to {action}.")

    def ranged(self, percent: int) -> int:
        """A percentage on the device's own scale."""
        return round(self.position_closed + (self.position_open - self.position_closed) * percent / 100)

    def position(self, percent: int) -> DeviceMessage:
        """The message that sets a position."""
        payload = templates.write(self.set_position_template, self.ranged(percent), position=percent, **self.ends())
        return DeviceMessage(str(self.set_position_topic), payload, self.retain)

    def _tilted(self, percent: int) -> DeviceMessage:
        tilt = round(self.tilt_min + (self.tilt_max - self.tilt_min) * percent / 100)
        payload = templates.write(self.tilt_command_template, tilt, tilt_position=percent, **self.ends())
        return DeviceMessage(str(self.tilt_command_topic), payload, self.retain)

    def asks(self, wish: Wish) -> set[Fact]:
        """The position, or what it is doing: whichever it reports."""
        tilt: set[Fact] = set() if wish.tilt is None else {"tilt"}
        if wish.action == "stop":
            return {"state", *tilt}
        if tilt and wish.action is None and wish.percent is None:
            return tilt
        return tilt | ({"percent"} if self.reports_percent else {"state"})

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether it is there, or moves there; being stopped is not moving."""
        if wish.tilt is None:
            return self._moved(state, wish)
        tilt = figure(state, "tilt")
        tilted = None if tilt is None else abs(tilt - wish.tilt) <= _TOLERANCE_PERCENT
        if wish.action is None and wish.percent is None:
            return tilted
        parts = (tilted, self._moved(state, wish))
        return False if False in parts else None if None in parts else True

    def _moved(self, state: DeviceState, wish: Wish) -> bool | None:
        doing, position = word_of(state, "state"), figure(state, "percent")
        if wish.action == "stop":
            return doing not in {"opening", "closing"} if doing else None
        target = _target(wish)
        if target is None or (not doing and position is None):
            return None
        if position is not None:
            near = abs(position - target) <= _TOLERANCE_PERCENT
            rising = doing == "opening" and position < target
            return near or rising or (doing == "closing" and position > target)
        if target == 100:
            return doing in {"opening", "open"}
        return doing in {"closing", "closed"} if target == 0 else None

    def approaches(self, before: DeviceState, state: DeviceState, wish: Wish) -> bool:
        """Whether the position came nearer: many covers report nothing else while they move."""
        was, now, target = figure(before, "percent"), figure(state, "percent"), _target(wish)
        if was is None or now is None or target is None:
            return False
        return abs(now - target) < abs(was - target) - _STEP_PERCENT

    def secures(self, wish: Wish) -> bool:
        """Closing and stopping."""
        return wish.action in {"close", "stop"} or wish.percent == 0

    def condition(self, state: DeviceState) -> str | None:
        """What it is doing, or how far open it is."""
        doing, position = word_of(state, "state"), figure(state, "percent")
        if doing in {"opening", "closing"} or position is None:
            return doing or None
        if position <= _TOLERANCE_PERCENT:
            return "closed"
        return "open" if position >= 100 - _TOLERANCE_PERCENT else f"{say_number(round(position))} percent open"


def _target(wish: Wish) -> int | None:
    ends: dict[Action | None, int] = {"open": 100, "close": 0}
    return wish.percent if wish.percent is not None else ends.get(wish.action)
