"""Valves for water and gas: opened, closed, perhaps set to a position."""

from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, Fact, Feed, Wish
from speaker.home.device_types.cover import Cover


class Valve(Cover, frozen=True, kw_only=True):
    """A valve. One that reports its position takes positions too, both on its only topics."""

    reports_position: bool = False

    def feeds(self) -> tuple[Feed, ...]:
        """What it is doing and how far open it is, from one topic."""
        if self.state_topic is None:
            return ()
        words = {"opening": self.state_opening, "closing": self.state_closing}
        if not self.reports_position:
            words |= {"open": self.state_open, "closed": self.state_closed}
        doing = value_parsers.in_object("state", value_parsers.word(words))
        feeds = [Feed(self.state_topic, "state", self.value_template, doing)]
        if self.reports_position:
            percent = value_parsers.in_object("position", self.percent())
            feeds.append(Feed(self.state_topic, "percent", self.value_template, percent))
        return tuple(feeds)

    @property
    def positions_topic(self) -> str | None:
        """Where a position is sent."""
        return self.command_topic if self.reports_position else None

    @property
    def reports_percent(self) -> bool:
        """Whether its position is told."""
        return self.reports_position

    def word_for(self, action: str) -> str | None:
        """The word for an action; one that takes positions takes no words but stop, if it announces one."""
        if action == "stop":
            return None if self.payload_stop in {None, "STOP"} else str(self.payload_stop)
        return None if self.reports_position else super().word_for(action)

    def position(self, percent: int) -> DeviceMessage:
        """The message that sets a position."""
        payload = templates.write(self.command_template, self.ranged(percent), position=percent, **self.ends())
        return DeviceMessage(str(self.command_topic), payload, self.retain)

    def asks(self, wish: Wish) -> set[Fact]:
        """The position, or what it is doing."""
        return {"percent"} if self.reports_position and wish.action != "stop" else {"state"}
