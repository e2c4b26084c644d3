"""Whatever comes from outside, the speaker stays on the broker: real mosquittos, and a stranger in place of one."""

import asyncio
from pathlib import Path

import pytest

from speaker.config.settings import MqttSettings
from speaker.demo.broker import PrivateBroker, private_broker
from speaker.errors import BrokerError
from speaker.mqtt.dispatch import IncomingMessage
from tests.real.mqtt.test_client import Peer, connected, until
from tests.support.real_parts import require

BAD_TOPICS = [
    "/".join("x" * 250), "a/+/b", "#", "$SYS/x", "a\x00b", "a\x01b", "a\x7fb", "a\uffffb", "\ufdd0", "x" * 65_535,
    "", "$",
]  # fmt: skip


@pytest.mark.parametrize("version", [5, 311])
async def test_no_topic_from_outside_costs_the_connection(broker: PrivateBroker, version: int) -> None:
    settings = MqttSettings(host="127.0.0.1", port=broker.port, version=5 if version == 5 else 311)
    speaker, watcher = Peer(broker.port, f"topics{version}", settings), Peer(broker.port, f"watcher{version}")
    async with connected(speaker, watcher):
        watcher.hear([f"good/{version}"])
        for topic in BAD_TOPICS:
            speaker.broker.answer(IncomingMessage("t", b"", False, topic, b"1"), "done")
            speaker.broker.tell(topic, "news")
            speaker.broker.subscribe([topic] if topic != "#" and "+" not in topic else [], speaker.heard.append)
            with pytest.raises(BrokerError, match="the topic"):
                await speaker.broker.publish(topic, "x")
        await speaker.broker.publish(f"good/{version}", "still here")
        await watcher.hears(f"good/{version}")
        assert speaker.changes == [True]


async def test_message_that_ends_the_connection_is_not_sent_again(tmp_path: Path) -> None:
    """MQTT 3.1.1 does not say how much a broker takes, so the message gets there and the broker hangs up."""
    require("mosquitto")
    async with private_broker(tmp_path, "allow_anonymous true\nmax_packet_size 2000") as own:
        settings = MqttSettings(host="127.0.0.1", port=own.port, version=311)
        peer = Peer(own.port, "loud", settings)
        async with connected(peer):
            with pytest.raises(BrokerError):
                await peer.broker.publish("a/b", "x" * 5_000)
            await until(lambda: peer.changes == [True, False, True])
            await peer.broker.publish("a/b", "short")
            await asyncio.sleep(1.5)
            assert peer.changes == [True, False, True]


async def test_message_that_is_too_large_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    require("mosquitto")
    async with private_broker(tmp_path, "allow_anonymous true\nmax_packet_size 20000") as own:
        peer = Peer(own.port, "loud")
        async with connected(peer):
            with pytest.raises(BrokerError, match="a message of 50000 bytes is more than"):
                await peer.broker.publish("a/b", "x" * 50_000)
            await peer.broker.publish("a/b", "short")
            assert peer.changes == [True]


@pytest.mark.parametrize("version", [5, 311])
async def test_twins_throw_each_other_off_ever_more_slowly_and_are_told(broker: PrivateBroker, version: int) -> None:
    settings = MqttSettings(host="127.0.0.1", port=broker.port, version=5 if version == 5 else 311)
    one, other = Peer(broker.port, f"twin{version}", settings), Peer(broker.port, f"twin{version}", settings)
    one.broker.start()
    other.broker.start()
    try:
        await until(lambda: bool(one.troubles or other.troubles), within_s=40)
        assert "does another speaker have the same id?" in (one.troubles + other.troubles)[0]
    finally:
        await one.broker.stop()
        await other.broker.stop()


CONNACK_5 = b"\x20\x03\x00\x00\x00"
TAKEN_OVER_5 = b"\xe0\x02\x8e\x00"


async def test_who_is_told_that_its_place_is_taken_says_so_and_stays_away() -> None:
    """Newer mosquittos tell it; this stands in for one."""
    visits = 0

    async def broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        await reader.read(10)
        writer.write(CONNACK_5 + TAKEN_OVER_5)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    async with server:
        peer = Peer(server.sockets[0].getsockname()[1], "twin")
        peer.broker.start()
        await until(lambda: bool(peer.troubles))
        await asyncio.sleep(2.5)
        await peer.broker.stop()
    assert visits == 1
    assert "two speakers have the same id" in peer.troubles[0]
    assert "'twin'" in peer.troubles[0]


GARBAGE = {
    "no MQTT": b"SSH-2.0-OpenSSH_9.6\r\n",
    "zeros": bytes(100),
    "a length without end": b"\xff\xff\xff\xff\xff\xff",
    "an unknown packet": CONNACK_5 + b"\xf0\x00",
    "a publish without a topic": CONNACK_5 + b"\x30\x01\x00",
    "a topic that is longer than the packet": CONNACK_5 + b"\x30\x04\xff\xffab",
    "a topic that is no UTF-8": CONNACK_5 + b"\x30\x06\x00\x02\xff\xfe\x00x",
    "an unknown property": CONNACK_5 + b"\x30\x08\x00\x01a\x03\x7f\x01\x02x",
    "an answer to nothing": CONNACK_5 + b"\x40\x02\x12\x34",
    "a short answer": CONNACK_5 + b"\x90\x01\x00",
}


@pytest.mark.parametrize("sent", GARBAGE.values(), ids=GARBAGE)
async def test_what_is_no_broker_does_not_end_the_trying(sent: bytes) -> None:
    visits = 0

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        try:
            await reader.read(10)
            writer.write(sent)
            await asyncio.sleep(0.3)
        finally:
            writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    async with server:
        peer = Peer(server.sockets[0].getsockname()[1], "patient")
        peer.broker.start()
        await until(lambda: visits >= 2, within_s=20)
        await peer.broker.stop()
