"""The MQTT broker: paho's own network thread on one side, the event loop on the other.

A callback of paho does one ``call_soon_threadsafe``. The connection mends itself; who publishes meanwhile
is told at once, since a command that arrives minutes later is worse than none.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Iterable
from typing import Any, Final

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from speaker.config.settings import MqttSettings
from speaker.errors import BrokerError
from speaker.mqtt.dispatch import Dispatcher, IncomingMessage, MessageHandler

log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 30
RECONNECT_S: Final = (1, 30)
ACK_S: Final = 5.0
"""How long a broker may take to acknowledge a message."""


class MqttClient:
    """One connection. Handlers, ``connected`` and ``trouble`` are called on the event loop."""

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        password: str | None,
        will_topic: str,
        *,
        connected: Callable[[bool], None] = lambda _: None,
        trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``connected`` is told when the broker comes and goes, ``trouble`` what is wrong with it."""
        self._settings = settings
        self._place = f"{settings.host}:{settings.port}"
        self._dispatcher = Dispatcher()
        self._tell_connected = connected
        self._trouble = trouble
        self._topics: dict[str, int] = {}
        self._unacknowledged: dict[int, asyncio.Future[str]] = {}
        self._online = False
        self._stopped = False
        self._complained = ""
        self._will_topic = will_topic
        self._loop = asyncio.get_running_loop()
        self._client = self._make_client(client_id, password)

    @property
    def online(self) -> bool:
        """Whether the broker is connected now."""
        return self._online

    def start(self) -> None:
        """Connect, now and whenever the connection is lost."""
        try:
            self._client.connect_async(self._settings.host, self._settings.port, KEEPALIVE_S)
            self._client.loop_start()
        except (OSError, ValueError) as error:
            raise BrokerError(f"the MQTT broker {self._place} cannot be used: {error}; check mqtt.host") from error

    async def stop(self) -> None:
        """Say goodbye: offline now rather than when the broker notices."""
        if self._online:
            with contextlib.suppress(BrokerError, TimeoutError):
                async with asyncio.timeout(0.5):
                    await self.publish(self._will_topic, "offline", retain=True)
        self._online, self._stopped = False, True
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def subscribe(self, filters: Iterable[str], handler: MessageHandler, *, qos: int = 1) -> None:
        """Let a handler have the messages of these filters, from now on and after every reconnection."""
        fresh = [one for one in filters if self._dispatcher.add(one, handler)]
        self._topics |= dict.fromkeys(fresh, qos)
        if fresh and self._online:
            self._client.subscribe([(topic, qos) for topic in fresh])

    def unsubscribe(self, filters: Iterable[str], handler: MessageHandler) -> None:
        """Stop giving a handler the messages of these filters."""
        unwanted = [one for one in filters if self._dispatcher.remove(one, handler)]
        for topic in unwanted:
            del self._topics[topic]
        if unwanted and self._online:
            self._client.unsubscribe(unwanted)

    async def publish(
        self, topic: str, payload: str | bytes, *, retain: bool = False, qos: int = 1, respond_to: str | None = None
    ) -> None:
        """Publish and, with QoS 1, wait until the broker has it. Raises BrokerError.

        ``respond_to`` becomes the response topic of MQTT 5; the older protocol has none.
        """
        code = self._send(topic, payload, retain=retain, qos=qos, properties=self._respond_to(respond_to))
        if qos == 0 or code is None:
            return
        future = self._unacknowledged.setdefault(code, self._loop.create_future())
        try:
            async with asyncio.timeout(ACK_S):
                problem = await future
        except TimeoutError:
            raise BrokerError(f"the MQTT broker {self._place} did not acknowledge a message to {topic}") from None
        finally:
            self._unacknowledged.pop(code, None)
        if problem:
            raise BrokerError(f"the MQTT broker {self._place} refused a message to {topic}: {problem}")

    def tell(self, topic: str, payload: str, *, retain: bool = False, qos: int = 0) -> None:
        """Publish news that may be lost while the broker is away."""
        with contextlib.suppress(BrokerError):
            self._send(topic, payload, retain=retain, qos=qos)

    def answer(self, request: IncomingMessage, payload: str) -> None:
        """Publish to the response topic of an MQTT 5 request, if it named one."""
        if request.response_topic and self._online:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own lack
            if request.correlation is not None:
                properties.CorrelationData = request.correlation
            self._client.publish(request.response_topic, payload, qos=1, properties=properties)

    def _respond_to(self, topic: str | None) -> Properties | None:
        if topic is None or self._settings.version != 5:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own lack
        properties.ResponseTopic = topic
        return properties

    def _send(
        self, topic: str, payload: str | bytes, *, retain: bool, qos: int, properties: Properties | None = None
    ) -> int | None:
        # paho would keep a QoS 1 message for later; see the module's text for why that is not wanted.
        if not self._online:
            raise BrokerError(f"the MQTT broker {self._place} is not connected")
        info = self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError(f"the MQTT broker {self._place} could not be reached: {paho.error_string(info.rc)}")
        return info.mid if qos else None

    def _make_client(self, client_id: str, password: str | None) -> paho.Client:
        settings = self._settings
        protocol = paho.MQTTv5 if settings.version == 5 else paho.MQTTv311
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=protocol)
        client.will_set(self._will_topic, "offline", qos=1, retain=True)
        client.reconnect_delay_set(*RECONNECT_S)
        if settings.username:
            client.username_pw_set(settings.username, password)
        if settings.tls:
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
            client.tls_set_context(context)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    # From here to the next line like this one: paho's thread.

    def _on_connect(self, _client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        self._to_loop(self._connected, str(reason) if reason.is_failure else "")

    def _on_connect_fail(self, _client: paho.Client, _data: object) -> None:
        # paho does not say why; an untrusted certificate looks like a closed port.
        more = ", and whether mqtt.ca_file signs its certificate" if self._settings.tls else ""
        problem = f"the MQTT broker {self._place} does not answer; check mqtt.host and mqtt.port{more}"
        self._to_loop(self._complain, problem)

    def _on_disconnect(
        self, _client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self._to_loop(self._disconnected, str(reason))

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        properties = message.properties
        response_topic = getattr(properties, "ResponseTopic", None)
        correlation = getattr(properties, "CorrelationData", None)
        incoming = IncomingMessage(message.topic, bytes(message.payload), message.retain, response_topic, correlation)
        self._to_loop(self._dispatcher.dispatch, incoming)

    def _on_publish(self, _client: paho.Client, _data: object, mid: int, reason: ReasonCode, _p: object) -> None:
        self._to_loop(self._acknowledged, mid, str(reason) if reason.is_failure else "")

    def _to_loop(self, call: Callable[..., None], *args: Any) -> None:  # noqa: ANN401 - passes through
        with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
            self._loop.call_soon_threadsafe(call, *args)

    # Back on the event loop.

    def _connected(self, refusal: str) -> None:
        if refusal:
            self._complain(
                f"the MQTT broker {self._place} refuses us: {refusal}; "
                "check mqtt.username and the credential mqtt_password"
            )
            return
        log.info("= broker %s connected", self._place)
        self._online, self._complained = True, ""
        if self._topics:
            self._client.subscribe(list(self._topics.items()))
        self._tell_connected(True)

    def _disconnected(self, reason: str) -> None:
        if not self._online:
            self._turned_away(reason)
            return
        self._online = False
        log.warning("= broker %s lost: %s; reconnecting", self._place, reason)
        for future in self._unacknowledged.values():
            if not future.done():
                future.set_result("the connection was lost")
        self._tell_connected(False)

    def _turned_away(self, reason: str) -> None:
        """The connection ended before we were let in; when that was explained already, this adds nothing."""
        if self._stopped or self._complained:
            return
        more = "mqtt.cert_file and mqtt.key_file" if self._settings.tls else "mqtt.tls and mqtt.version"
        self._complain(f"the MQTT broker {self._place} ends the connection at once: {reason}; check {more}")

    def _complain(self, problem: str) -> None:
        if problem != self._complained:
            log.error("%s; it is tried again until it works", problem)
            self._trouble(problem)
        self._complained = problem

    def _acknowledged(self, mid: int, problem: str) -> None:
        future = self._unacknowledged.get(mid)
        if future is not None and not future.done():
            future.set_result(problem)
