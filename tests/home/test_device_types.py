"""Announcements as bridges and firmwares write them: what each becomes, is told, and what its reports mean."""

import json
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from speaker.errors import ToolError
from speaker.home.device_registry import Device, DeviceRegistry, Kind, Wish
from tests.support.announced_homes import hear

FOLDER = Path(__file__).parent / "announcements"
CASES = {
    f"{file.stem}: {case['topic']}": case
    for file in sorted(FOLDER.glob("*.json"))
    for case in json.loads(file.read_text())
}


def wish_of(fields: dict[str, Any]) -> Wish:
    return msgspec.convert(fields, Wish)


def settle(case: dict[str, Any]) -> tuple[DeviceRegistry, Device]:
    house = DeviceRegistry()
    assert hear(house, (case["topic"], case["config"]))
    (device,) = house.devices()
    return house, device


def sent(house: DeviceRegistry, device: Device, wish: Wish) -> list[list[str]]:
    return [[message.topic, message.payload] for message in house.order(device, wish)]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_an_announcement_becomes(case: dict[str, Any]) -> None:
    house, device = settle(case)
    assert [device.kind, device.name, device.room] == case["is"]
    assert house.condition(device) is None
    assert device.unique_id


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_device_is_told_and_what_its_answer_means(case: dict[str, Any]) -> None:
    house, device = settle(case)
    for step in case.get("told", []):
        wish = wish_of(step["wish"])
        assert sent(house, device, wish) == step["send"]
        assert house.confirms(device, wish)
        assert house.hear(step["report"][0], step["report"][1].encode()) == [device.id]
        assert house.fulfils(device.id, wish) is True
        assert house.condition(device) == step["then"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_is_known_before_the_first_report(case: dict[str, Any]) -> None:
    house, device = settle(case)
    for step in [*case.get("told", []), *case.get("sent", [])]:
        assert house.fulfils(device.id, wish_of(step["wish"])) is None


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_only_sent_is_only_read_or_cannot_be(case: dict[str, Any]) -> None:
    house, device = settle(case)
    for step in case.get("sent", []):
        assert sent(house, device, wish_of(step["wish"])) == step["send"]
        assert device.shape.unreported(wish_of(step["wish"]))
    for where, payload, reading in case.get("read", []):
        house.hear(where, payload.encode())
        assert house.reading(device) == reading
    for step in case.get("cannot", []):
        with pytest.raises(ToolError) as caught:
            house.order(device, wish_of(step["wish"]))
        assert step["sentence"] in str(caught.value)


def test_there_is_one_of_every_kind() -> None:
    assert {case["is"][0] for case in CASES.values()} == set(get_args(Kind))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_both_forms_of_an_announcement_make_the_same_device(case: dict[str, Any]) -> None:
    _, device = settle(case)
    config = dict(case["config"])
    owner = config.pop("device", None) or config.pop("dev")
    base = {"~": config.pop("~")} if "~" in config else {}
    part = {"p": device.kind} | config
    house = DeviceRegistry()
    assert hear(house, ("device/whole", {"dev": owner, "o": {"name": "test"}, "cmps": {"one": part}} | base))
    (same,) = house.devices()
    assert (same.kind, same.name, same.room, same.shape) == (device.kind, device.name, device.room, device.shape)


def cover(**config: Any) -> tuple[DeviceRegistry, Device]:
    house = DeviceRegistry()
    house.add_configured([{"name": "Blind", "kind": "cover", "command_topic": "c", **config}])
    return house, house.find("blind")


def test_a_cover_that_reports_only_its_position_is_on_its_way_when_it_comes_nearer() -> None:
    house, blind = cover(position_topic="p")
    house.hear("p", b"100")
    before = house.state(blind)
    house.hear("p", b"92")
    assert house.fulfils(blind.id, Wish(action="close")) is False
    assert house.approaches(blind.id, before, Wish(action="close"))
    assert not house.approaches(blind.id, before, Wish(action="open"))


def test_a_cover_may_count_downwards() -> None:
    house, blind = cover(position_topic="p", set_position_topic="s", position_open=0, position_closed=100)
    assert sent(house, blind, Wish(percent=30)) == [["s", "70"]]
    house.hear("p", b"70")
    assert house.condition(blind) == "30 percent open"
    assert house.fulfils(blind.id, Wish(percent=30)) is True


def test_a_cover_that_moves_the_wrong_way_did_not_obey() -> None:
    house, blind = cover(state_topic="s")
    house.hear("s", b"opening")
    assert house.fulfils(blind.id, Wish(action="close")) is False
    assert house.fulfils(blind.id, Wish(action="stop")) is False
    with pytest.raises(ToolError, match="can only be opened and closed, not set to a position"):
        house.order(blind, Wish(percent=40))
    assert sent(house, blind, Wish(percent=0)) == [["c", "CLOSE"]]


@pytest.mark.parametrize(("report", "locked"), [(b"LOCKED", True), (b"LOCKING", False), (b"JAMMED", False)])
def test_only_a_locked_lock_is_locked(report: bytes, locked: bool) -> None:
    house = DeviceRegistry()
    house.add_configured([{"name": "Door", "kind": "lock", "command_topic": "c", "state_topic": "s"}])
    house.hear("s", report)
    assert house.fulfils("lock/house.devices[0]", Wish(action="lock")) is locked
    assert house.fulfils("lock/house.devices[0]", Wish(action="unlock")) is False
    house.hear("s", b"UNLOCKING")
    assert house.fulfils("lock/house.devices[0]", Wish(action="unlock")) is False


def test_a_lock_with_a_code_is_left_alone() -> None:
    house = DeviceRegistry()
    house.add_configured([{"name": "Door", "kind": "lock", "command_topic": "c", "code_format": "^\\d{4}$"}])
    with pytest.raises(ToolError, match="wants a code, which is not given by voice"):
        house.order(house.find("door"), Wish(action="unlock"))


LIGHT = {"brightness_command_topic": "b", "brightness_state_topic": "x"}
CLIMATE = {"temperature_command_topic": "t", "temperature_state_topic": "x"}
FAN = {"percentage_command_topic": "p", "percentage_state_topic": "x"}
PLAYER = {"command_volume_topic": "v", "state_volume_topic": "x"}
HUMIDIFIER = {"target_humidity_command_topic": "h", "target_humidity_state_topic": "x"}
STEPS = [
    ("light", LIGHT, b"128", 20, Wish(brightness_percent=70)),
    ("light", LIGHT, b"20", -20, Wish(brightness_percent=1)),
    ("climate", CLIMATE, b"20", 1.5, Wish(temperature_c=21.5)),
    ("climate", CLIMATE, b"34", 5, Wish(temperature_c=35)),
    ("fan", FAN, b"50", 25, Wish(percent=75)),
    ("cover", {"position_topic": "x"}, b"50", -80, Wish(percent=0)),
    ("media_player", PLAYER, b"0.5", 10, Wish(percent=60)),
    ("humidifier", HUMIDIFIER, b"40", 5, Wish(percent=45)),
    ("number", {"state_topic": "x"}, b"98", 10, Wish(number=100)),
]


@pytest.mark.parametrize(("kind", "config", "now", "step", "wish"), STEPS)
def test_more_and_less_count_from_what_was_reported(
    kind: str, config: dict[str, Any], now: bytes, step: float, wish: Wish
) -> None:
    house = DeviceRegistry()
    house.add_configured([{"name": "Thing", "kind": kind, "command_topic": "c", **config}])
    device = house.find("thing")
    with pytest.raises(ToolError, match="has not said"):
        house.settled(device, Wish(step=step))
    house.hear("x", now)
    assert house.settled(device, Wish(step=step)) == wish


def test_what_has_no_steps_says_so() -> None:
    house = DeviceRegistry()
    house.add_configured([{"name": "Socket", "kind": "switch", "command_topic": "c"}])
    with pytest.raises(ToolError, match="The socket cannot be turned up or down"):
        house.settled(house.find("socket"), Wish(step=10))
