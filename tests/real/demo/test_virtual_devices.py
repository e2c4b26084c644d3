"""A house of 300 devices of every kind on a real broker: taken in, commanded, confirmed, refused, not answered."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import get_args

import pytest

from speaker.config.settings import MqttSettings
from speaker.daemon.house_feed import HouseFeed
from speaker.demo.broker import PrivateBroker
from speaker.demo.virtual_devices import big_house
from speaker.demo.virtual_house import VirtualHouse
from speaker.home.device_controller import DeviceController
from speaker.home.device_prompt import MAX_CHARACTERS
from speaker.home.device_registry import DeviceRegistry, Kind, Wish
from speaker.mqtt.client import MqttClient
from tests.support.announced_homes import announce

COUNT = 300
CONFIRM_S = 6.0
"""Ample for a busy machine, since every lamp that is merely late would count as silent."""


def test_three_hundred_devices_are_described_in_a_thousand_tokens() -> None:
    house = DeviceRegistry()
    devices = big_house(COUNT)
    announce(devices, house)
    assert len({one.key for one in devices}) == COUNT
    assert {device.kind for device in house.devices()} == set(get_args(Kind))
    text = house.describe()
    assert len(text) <= MAX_CHARACTERS
    assert all(f"- {room}: " in text for room in {device.room for device in house.devices()})


class Town:
    """A speaker's side of the broker: what the app does with its messages, and nothing else."""

    def __init__(self, port: int) -> None:
        self.house = DeviceRegistry()
        self.broker = MqttClient(
            MqttSettings(host="127.0.0.1", port=port), "speaker-town", None, "town/availability",
        )  # fmt: skip
        self.home = DeviceController(self.house, self.broker, CONFIRM_S)
        self.feed = HouseFeed(self.broker, self.house, self.home)


async def until(met: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not met():
            await asyncio.sleep(0.02)


@pytest.fixture
async def town(broker: PrivateBroker) -> AsyncIterator[tuple[Town, VirtualHouse]]:
    virtual = VirtualHouse(broker.port, big_house(COUNT))
    town = Town(broker.port)
    await virtual.open()
    town.feed.start(["homeassistant"])
    town.broker.start()
    ours = {one.announced["unique_id"] for one in virtual.devices}
    reporting = sum(bool(one.state_topic) for one in virtual.devices)
    await until(lambda: ours <= {device.unique_id for device in town.house.devices()})
    known = (device for device in town.house.devices() if device.unique_id in ours)
    devices = list(known)
    await until(lambda: sum(town.house.condition(device) is not None for device in devices) >= reporting)
    yield town, virtual
    for one in virtual.devices:
        await virtual.broker.publish(f"homeassistant/{one.component}/{one.key}/config", "", retain=True)
        if one.state_topic:
            await virtual.broker.publish(one.state_topic, "", retain=True)
    await town.broker.stop()
    await virtual.close()


WISHES: dict[Kind, Wish] = {
    "light": Wish(colour=(255, 0, 0), brightness_percent=40),
    "switch": Wish(on=True),
    "cover": Wish(action="open"),
    "climate": Wish(temperature_c=22),
    "fan": Wish(percent=75),
    "lock": Wish(action="unlock"),
    "media_player": Wish(action="play"),
    "vacuum": Wish(action="start"),
    "humidifier": Wish(percent=60),
    "number": Wish(number=25),
    "select": Wish(mode="fast"),
    "valve": Wish(action="open"),
    "siren": Wish(on=True),
    "lawn_mower": Wish(action="start"),
    "water_heater": Wish(temperature_c=55),
    "alarm_control_panel": Wish(action="arm", mode="away"),
    "text": Wish(mode="Good evening"),
}


async def test_a_few_of_every_kind_obey_refuse_and_stay_silent(town: tuple[Town, VirtualHouse]) -> None:
    speaker, virtual = town
    devices = {one.announced["unique_id"]: one for one in virtual.devices}
    asked = []
    for kind, wish in WISHES.items():
        three = [device for device in speaker.house.devices(kind) if device.unique_id in devices][:3]
        for device, (obeys, plugged_in) in zip(three, [(True, True), (False, True), (True, False)], strict=True):
            one = devices[device.unique_id]
            one.obeys, one.plugged_in, one.lag_s = obeys, plugged_in, 0.3
            asked.append((device, wish))
    outcomes = await asyncio.gather(*(speaker.home.act(device, wish) for device, wish in asked))
    statuses = [outcome.status for outcome in outcomes]
    assert statuses == ["confirmed", "refused", "no answer"] * len(WISHES), outcomes
    assert Counter(device.kind for device, _ in asked) == dict.fromkeys(WISHES, 3)


async def test_all_lamps_at_once_are_a_matter_of_their_lag(town: tuple[Town, VirtualHouse]) -> None:
    speaker, virtual = town
    virtual.lag_s = 0.2
    # The broker serves other tests, too, and may still know a lamp that is gone.
    ours = {one.announced["unique_id"] for one in virtual.devices}
    lamps = [device for device in speaker.house.devices("light") if device.unique_id in ours]
    assert len(lamps) > COUNT / 20
    began_s = time.monotonic()
    outcomes = await speaker.home.act_all(lamps, Wish(on=True))
    took_s = time.monotonic() - began_s
    assert {outcome.status for outcome in outcomes} == {"confirmed"}
    # One after the other they would need the lag of each.
    assert took_s < len(lamps) * virtual.lag_s / 4


async def test_what_goes_offline_is_refused(town: tuple[Town, VirtualHouse]) -> None:
    speaker, virtual = town
    lamp = speaker.house.find("ceiling spot", "light", room="attic")
    await virtual.broker.publish(f"house/{lamp.unique_id}/online", "offline")
    await until(lambda: not speaker.house.available(lamp))
    assert (await speaker.home.act(lamp, Wish(on=True))).text.endswith("is offline.")
