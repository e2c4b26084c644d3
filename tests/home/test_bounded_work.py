"""One announcement, or one message, may not stop the speaker: work is counted, and ends where its budget ends."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.daemon.house_feed import HouseFeed
from speaker.errors import SpeakerError
from speaker.home import template_budget, templates
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import MOST_DEVICES, DeviceRegistry
from speaker.home.device_types import Device
from speaker.home.discovery_fields import MAX_ANNOUNCEMENT_BYTES, MOST_COMPONENTS
from speaker.home.template_budget import MESSAGE_UNITS, RENDER_UNITS, Budget, OverBudgetError
from speaker.home.template_program import MAX_TEMPLATE_CHARACTERS, Program
from speaker.home.templates import Incoming, template_of
from tests.support.announced_homes import hear, home_of, topic
from tests.support.in_memory_broker import InMemoryBroker

CHAIN = "{{ value" + "|string" * 300 + " }}"
GREEDY = [
    CHAIN,
    "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
    "{{ value_json" + "[0]" * 300 + " }}",
    "{{ 1" + "+1" * 900 + " }}",
    "{% if 1 %}" * 120 + "x" + "{% endif %}" * 120,
    "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}x",
    "{% for a in range(10000) %}{{ value|string|upper|lower }}{% endfor %}",
    "{% for a in range(999999999) %}x{% endfor %}",
    "{{ range(10000) | map('string') | map('upper') | map('lower') | join }}",
    "{{ range(10000) | list | tojson }}",
    "{% set ns = namespace(t='x') %}{% for i in range(100) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t }}",
    "{{ [[['x'] * 9] * 9] * 9 }}",
    "{{ 2 ** 99 }}",
    "{{ 10.0 ** 300 }}",
    "{{ 'x' ~ ('y' * 99) }}",
    "{{ dict(a=1).update(b=2) }}",
    "x" * (MAX_TEMPLATE_CHARACTERS + 1),
]


@pytest.mark.parametrize("greedy", GREEDY)
def test_a_greedy_template_says_nothing_and_costs_no_more_than_it_may(greedy: str) -> None:
    budget = Budget(MESSAGE_UNITS)
    assert template_of(greedy).render({"value": "1", "value_json": [1]}, budget) == ""
    assert budget.spent <= RENDER_UNITS + RENDER_UNITS // 10


@pytest.mark.parametrize("text", ["x" * 60_000, json.dumps([["x"] * 10] * 1_000), json.dumps({"a": ["b"] * 9_000})])
@pytest.mark.parametrize(
    "template",
    [
        "{{ value_json | tojson | from_json | tojson | from_json | tojson | from_json | length }}",
        "{{ value == value ~ '' and value_json == value_json }}",
        "{% for part in value %}{% for other in value %}x{% endfor %}{% endfor %}",
        "{{ value | replace('x', value) }}",
        "{{ (value ~ value ~ value ~ value) | length }}",
        "{{ value_json | sort | unique | list | map('string') | list | length }}",
    ],
)
def test_a_long_message_makes_nothing_expensive(template: str, text: str) -> None:
    budget = Budget(MESSAGE_UNITS)
    values: dict[str, object] = {"value": text}
    if text[0] in "[{":
        values["value_json"] = json.loads(text)
    template_of(template).render(values, budget)
    assert budget.spent <= RENDER_UNITS + len(text) // 100


@given(
    st.lists(st.sampled_from(["{{", "}}", "{%", "%}", "for a in value", "endfor", "if a", "endif", "a ~ a", "|", "("]))
)
def test_whatever_stands_in_a_template_ends(words: list[str]) -> None:
    budget = Budget(MESSAGE_UNITS)
    template_of(" ".join(words)).render({"value": "x" * 200}, budget)
    assert budget.spent <= RENDER_UNITS + 200


def test_a_budget_is_a_part_of_the_whole() -> None:
    whole = Budget(10)
    with pytest.raises(OverBudgetError):
        Program("{% for a in [1, 2, 3, 4] %}{{ value }}{% endfor %}").render({"value": "x"}, Budget(whole=whole))
    assert (whole.left, whole.spent) == (0, 10)


def greedy_sensors(count: int) -> DeviceRegistry:
    loop = "{%% for a in range(500) %%}{{ value|string|string }}{%% endfor %%}%d"
    return home_of(*((f"sensor/{n}", {"name": f"S{n}", "stat_t": "evil", "val_tpl": loop % n}) for n in range(count)))


def test_all_templates_of_a_message_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[int] = []
    settle = Budget.settle

    def counted(self: Budget) -> None:
        spent.append(self.spent)
        settle(self)

    house = greedy_sensors(50)
    monkeypatch.setattr(Budget, "settle", counted)
    for _ in range(3):
        spent.clear()
        house.hear("evil", b"1")
        assert 0 < sum(spent) <= MESSAGE_UNITS + RENDER_UNITS


def test_a_greedy_device_takes_from_itself_alone() -> None:
    house = greedy_sensors(50)
    hear(house, ("sensor/modest", {"name": "Modest", "stat_t": "evil", "val_tpl": "{{ value | int + 1 }}"}))
    assert "sensor/modest" in house.hear("evil", b"1")
    assert house.reading(house.find("modest")) == "2"


def test_the_same_template_runs_once_for_all_devices_of_a_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    render = Program.render

    def counted(self: Program, values: Any, budget: Budget) -> str:
        runs.append("")
        return render(self, values, budget)

    online = [{"topic": "bridge", "value_template": "{{ value_json.state }}"}]
    house = home_of(*((f"switch/{n}", {"name": f"S{n}", "cmd_t": "c", "avty": online}) for n in range(40)))
    monkeypatch.setattr(Program, "render", counted)
    house.hear("bridge", b'{"state":"offline"}')
    assert len(runs) == 1
    assert not any(house.available(device) for device in house.devices())


def test_templates_are_read_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    make = Program.__init__

    def counted(self: Program, source: str) -> None:
        read.append(source)
        make(self, source)

    monkeypatch.setattr(Program, "__init__", counted)
    house = home_of(
        *(
            (f"sensor/{n}", {"name": f"S{n}", "stat_t": f"t{n}", "val_tpl": f"{{{{ value ~ {n} }}}}"})
            for n in range(3_000)
        )
    )
    for _ in range(2):
        for number in range(3_000):
            house.hear(f"t{number}", b"1")
    assert len(read) == 3_000


def compared(monkeypatch: pytest.MonkeyPatch, run: Callable[[], object]) -> int:
    """How often devices were compared while something ran."""
    count = 0
    equal = Device.__eq__

    def counted(self: Device, other: object) -> bool:
        nonlocal count
        count += 1
        return equal(self, other)

    with monkeypatch.context() as patched:
        patched.setattr(Device, "__eq__", counted)
        run()
    return count


def whole_device(count: int) -> dict[str, Any]:
    return {f"c{n}": {"p": "sensor", "name": f"N{n}", "stat_t": f"s/{n}"} for n in range(count)}


def test_a_device_with_one_component_less_costs_as_much_as_it_has_components(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_less(count: int) -> int:
        parts = whole_device(count)
        house = home_of(("device/big", {"dev": {"name": "Big"}, "cmps": parts}))
        parts["c0"] = {"p": "sensor"}
        made = compared(monkeypatch, lambda: hear(house, ("device/big", {"dev": {"name": "Big"}, "cmps": parts})))
        assert len(house.devices()) == count - 1
        return made

    few, many = one_less(60), one_less(240)
    assert few >= 59
    assert many <= 5 * few


def test_more_components_than_a_device_has_are_refused_with_one_sentence() -> None:
    house = home_of(("device/big", {"dev": {"name": "Big"}, "cmps": whole_device(3)}))
    message = {"dev": {"name": "Big"}, "cmps": whole_device(MOST_COMPONENTS + 1)}
    with pytest.raises(SpeakerError, match=f"has 251 components; at most {MOST_COMPONENTS} are read"):
        hear(house, ("device/big", message))
    assert len(house.devices()) == 3


def test_a_device_does_not_get_around_the_bound_of_all_devices() -> None:
    house = DeviceRegistry()
    for number in range(MOST_DEVICES // MOST_COMPONENTS):
        hear(house, (f"device/d{number}", {"dev": {"name": "Big"}, "cmps": whole_device(MOST_COMPONENTS)}))
    with pytest.raises(SpeakerError, match="more are left out"):
        hear(house, ("device/more", {"dev": {"name": "More"}, "cmps": whole_device(2)}))
    assert len(house.devices()) == MOST_DEVICES


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"name": "x", "stat_t": "s", "val_tpl": "x" * 4_001}, "value template has 4001 characters; at most 4000"),
        ({"name": "x", "stat_t": "s", "unit_of_meas": "x" * 9_000}, "unit of measurement has 9000 characters"),
        ({"name": "x", "stat_t": "s", "avty": [{"t": "a"}] * 21}, "availability has 21 entries; at most 20"),
        ({"name": "x" * MAX_ANNOUNCEMENT_BYTES, "stat_t": "s"}, f"at most {MAX_ANNOUNCEMENT_BYTES} are read"),
    ],
)
def test_what_is_too_long_is_refused_with_one_sentence(config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpeakerError, match=sentence):
        hear(DeviceRegistry(), ("sensor/x", config))


def test_announcements_together_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speaker.home.device_registry.MOST_ANNOUNCED_BYTES", 200)
    house = home_of(("sensor/a", {"name": "A" * 60, "stat_t": "a"}), ("sensor/b", {"name": "B", "stat_t": "b"}))
    with pytest.raises(SpeakerError, match="more are left out"):
        hear(house, ("sensor/c", {"name": "C" * 80, "stat_t": "c"}))
    assert hear(house, ("sensor/a", {"name": "A" * 59, "stat_t": "a"})), "what changes takes its own place"
    house.hear_discovery(topic("sensor/a"), b"")
    assert hear(house, ("sensor/c", {"name": "C" * 80, "stat_t": "c"}))
    assert len(house.devices()) == 2


async def test_times_of_devices_that_are_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speaker.home.device_controller.MOST_TIMES", 10)
    house = DeviceRegistry()
    controller = DeviceController(house, InMemoryBroker())  # type: ignore[arg-type]
    for number in range(40):
        hear(house, (f"sensor/{number}", {"name": f"S{number}", "stat_t": "s"}))
        controller.hear("s", b"1")
        house.hear_discovery(topic(f"sensor/{number}"), b"")
    assert len(controller._told_at_s) <= 11
    assert len(controller._reported_at_s) <= 11


def test_the_messages_that_are_kept_for_later_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speaker.home.device_reports.MOST_REMEMBERED_BYTES", 250)
    house = home_of(*((f"sensor/{n}", {"name": f"S{n}", "stat_t": f"t{n}"}) for n in range(4)))
    for number in range(4):
        house.hear(f"t{number}", b"1" * 100)
    for number in range(4):
        hear(house, (f"sensor/late{number}", {"name": f"L{number}", "stat_t": f"t{number}"}))
    assert [house.reading(house.find(f"L{n}")) is None for n in range(4)] == [True, True, False, False]


async def test_the_feed_follows_what_changed_and_once_after_a_burst() -> None:
    broker, house = InMemoryBroker(), DeviceRegistry()
    asked: list[list[str]] = []
    subscribe = broker.subscribe

    def counted(filters: Any, handler: Any, *, qos: int = 1) -> None:
        asked.append(list(filters))
        subscribe(asked[-1], handler, qos=qos)

    broker.subscribe = counted  # type: ignore[method-assign]  # to look over its shoulder
    feed = HouseFeed(broker, house, DeviceController(house, broker))  # type: ignore[arg-type]
    feed.start(["homeassistant"])
    asked.clear()
    for number in range(200):
        config = {"name": f"S{number}", "stat_t": f"t{number}"}
        broker.deliver(topic(f"sensor/{number}"), json.dumps(config).encode())
    await asyncio.sleep(0)
    assert [len(filters) for filters in asked] == [200]
    broker.deliver(topic("sensor/0"), b"")
    broker.deliver(topic("sensor/new"), b'{"name":"New","state_topic":"new"}')
    await asyncio.sleep(0)
    assert asked[1:] == [["new"]]


def test_topics_that_come_and_go_between_two_looks_are_no_change() -> None:
    house = home_of(("sensor/a", {"name": "A", "stat_t": "a"}))
    assert house.new_topics() == (["a"], [])
    house.hear_discovery(topic("sensor/a"), b"")
    hear(house, ("sensor/a", {"name": "A", "stat_t": "a"}))
    assert house.new_topics() == ([], [])
    house.hear_discovery(topic("sensor/a"), b"")
    assert house.new_topics() == ([], ["a"])


def test_a_message_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    decode = msgspec.json.decode

    def counted(text: str) -> object:
        decoded.append(text)
        return decode(text)

    monkeypatch.setattr(msgspec.json, "decode", counted)
    message = Incoming(b'{"a":1,"b":2}')
    assert [message.text(template_of(f"{{{{ value_json.{key} }}}}")) for key in "ab"] == ["1", "2"]
    assert len(decoded) == 1


def test_an_announcement_does_not_choose_more_topics_than_its_own() -> None:
    house = home_of(("sensor/a", {"name": "A", "stat_t": "a", "also_on": [f"t{n}" for n in range(900)]}))
    assert house.topics() == {"a"}


def test_the_bounds_fit_one_another() -> None:
    assert RENDER_UNITS < MESSAGE_UNITS
    assert template_budget.MAX_SIZE <= templates.MAX_PAYLOAD_BYTES
