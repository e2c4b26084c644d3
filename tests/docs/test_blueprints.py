"""The blueprints and the card in docs/examples: every input is used, and what they begin with and turn exists here."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jinja2
import pytest
import yaml

from speaker.config.loading import load_settings
from speaker.cost.budget import Notice
from speaker.hub.own_discovery import EVENTS, announcement
from tests.documents import ROOT

EXAMPLES: Final = ROOT / "docs" / "examples"
BLUEPRINTS: Final = sorted(one for one in EXAMPLES.glob("*.yaml") if one.read_text().startswith("blueprint:"))
COMPONENTS: Final[dict[str, Any]] = announcement(load_settings({"id": "kitchen"}, "pi"), "1")["cmps"]
PLATFORMS: Final = {one["p"] for one in COMPONENTS.values()}

SERVICES: Final = {
    "notify.send_message": "notify", "button.press": "button", "number.set_value": "number", "switch.turn_on": "switch",
    "switch.turn_off": "switch",
}  # fmt: skip
"""What blueprints call → the platform that has to be among our components."""


class Input(str):
    """The name of an input."""

    __slots__ = ()


class BlueprintLoader(yaml.SafeLoader):
    """YAML with Home Assistant's ``!input``."""


BlueprintLoader.add_constructor("!input", lambda loader, node: Input(loader.construct_scalar(node)))  # type: ignore[arg-type]


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(file.read_text(), BlueprintLoader)  # noqa: S506 - a safe one
    return found


def every(part: object) -> Iterator[Any]:
    """A document and everything in it."""
    yield part
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for one in inner:
        yield from every(one)


each = pytest.mark.parametrize("file", BLUEPRINTS, ids=lambda one: one.name)


def test_there_are_some() -> None:
    assert len(BLUEPRINTS) == 4


@each
def test_head_has_what_home_assistant_wants(file: Path) -> None:
    head = read(file)["blueprint"]
    assert head["domain"] == "automation"
    assert {"name", "description", "domain", "input", "homeassistant"} == set(head)
    assert re.fullmatch(r"\d+\.\d+\.\d+", head["homeassistant"]["min_version"])
    for one in head["input"].values():
        assert {"name", "selector"} <= set(one)
        assert len(one["selector"]) == 1


@each
def test_inputs_are_those_that_are_used(file: Path) -> None:
    document = read(file)
    declared = set(document.pop("blueprint")["input"])
    assert {str(one) for one in every(document) if isinstance(one, Input)} == declared
    assert {"triggers", "actions"} <= set(document)


@each
def test_entities_to_choose_from_are_of_kinds_that_we_announce(file: Path) -> None:
    for one in read(file)["blueprint"]["input"].values():
        for wanted in (one["selector"].get("entity") or {}).get("filter", []):
            if wanted.get("integration") == "mqtt":
                assert wanted["domain"] in PLATFORMS


@each
def test_what_it_calls_is_there(file: Path) -> None:
    document = read(file)
    inputs = document["blueprint"]["input"]
    for one in every(document):
        if isinstance(one, dict) and "target" in one:
            domain = {SERVICES[verb] for verb in re.findall(r"\w+\.\w+", one["action"]) if verb in SERVICES}
            if not domain:
                domain = {SERVICES[f"switch.turn_{way}"] for way in re.findall(r"'(on|off)'", one["action"])}
            (chosen,) = inputs[one["target"]["entity_id"]]["selector"]["entity"]["filter"]
            assert {chosen["domain"]} == domain


def test_budget_is_told_from_the_chosen_share_on() -> None:
    document = read(EXAMPLES / "tell_the_budget.yaml")
    told = Notice("day", 0.8, 0.4012, 0.5).event("short")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no HTML
    (condition,) = document["conditions"]
    for wanted, event_type, holds in ((50, "budget", True), (80, "budget", True), (90, "budget", False),
                                      (50, "wake", False)):  # fmt: skip
        seen = told | {"event_type": event_type}
        assert environment.from_string(condition).render(told=seen, wanted=wanted) == str(holds)
    words = document["actions"][0]["variables"]
    assert environment.from_string(words["title"]).render(told=told) == "80 % of the budget of the day is spent"
    assert environment.from_string(words["message"]).render(told=told) == "0.40 of 0.50 USD; now: short"


@each
def test_events_exist(file: Path) -> None:
    assert set(re.findall(r"event_type == '(\w+)'", file.read_text())) <= set(EVENTS)


def test_card_shows_entities_that_are_there() -> None:
    text = (EXAMPLES / "dashboard-card.yaml").read_text()
    named = re.findall(r"\w+\.speaker_kitchen_\w+", text)
    known = {one.get("default_entity_id"): one for one in COMPONENTS.values()}
    assert named
    assert set(named) <= set(known)
    (graph,) = [one for one in every(yaml.safe_load(text)) if isinstance(one, dict) and "stat_types" in one]
    for entity in graph["entities"]:
        assert known[entity]["state_class"] == "total", "a graph needs statistics"
