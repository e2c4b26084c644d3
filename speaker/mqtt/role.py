"""Who a connection is at the broker: what its last will says, what it adds to its messages, which $ topics it uses."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerRole:
    """The default is the speaker itself."""

    gone: str = "offline"
    """Payload of the last will; it is also published before a clean end."""
    will_retained: bool = True
    user_properties: tuple[tuple[str, str], ...] = ()
    """MQTT 5's user properties of the connection and of each message."""
    system_topics: tuple[str, ...] = ()
    """Beginnings of topics with $ that it may use; all others are the broker's own."""


SPEAKER_ITSELF: Final = BrokerRole()
