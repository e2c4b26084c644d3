"""Locks."""

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, Feed, Wish
from speaker.home.device_types.base import AnnouncedValue, DeviceTopic, DeviceType, word_of


class Lock(DeviceType, frozen=True, kw_only=True):
    """A lock. Only its own "locked" and "unlocked" confirm anything, not that it is about to."""

    command_topic: DeviceTopic
    command_template: str = ""
    payload_lock: AnnouncedValue = "LOCK"
    payload_unlock: AnnouncedValue = "UNLOCK"
    payload_open: AnnouncedValue | None = None
    code_format: str = ""
    state_topic: DeviceTopic | None = None
    value_template: str = ""
    state_locked: AnnouncedValue = "LOCKED"
    state_locking: AnnouncedValue = "LOCKING"
    state_unlocked: AnnouncedValue = "UNLOCKED"
    state_unlocking: AnnouncedValue = "UNLOCKING"
    state_jammed: AnnouncedValue = "JAMMED"
    state_open: AnnouncedValue = "OPEN"

    def takes(self) -> set[str]:
        """Lock, unlock and open."""
        return {"action"}

    def feeds(self) -> tuple[Feed, ...]:
        """The state of the bolt."""
        if self.state_topic is None:
            return ()
        words = {
            "locked": self.state_locked, "locking": self.state_locking, "unlocked": self.state_unlocked,
            "unlocking": self.state_unlocking, "jammed": self.state_jammed, "open": self.state_open,
        }  # fmt: skip
        return (Feed(self.state_topic, "state", self.value_template, value_parsers.word(words)),)

    def order(self, wish: Wish, said: str) -> list[DeviceMessage]:
        """One word."""
        words = {"lock": self.payload_lock, "unlock": self.payload_unlock, "open": self.payload_open}
        if wish.action not in words:
            raise ToolError(f"{said} can only be locked and unlocked.")
        word = words[wish.action]
        if word is None:
            raise ToolError(f"{said} can be unlocked, but not opened.")
        if self.code_format:
            raise ToolError(f"{said} wants a code, which is not given by voice.")
        payload = templates.write(self.command_template, str(word), code="")
        return [DeviceMessage(self.command_topic, payload, self.retain)]

    def asks(self, wish: Wish) -> set[Fact]:  # noqa: ARG002
        """The state of the bolt."""
        return {"state"}

    def fulfils(self, state: DeviceState, wish: Wish) -> bool | None:
        """Whether the bolt is where it should be."""
        bolt = word_of(state, "state")
        if not bolt:
            return None
        if wish.action == "lock":
            return bolt == "locked"
        return bolt in {"unlocked", "open"}  # few report the latch, so unlocked is all that is known

    def secures(self, wish: Wish) -> bool:
        """Locking."""
        return wish.action == "lock"

    def condition(self, state: DeviceState) -> str | None:
        """The state of the bolt."""
        return word_of(state, "state") or None
