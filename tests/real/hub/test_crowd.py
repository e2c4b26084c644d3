"""A large house on one broker: of a hundred speakers one answers, and of 2,500 devices none is missing."""

import asyncio
import json
import time

from speaker.daemon.house_feed import HouseFeed
from speaker.demo.broker import PrivateBroker
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import Device, DeviceRegistry
from tests.bench.crowd import Hearer, connected

COUNT = 100
DEVICES = 2_500
"""A mosquitto without settings queues 1,020 messages of QoS 1 for a client and drops the rest."""


async def _heard_by(crowd: list[Hearer]) -> list[str]:
    """Let all of them hear the word in one moment; who answers when everybody knows."""
    loop, at = asyncio.get_running_loop(), time.time()
    for one in crowd:
        one.answers = False
    claimed = [one for one in crowd if one.hear(loop.create_future(), at)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(one.decided for one in claimed if one.decided is not None))
        last = claimed[-1].broker
        await last.publish("speaker/tests/done", "", qos=1)
    return [one.name for one in crowd if one.answers]


async def test_one_of_a_hundred_that_hear_it_at_once_answers(broker: PrivateBroker) -> None:
    crowd = await connected([f"speaker{number}" for number in range(COUNT)], broker.port)
    try:
        assert len(await _heard_by(crowd)) == 1
    finally:
        await asyncio.gather(*(one.broker.stop() for one in crowd))


async def test_no_device_of_a_large_house_is_missing(broker: PrivateBroker) -> None:
    bridge, speaker = await connected(["bridge", "kitchen"], broker.port)
    names = [f"Meter {number}" for number in range(DEVICES)]
    topics = [f"homeassistant/sensor/meter{number}/config" for number in range(DEVICES)]
    for number, (topic, name) in enumerate(zip(topics, names, strict=True)):
        state = f"meters/{number}"
        announced = json.dumps({"name": name, "state_topic": state, "unique_id": f"meter{number}"})
        bridge.broker.tell(topic, announced, retain=True, qos=1)
        bridge.broker.tell(state, str(number), retain=True, qos=1)
    await bridge.broker.publish("meters/ready", "", qos=1)
    house = DeviceRegistry()
    feed = HouseFeed(speaker.broker, house, DeviceController(house, speaker.broker, 5))
    feed.start(["homeassistant"])
    try:
        async with asyncio.timeout(60):
            while not _all_report(house):
                await asyncio.sleep(0.1)
        assert sorted(device.name for device in _meters(house)) == sorted(names)
    finally:
        for number, topic in enumerate(topics):
            bridge.broker.tell(topic, "", retain=True)
            bridge.broker.tell(f"meters/{number}", "", retain=True)
        await bridge.broker.publish("meters/ready", "", qos=1)
        await asyncio.gather(bridge.broker.stop(), speaker.broker.stop())


def _meters(house: DeviceRegistry) -> list[Device]:
    """Ours: the broker serves other tests, too, and may still know their devices."""
    return [device for device in house.devices("sensor") if device.name.startswith("Meter ")]


def _all_report(house: DeviceRegistry) -> bool:
    meters = _meters(house)
    return len(meters) >= DEVICES and all(house.condition(device) is not None for device in meters)
