"""The broker and the hub."""

import asyncio
from typing import Final

from speaker.cli.doctor.check import Check, failed, good, skipped
from speaker.cli.remote import RemoteSpeaker
from speaker.config.settings import Settings
from speaker.daemon.house_feed import discovery_filters
from speaker.errors import BrokerError, SpeakerError
from speaker.home.device_registry import DeviceRegistry
from speaker.home.own_topics import forbidden_topics
from speaker.hub.own_discovery import discovery_topic
from speaker.mqtt.dispatch import IncomingMessage

RETAINED_S: Final = 1.5
"""What the broker keeps arrives within this."""


async def check_house(settings: Settings, password: str | None) -> list[Check]:
    """Whether the broker lets us in, which devices are announced, and whether a hub has seen this speaker."""
    mqtt = settings.mqtt
    announced_on = [topic for prefix in mqtt.discovery_prefixes for topic in discovery_filters(prefix)]
    place = f"{mqtt.host}:{mqtt.port}"
    try:
        async with RemoteSpeaker(settings, password) as line:
            line.listen([*dict.fromkeys(announced_on), f"{settings.topic}/availability"])
            await asyncio.sleep(RETAINED_S)
            messages = [line.messages.get_nowait() for _ in range(line.messages.qsize())]
    except BrokerError as error:
        remedy = "check mqtt.host, mqtt.port, mqtt.username and the credential mqtt_password"
        return [failed("broker", str(error), remedy), skipped("hub", "it is reached through the broker")]
    # In a thread: a big house takes a while, and a daemon that checks has a microphone to listen to.
    hub = await asyncio.to_thread(_check_hub, settings, messages)
    return [good("broker", f"{place} lets us in, MQTT {settings.mqtt.version}"), hub]


def _check_hub(settings: Settings, messages: list[IncomingMessage]) -> Check:
    mqtt = settings.mqtt
    house = DeviceRegistry(mqtt.discovery_prefixes, forbidden_topics(mqtt.base, mqtt.discovery_prefixes))
    bad: list[str] = []
    for message in messages:
        if message.topic.endswith("/config"):
            try:
                house.hear_discovery(message.topic, message.payload)
            except SpeakerError as error:
                bad.append(str(error))
    topics = {message.topic: message.payload for message in messages}
    running = topics.get(f"{settings.topic}/availability") == b"online"
    announced = discovery_topic(settings) in topics
    count = len(house.devices())
    refused = f"; {len(bad)} announcements cannot be used, the first: {bad[0]}" if bad else ""
    places = ", ".join(f"{prefix}/" for prefix in mqtt.discovery_prefixes)
    us = "online" if running else "offline"
    seen = f"{count} devices are announced under {places}{refused}; this speaker is {us}"
    if running and not announced:
        return failed("hub", f"{seen}, and not announced", "sudo systemctl restart speaker, and see its log")
    return good("hub", seen)
