"""One connection to the broker: paho with its own network thread, from the first try to the end.

It is not mended: what paho keeps for later would be sent again after every reconnection, and a message that the
broker answers by closing the connection would keep us away for ever. The next connection begins with nothing.
"""

import asyncio
import contextlib
import logging
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from speaker.config.settings import MqttSettings
from speaker.errors import BrokerError, place_of
from speaker.mqtt.dispatch import IncomingMessage
from speaker.mqtt.role import BrokerRole

log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 30
RECONNECT_S: Final = (1, 30)

LARGEST_PACKET: Final = 2_097_152
"""Bytes of a message that MQTT 5 brokers are asked not to exceed."""

MOST_QUEUED: Final = 10_000
MOST_QUEUED_BYTES: Final = 33_554_432
"""What may wait for the event loop; what comes on top of that is lost."""

TURN_S: Final = 0.005
"""How long messages may keep the event loop at a time."""

_AT_ONCE: Final = 100
"""Filters in one request, so that it stays small."""

_END_S: Final = 2.0
"""How long the end waits for the network."""


class Subscription(NamedTuple):
    """How the messages of a filter are wanted."""

    qos: int = 1
    no_local: bool = False
    """Whether what this connection publishes itself does not come back; MQTT 5 only."""


class _WatchedClient(paho.Client):
    """paho's client, whose network loop does not end without a word when what comes is no MQTT."""

    ended: Callable[[str], None]
    """Told in the network thread when its loop is over, and why if that is not a plain disconnection."""

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:
        """The network loop, as ``loop_start`` begins it in a thread."""
        problem = ""
        try:
            return super().loop_forever(timeout, retry_first_connection)
        except Exception as error:  # noqa: BLE001 - it is told, with its place
            problem = f"what the broker sends cannot be read: {place_of(error)}"
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        finally:
            self.ended(problem)

    def free(self) -> None:
        """Give back what wakes the network thread, once that has ended; paho leaves it to the garbage collector."""
        self._reset_sockets(sockpair_only=True)


@dataclass(frozen=True, slots=True)
class ConnectionNews:
    """Who is told what, on the event loop; after ``close`` nobody is told anything."""

    connected: Callable[[str, int], None]
    """A refusal (empty: we are in), and the largest message that the broker takes, in bytes."""
    silent: Callable[[], None]
    """Nobody answers at the broker's address; it is tried again."""
    message: Callable[[IncomingMessage], None]
    flooded: Callable[[int], None]
    """So many messages were lost, since more came than could be taken in."""
    acknowledged: Callable[[int, str], None]
    """The number of a message, and why it was refused."""
    ended: Callable[[str, int], None]
    """The end, as text and as MQTT 5's reason."""


class BrokerConnection:
    """Made, used and closed on the event loop."""

    def __init__(
        self, settings: MqttSettings, client_id: str, will_topic: str, role: BrokerRole, news: ConnectionNews
    ) -> None:
        self._settings = settings
        self._role = role
        self._news = news
        self._loop = asyncio.get_running_loop()
        self._over = False
        self._reason: tuple[str, int] = ("the connection was lost", 0)
        self._waiting: deque[IncomingMessage] = deque()
        self._waiting_bytes = 0
        self._lost = 0
        self._taking = False
        """Whether the event loop has been asked to take in what waits."""
        self._lock = threading.Lock()
        self._finished = threading.Event()
        protocol = paho.MQTTv5 if settings.version == 5 else paho.MQTTv311
        client = _WatchedClient(CallbackAPIVersion.VERSION2, client_id, protocol=protocol, reconnect_on_failure=False)
        client.will_set(will_topic, role.gone, qos=1, retain=role.will_retained)
        client.reconnect_delay_set(*RECONNECT_S)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.ended = self._on_end
        self._client = client

    def open(self, password: str | None, context: ssl.SSLContext | None) -> None:
        """Connect, and try again while nobody answers. Raises BrokerError."""
        settings, properties = self._settings, None
        if settings.username:
            self._client.username_pw_set(settings.username, password)
        if context is not None:
            self._client.tls_set_context(context)
        if settings.version == 5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own lack
            properties.MaximumPacketSize = LARGEST_PACKET
            if self._role.user_properties:
                properties.UserProperty = list(self._role.user_properties)
        try:
            self._client.connect_async(settings.host, settings.port, KEEPALIVE_S, properties=properties)
        except (OSError, ValueError) as error:
            place = f"{settings.host}:{settings.port}"
            raise BrokerError(f"the MQTT broker {place} cannot be used: {error}; check mqtt.host") from error
        self._client.loop_start()

    async def close(self) -> None:
        """End it. A network that takes nothing any more is not waited for."""
        self._over = True
        self._client.disconnect()
        if await asyncio.to_thread(self._finished.wait, _END_S):
            self._client.free()

    def publish(
        self, topic: str, payload: str | bytes, qos: int, *, retain: bool, properties: Properties | None
    ) -> int:
        """Hand a message over; its number. Raises BrokerError."""
        try:
            info = self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        except ValueError as error:
            raise BrokerError(f"a message cannot be sent: {error}") from error
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError(f"the broker could not be reached: {paho.error_string(info.rc)}")
        return info.mid

    def subscribe(self, filters: Iterable[tuple[str, Subscription]]) -> None:
        """Ask for the messages of filters."""
        for some in _slices(list(filters)):
            if self._settings.version == 5:
                wanted = [(topic, SubscribeOptions(how.qos, noLocal=how.no_local)) for topic, how in some]
                self._client.subscribe(wanted)
            else:
                self._client.subscribe([(topic, how.qos) for topic, how in some])

    def unsubscribe(self, filters: Iterable[str]) -> None:
        """Do not want them any more."""
        for some in _slices(list(filters)):
            self._client.unsubscribe(list(some))

    # From here to the next line like this one: the network thread.

    def _on_end(self, problem: str) -> None:
        self._finished.set()
        self._to_loop(self._tell_end, *((problem, 0) if problem else self._reason))

    def _tell_end(self, problem: str, code: int) -> None:
        self._client.free()
        self._news.ended(problem, code)

    def _on_connect(
        self, _client: object, _data: object, _flags: object, reason: ReasonCode, properties: object
    ) -> None:
        largest = getattr(properties, "MaximumPacketSize", None) or 268_435_455
        self._to_loop(self._news.connected, str(reason) if reason.is_failure else "", largest)

    def _on_connect_fail(self, _client: object, _data: object) -> None:
        self._to_loop(self._news.silent)

    def _on_disconnect(self, _client: object, _data: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        self._reason = (str(reason), reason.value)

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # not every broker checks it
            return
        properties = message.properties
        incoming = IncomingMessage(
            topic, bytes(message.payload), message.retain,
            getattr(properties, "ResponseTopic", None), getattr(properties, "CorrelationData", None),
            tuple(getattr(properties, "UserProperty", ())),
        )  # fmt: skip
        with self._lock:
            if len(self._waiting) >= MOST_QUEUED or self._waiting_bytes >= MOST_QUEUED_BYTES:
                self._lost += 1
                return
            self._waiting.append(incoming)
            self._waiting_bytes += len(incoming.payload)
            idle, self._taking = not self._taking, True
        if idle:
            self._to_loop(self._take_in)

    def _on_publish(self, _client: object, _data: object, mid: int, reason: ReasonCode, _p: object) -> None:
        self._to_loop(self._news.acknowledged, mid, str(reason) if reason.is_failure else "")

    def _to_loop(self, call: Callable[..., None], *args: Any) -> None:  # noqa: ANN401 - passes through
        with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
            self._loop.call_soon_threadsafe(self._unless_over, call, *args)

    # Back on the event loop.

    def _unless_over(self, call: Callable[..., None], *args: Any) -> None:  # noqa: ANN401 - passes through
        if not self._over:
            call(*args)

    def _take_in(self) -> None:
        """Hand on what waits, for a moment; then whoever else waits for the event loop has its turn."""
        until = self._loop.time() + TURN_S
        try:
            while (incoming := self._next()) is not None:
                self._news.message(incoming)
                if self._loop.time() >= until:
                    return
        finally:
            if self._taking:
                self._loop.call_soon(self._unless_over, self._take_in)

    def _next(self) -> IncomingMessage | None:
        with self._lock:
            if self._waiting:
                incoming = self._waiting.popleft()
                self._waiting_bytes -= len(incoming.payload)
                return incoming
            lost, self._lost, self._taking = self._lost, 0, False
        if lost:
            self._news.flooded(lost)
        return None


def _slices(filters: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (filters[first : first + _AT_ONCE] for first in range(0, len(filters), _AT_ONCE))
