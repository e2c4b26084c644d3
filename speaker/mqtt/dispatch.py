"""Topic → handlers: who asked for a filter gets the messages that match it, and nobody else is asked."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from paho.mqtt.matcher import MQTTMatcher

from speaker.errors import place_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message from the broker."""

    topic: str
    payload: bytes
    retained: bool
    response_topic: str | None = None
    correlation: bytes | None = None
    user_properties: tuple[tuple[str, str], ...] = ()


MessageHandler = Callable[[IncomingMessage], None]
"""Takes in a message, on the event loop."""


def _log_failure(topic: str, error: Exception) -> None:
    log.error("a message to %s could not be taken in: %s", topic, place_of(error))


class Dispatcher:
    """The handlers of each filter. Several may share one; a handler that several filters lead to is called once."""

    def __init__(self, failed: Callable[[str, Exception], None] = _log_failure) -> None:
        """``failed`` is told of a topic whose message could not be taken in."""
        self._failed = failed
        self._filters = MQTTMatcher()  # type: ignore[no-untyped-call]  # paho's own lack, as below
        self._handlers: dict[str, list[MessageHandler]] = {}

    def add(self, topic_filter: str, handler: MessageHandler) -> bool:
        """Let a handler have the messages of a filter; whether nobody had them before."""
        known = self._handlers.get(topic_filter)
        if known is None:
            known = self._handlers[topic_filter] = []
            self._filters[topic_filter] = known
        first = not known
        if handler not in known:
            known.append(handler)
        return first

    def remove(self, topic_filter: str, handler: MessageHandler) -> bool:
        """Take a handler from a filter; whether nobody is left who wants its messages."""
        known = self._handlers.get(topic_filter)
        if known is None or handler not in known:
            return False
        known.remove(handler)
        if known:
            return False
        del self._handlers[topic_filter]
        del self._filters[topic_filter]  # type: ignore[no-untyped-call]
        return True

    def dispatch(self, message: IncomingMessage) -> None:
        """Hand a message to everybody who wants it. What goes wrong in one handler harms no other."""
        for handler in self._wanted_by(message.topic):
            try:
                handler(message)
            except Exception as error:  # noqa: BLE001 - it is told, with its place
                self._failed(message.topic, error)

    def _wanted_by(self, topic: str) -> list[MessageHandler]:
        called: list[MessageHandler] = []
        for handlers in self._filters.iter_match(topic):  # type: ignore[no-untyped-call]
            called += [one for one in handlers if one not in called]
        return called
