"""A broker without a network: the product's own dispatcher, and a list of what was published."""

from collections.abc import Iterable

from speaker.errors import BrokerError
from speaker.mqtt.dispatch import Dispatcher, IncomingMessage, MessageHandler


class InMemoryBroker:
    """Takes down what is published, and delivers what a test says."""

    def __init__(self, *, broken: bool = False) -> None:
        self.sent: list[tuple[str, str]] = []
        self._dispatcher = Dispatcher(self._fail)
        self._broken = broken

    def subscribe(self, filters: Iterable[str], handler: MessageHandler, *, qos: int = 1) -> None:
        for one in filters:
            self._dispatcher.add(one, handler)

    def unsubscribe(self, filters: Iterable[str], handler: MessageHandler) -> None:
        for one in filters:
            self._dispatcher.remove(one, handler)

    async def publish(self, topic: str, payload: str, *, respond_to: str | None = None) -> None:
        if self._broken:
            raise BrokerError("the broker is away")
        self.sent.append((topic, payload))

    def _fail(self, topic: str, error: Exception) -> None:
        raise error

    def deliver(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        self._dispatcher.dispatch(IncomingMessage(topic, payload, retained=retained))
