"""What the home has: devices, what they last reported, and what to send them.

Fed with discovery messages, config entries and state messages; asked for devices, orders and readings.
It keeps no time and sends nothing itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from speaker.errors import ConfigError, SpeakerError, ToolError
from speaker.home.device_command import Action, DeviceMessage, DeviceState, Fact, FactValue, Feed, Kind, Outcome, Wish
from speaker.home.device_prompt import describe
from speaker.home.device_types import Device
from speaker.home.mqtt_discovery import announced, configured
from speaker.home.name_matching import in_room, matches
from speaker.home.naming import NOUNS, clean, listing, the
from speaker.home.renaming import Renaming, is_renaming, renamed, renaming
from speaker.home.templates import MAX_PAYLOAD_BYTES

__all__ = ["Action", "Device", "DeviceMessage", "DeviceRegistry", "DeviceState", "Kind", "Outcome", "Wish"]

MOST_ANNOUNCEMENTS: Final = 5_000
"""More are no house."""


class DeviceRegistry:
    """The devices of the home and their last known states."""

    def __init__(self, discovery_prefix: str = "homeassistant") -> None:
        self._prefix = discovery_prefix
        self._sources: dict[str, list[Device]] = {}
        self._devices: dict[str, Device] = {}
        self._feeds: dict[str, tuple[Feed, ...]] = {}
        self._listeners: dict[str, set[str]] = {}
        self._states: dict[str, dict[Fact, FactValue]] = {}
        self._reach: dict[str, dict[str, bool]] = {}
        # Devices may share a topic whose retained message came before the second was announced.
        self._last: dict[str, bytes] = {}
        self._renamings: list[Renaming] = []
        self._named: list[Device] | None = None

    def hear_discovery(self, topic: str, payload: bytes) -> bool:
        """Take in a discovery message; True when devices or topics changed.

        Raises SpeakerError, naming topic and field, for a malformed message, which changes nothing.
        """
        devices = announced(self._prefix, topic, payload)
        if devices and topic not in self._sources and len(self._sources) >= MOST_ANNOUNCEMENTS:
            raise SpeakerError(f"{MOST_ANNOUNCEMENTS} announcements of devices are known already; more are left out")
        return self._put(topic, devices)

    def add_configured(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Take in the devices of the config, and the names it gives to announced ones.

        Raises ConfigError with every problem; then nothing is taken in.
        """
        problems: list[str] = []
        devices: list[Device] = []
        renamings: list[Renaming] = []
        for number, entry in enumerate(entries):
            place = f"house.devices[{number}]"
            try:
                if is_renaming(entry):
                    renamings.append(renaming(place, entry))
                else:
                    devices.append(configured(place, entry))
            except SpeakerError as error:
                problems.append(str(error))
        if problems:
            raise ConfigError(problems)
        self._renamings = renamings
        self._put("", devices)

    def _put(self, source: str, devices: list[Device]) -> bool:
        """Let ``source`` stand for these devices and no others; True when that is new."""
        before = self._sources.get(source, [])
        if devices == before:
            return False
        for device in before:
            if device not in devices:
                self._drop(device)
        self._sources[source] = devices
        if not devices:
            del self._sources[source]
        for device in devices:
            if device not in before:
                self._add(device)
        self._named = None
        return True

    def _add(self, device: Device) -> None:
        self._devices[device.id] = device
        self._feeds[device.id] = device.shape.feeds()
        self._states[device.id] = {}
        self._reach[device.id] = {}
        for topic in self._topics_of(device):
            self._listeners.setdefault(topic, set()).add(device.id)
            if topic in self._last:
                self._take_in(device, topic, self._last[topic])

    def _drop(self, device: Device) -> None:
        for topic in self._topics_of(device):
            self._listeners[topic].discard(device.id)
            if not self._listeners[topic]:
                del self._listeners[topic]
                self._last.pop(topic, None)
        for kept in (self._devices, self._feeds, self._states, self._reach):
            del kept[device.id]

    def _topics_of(self, device: Device) -> set[str]:
        reach = {entry.topic for entry in device.shape.availability}
        return reach | {feed.topic for feed in self._feeds[device.id]}

    def topics(self) -> set[str]:
        """Every topic on which devices report a state or whether they can be reached."""
        return set(self._listeners)

    def hear(self, topic: str, payload: bytes) -> list[str]:
        """Take in a message; the ids of the devices that reported a state in it, sorted."""
        listeners = sorted(self._listeners.get(topic, ()))
        if listeners and len(payload) <= MAX_PAYLOAD_BYTES:
            self._last[topic] = payload
        return [name for name in listeners if self._take_in(self._devices[name], topic, payload)]

    def _take_in(self, device: Device, topic: str, payload: bytes) -> bool:
        for entry in device.shape.availability:
            online = entry.read(payload) if entry.topic == topic else None
            if online is not None:
                reach = self._reach[device.id]
                reach.pop(topic, None)  # so that the latest stands last
                reach[topic] = online
        state, reported = self._states[device.id], False
        for feed in self._feeds[device.id]:
            text = feed.text(payload) if feed.topic == topic else ""
            if not text:
                continue
            reported = True
            value = feed.read(text)
            if value is None:
                state.pop(feed.fact, None)
            else:
                state[feed.fact] = value
        return reported

    def devices(self, *kinds: Kind, room: str = "") -> list[Device]:
        """All devices of these kinds (no kind: all), in a room or everywhere, by room and name.

        A device without a room counts as in the room that its name mentions.
        """
        if self._named is None:
            self._named = sorted(_told_apart(renamed(self._devices.values(), self._renamings)), key=_order)
        fitting = [device for device in self._named if not kinds or device.kind in kinds]
        return [device for device in fitting if in_room(device, room)] if room else fitting

    def kinds(self) -> set[Kind]:
        """The kinds of devices that there are."""
        return {device.kind for device in self._devices.values()}

    def find(self, name: str, *kinds: Kind, room: str = "") -> Device:
        """The one device that ``name`` means. Raises ToolError, naming what there is, when none or several."""
        noun = NOUNS[kinds[0]] if kinds else "device"
        where = f" in the {clean(room)}" if room else ""
        if not self.devices(*kinds, room=room):
            raise ToolError(f"There is no {noun}{where}. {self._what_there_is(*kinds)}")
        found = self.matching(name, *kinds, room=room)
        if len(found) == 1:
            return found[0]
        if found:
            choice = listing([_placed(device) for device in found], "or")
            raise ToolError(f'"{clean(name)}"{where} may mean {choice}. Ask which one is meant.')
        raise ToolError(f'There is no {noun} called "{clean(name)}"{where}. {self._what_there_is(*kinds, room=room)}')

    def matching(self, name: str, *kinds: Kind, room: str = "") -> list[Device]:
        """All devices of these kinds that ``name`` may mean; none when it means nothing here."""
        rooms = {device.room for device in self.devices() if device.room}
        return matches(name, self.devices(*kinds, room=room), rooms)

    def _what_there_is(self, *kinds: Kind, room: str = "") -> str:
        devices = self.devices(*kinds, room=room)
        if not devices:
            return "None is known yet." if not kinds else "None of that kind is known."
        return f"There is: {listing([_placed(device) for device in devices])}."

    def order(self, device: Device, wish: Wish) -> list[DeviceMessage]:
        """The messages that ask ``device`` for ``wish``. Raises ToolError when it cannot do that."""
        try:
            device.shape.refuse(wish, self.spoken(device))
            messages = device.shape.order(wish, self.spoken(device))
        except ToolError as error:
            raise ToolError(str(error)[:1].upper() + str(error)[1:]) from error
        if not all(message.payload for message in messages):
            raise ToolError(f"The announcement of {self.spoken(device)} has a command template that fails.")
        return messages

    def settled(self, device: Device, wish: Wish) -> Wish:
        """The wish with "more" and "less" as values. Raises ToolError when there is nothing to count from."""
        if wish.step is None:
            return wish
        try:
            return device.shape.settled(self.state(device), wish, self.spoken(device))
        except ToolError as error:
            raise ToolError(str(error)[:1].upper() + str(error)[1:]) from error

    def state(self, device: Device) -> DeviceState:
        """What the device last reported, as it is now."""
        return dict(self._states.get(device.id, {}))

    def approaches(self, device_id: str, before: DeviceState, wish: Wish) -> bool:
        """Whether the device came nearer to the wish since it reported ``before``."""
        device = self._devices.get(device_id)
        return device is not None and device.shape.approaches(before, self._states[device_id], wish)

    def confirms(self, device: Device, wish: Wish) -> bool:
        """Whether the device reports all that must be known to call the wish fulfilled."""
        asked = set() if device.shape.unreported(wish) else device.shape.asks(wish)
        return bool(asked) and asked <= {feed.fact for feed in self._feeds.get(device.id, ())}

    def fulfils(self, device_id: str, wish: Wish) -> bool | None:
        """Whether the device is as the wish asks; None when it never reported that, or is gone."""
        device = self._devices.get(device_id)
        return None if device is None else device.shape.fulfils(self._states[device_id], wish)

    def condition(self, device: Device) -> str | None:
        """What the device is, to be said after "is": "on at 40 percent"; None when not known."""
        return device.shape.condition(self._states.get(device.id, {}))

    def reading(self, device: Device) -> str | None:
        """The device's value as one says it: "21.5 degrees"; None when not known."""
        return device.shape.reading(self._states.get(device.id, {}))

    def available(self, device: Device) -> bool:
        """False when the device is known to be unreachable."""
        return self.presence(device) is not False

    def presence(self, device: Device) -> bool | None:
        """Whether the device says that it can be reached; None when it does not say."""
        known = list(self._reach.get(device.id, {}).values())
        complete = len(known) == len({entry.topic for entry in device.shape.availability})
        if not known:
            return None
        match device.shape.availability_mode:
            case "latest":
                return known[-1]
            case "all":
                return False if not all(known) else (True if complete else None)
            case "any":
                return True if any(known) else (False if complete else None)

    def spoken(self, device: Device) -> str:
        """The device in a sentence: "the sofa lamp"; with its room when the name is used in several."""
        same = [
            other
            for other in self.devices(device.kind)
            if other.name.casefold() == device.name.casefold() and other.id != device.id
        ]
        return the(device.name, device.kind, device.room if same else "")

    def describe(self) -> str:
        """All devices, a line for each room, for the model's instructions; at most 4,000 characters."""
        return describe(self.devices())


def _told_apart(devices: Iterable[Device]) -> list[Device]:
    """The devices, with their long names where two of a kind in a room would have the same."""
    groups: dict[tuple[str, Kind, str], list[Device]] = {}
    for device in devices:
        groups.setdefault((device.room, device.kind, device.name.casefold()), []).append(device)
    return [
        device if len(group) == 1 else replace(device, name=device.long_name)
        for group in groups.values()
        for device in group
    ]


def _order(device: Device) -> tuple[bool, str, str, str, str]:
    return not device.room, device.room, device.name.casefold(), device.kind, device.id


def _placed(device: Device) -> str:
    return f"{device.name} in the {device.room}" if device.room else device.name
