import json
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from speaker.errors import SpeakerError, ToolError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry
from speaker.tools.api import Tool, tool
from speaker.tools.context import Voice
from speaker.tools.device_selection import Home
from speaker.tools.result import MAX_OUTPUT_CHARACTERS
from tests.support.announced_homes import EVERYTHING, home_of
from tests.support.answering_devices import Street, silent

Percent = Annotated[int, Meta(ge=0, le=100, description="0 is shut")]


class Rate(msgspec.Struct):
    hz: int


@tool
async def set_blinds(
    home: Home, room: str, percent: Percent, *, speed: Literal["slow", "fast"] = "slow", rate: Rate | None = None
) -> str:
    """Open or close the blinds of a room."""
    return f"{room} {percent} {speed} {rate} {len(home.devices())}"


@tool(risk="confirm")
async def shout(voice: Voice, text: str = "hey") -> str:
    """Shout."""
    voice.set_volume(100)
    return text


def providers(house: DeviceRegistry | None = None) -> dict[type, object]:
    return {Home: DeviceController(house or DeviceRegistry(), Street(silent))}


def test_the_signature_is_the_schema() -> None:
    definition = set_blinds.definition()
    assert definition["name"] == "set_blinds"
    assert definition["description"] == "Open or close the blinds of a room."
    schema = definition["parameters"]
    assert list(schema["properties"]) == ["room", "percent", "speed", "rate"], "home is injected and hidden"
    assert schema["properties"]["percent"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 100,
        "description": "0 is shut",
    }
    assert schema["properties"]["speed"] == {"enum": ["fast", "slow"], "default": "slow"}
    assert schema["required"] == ["room", "percent"]
    assert set(schema) == {"type", "properties", "required", "$defs"}, "every word is paid for, session after session"
    assert "Rate" in schema["$defs"]
    json.dumps(definition)


async def test_arguments_are_checked_and_the_home_is_injected() -> None:
    said = await set_blinds.call('{"room":"hall","percent":7,"rate":{"hz":3}}', providers(home_of(*EVERYTHING)))
    assert said.output == "hall 7 slow Rate(hz=3) 9"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ('{"room":"hall"}', "percent"),
        ('{"room":"hall","percent":101}', "<= 100"),
        ('{"room":7,"percent":1}', r"\$\.room"),
        ('{"room":"hall","percent":1,"speed":"warp"}', "speed"),
        ('{"room":"hall","percent":1,"colour":"red"}', "colour"),
        ('{"room":"hall","home":{},"percent":1}', "home"),
        ('{"room"', "truncated"),
        ("[]", "array"),
        ("", "room"),
    ],
)
async def test_arguments_that_do_not_fit_are_explained_to_the_model(arguments: str, problem: str) -> None:
    with pytest.raises(ToolError, match=problem) as caught:
        await set_blinds.call(arguments, providers())
    assert str(caught.value).startswith("set_blinds: the arguments do not fit: ")


@given(st.text(max_size=60))
async def test_no_text_of_the_model_breaks_a_call(arguments: str) -> None:
    with pytest.raises(ToolError):
        await set_blinds.call(arguments, providers())


async def test_a_tool_is_still_the_function_it_was() -> None:
    @tool
    async def repeat(text: str, times: int = 2) -> str:
        """Repeat a text."""
        return text * times

    assert await repeat("ab") == "abab"
    assert (await repeat.call('{"text":"x"}', {})).output == "xx"
    long = (await repeat.call('{"text":"x","times":9999}', {})).output
    assert (len(long), long[-1]) == (MAX_OUTPUT_CHARACTERS, "…")


def test_risk_stands_beside_the_tool() -> None:
    assert (set_blinds.risk, shout.risk) == ("allow", "confirm")
    assert list(shout.parameters["properties"]) == ["text"]


def test_what_cannot_be_a_tool_is_refused_with_a_remedy() -> None:
    async def undocumented(room: str) -> str:
        return room

    async def unannotated(room) -> str:  # type: ignore[no-untyped-def]  # that is what is tested
        """Do something."""
        return str(room)

    def not_async(room: str) -> str:
        """Do something."""
        return room

    async def unknown(when: "Sometime") -> str:  # type: ignore[name-defined]  # noqa: F821 - that is tested
        """Do something."""
        return str(when)

    async def no_schema(where: complex) -> str:
        """Do something."""
        return str(where)

    refused: list[tuple[Any, str]] = [
        (undocumented, "tool undocumented has no docstring"),
        (unannotated, "parameter room has no annotation"),
        (unknown, "tool unknown: an annotation is not known: name 'Sometime'"),
        (no_schema, "tool no_schema: the signature is no JSON schema"),
        (not_async, "tool not_async is not async"),
    ]
    for function, sentence in refused:
        with pytest.raises(SpeakerError, match=sentence):
            tool(function)


async def test_a_tool_says_no_in_its_own_words() -> None:
    @tool
    async def open_door(home: Home, name: str) -> str:
        """Open a door."""
        return home.find(name).name

    assert isinstance(open_door, Tool)
    with pytest.raises(ToolError, match='There is no device called "hatch"'):
        await open_door.call('{"name":"hatch"}', providers(home_of(*EVERYTHING)))
