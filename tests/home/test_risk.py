"""What is risky is asked for first, whatever tool acts; and nothing gets around it."""

import asyncio
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.settings import ToolSettings
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import Device, DeviceRegistry, Kind, Wish
from speaker.home.device_types import DEVICE_TYPES
from speaker.home.risk import Risk, asked_for, risk_of
from tests.support.answering_devices import Reports, Street

DEFAULT = ToolSettings().risk
UNLOCK, LOCK, OPEN, CLOSE = (Wish(action=action) for action in ("unlock", "lock", "open", "close"))


def house() -> DeviceRegistry:
    built = DeviceRegistry()
    built.add_configured(
        {
            "kind": kind,
            "name": name,
            "device_class": device_class,
            "command_topic": name,
            "state_topic": f"{name}/state",
        }
        for kind, name, device_class in [
            ("lock", "Front door", ""),
            ("cover", "Garage door", "garage"),
            ("cover", "Blinds", "blind"),
            ("light", "Lamp", ""),
        ]
    )
    return built


def device(name: str) -> Device:
    return house().find(name)


@pytest.mark.parametrize(
    ("tool", "name", "rules", "own", "wish", "risk"),
    [
        (None, "front door", DEFAULT, "allow", UNLOCK, "confirm"),
        (None, "front door", DEFAULT, "allow", OPEN, "confirm"),
        (None, "front door", DEFAULT, "allow", LOCK, "allow"),
        (None, "garage door", DEFAULT, "allow", OPEN, "confirm"),
        (None, "garage door", DEFAULT, "allow", Wish(percent=10), "confirm"),
        (None, "garage door", DEFAULT, "allow", CLOSE, "allow"),
        (None, "garage door", DEFAULT, "allow", Wish(percent=0), "allow"),
        (None, "garage door", DEFAULT, "allow", Wish(action="stop"), "allow"),
        (None, "garage door", DEFAULT, "allow", None, "confirm"),
        (None, "blinds", DEFAULT, "allow", OPEN, "allow"),
        (None, "lamp", DEFAULT, "allow", Wish(on=True), "allow"),
        (None, "front door", {"lock": "never"}, "allow", LOCK, "never"),
        (None, "garage door", {"cover": "never", "cover.garage": "allow"}, "allow", OPEN, "allow"),
        (None, "blinds", {"cover": "never", "cover.garage": "allow"}, "allow", OPEN, "never"),
        ("set_lock", "front door", {"set_lock": "never"}, "allow", LOCK, "never"),
        ("set_lock", "front door", DEFAULT | {"set_lock": "allow"}, "allow", UNLOCK, "confirm"),
        ("set_light", "lamp", {"set_light": "confirm"}, "allow", Wish(on=True), "confirm"),
        ("open_safe", None, DEFAULT, "confirm", None, "confirm"),
        ("open_safe", None, {"open_safe": "allow"}, "never", None, "allow"),
        (None, None, DEFAULT, "allow", None, "allow"),
    ],
)
def test_the_strictest_that_applies(
    *, tool: str | None, name: str | None, rules: dict[str, Risk], own: Risk, wish: Wish | None, risk: Risk
) -> None:
    assert risk_of(tool, device(name) if name else None, rules, own, wish) == risk


RISKS: tuple[Risk, ...] = get_args(Risk)


@given(st.sampled_from(RISKS), st.sampled_from(RISKS), st.sampled_from(RISKS))
def test_a_tool_never_makes_a_device_less_risky(own: Risk, of_tool: Risk, of_device: Risk) -> None:
    rules: dict[str, Risk] = {"set_lock": of_tool, "lock": of_device}
    order = list(RISKS)
    found = risk_of("set_lock", device("front door"), rules, own, UNLOCK)
    assert order.index(found) == max(order.index(of_tool), order.index(of_device))


def obedient(topic: str, payload: str) -> Reports:
    words = {"UNLOCK": "UNLOCKED", "LOCK": "LOCKED", "OPEN": "opening", "CLOSE": "closing"}
    return [(f"{topic}/state", words.get(payload, payload))]


class Person:
    """Answers each question the same, and remembers it."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Wish, str]] = []

    async def __call__(self, device: Device, wish: Wish, sentence: str) -> bool:
        self.asked.append((device.name, wish, sentence))
        return self.answer


def at_home(answer: bool, risk: dict[str, Risk] | None = None) -> tuple[DeviceController, Street, Person]:
    person, street = Person(answer), Street(obedient)
    street.home = DeviceController(house(), street, 0.2, risk=DEFAULT if risk is None else risk, approve=person)
    return street.home, street, person


async def test_what_is_approved_is_done() -> None:
    home, street, person = at_home(True)
    outcome = await home.act(home.find("front door"), UNLOCK)
    assert (outcome.status, outcome.text) == ("confirmed", "the front door is unlocked.")
    assert person.asked == [("Front door", UNLOCK, "unlock the front door")]
    assert [sent[:2] for sent in street.sent] == [("Front door", "UNLOCK")]


async def test_what_is_not_approved_is_not_even_sent() -> None:
    home, street, person = at_home(False)
    outcome = await home.act(home.find("garage door"), OPEN)
    assert (outcome.status, outcome.text) == (
        "refused",
        "nobody confirmed to open the garage door, so it was not done.",
    )
    assert (street.sent, len(person.asked)) == ([], 1)


async def test_a_speaker_that_cannot_ask_refuses() -> None:
    street = Street(obedient)
    street.home = DeviceController(house(), street, 0.2, risk=DEFAULT)
    assert (await street.home.act(street.home.find("front door"), UNLOCK)).status == "refused"
    assert street.sent == []


async def test_what_makes_the_house_safer_is_done_at_once() -> None:
    home, _, person = at_home(False)
    assert (await home.act(home.find("front door"), LOCK)).status == "confirmed"
    assert (await home.act(home.find("garage door"), CLOSE)).status == "confirmed"
    assert (await home.act(home.find("blinds"), OPEN)).status == "confirmed"
    assert person.asked == []


async def test_never_is_not_even_asked() -> None:
    home, street, person = at_home(True, {"lock": "never"})
    outcome = await home.act(home.find("front door"), LOCK)
    assert (outcome.status, outcome.text) == (
        "refused",
        "the front door may not be changed by voice; the owner decided so.",
    )
    assert (street.sent, person.asked) == ([], [])


async def test_several_at_once_are_each_asked_for() -> None:
    home, street, person = at_home(False)
    outcomes = await home.act_all(home.devices("cover"), OPEN)
    assert sorted(outcome.status for outcome in outcomes) == ["confirmed", "refused"]
    assert [name for name, *_ in person.asked] == ["Garage door"]
    assert [topic for topic, *_ in street.sent] == ["Blinds"]


async def test_there_is_one_question_at_a_time() -> None:
    built = DeviceRegistry()
    built.add_configured({"kind": "lock", "name": f"Door {n}", "command_topic": f"door{n}"} for n in range(3))
    under_way, most = 0, 0

    async def slow(device: Device, wish: Wish, sentence: str) -> bool:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return False

    street = Street(obedient)
    street.home = DeviceController(built, street, 0.2, risk=DEFAULT, approve=slow)
    await street.home.act_all(built.devices("lock"), UNLOCK)
    assert most == 1


async def test_a_device_that_went_offline_while_the_person_thought() -> None:
    built = DeviceRegistry()
    built.add_configured([{"kind": "lock", "name": "Door", "command_topic": "c", "avty_t": "online"}])
    street = Street(obedient)

    async def slow(device: Device, wish: Wish, sentence: str) -> bool:
        built.hear("online", b"offline")
        return True

    street.home = DeviceController(built, street, 0.2, risk=DEFAULT, approve=slow)
    assert (await street.home.act(street.home.find("door"), UNLOCK)).text == "the door is offline."
    assert street.sent == []


@pytest.mark.parametrize(
    ("kind", "config", "asks"),
    [
        ("cover", {"name": "Front", "device_class": "door"}, True),
        ("cover", {"name": "Drive", "device_class": "gate"}, True),
        ("cover", {"name": "Garage"}, True),
        ("cover", {"name": "Kitchen", "device_class": "shutter"}, False),
        ("cover", {"name": "Garage window blind", "device_class": "blind"}, False),
        ("switch", {"name": "Garage door"}, True),
        ("switch", {"name": "Garage opener"}, True),
        ("switch", {"name": "Driveway gate"}, True),
        ("switch", {"name": "Opener", "device_class": "garage"}, True),
        ("button", {"name": "Gate"}, True),
        ("switch", {"name": "Garage light"}, False),
        ("switch", {"name": "Gate lamp"}, False),
        ("switch", {"name": "Garage socket"}, False),
        ("light", {"name": "Garage door"}, False),
        ("switch", {"name": "Coffee machine"}, False),
    ],
)
def test_ways_into_the_house_ask_like_garages_whatever_drives_them(
    kind: Kind, config: dict[str, str], asks: bool
) -> None:
    built = DeviceRegistry()
    built.add_configured([{"kind": kind, "command_topic": "c", **config}])
    (found,) = built.devices()
    wish = Wish(action="press") if kind == "button" else OPEN if kind == "cover" else Wish(on=True)
    assert risk_of(None, found, DEFAULT, wish=wish) == ("confirm" if asks else "allow")
    assert risk_of(None, found, {"cover.garage": "never"}, wish=wish) == ("never" if asks else "allow")
    if kind == "cover":
        assert risk_of(None, found, DEFAULT, wish=CLOSE) == "allow"


def test_an_owner_may_open_a_gate_without_being_asked() -> None:
    built = DeviceRegistry()
    built.add_configured([{"kind": "switch", "name": "Gate", "command_topic": "c"}])
    rules: dict[str, Risk] = {**DEFAULT, "cover.gate": "allow"}
    assert risk_of(None, built.find("gate"), rules, wish=Wish(on=True)) == "allow"


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (UNLOCK, "unlock the gate"),
        (Wish(action="return"), "send home the gate"),
        (Wish(percent=40), "set the gate to 40 percent"),
        (Wish(on=True), "switch on the gate"),
        (Wish(on=False), "switch off the gate"),
        (Wish(brightness_percent=40, colour=(255, 0, 0)), "set the gate to 40 percent and red"),
        (Wish(temperature_c=21), "set the gate to 21 degrees"),
        (Wish(mode="a\nb"), "set the gate to a b"),
    ],
)
def test_a_question_says_what_would_happen(wish: Wish, sentence: str) -> None:
    assert asked_for(wish, "the gate") == sentence


def test_every_kind_says_what_makes_it_safer() -> None:
    secured = {kind for kind, shape in DEVICE_TYPES.items() if shape.secures is not DEVICE_TYPES["sensor"].secures}
    kinds: set[Kind] = {"alarm_control_panel", "cover", "lock", "valve"}
    assert secured == kinds
