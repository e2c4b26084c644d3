"""The examples for the hub in the README: what they publish is what the speaker takes."""

import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import jinja2
import pytest
import yaml

from speaker.config.loading import load_settings
from speaker.hub.commands import Announce, Question
from speaker.hub.own_discovery import EVENTS, announcement
from speaker.hub.payloads import read_payload
from speaker.tools.hub_tool import read_definition
from tests.documents import README

SECTION = README.read_text().partition("## Examples for the hub")[2].partition("\n## ")[0]

COMMANDS: dict[str, type[Announce] | type[Question]] = {"announce": Announce, "question": Question}


def block(begins: str) -> str:
    """The one indented block of the section that begins so."""
    blocks = re.findall(r"(?:^    .*\n|^\n)+", SECTION, re.MULTILINE)
    (found,) = [one for one in map(textwrap.dedent, blocks) if one.lstrip().startswith(begins)]
    return str(found)


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


HOME_ASSISTANT = list(actions(yaml.safe_load(block("script"))))
PUBLISHED = [one["data"] for one in HOME_ASSISTANT if one.get("action") == "mqtt.publish"]


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
    entities = set(re.findall(r"\w+\.speaker_kitchen_\w+", SECTION))
    assert entities
    assert entities <= {one["default_entity_id"] for one in components.values()}
    assert set(re.findall(r"event_type == '(\w+)'", SECTION)) <= set(EVENTS)


@pytest.mark.parametrize("node", [one for one in json.loads(block("[")) if one["type"] == "inject"])
def test_definition_of_node_red_is_taken_and_answered(node: dict[str, Any]) -> None:
    name, definition = read_definition(node["topic"], node["payload"].encode())
    assert name == "bin_day"
    assert definition.respond
    nodes = json.loads(block("["))
    assert definition.command_topic in [one.get("topic") for one in nodes if one["type"] == "mqtt in"]
    known = {one["id"] for one in nodes}
    assert all(target in known for one in nodes for wire in one.get("wires", []) for target in wire)
