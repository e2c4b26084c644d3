"""Other speakers: who they are, and who is meant."""

import json

import pytest

from speaker.errors import ToolError
from speaker.hub.neighbours import Neighbours
from tests.support.in_memory_broker import InMemoryBroker


def house(broker: InMemoryBroker) -> Neighbours:
    one = Neighbours(broker, "speaker", "homeassistant", "kitchen")
    one.start()
    for speaker, name, room in (("kitchen", "Kitchen speaker", "Kitchen"), ("attic", "Nest", "Guest room")):
        announced = {"dev": {"name": name, "sa": room}}
        broker.deliver(f"homeassistant/device/speaker_{speaker}/config", json.dumps(announced).encode())
        broker.deliver(f"speaker/{speaker}/availability", b"online")
    broker.deliver("speaker/bed_room/availability", b"online")
    broker.deliver("speaker/gone/availability", b"online")
    broker.deliver("speaker/gone/availability", b"offline")
    return one


def test_those_that_are_there_but_not_oneself() -> None:
    assert house(InMemoryBroker()).speakers() == ["Nest", "bed room"]
    assert house(InMemoryBroker()).placed() == ["Nest in the Guest room", "bed room"]


@pytest.mark.parametrize(
    ("where", "topics"),
    [
        ("guest room", ["speaker/attic/command/announce"]), ("the nest", ["speaker/attic/command/announce"]),
        ("bedroom", ["speaker/bed_room/command/announce"]),
        ("", ["speaker/attic/command/announce", "speaker/bed_room/command/announce"]),
        ("everywhere", ["speaker/attic/command/announce", "speaker/bed_room/command/announce"]),
    ],
)  # fmt: skip
async def test_who_is_meant(where: str, topics: list[str]) -> None:
    line = InMemoryBroker()
    said = await house(line).announce("Dinner!", where)
    assert said.status == "sent"
    assert [topic for topic, _ in line.sent] == topics
    assert json.loads(line.sent[0][1]) == {"text": "Dinner!", "chime": True}


async def test_nobody_of_that_name_and_nobody_at_all() -> None:
    with pytest.raises(ToolError, match="There is: Nest, bed room"):
        await house(InMemoryBroker()).announce("Dinner!", "garage")
    with pytest.raises(ToolError, match="no other speaker"):
        await Neighbours(InMemoryBroker(), "speaker", "homeassistant", "kitchen").announce("Dinner!", "")
    with pytest.raises(ToolError, match="the broker is away"):
        await house(InMemoryBroker(broken=True)).announce("Dinner!", "")


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xff", b'{"dev":[]}', b'{"dev":null}'])
def test_nonsense_about_a_speaker_harms_nobody(payload: bytes) -> None:
    broker = InMemoryBroker()
    one = house(broker)
    broker.deliver("homeassistant/device/speaker_attic/config", payload)
    assert len(one.speakers()) == 2


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        ([], "1.9.0"),
        (["1.10.0", "1.2"], "1.10.0"),
        (["1.8.9"], "1.9.0"),
        (["9.9.9; rm", "v2.0", "x" * 999, "", "99999999.0"], "1.9.0"),
    ],
)
def test_the_newest_version_in_the_house(versions: list[str], newest: str) -> None:
    broker = InMemoryBroker()
    house = Neighbours(broker, "speaker", "homeassistant", "kitchen")
    house.start()
    for number, one in enumerate(versions):
        broker.deliver(f"speaker/other{number}/availability", b"online")
        told = {"dev": {"name": f"Other {number}", "sw": one}}
        broker.deliver(f"homeassistant/device/speaker_other{number}/config", json.dumps(told).encode())
    assert house.newest("1.9.0") == newest


def test_a_speaker_that_is_gone_is_no_news() -> None:
    broker = InMemoryBroker()
    house = Neighbours(broker, "speaker", "homeassistant", "kitchen")
    house.start()
    broker.deliver("homeassistant/device/speaker_hall/config", json.dumps({"dev": {"sw": "3.0"}}).encode())
    assert house.newest("1.0") == "1.0"
    broker.deliver("speaker/hall/availability", b"online")
    assert house.newest("1.0") == "3.0"
    broker.deliver("speaker/hall/availability", b"offline")
    assert house.newest("1.0") == "1.0"
