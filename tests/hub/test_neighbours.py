"""Other speakers: who they are, and who is meant."""

import json

import pytest

from speaker.errors import BrokerError, ToolError
from speaker.hub.neighbours import Neighbours


class Line:
    """Takes down what is published."""

    def __init__(self, *, broken: bool = False) -> None:
        self.sent: list[tuple[str, str]] = []
        self._broken = broken

    async def publish(self, topic: str, payload: str) -> None:
        if self._broken:
            raise BrokerError("the broker is away")
        self.sent.append((topic, payload))


def house(line: Line) -> Neighbours:
    one = Neighbours(line, "speaker", "homeassistant", "kitchen")
    for speaker, name, room in (("kitchen", "Kitchen speaker", "Kitchen"), ("attic", "Nest", "Guest room")):
        announced = {"dev": {"name": name, "sa": room}}
        one.hear(f"homeassistant/device/speaker_{speaker}/config", json.dumps(announced).encode())
        one.hear(f"speaker/{speaker}/availability", b"online")
    one.hear("speaker/bed_room/availability", b"online")
    one.hear("speaker/gone/availability", b"online")
    one.hear("speaker/gone/availability", b"offline")
    return one


def test_those_that_are_there_but_not_oneself() -> None:
    assert house(Line()).speakers() == ["Nest", "bed room"]


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
    line = Line()
    said = await house(line).announce("Dinner!", where)
    assert said.status == "sent"
    assert [topic for topic, _ in line.sent] == topics
    assert json.loads(line.sent[0][1]) == {"text": "Dinner!", "chime": True}


async def test_nobody_of_that_name_and_nobody_at_all() -> None:
    with pytest.raises(ToolError, match="There is: Nest, bed room"):
        await house(Line()).announce("Dinner!", "garage")
    with pytest.raises(ToolError, match="no other speaker"):
        await Neighbours(Line(), "speaker", "homeassistant", "kitchen").announce("Dinner!", "")
    with pytest.raises(ToolError, match="the broker is away"):
        await house(Line(broken=True)).announce("Dinner!", "")


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xff", b'{"dev":[]}', b'{"dev":null}'])
def test_nonsense_about_a_speaker_harms_nobody(payload: bytes) -> None:
    one = house(Line())
    one.hear("homeassistant/device/speaker_attic/config", payload)
    assert len(one.speakers()) == 2
