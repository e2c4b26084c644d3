"""The tools of a speaker: found in folders, allowed by the configuration, run without ever raising."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.settings import ToolSettings
from speaker.errors import ToolError
from speaker.home.device_registry import Kind
from speaker.home.risk import Risk
from speaker.tools.api import Tool, tool
from speaker.tools.registry import ToolRegistry, bundled, find
from speaker.tools.result import MAX_OUTPUT_CHARACTERS, ToolResult

BUNDLED = {
    "activate_scene",
    "end_conversation",
    "get_temperature",
    "get_weather",
    "set_light",
    "set_temperature",
    "set_volume",
}


@tool
async def echo(text: str) -> str:
    """Say it again."""
    return text


@tool(risk="confirm")
async def open_garage() -> str:
    """Open the garage."""
    return "Confirmed: the garage is open."


@tool(risk="never")
async def open_safe() -> str:
    """Open the safe."""
    return "Confirmed: the safe is open."


def belt(settings: ToolSettings | None = None, *tools: Tool) -> ToolRegistry:
    return ToolRegistry({one.name: one for one in tools or (echo, open_garage, open_safe)}, settings or ToolSettings())


def write(folder: Path, name: str, answer: str, head: str = "") -> None:
    folder.mkdir(exist_ok=True)
    lines = [
        head,
        "from speaker.tools import tool",
        "@tool",
        f"async def {name}() -> str:",
        '    """Do something."""',
        f"    return {answer}",
    ]
    (folder / f"{name}.py").write_text("\n".join(lines))


def test_the_bundled_tools_are_found() -> None:
    tools, problems = find([bundled()])
    assert set(tools) >= BUNDLED
    assert problems == []


def test_folders_without_tools_are_no_problem(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "shared.py").write_text("LIMIT = 3\n")
    assert find([tmp_path, tmp_path / "nowhere", tmp_path / "notes.txt"]) == ({}, [])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def broken(:\n", "SyntaxError: invalid syntax"),
        ("import nothing_of_that_name\n", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit('out of here')\n", "SystemExit: out of here"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("\0", "cannot be used as a tool"),
        (
            "from speaker.tools import tool\n@tool\nasync def silent() -> str:\n    return ''\n",
            "SpeakerError: tool silent has no docstring; the model needs one",
        ),
    ],
)
def test_a_broken_file_is_a_sentence_and_the_others_load(tmp_path: Path, text: str, sentence: str) -> None:
    write(tmp_path, "first", "'one'")
    write(tmp_path, "second", "'two'")
    broken = tmp_path / "fault.py"
    broken.write_text(text)
    tools, (problem,) = find([tmp_path])
    assert set(tools) == {"first", "second"}
    assert problem.startswith(f"{broken} cannot be used as a tool: ")
    assert sentence in problem
    assert "\n" not in problem


async def test_a_later_folder_wins(tmp_path: Path) -> None:
    write(tmp_path / "house", "greet", "'mine'")
    write(tmp_path / "guest", "greet", "'theirs'")
    write(tmp_path / "guest", "leave", "'gone'")
    tools, _ = find([tmp_path / "house", tmp_path / "guest"])
    assert set(tools) == {"greet", "leave"}
    assert (await belt(None, *tools.values()).run("greet", "{}", {})).text == "theirs"
    tools, _ = find([tmp_path / "guest", tmp_path / "house"])
    assert (await belt(None, *tools.values()).run("greet", "{}", {})).text == "mine"


async def test_a_file_may_have_classes_of_its_own(tmp_path: Path) -> None:
    head = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    write(tmp_path, "draw", "str(Card(3))", f"{head}@dataclass\nclass Card:\n    value: int")
    tools, problems = find([tmp_path])
    assert problems == []
    assert await tools["draw"]() == "Card(value=3)"


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        (ToolSettings(), ["echo", "open_garage"]),
        (ToolSettings(allow=["open_*"]), ["open_garage"]),
        (ToolSettings(deny=["open_*"]), ["echo"]),
        (ToolSettings(allow=["echo", "open_?afe"], risk={"open_safe": "allow"}), ["echo", "open_safe"]),
        (ToolSettings(allow=[]), []),
        (ToolSettings(risk={"echo": "never"}), ["open_garage"]),
    ],
)
def test_what_the_model_is_offered(settings: ToolSettings, offered: list[str]) -> None:
    assert [one["name"] for one in belt(settings).definitions()] == offered


def test_a_house_is_offered_what_it_can_use() -> None:
    tools, _ = find([bundled()])
    kinds: set[Kind] = {"light", "lock"}
    offered = {one["name"] for one in ToolRegistry(tools, ToolSettings(), kinds=lambda: kinds).definitions()}
    assert {"set_light", "set_lock", "find_devices", "get_weather", "end_conversation"} <= offered
    assert offered.isdisjoint({"set_cover", "control_vacuum", "set_fan", "activate_scene", "set_temperature"})
    kinds.add("cover")
    assert "set_cover" in {
        one["name"] for one in ToolRegistry(tools, ToolSettings(), kinds=lambda: kinds).definitions()
    }


async def test_what_was_not_offered_does_not_run() -> None:
    denied = belt(ToolSettings(deny=["echo"]))
    assert await denied.run("echo", '{"text":"x"}', {}) == ToolResult("refused", "there is no tool echo.")
    assert await denied.run("open_safe", "{}", {}) == ToolResult("refused", "open_safe is not allowed.")
    garage = await denied.run("open_garage", "{}", {})
    assert garage == ToolResult("refused", "nobody confirmed open_garage, so it was not done.")


@pytest.mark.parametrize(("risk", "ran"), [("allow", True), ("confirm", False), ("never", False)])
async def test_the_configuration_has_the_last_word_on_risk(risk: Risk, ran: bool) -> None:
    for name, one in (("echo", echo), ("open_safe", open_safe)):
        owner = belt(ToolSettings(risk={name: risk}))
        assert owner.risk(one) == risk
        assert (await owner.run(name, '{"text":"x"}' if one is echo else "{}", {})).ok is ran


@pytest.mark.parametrize(
    ("text", "ok", "confirmed"),
    [
        ("Confirmed: the lamp is on.", True, True),
        ("Sent: the scene was sent.", True, False),
        ("The temperature is 20 degrees.", True, False),
        ("No answer: the lamp did not report back.", False, False),
        ("Refused: the lamp is offline.", False, False),
    ],
)
async def test_the_first_word_says_how_it_ended(text: str, ok: bool, confirmed: bool) -> None:
    ran = await belt().run("echo", json.dumps({"text": text}), {})
    assert (ran.output, ran.ok, ran.confirmed) == (text, ok, confirmed)


@pytest.mark.parametrize(
    "arguments", ["", "{}", "null", "[]", "{", '{"text":5}', '{"text":"a","volume":3}', "\ud800", "[" * 100_000]
)
async def test_wrong_arguments_are_words_for_the_model(arguments: str) -> None:
    ran = await belt().run("echo", arguments, {})
    assert ran.output.startswith("Refused: echo")
    assert not ran.ok


@given(name=st.text(), arguments=st.text())
async def test_no_call_raises(name: str, arguments: str) -> None:
    ran = await belt().run(name, arguments, {})
    assert ran.output
    assert not ran.confirmed


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ToolError("The vacuum is stuck."), "Refused: The vacuum is stuck."),
        (ZeroDivisionError("a secret detail"), "Refused: fail failed with an error of its own."),
        (TimeoutError(), "Refused: fail failed with an error of its own."),
        (SystemExit(1), "Refused: fail failed with an error of its own."),
        (ExceptionGroup("two", [ValueError(), OSError()]), "Refused: fail failed with an error of its own."),
    ],
)
async def test_whatever_a_tool_raises_becomes_words(error: BaseException, said: str) -> None:
    @tool
    async def fail() -> str:
        """Fail."""
        raise error

    ran = await belt(None, fail).run("fail", "{}", {})
    assert (ran.output, ran.status) == (said, "refused")


async def test_an_answer_that_is_no_text_is_an_error_of_the_tool() -> None:
    @tool
    async def count() -> str:
        """Count."""
        return 7  # type: ignore[return-value]  # that is tested

    assert (await belt(None, count).run("count", "{}", {})).output.startswith("Refused: count failed")


async def test_long_answers_are_cut() -> None:
    @tool
    async def complain() -> str:
        """Complain."""
        raise ToolError("no " * MAX_OUTPUT_CHARACTERS)

    long = await belt().run("echo", json.dumps({"text": "x" * 9_999}), {})
    assert (len(long.output), long.output[-1]) == (MAX_OUTPUT_CHARACTERS, "…")
    assert len((await belt(None, complain).run("complain", "{}", {})).output) == MAX_OUTPUT_CHARACTERS


@tool(quiet=True)
async def lamps(answer: str) -> str:
    """Do what it says."""
    return answer


@pytest.mark.parametrize(
    ("answer", "quiet"),
    [
        ("Confirmed: the lamp is on.", True),
        ("Confirmed: 2 lights are on.", True),
        ("Confirmed: the lamp is on. No answer: the hall lamp.", False),
        ("Confirmed: the lamp is on. Refused: the hall lamp has no dimmer.", False),
        ("No answer: the lamp.", False),
        ("Refused: there is no lamp.", False),
        ("Sent: movie night.", False),
        ("21 degrees", False),
    ],
)
async def test_a_sound_is_answer_enough_only_when_all_is_confirmed(answer: str, quiet: bool) -> None:
    arguments = json.dumps({"answer": answer})
    assert (await belt(None, lamps).run("lamps", arguments, {})).quiet == quiet


async def test_the_configuration_may_call_tools_quiet() -> None:
    said = json.dumps({"text": "Confirmed: it is said."})
    for patterns, quiet in (((), False), (("lamps",), False), (("echo",), True), (("e*",), True)):
        ran = await ToolRegistry({"echo": echo}, ToolSettings(), patterns).run("echo", said, {})
        assert (ran.confirmed, ran.quiet) == (True, quiet)
