"""What ``speaker hub-package`` brings, domain by domain, through a real Home Assistant; a part of ``tests.hub_check``.

Home Assistant needs the package for the prefix and the label, and entities that may be turned: those of its
integrations ``demo`` and ``kitchen_sink``, and helpers. They are labelled, told something by a speaker's house, and
have to become so and to say so; then the label is taken off one, and it has to be gone. Some of ``demo`` take no
label; the package has to be made with an ``--entity`` for each of ``WITHOUT_LABEL``.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from speaker.cli.remote import RemoteSpeaker
from speaker.config.settings import Settings
from speaker.daemon.house_feed import HouseFeed
from speaker.daemon.loading import configured_house
from speaker.errors import SpeakerError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import Device, DeviceRegistry, Wish

Ask = Callable[..., Awaitable[Any]]
Tell = Callable[[bool, str], None]

PLATFORMS: Final = frozenset(
    {"demo", "kitchen_sink", "manual", "input_boolean", "input_number", "input_select", "input_button", "input_text",
     "script", "homeassistant"}
)  # fmt: skip
"""Integrations whose entities are there to be turned."""

WITHOUT_LABEL: Final = (
    "humidifier.dehumidifier", "humidifier.hygrostat", "media_player.group", "media_player.lounge_room",
    "media_player.walkman", "siren.siren", "siren.siren_with_all_features", "vacuum.demo_vacuum_0_ground_floor",
    "valve.front_garden", "valve.trees", "water_heater.demo_water_heater",
)  # fmt: skip
"""Entities of ``demo`` without an id."""

SETTLED_S: Final = 4.0
"""Within this an announcement has followed a change in Home Assistant."""

WISHES: Final[dict[str, Sequence[Wish]]] = {
    "light": (Wish(brightness_percent=40), Wish(on=False), Wish(colour=(255, 0, 0)), Wish(kelvin=2700), Wish(on=True)),
    "switch": (Wish(on=True), Wish(on=False)),
    "siren": (Wish(on=True), Wish(on=False)),
    "fan": (Wish(percent=66), Wish(on=False), Wish(on=True)),
    "cover": (Wish(percent=40), Wish(tilt=30), Wish(action="close"), Wish(action="open")),
    "valve": (Wish(action="close"), Wish(action="open"), Wish(percent=50)),
    "lock": (Wish(action="unlock"), Wish(action="lock")),
    "climate": (Wish(mode="heat"), Wish(mode="heat_cool"), Wish(temperature_c=22), Wish(mode="off")),
    "water_heater": (Wish(temperature_c=55), Wish(mode="eco")),
    "humidifier": (Wish(on=True), Wish(percent=55), Wish(mode="home"), Wish(on=False)),
    "media_player": (Wish(action="play"), Wish(percent=30), Wish(action="pause"), Wish(action="next")),
    "vacuum": (Wish(action="start"), Wish(action="pause"), Wish(mode="medium"), Wish(action="return")),
    "lawn_mower": (Wish(action="start"), Wish(action="pause"), Wish(action="return")),
    "alarm_control_panel": (Wish(action="arm", mode="home"),),
    "scene": (Wish(on=True),),
    "button": (Wish(action="press"),),
}
"""What is asked for of each kind, as far as the device takes it."""


def wishes(device: Device) -> list[Wish]:
    """What can be asked of a device: what it announces that it takes."""
    found = list(WISHES.get(device.kind, ()))
    if device.kind == "number":
        low, high = (getattr(device.shape, end) for end in ("min", "max"))
        found = [Wish(number=low), Wish(number=high)]
    if device.kind == "select":
        found = [Wish(mode=str(one)) for one in getattr(device.shape, "options", [])[:3]]
    presets = getattr(device.shape, "preset_modes", [])
    found += [Wish(mode=str(presets[-1]))] if presets and device.kind in {"fan", "climate"} else []
    effects = getattr(device.shape, "effect_list", [])
    return found + ([Wish(mode=str(effects[-1]))] if effects and device.kind == "light" else [])


class PackageVisit:
    """One visit to a Home Assistant with the package."""

    def __init__(
        self, ask: Ask, tell: Tell, line: RemoteSpeaker, settings: Settings, *, prefix: str, label: str
    ) -> None:
        self._ask = ask
        self._tell = tell
        self._line = line
        self._prefix = prefix
        self._label = label
        self.house: DeviceRegistry = configured_house(settings)
        self._home = DeviceController(self.house, line.broker, settings.tools.confirm_timeout_s, approve=_anything)
        self.announced: dict[str, Any] = {}
        self._done: set[tuple[str, Wish]] = set()

    async def visit(self) -> None:
        """Everything, once."""
        entities = await self._labelled()
        self._line.listen([f"{self._prefix}/+/+/+/config", f"{self._prefix}/state/#"])
        HouseFeed(self._line.broker, self.house, self._home).start([self._prefix])
        await asyncio.sleep(2 * SETTLED_S)
        self._collect()
        names = {
            topic.split("/")[-3] + "." + topic.split("/")[-2] for topic in self.announced if "/state/" not in topic
        }
        self._tell(names <= set(entities), f"{len(names)} of {len(entities)} labelled entities are announced")
        for device in sorted(
            self.house.devices(), key=lambda one: one.kind == "switch"
        ):  # a TV that is off has no source
            await self._try(device)
        lacking = [
            f"{kind}: {_said(one)}" for kind, all_ in WISHES.items() for one in all_ if (kind, one) not in self._done
        ]
        self._tell(
            not lacking, f"every kind was asked for everything{', but not for ' if lacking else ''}{lacking or ''}"
        )
        await self._unlabelled(device_of=sorted(names)[0])

    async def _labelled(self) -> list[str]:
        """Label what may be turned; the entities."""
        labels = {one["label_id"] for one in await self._ask("config/label_registry/list")}
        if self._label not in labels:
            await self._ask("config/label_registry/create", name=self._label)
        entries = await self._ask("config/entity_registry/list")
        ours = [one["entity_id"] for one in entries if one["platform"] in PLATFORMS and not one["disabled_by"]]
        for entity in ours:
            await self._ask("config/entity_registry/update", entity_id=entity, labels=[self._label])
        return [*ours, *WITHOUT_LABEL]

    def _collect(self) -> None:
        while not self._line.messages.empty():
            message = self._line.messages.get_nowait()
            self.announced[message.topic] = json.loads(message.payload) if message.payload else None

    async def _try(self, device: Device) -> None:
        reading = self._home.reading(device)
        self._tell(True, f"{device.id} {device.name!r} in {device.room or 'no room'}: {reading}")
        for wish in wishes(device):
            try:
                device.shape.refuse(wish, "it")
                outcome = await self._home.act(device, wish)
            except SpeakerError as error:
                self._tell(True, f"  {_said(wish)} → not for it: {error}")
                continue
            self._done.add((device.kind, wish))
            self._tell(outcome.status in {"confirmed", "sent"}, f"  {_said(wish)} → {outcome.status}: {outcome.text}")

    async def _unlabelled(self, device_of: str) -> None:
        await self._ask("config/entity_registry/update", entity_id=device_of, labels=[])
        await asyncio.sleep(SETTLED_S)
        gone = {f"{one.kind}/{device_of.replace('.', '/')}" for one in self.house.devices()}
        there = {one.id for one in self.house.devices()}
        self._tell(not gone & there, f"{device_of} lost its label and is gone")
        await self._ask("config/entity_registry/update", entity_id=device_of, labels=[self._label])


def _said(wish: Wish) -> str:
    return ", ".join(f"{field} {value}" for field, value in asdict(wish).items() if value is not None)


async def _anything(device: Device, wish: Wish, sentence: str) -> bool:
    return True
