"""What may be a topic: the one place where topics from outside are checked before anything is sent there.

A broker answers a topic that breaks these rules by closing the connection, whoever made it up.
"""

from typing import Final

from speaker.errors import SpeakerError

MOST_TOPIC_BYTES: Final = 512
"""UTF-8 bytes of a topic; MQTT's own limit is 65,535."""

MOST_LEVELS: Final = 64
"""Levels of a topic. Mosquitto closes the connection beyond 200."""


def topic_fault(topic: str, system: tuple[str, ...] = ()) -> str:
    """What is wrong with a topic to publish to, as the end of a sentence; empty when nothing is.

    ``system``: beginnings of topics with $ that may be used all the same.
    """
    if "+" in topic or "#" in topic:
        return "holds a wildcard, + or #"
    return _fault(topic, system)


def filter_fault(topic_filter: str, system: tuple[str, ...] = ()) -> str:
    """The same of a topic to subscribe to, in which + may be a level and # the last one."""
    levels = topic_filter.split("/")
    if any(len(one) > 1 and ("+" in one or "#" in one) for one in levels) or "#" in levels[:-1]:
        return "has a wildcard that is no level of its own, or # before its end"
    return _fault(topic_filter, system)


def checked_topic(topic: str, what: str) -> str:
    """A topic that can be published to; ``what`` names it. Raises SpeakerError with a sentence."""
    if fault := topic_fault(topic):
        raise SpeakerError(f"{what}: the topic {fault}")
    return topic


def shown_topic(topic: str) -> str:
    """A topic as it may stand in a sentence: printable, and not too long."""
    line = "".join(one if one.isprintable() else "�" for one in topic[:101])
    return line if len(line) <= 100 else f"{line[:99]}…"


def _fault(topic: str, system: tuple[str, ...]) -> str:
    if not topic:
        return "is empty"
    if topic.startswith("$") and not topic.startswith(system):
        return "begins with $, and such topics are the broker's own"
    if any(_forbidden(ord(one)) for one in topic):
        return "holds a control character or another one that MQTT forbids"
    if len(topic.encode()) > MOST_TOPIC_BYTES:
        return f"has {len(topic.encode())} bytes; at most {MOST_TOPIC_BYTES} are taken"
    if (levels := topic.count("/") + 1) > MOST_LEVELS:
        return f"has {levels} levels; at most {MOST_LEVELS} are taken"
    return ""


def _forbidden(code: int) -> bool:
    """Control characters, halves of a surrogate pair, and what Unicode says is no character."""
    control = code < 0x20 or 0x7F <= code < 0xA0
    return control or 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
