"""The function tools of a Realtime session as the rules see them, and calls of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

ArgumentValue = str | int | float | bool | list[str] | dict[str, "ArgumentValue"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool."""

    name: str
    arguments: Mapping[str, ArgumentValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a response consists of: calls, or else a text to speak."""

    calls: tuple[Call, ...] = ()
    text: str = ""


class Parameter(msgspec.Struct, frozen=True):
    """A parameter's JSON Schema, as far as it says what words can fill it."""

    type: str | list[str] = ""
    description: str = ""
    enum: list[str | int | float | bool | None] = []
    any_of: list["Parameter"] = msgspec.field(name="anyOf", default_factory=list)

    @property
    def types(self) -> set[str]:
        """Its JSON types, those of its alternatives included."""
        own = {self.type} if isinstance(self.type, str) else set(self.type)
        return own.union(*(alternative.types for alternative in self.any_of)) - {""}

    @property
    def choices(self) -> list[str]:
        """The texts it can be, if only certain ones are allowed."""
        own = [choice for choice in self.enum if isinstance(choice, str)]
        return own + [choice for alternative in self.any_of for choice in alternative.choices]

    @property
    def is_number(self) -> bool:
        """Whether a number fits."""
        return bool(self.types & {"integer", "number"})


class Parameters(msgspec.Struct, frozen=True):
    """The JSON Schema of a tool's arguments."""

    properties: dict[str, Parameter] = {}
    required: list[str] = []


class ToolSchema(msgspec.Struct, frozen=True):
    """An entry of ``session.tools``."""

    name: str
    description: str = ""
    parameters: Parameters = Parameters()

    @property
    def knows_here(self) -> bool:
        """Whether a call without a room means the room that the speaker stands in; its description says so."""
        told = [self.description, *(one.description for one in self.parameters.properties.values())]
        return any("here" in re.findall(r"[a-z]+", text.lower()) for text in told)

    def call(self, **arguments: ArgumentValue) -> Call | None:
        """A call with these arguments; None when the tool lacks one of them or wants one more."""
        takes = self.parameters.properties.keys()
        fits = arguments.keys() <= takes and arguments.keys() >= set(self.parameters.required)
        return Call(self.name, arguments) if fits else None


def read_definitions(tools: Sequence[Mapping[str, object]]) -> dict[str, ToolSchema]:
    """The function tools by name; a definition whose schema cannot be understood is left out."""
    found: dict[str, ToolSchema] = {}
    for tool in tools:
        if tool.get("type", "function") != "function":
            continue
        try:
            definition = msgspec.convert({**tool, "parameters": tool.get("parameters") or {}}, ToolSchema)
        except msgspec.ValidationError:
            continue
        found[definition.name] = definition
    return found
