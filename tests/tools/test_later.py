"""Calls of tools that wait for their time: nobody is asked then, so nothing risky may wait."""

import json
from typing import Any

import pytest

from speaker.config.settings import DEFAULT_RISK, ToolSettings
from speaker.errors import ToolError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry
from speaker.tools.api import Tool, tool
from speaker.tools.device_selection import Home
from speaker.tools.later import LaterTools
from speaker.tools.registry import ToolRegistry
from tests.support.answering_devices import Street
from tests.tools.test_bundled_tools import TOOLS

DEVICES = [
    {"name": name, "room": "Hall", "kind": kind, "command_topic": f"{name}/set", "state_topic": name} | more
    for name, kind, more in (
        ("Lamp", "light", {}),
        ("Spot", "light", {}),
        ("Door", "lock", {}),
        ("Blind", "cover", {}),
        ("Garage", "cover", {"device_class": "garage"}),
    )
]


@tool
async def water_lawn(zone: str = "front") -> str:
    """Water the lawn."""
    return f"Confirmed: {zone} is wet."


class Asked:
    """Whoever would have to say yes."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self, *_: object, **__: object) -> bool:
        self.times += 1
        return True


def later(**settings: Any) -> tuple[LaterTools, Street, Asked]:
    registry, asked = DeviceRegistry(), Asked()
    registry.add_configured(DEVICES)
    street = Street(lambda topic, payload: [(topic.removesuffix("/set"), payload)], 0.01)
    risk = dict(DEFAULT_RISK) | settings.pop("risk", {})
    home = DeviceController(registry, street, 0.1, risk=risk, approve=asked)
    street.home = home
    tools: dict[str, Tool] = {**TOOLS, "water_lawn": water_lawn}
    belt = ToolRegistry(tools, ToolSettings(risk=risk, **settings), approve=asked)
    return LaterTools(belt, home, lambda: {Home: home}), street, asked


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("set_light", {"light": "lamp", "on": False}, "switch off the lamp"),
        ("set_light", {"light": "all", "on": False}, "switch off 2 lights"),
        ("set_lock", {"lock": "door", "action": "lock"}, "lock the door"),
        ("set_cover", {"cover": "blind", "action": "open"}, "open the blind"),
        ("set_cover", {"cover": "garage", "action": "close"}, "close the garage"),
        ("water_lawn", {"zone": "back"}, "run water lawn with zone back"),
    ],
)
async def test_what_may_be_done_later_is_told_in_words_and_not_done_yet(
    name: str, arguments: dict[str, Any], words: str
) -> None:
    tools, street, asked = later()
    assert await tools.check(name, json.dumps(arguments)) == words
    assert (street.sent, asked.times) == ([], 0)


@pytest.mark.parametrize(
    ("name", "arguments", "settings"),
    [
        ("set_lock", {"lock": "door", "action": "unlock"}, {}),
        ("set_cover", {"cover": "garage", "action": "open"}, {}),
        ("set_cover", {"cover": "all", "action": "open"}, {"risk": {"cover": "never"}}),
        ("set_light", {"light": "chandelier", "on": True}, {}),
        ("set_light", {"light": "lamp", "brightness": "bright"}, {}),
        ("water_lawn", {}, {"risk": {"water_lawn": "confirm"}}),
        ("water_lawn", {}, {"risk": {"water_lawn": "never"}}),
        ("water_lawn", {}, {"deny": ["water_*"]}),
        ("water_lawn", {"depth": 3}, {}),
        ("do_later", {}, {}),
        ("end_conversation", {}, {}),
        ("no_such_tool", {}, {}),
    ],
)
async def test_what_may_not_is_refused_when_it_is_set(
    name: str, arguments: dict[str, Any], settings: dict[str, Any]
) -> None:
    tools, street, asked = later(**settings)
    with pytest.raises(ToolError):
        await tools.check(name, json.dumps(arguments))
    assert (street.sent, asked.times) == ([], 0)


async def test_it_is_done_at_its_time() -> None:
    tools, street, _ = later()
    assert await tools.run("set_light", '{"light":"lamp","on":false}') == (True, "")
    assert [(topic, payload) for topic, payload, *_ in street.sent] == [("Lamp/set", "OFF")]


@pytest.mark.parametrize(
    ("name", "arguments", "settings"),
    [
        ("set_lock", '{"lock":"door","action":"unlock"}', {}),
        ("set_cover", '{"cover":"all","action":"open"}', {"risk": {"cover": "confirm"}}),
        ("water_lawn", "{}", {"risk": {"water_lawn": "confirm"}}),
        ("water_lawn", "{}", {"deny": ["*"]}),
    ],
)
async def test_the_rules_of_that_time_count_and_nobody_is_asked(
    name: str, arguments: str, settings: dict[str, Any]
) -> None:
    tools, street, asked = later(**settings)
    worked, words = await tools.run(name, arguments)
    assert not worked
    assert words
    assert (street.sent, asked.times) == ([], 0)


async def test_of_several_only_what_may_be_is_done() -> None:
    tools, street, asked = later()
    worked, words = await tools.run("set_cover", '{"cover":"all","action":"open"}')
    assert not worked
    assert "garage" in words
    assert ([topic for topic, *_ in street.sent], asked.times) == (["Blind/set"], 0)


async def test_an_answer_is_for_ears() -> None:
    tools, _, _ = later()
    worked, words = await tools.run("find_devices", '{"kind":"lock"}')
    assert worked
    assert words
