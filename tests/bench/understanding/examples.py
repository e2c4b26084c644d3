"""Test sentences of Home Assistant's repository, with the house that they are said in and what they mean."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from hassil import is_template, parse_sentence, sample_expression


@dataclass(frozen=True)
class Entity:
    """A thing of the test house."""

    id: str
    name: str
    area: str
    floor: str
    device_class: str

    @property
    def domain(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class House:
    """The test house of a language."""

    entities: tuple[Entity, ...]
    areas: tuple[str, ...]
    floors: tuple[str, ...]

    def told(self) -> str:
        """As the instructions of a session tell it."""
        kinds = {"person", "script", "todo", "weather", "zone", "automation", "camera", "image", "timer", "calendar"}
        rooms: dict[str, list[str]] = {}
        for one in self.entities:
            if one.domain not in kinds:
                rooms.setdefault(one.area.lower() or "elsewhere", []).append(f"{one.name} ({one.domain})")
        for area in self.areas:
            rooms.setdefault(area.lower(), [])
        lines = [f"- {room}: {', '.join(names) or 'Nothing (event)'}" for room, names in rooms.items()]
        floors = f"\nFloors: {', '.join(self.floors)}" if self.floors else ""
        return "\n".join(["Devices, by room:", *lines]) + floors


@dataclass(frozen=True)
class Example:
    """A sentence and what it means."""

    words: str
    intent: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    here: str = ""
    """The room that the speaker stands in."""
    source: str = ""


def read_house(folder: Path) -> House:
    """The fixtures of a language."""
    told = yaml.safe_load((folder / "_fixtures.yaml").read_text("utf-8"))
    floors = {one["id"]: _one(one["name"]) for one in told.get("floors", [])}
    areas = {one["id"]: (_one(one["name"]), floors.get(one.get("floor"), "")) for one in told.get("areas", [])}
    entities = [
        Entity(
            one["id"], _one(one["name"]), *areas.get(one.get("area"), ("", "")),
            str((one.get("attributes") or {}).get("device_class", "")),
        )
        for one in told.get("entities", [])
    ]  # fmt: skip
    return House(tuple(entities), tuple(name for name, _ in areas.values()), tuple(floors.values()))


def _one(name: str) -> str:
    name = name.strip()
    return next(iter(sample_expression(parse_sentence(name).expression))).strip() if is_template(name) else name


def read_examples(folder: Path) -> Iterator[Example]:
    """All sentences of a language that are said in its house."""
    for file in sorted(folder.glob("*_Hass*.yaml")):
        for test in yaml.safe_load(file.read_text("utf-8")).get("tests", []):
            intent = test["intent"]
            here = str((intent.get("context") or {}).get("area", ""))
            domain = file.stem.rpartition("_")[0]
            for words in test["sentences"] or []:
                yield Example(words, intent["name"], intent.get("slots") or {}, here, domain)
