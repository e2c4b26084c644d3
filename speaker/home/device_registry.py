"""What the home has: devices, what they last reported, and what to send them.

Fed with discovery messages, config entries and state messages; asked for devices, orders and readings.
It keeps no time and sends nothing itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from speaker.errors import ConfigError, SpeakerError, ToolError
from speaker.home.device_command import Action, DeviceMessage, DeviceState, Kind, Outcome, Wish
from speaker.home.device_listing import DeviceListing
from speaker.home.device_prompt import describe
from speaker.home.device_reports import DeviceReports
from speaker.home.device_types import Device
from speaker.home.mqtt_discovery import Announced, announced, component_of, configured, told_once
from speaker.home.name_matching import matches
from speaker.home.naming import NOUNS, clean, listing, the
from speaker.home.own_topics import Forbidden, nothing_forbidden, told_topics
from speaker.home.places import Places
from speaker.home.renaming import Renaming, is_renaming, renamed, renaming
from speaker.home.tasmota import read_example, tasmota_device, tasmota_place
from speaker.home.tasmota_announced import TasmotaParts, tasmota_announced
from speaker.home.telling_apart import told_apart
from speaker.home.templates import BrokenTemplateError

__all__ = ["Action", "Device", "DeviceMessage", "DeviceRegistry", "DeviceState", "Kind", "Outcome", "Wish"]

MOST_DEVICES: Final = 5_000
"""More are no house."""

MOST_ANNOUNCED_BYTES: Final = 32 * 1024 * 1024
"""Of all announcements together; 5,000 usual ones are a quarter of it."""


class DeviceRegistry:
    """The devices of the home and their last known states."""

    def __init__(
        self,
        prefixes: Sequence[str] = ("homeassistant",),
        forbidden: Forbidden = nothing_forbidden,
        places: Places | None = None,
    ) -> None:
        """Devices are announced below ``prefixes``; ``forbidden`` says why they may not be told something on a topic.

        See ``own_topics``. ``places``: where "here" is, and which floors there are.
        """
        self.places = places or Places()
        self._prefixes = sorted(prefixes, key=len, reverse=True)  # one may stand below another
        self._forbidden = forbidden
        self._listing = DeviceListing()
        self._devices: dict[str, Device] = {}
        self._reports = DeviceReports()
        self._tasmota: dict[str, TasmotaParts] = {}
        self._sizes: dict[str, int] = {}
        self._bytes = 0
        """Of all announcements that count, each source by itself and together."""
        self._renamings: list[Renaming] = []
        self._named: list[Device] | None = None
        self._doubled: Counter[tuple[Kind, str]] = Counter()

    def hear_discovery(self, topic: str, payload: bytes) -> bool:
        """Take in a discovery message; True when devices or topics changed.

        Raises SpeakerError, naming topic and field, for a malformed message, which changes nothing. Of a device
        with a malformed component the others are taken in before it is raised, and that one stays as it was.
        """
        if (place := tasmota_place(topic)) is not None:
            return self._hear_tasmota(*place, topic, payload)
        for prefix in self._prefixes:
            if component_of(prefix, topic) is not None:
                return self._take_in(topic, announced(prefix, topic, payload), len(payload))
        return False

    def _hear_tasmota(self, name: str, part: str, topic: str, payload: bytes) -> bool:
        """The same for a message of Tasmota's own discovery: what the device has, or what its sensors tell."""
        known = self._tasmota.get(name, TasmotaParts())
        if part == "sensors":
            known = replace(known, told=read_example(topic, payload) if payload.strip() else {})
        else:
            known = replace(known, device=tasmota_device(topic, payload) if payload.strip() else None)
        if name not in self._tasmota and len(self._tasmota) >= MOST_DEVICES:
            raise SpeakerError(f"{topic}: {MOST_DEVICES} devices are known already; more are left out")
        self._tasmota[name] = known
        if known == TasmotaParts():
            del self._tasmota[name]
        return self._take_in(f"tasmota/discovery/{name}", tasmota_announced(name, known, topic), len(payload))

    def _take_in(self, topic: str, found: Announced, size: int) -> bool:
        """Let a source stand for what it announces. Raises SpeakerError for what of it cannot be used."""
        before = self._listing.of(topic)
        devices, problems = [*found.devices], [*found.problems]
        for device in found.devices:
            if problem := self._refusal(device, topic):
                problems.append(problem)
                devices.remove(device)
        kept = [before[name] for name in found.unreadable if name in before]
        room = MOST_DEVICES - self._listing.announced + len(before)
        if len(devices) + len(kept) > room:
            devices, kept = [], [*before.values()]
            problems.append(f"{topic}: {MOST_DEVICES} devices are known already; more are left out")
        elif devices and self._bytes - self._sizes.get(topic, 0) + size > MOST_ANNOUNCED_BYTES:
            devices, kept = [], [*before.values()]
            problems.append(
                f"{topic}: announcements of {MOST_ANNOUNCED_BYTES} bytes are known already; more are left out"
            )
        changed = self._put(topic, [*devices, *kept])
        self._bytes -= self._sizes.pop(topic, 0)
        if self._listing.of(topic):
            self._sizes[topic] = size
            self._bytes += size
        if problems:
            raise SpeakerError(told_once(problems))
        return changed

    def _refusal(self, device: Device, topic: str) -> str:
        """Why a device may not be told what it wants to be told; empty when it may."""
        reasons = ((field, self._forbidden(told)) for field, told in told_topics(device.shape))
        faults = (
            f"{topic}: {field}: this topic {why}, so no device is told anything there" for field, why in reasons if why
        )
        return next(faults, "")

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
        gone, new = self._listing.put(source, devices)
        for device in gone:
            del self._devices[device.id]
        self._devices |= {device.id: device for device in new}
        self._reports.change(gone, new)
        if gone or new:
            self._named = None
        return bool(gone or new)

    def topics(self) -> set[str]:
        """Every topic on which devices report a state or whether they can be reached."""
        return self._reports.topics()

    def new_topics(self) -> tuple[list[str], list[str]]:
        """The topics that are wanted since this was asked last, and those that are wanted no more."""
        return self._reports.new_topics()

    def hear(self, topic: str, payload: bytes) -> list[str]:
        """Take in a message; the ids of the devices that reported a state in it, sorted."""
        return self._reports.hear(topic, payload)

    def devices(self, *kinds: Kind, room: str = "") -> list[Device]:
        """All devices of these kinds (no kind: all), in a room, on a floor or everywhere, by room and name.

        One without a room is in the room that its name mentions. Raises ToolError when nobody knows where "here" is.
        """
        if self._named is None:
            self._named = sorted(told_apart(renamed(self._devices.values(), self._renamings)), key=_order)
            self._doubled = Counter((device.kind, device.name.casefold()) for device in self._named)
        fitting = [device for device in self._named if not kinds or device.kind in kinds]
        return [device for device in fitting if self.places.holds(room, device)] if room else fitting

    def kinds(self) -> set[Kind]:
        """The kinds of devices that there are."""
        return {device.kind for device in self._devices.values()}

    def find(self, name: str, *kinds: Kind, room: str = "") -> Device:
        """The one device that ``name`` means; of several the one in the speaker's own room, if there is one.

        Raises ToolError, naming what there is, when none or several.
        """
        noun = NOUNS[kinds[0]] if kinds else "device"
        where = self.places.spoken(room)
        if not self.devices(*kinds, room=room):
            raise ToolError(f"There is no {noun}{where}. {self._what_there_is(*kinds)}")
        found = self.matching(name, *kinds, room=room)
        if len(found) > 1 and not room and len(near := self.places.near(found)) == 1:
            return near[0]
        if len(found) == 1:
            return found[0]
        if found:
            choice = listing([_placed(device) for device in found], "or")
            raise ToolError(f'"{clean(name)}"{where} may mean {choice}.', note="Ask which one is meant.")
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
            return device.shape.order(device.shape.completed(wish, self.state(device)), self.spoken(device))
        except ToolError as error:
            raise ToolError(str(error)[:1].upper() + str(error)[1:]) from error
        except BrokenTemplateError as error:
            raise ToolError(f"The announcement of {self.spoken(device)} has a command template that fails.") from error

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
        return dict(self._reports.state(device.id))

    def approaches(self, device_id: str, before: DeviceState, wish: Wish) -> bool:
        """Whether the device came nearer to the wish since it reported ``before``."""
        device = self._devices.get(device_id)
        return device is not None and device.shape.approaches(before, self._reports.state(device_id), wish)

    def confirms(self, device: Device, wish: Wish) -> bool:
        """Whether the device reports all that must be known to call the wish fulfilled."""
        asked = set() if device.shape.unreported(wish) else device.shape.asks(wish)
        return bool(asked) and asked <= self._reports.facts(device.id)

    def fulfils(self, device_id: str, wish: Wish) -> bool | None:
        """Whether the device is as the wish asks; None when it never reported that, or is gone."""
        device = self._devices.get(device_id)
        return None if device is None else device.shape.fulfils(self._reports.state(device_id), wish)

    def condition(self, device: Device, age_s: float | None = None) -> str | None:
        """What the device is, to be said after "is": "on at 40 percent"; None when not known.

        ``age_s`` is how long ago it reported, if that is known: some values do not keep.
        """
        return device.shape.condition(device.shape.aged(self._reports.state(device.id), age_s))

    def reading(self, device: Device, age_s: float | None = None) -> str | None:
        """The device's value as one says it: "21.5 degrees"; None when not known."""
        return device.shape.reading(device.shape.aged(self._reports.state(device.id), age_s))

    def available(self, device: Device) -> bool:
        """False when the device is known to be unreachable."""
        return self.presence(device) is not False

    def presence(self, device: Device) -> bool | None:
        """Whether the device says that it can be reached; None when it does not say."""
        known = list(self._reports.reach(device.id).values())
        complete = len(known) == len(device.shape.availability)
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
        self.devices()
        several = self._doubled[device.kind, device.name.casefold()] > 1
        return the(device.name, device.kind, device.room if several else "")

    def describe(self) -> str:
        """All devices, a line for each room, for the model's instructions; at most 4,000 characters."""
        return describe([device for device in self.devices() if not device.aside])


def _order(device: Device) -> tuple[bool, str, str, str, str]:
    return not device.room, device.room, device.name.casefold(), device.kind, device.id


def _placed(device: Device) -> str:
    return f"{device.name} in the {device.room}" if device.room else device.name
