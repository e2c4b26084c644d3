"""What the devices last reported: who hears which topic, and what each message states.

The work for one message is bounded: it is decoded once, each template runs once, and all of them together under one
budget, the cheapest first, so that a greedy one takes from itself alone.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from speaker.home.device_command import DeviceState, Fact, FactValue, Feed, NotKnown
from speaker.home.device_types import Availability, Device
from speaker.home.templates import MAX_PAYLOAD_BYTES, Incoming

MOST_REMEMBERED_BYTES: Final = 16 * 1024 * 1024
"""Of last messages, kept for devices that are announced after them; the oldest are forgotten first."""


class _Listener:
    """A device, as a topic sees it."""

    __slots__ = ("device", "entries", "feeds")

    def __init__(self, device: Device) -> None:
        self.device = device
        self.feeds: list[Feed] = []
        self.entries: list[tuple[int, Availability]] = []

    @property
    def cost(self) -> int:
        return sum(feed.cost for feed in self.feeds)


class DeviceReports:
    """The states of the devices, and whether they can be reached."""

    def __init__(self) -> None:
        self._facts: dict[str, frozenset[Fact]] = {}
        self._heard: dict[str, set[str]] = {}
        self._topics: dict[str, dict[str, _Listener]] = {}
        self._states: dict[str, dict[Fact, FactValue]] = {}
        self._reach: dict[str, dict[int, bool]] = {}
        # Devices may share a topic whose retained message came before the second was announced.
        self._last: dict[str, bytes] = {}
        self._remembered = 0
        self._fresh: dict[str, None] = {}
        self._stale: dict[str, None] = {}

    def change(self, gone: Iterable[Device], new: Iterable[Device]) -> None:
        """Forget devices and take in others, which learn at once what was said on their topics before."""
        left: set[str] = set()
        for device in gone:
            left |= self._drop(device)
        for device in new:
            self._add(device)
        for topic in left:
            if topic not in self._topics:
                self._remembered -= len(self._last.pop(topic, b""))

    def _add(self, device: Device) -> None:
        feeds = device.shape.feeds()
        self._facts[device.id] = frozenset(feed.fact for feed in feeds)
        self._states[device.id] = {}
        self._reach[device.id] = {}
        mine: dict[str, _Listener] = {}
        for feed in feeds:
            for topic in {feed.topic, *device.shape.also_on}:
                mine.setdefault(topic, _Listener(device)).feeds.append(feed)
        for number, entry in enumerate(device.shape.availability):
            mine.setdefault(entry.topic, _Listener(device)).entries.append((number, entry))
        self._heard[device.id] = set(mine)
        for topic, listener in mine.items():
            if topic not in self._topics:
                self._topics[topic] = {}
                if self._stale.pop(topic, 0) == 0:
                    self._fresh[topic] = None
            self._topics[topic][device.id] = listener
            if topic in self._last:
                self._take_in(listener, Incoming(self._last[topic]))

    def _drop(self, device: Device) -> set[str]:
        """Forget a device; the topics that it heard."""
        heard = self._heard.pop(device.id)
        for topic in heard:
            del self._topics[topic][device.id]
            if not self._topics[topic]:
                del self._topics[topic]
                if self._fresh.pop(topic, 0) == 0:
                    self._stale[topic] = None
        del self._facts[device.id], self._states[device.id], self._reach[device.id]
        return heard

    def topics(self) -> set[str]:
        """Every topic on which devices report a state or whether they can be reached."""
        return set(self._topics)

    def new_topics(self) -> tuple[list[str], list[str]]:
        """The topics that are wanted since this was asked last, and those that are wanted no more."""
        wanted, unwanted = list(self._fresh), list(self._stale)
        self._fresh.clear()
        self._stale.clear()
        return wanted, unwanted

    def hear(self, topic: str, payload: bytes) -> list[str]:
        """Take in a message; the ids of the devices that reported a state in it, sorted."""
        listeners = self._topics.get(topic)
        if not listeners:
            return []
        self._remember(topic, payload)
        message = Incoming(payload)
        order = sorted(listeners.values(), key=lambda one: one.cost) if len(listeners) > 1 else listeners.values()
        return sorted(one.device.id for one in order if self._take_in(one, message))

    def _remember(self, topic: str, payload: bytes) -> None:
        if len(payload) > MAX_PAYLOAD_BYTES:
            return
        self._remembered += len(payload) - len(self._last.pop(topic, b""))
        self._last[topic] = payload
        while self._remembered > MOST_REMEMBERED_BYTES:
            oldest = next(iter(self._last))
            self._remembered -= len(self._last.pop(oldest))

    def _take_in(self, listener: _Listener, message: Incoming) -> bool:
        name = listener.device.id
        reach = self._reach[name]
        for number, entry in listener.entries:
            online = entry.stated(message)
            if online is not None:
                reach.pop(number, None)  # so that the latest stands last
                reach[number] = online
        state, reported = self._states[name], False
        for feed in listener.feeds:
            value = feed.stated(message)
            if value is None:
                continue
            reported = True
            if isinstance(value, NotKnown):
                state.pop(feed.fact, None)
            else:
                state[feed.fact] = listener.device.shape.taken(state, feed.fact, value)
        return reported

    def state(self, device_id: str) -> DeviceState:
        """What a device last reported; nothing of one that is not known."""
        return self._states.get(device_id, {})

    def facts(self, device_id: str) -> frozenset[Fact]:
        """What a device reports at all."""
        return self._facts.get(device_id, frozenset())

    def reach(self, device_id: str) -> Mapping[int, bool]:
        """Which of its availability topics said what, by number, the latest last."""
        return self._reach.get(device_id, {})
