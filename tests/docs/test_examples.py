"""The files in docs/examples: they are read from there, and what they publish is what the speaker takes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jinja2
import pytest
import yaml

from speaker.config.loading import load_settings
from speaker.hub.commands import Announce, Question
from speaker.hub.own_discovery import EVENTS, announcement
from speaker.hub.payloads import read_payload
from speaker.tools import registry
from speaker.tools.device_selection import Home
from speaker.tools.hub_tool import read_definition
from tests.documents import ROOT
from tests.support.announced_homes import CEILING, SOFA_LAMP, home_of
from tests.support.answering_devices import echo, live, silent

EXAMPLES = ROOT / "docs" / "examples"

COMMANDS: dict[str, type[Announce] | type[Question]] = {"announce": Announce, "question": Question}


def actions(part: object) -> Iterator[dict[str, Any]]:
    """Every mapping in a document that may be an action or a trigger."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from actions(value)
    elif isinstance(part, list):
        for value in part:
            yield from actions(value)


def filled(template: str) -> str:
    environment = jinja2.Environment()  # noqa: S701 - no HTML
    environment.filters["to_json"] = json.dumps
    return environment.from_string(template).render(text='Dinner "is" ready')


AUTOMATIONS = (EXAMPLES / "home-assistant.yaml").read_text()
HOME_ASSISTANT = list(actions(yaml.safe_load(AUTOMATIONS)))
PUBLISHED = [one["data"] for one in HOME_ASSISTANT if one.get("action") == "mqtt.publish"]
NODE_RED = json.loads((EXAMPLES / "node-red-flow.json").read_text())


def test_commands_are_ones_that_the_speaker_takes() -> None:
    commands = [one for one in PUBLISHED if "/command/" in one["topic"]]
    assert {one["topic"].rpartition("/")[2] for one in commands} == set(COMMANDS)
    for one in commands:
        kind: type[Any] = COMMANDS[one["topic"].rpartition("/")[2]]
        read_payload(filled(one["payload"]), kind)


def test_definition_of_home_assistant_is_taken_and_answered() -> None:
    (told,) = [one for one in PUBLISHED if "/tools/" in one["topic"]]
    assert told["retain"]
    _, definition = read_definition(told["topic"], told["payload"].encode())
    assert definition.respond
    assert definition.command_topic in [one.get("topic") for one in HOME_ASSISTANT if "trigger" in one]


def test_events_and_entities_exist() -> None:
    components = announcement(load_settings({"id": "kitchen"}, "pi"), "1")["cmps"]
    entities = set(re.findall(r"\w+\.speaker_kitchen_\w+", AUTOMATIONS))
    assert entities
    assert entities <= {one.get("default_entity_id") for one in components.values()}
    assert set(re.findall(r"event_type == '(\w+)'", AUTOMATIONS)) <= set(EVENTS)


@pytest.mark.parametrize("node", [one for one in NODE_RED if one["type"] == "inject"])
def test_definition_of_node_red_is_taken_and_answered(node: dict[str, Any]) -> None:
    name, definition = read_definition(node["topic"], node["payload"].encode())
    assert name == "bin_day"
    assert definition.respond
    assert definition.command_topic in [one.get("topic") for one in NODE_RED if one["type"] == "mqtt in"]
    known = {one["id"] for one in NODE_RED}
    assert all(target in known for one in NODE_RED for wire in one.get("wires", []) for target in wire)


def test_definition_of_the_vacuum_is_taken() -> None:
    payload = (EXAMPLES / "start_vacuum.json").read_bytes()
    name, definition = read_definition("speaker/tools/start_vacuum", payload)
    assert name == "start_vacuum"
    assert definition.state_topic == "home/vacuum/state"


async def test_good_night_works_as_written() -> None:
    tools, problems = registry.find([EXAMPLES])
    assert problems == []
    good_night = tools["good_night"]
    obedient, _ = live(home_of(SOFA_LAMP, CEILING), echo)
    assert (await good_night.call("{}", {Home: obedient})).output == "Confirmed: 2 lights are off. Good night."
    deaf, _ = live(home_of(SOFA_LAMP), silent, timeout_s=0.1)
    assert (await good_night.call("{}", {Home: deaf})).status == "no answer"
