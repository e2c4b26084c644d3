"""What the model is told about the house: everything that fits, and never more than about 1,000 tokens."""

import re
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from speaker.home.device_prompt import MAX_CHARACTERS, describe
from speaker.home.device_registry import Device, DeviceRegistry, Kind
from speaker.home.device_types.base import DeviceType
from speaker.offline.understanding.devices_from_prompt import Household

KINDS = get_args(Kind)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z", "P", "S"]), min_size=1, max_size=60)


def device(number: int, name: str, room: str, kind: Kind) -> Device:
    return Device(f"{kind}/{number}", name, room, kind, DeviceType(), name)


houses = st.lists(
    st.tuples(NAMES, st.sampled_from(["", "kitchen", "hall"]) | NAMES, st.sampled_from(KINDS)), max_size=400
)


@given(houses)
def test_the_description_never_gets_longer(entries: list[tuple[str, str, Kind]]) -> None:
    devices = [device(number, *entry) for number, entry in enumerate(sorted(entries, key=lambda entry: entry[1]))]
    text = describe(devices)
    assert len(text) <= MAX_CHARACTERS
    assert describe(devices) == text


def many(rooms: int, each: int, length: int = 12) -> list[Device]:
    return [
        device(room * each + n, f"{'x' * (length - 6)} {room:02} {n:02}", f"room {room}", KINDS[n % 15])
        for room in range(rooms)
        for n in range(each)
    ]


def test_every_device_of_a_big_house_is_named_or_counted() -> None:
    text = describe(many(12, 25, 40))
    assert len(text) <= MAX_CHARACTERS
    lines = text.splitlines()
    assert lines[-1] == "+N means N more of that kind, which find_devices lists."
    assert len(lines) == 1 + 12 + 1
    counted = sum(int(count) for count in re.findall(r"\+(\d+)", text))
    named = len(Household.read(text).devices)
    assert named + counted == 300
    assert named > 25


def test_what_can_be_commanded_is_named_before_what_can_be_read() -> None:
    listed = {one.kind for one in Household.read(describe(many(12, 25, 40))).devices}
    assert "light" in listed
    assert "sensor" not in listed


def test_even_the_rooms_may_be_too_many() -> None:
    text = describe([device(n, f"Lamp {n}", f"a room with the number {n}", "light") for n in range(300)])
    assert len(text) <= MAX_CHARACTERS
    assert re.search(r"\d+ more rooms with \d+ devices are left out; find_devices lists them\.$", text)


def test_a_small_house_is_told_whole() -> None:
    text = describe(many(3, 15))
    assert "+" not in text
    assert len(Household.read(text).devices) == 45


def test_names_and_rooms_of_the_config_stand_over_those_announced() -> None:
    house = DeviceRegistry()
    house.add_configured(
        [
            {"id": "unique-1", "name": "Reading lamp", "room": "Library"},
            {"id": "Old name", "room": "Attic"},
            {"id": "light/node/third", "name": "Third"},
            {"name": "Own", "kind": "light", "command_topic": "own"},
        ]
    )
    for key, config in {
        "first": b'{"name":"0x00158d","cmd_t":"a","stat_t":"s","uniq_id":"unique-1","dev":{"sa":"Hall"}}',
        "second": b'{"name":"Old name","cmd_t":"b"}',
        "third": b'{"name":"0x00158e","cmd_t":"c"}',
    }.items():
        house.hear_discovery(f"homeassistant/light/node/{key}/config", config)
    assert house.describe() == (
        "Devices, by room:\n- attic: Old name (light)\n- library: Reading lamp (light)\n- elsewhere: Own, Third (light)"
    )
    lamp = house.find("reading lamp")
    house.hear("s", b"ON")
    assert (lamp.id, house.reading(lamp)) == ("light/node/first", "on")
