"""The MQTT broker: one connection after the other, and what has to outlast each of them.

Who publishes while the broker is away is told at once, since a command that arrives minutes later is worse than none.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Iterable
from typing import Final

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from speaker.config.settings import MqttSettings
from speaker.errors import BrokerError, Trouble, place_of
from speaker.mqtt.connection import BrokerConnection, ConnectionNews, Subscription
from speaker.mqtt.dispatch import Dispatcher, IncomingMessage, MessageHandler
from speaker.mqtt.reconnecting import ReconnectPlan
from speaker.mqtt.role import SPEAKER_ITSELF, BrokerRole
from speaker.mqtt.topic_names import filter_fault, shown_topic, topic_fault

log = logging.getLogger(__name__)

ACK_S: Final = 5.0
"""How long a broker may take to acknowledge a message."""

REPEAT_S: Final = 60.0
"""How often the same fault is told."""


class MqttClient:
    """Handlers, ``connected`` and ``trouble`` are called on the event loop."""

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        password: str | None,
        will_topic: str,
        *,
        role: BrokerRole = SPEAKER_ITSELF,
        connected: Callable[[bool], None] = lambda _: None,
        trouble: Trouble = lambda _problem, _about: None,
    ) -> None:
        """``connected`` is told when the broker comes and goes, ``trouble`` what is wrong with it."""
        self._settings = settings
        self._place = f"{settings.host}:{settings.port}"
        self._client_id = client_id
        self._role = role
        self._password = password
        self._context = _tls(settings) if settings.tls else None
        self._dispatcher = Dispatcher(self._handler_failed)
        self._tell_connected = connected
        self._trouble = trouble
        self._topics: dict[str, Subscription] = {}
        self._unacknowledged: dict[int, asyncio.Future[str]] = {}
        self._online = False
        self._came_s = 0.0
        self._largest = 0
        self._complained = ""
        self._failed_s: dict[str, float] = {}
        """Place in the code → when a handler failed there last."""
        self._will_topic = will_topic
        self._loop = asyncio.get_running_loop()
        self._plan = ReconnectPlan(client_id)
        self._again: asyncio.TimerHandle | None = None
        self._connection: BrokerConnection | None = None

    @property
    def online(self) -> bool:
        """Whether the broker is connected now."""
        return self._online

    def start(self) -> None:
        """Connect, now and whenever the connection is lost. Raises BrokerError."""
        news = ConnectionNews(
            self._connected, self._silent, self._dispatcher.dispatch, self._flooded, self._acknowledged, self._ended
        )
        self._connection = BrokerConnection(self._settings, self._client_id, self._will_topic, self._role, news)
        self._connection.open(self._password, self._context)

    async def stop(self) -> None:
        """Say goodbye: offline now rather than when the broker notices."""
        if self._online:
            with contextlib.suppress(BrokerError, TimeoutError):
                async with asyncio.timeout(0.5):
                    await self.publish(self._will_topic, self._role.gone, retain=self._role.will_retained)
        self._online = False
        if self._again is not None:
            self._again.cancel()
        if self._connection is not None:
            await self._connection.close()

    def subscribe(
        self, filters: Iterable[str], handler: MessageHandler, *, qos: int = 1, no_local: bool = False
    ) -> None:
        """Let a handler have the messages of these filters, from now on and after every reconnection.

        ``no_local``: without those that this client publishes itself (MQTT 5 only). A filter that no broker takes is
        left out, and told.
        """
        wanted = Subscription(qos, no_local)
        fresh = [one for one in filters if self._can_be_heard(one) and self._dispatcher.add(one, handler)]
        self._topics |= dict.fromkeys(fresh, wanted)
        if self._online and self._connection is not None:
            self._connection.subscribe([(topic, wanted) for topic in fresh])

    def unsubscribe(self, filters: Iterable[str], handler: MessageHandler) -> None:
        """Stop giving a handler the messages of these filters."""
        unwanted = [one for one in filters if self._dispatcher.remove(one, handler)]
        for topic in unwanted:
            del self._topics[topic]
        if self._online and self._connection is not None:
            self._connection.unsubscribe(unwanted)

    def _can_be_heard(self, topic_filter: str) -> bool:
        if fault := filter_fault(topic_filter, self._role.system_topics):
            self._say_wrong(f"the topic {shown_topic(topic_filter)} {fault}; it is not listened to")
        return not fault

    async def publish(
        self, topic: str, payload: str | bytes, *, retain: bool = False, qos: int = 1, respond_to: str | None = None
    ) -> None:
        """Publish and, with QoS 1, wait until the broker has it. Raises BrokerError.

        ``respond_to`` becomes the response topic of MQTT 5; the older protocol has none.
        """
        code = self._send(topic, payload, retain=retain, qos=qos, properties=self._properties(respond_to))
        if qos == 0:
            return
        future = self._unacknowledged.setdefault(code, self._loop.create_future())
        try:
            async with asyncio.timeout(ACK_S):
                problem = await future
        except TimeoutError:
            raise BrokerError(
                f"the MQTT broker {self._place} did not acknowledge a message to {shown_topic(topic)}"
            ) from None
        finally:
            self._unacknowledged.pop(code, None)
        if problem:
            raise BrokerError(f"the MQTT broker {self._place} refused a message to {shown_topic(topic)}: {problem}")

    def tell(self, topic: str, payload: str, *, retain: bool = False, qos: int = 0) -> None:
        """Publish news that may be lost while the broker is away."""
        with contextlib.suppress(BrokerError):
            self._send(topic, payload, retain=retain, qos=qos, properties=self._properties())

    def answer(self, request: IncomingMessage, payload: str) -> None:
        """Publish to the response topic of an MQTT 5 request, if it named one that can be published to."""
        if not request.response_topic:
            return
        properties = self._properties(correlation=request.correlation)
        try:
            self._send(request.response_topic, payload, retain=False, qos=1, properties=properties)
        except BrokerError as error:
            log.warning("a request on %s is not answered: %s", shown_topic(request.topic), error)

    def _properties(self, respond_to: str | None = None, correlation: bytes | None = None) -> Properties | None:
        mine = self._role.user_properties
        if self._settings.version != 5 or not (mine or respond_to is not None or correlation is not None):
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own lack
        if respond_to is not None:
            properties.ResponseTopic = respond_to
        if correlation is not None:
            properties.CorrelationData = correlation
        if mine:
            properties.UserProperty = list(mine)
        return properties

    def _send(
        self, topic: str, payload: str | bytes, *, retain: bool, qos: int, properties: Properties | None = None
    ) -> int:
        # paho would keep a QoS 1 message for later; see the module's text for why that is not wanted.
        if not self._online or self._connection is None:
            raise BrokerError(f"the MQTT broker {self._place} is not connected")
        if fault := topic_fault(topic, self._role.system_topics):
            raise BrokerError(f"the topic {shown_topic(topic)} {fault}, so nothing is sent there")
        # A topic, its properties and the rest of the packet are small beside this.
        if len(payload) * (4 if isinstance(payload, str) else 1) > self._largest - 4_096:
            size = len(payload.encode(errors="replace") if isinstance(payload, str) else payload)
            if size > self._largest - 4_096:
                raise BrokerError(f"a message of {size} bytes is more than the MQTT broker {self._place} takes")
        try:
            return self._connection.publish(topic, payload, qos, retain=retain, properties=properties)
        except BrokerError as error:
            raise BrokerError(f"the MQTT broker {self._place}: {error}") from error

    # What the connection tells.

    def _connected(self, refusal: str, largest: int) -> None:
        if refusal:
            self._complain(
                f"the MQTT broker {self._place} refuses us: {refusal}; "
                "check mqtt.username and the credential mqtt_password"
            )
            return
        log.info("= broker %s connected", self._place)
        self._online, self._complained, self._largest = True, "", largest
        self._came_s = self._loop.time()
        if self._connection is not None:
            self._connection.subscribe(self._topics.items())
        self._tell_connected(True)

    def _silent(self) -> None:
        # paho does not say why; an untrusted certificate looks like a closed port.
        more = ", and whether mqtt.ca_file signs its certificate" if self._settings.tls else ""
        self._complain(f"the MQTT broker {self._place} does not answer; check mqtt.host and mqtt.port{more}")

    def _ended(self, reason: str, code: int) -> None:
        if not self._online:
            self._turned_away(reason)
            self._wait(self._plan.turned_away())
            return
        self._online = False
        wait_s, problem = self._plan.ended(self._loop.time() - self._came_s, code)
        log.warning("= broker %s lost: %s; connecting again in %g seconds", self._place, reason, wait_s)
        for future in self._unacknowledged.values():
            if not future.done():
                future.set_result("the connection was lost")
        self._tell_connected(False)
        if problem:
            self._complain(problem)
        self._wait(wait_s)

    def _wait(self, seconds: float) -> None:
        self._again = self._loop.call_later(seconds, self._start_again)

    def _start_again(self) -> None:
        try:
            self.start()
        except (BrokerError, RuntimeError) as error:  # the latter when there can be no further thread
            self._complain(str(error))
            self._wait(self._plan.turned_away())

    def _turned_away(self, reason: str) -> None:
        """The connection ended before we were let in; when that was explained already, this adds nothing."""
        if self._complained:
            return
        more = "mqtt.cert_file and mqtt.key_file" if self._settings.tls else "mqtt.tls and mqtt.version"
        self._complain(f"the MQTT broker {self._place} ends the connection at once: {reason}; check {more}")

    def _flooded(self, lost: int) -> None:
        self._say_wrong(f"{lost} MQTT messages are lost: more came than can be taken in")

    def _handler_failed(self, topic: str, error: Exception) -> None:
        """One line for each place where it goes wrong, now and then: who sends one such message sends more."""
        place, now_s = place_of(error), self._loop.time()
        log.debug("a message to %s could not be taken in", shown_topic(topic), exc_info=error)
        if now_s - self._failed_s.get(place, -REPEAT_S) >= REPEAT_S:
            self._failed_s[place] = now_s
            self._say_wrong(f"a message to {shown_topic(topic)} could not be taken in: {place}")

    def _complain(self, problem: str) -> None:
        if problem != self._complained:
            log.error("%s; it is tried again until it works", problem)
            self._trouble(problem, "broker")
        self._complained = problem

    def _say_wrong(self, problem: str) -> None:
        log.warning("%s", problem)
        self._trouble(problem, "conversation")

    def _acknowledged(self, mid: int, problem: str) -> None:
        future = self._unacknowledged.get(mid)
        if future is not None and not future.done():
            future.set_result(problem)


def _tls(settings: MqttSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise BrokerError(f"mqtt.ca_file: {settings.ca_file} cannot be used: {error}") from error
    try:
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except (OSError, ssl.SSLError) as error:
        files = f"{settings.cert_file} with mqtt.key_file: {settings.key_file}"
        raise BrokerError(f"mqtt.cert_file: {files} cannot be used: {error}") from error
    return context
