"""Tools of MCP servers: which name each has for the model, and what is made of what they return."""

import re
from collections.abc import Mapping, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from speaker.errors import BrokerError, McpError, SpeakerError, ToolError
from speaker.tools.mcp_messages import CallResult
from speaker.tools.mcp_tool import McpTool, ServedTool, model_names, read_served_tool

NAMES = st.text(alphabet="ab_./-", min_size=1, max_size=3)
HOUSES = st.dictionaries(st.sampled_from(["a", "b", "x/a", "y/a", "x_a"]), st.lists(NAMES, unique=True, max_size=4))


@pytest.mark.parametrize(
    ("servers", "taken", "names"),
    [
        ({"g/a": ["mow"]}, (), {"mow"}),
        ({"g/a": ["mow"], "g/b": ["mow", "dig"]}, (), {"a_mow", "b_mow", "dig"}),
        ({"g/a": ["mow"]}, ("mow",), {"a_mow"}),
        ({"g/a": ["mow"]}, ("mow", "a_mow"), {"g_a_mow"}),
        ({"g/a": ["mow"], "h/a": ["mow"]}, (), {"g_a_mow", "h_a_mow"}),
        ({"g/a": ["mow"]}, ("mow", "a_mow", "g_a_mow"), set()),
        ({"g/a": ["lawn.mow", "lawn/mow"]}, (), set()),
        ({"g/a": ["lawn.mow"]}, (), {"lawn_mow"}),
        ({"g/a": ["x" * 64], "g/b": ["x" * 64]}, (), {"a_" + "x" * 62, "b_" + "x" * 62}),
    ],
)
def test_names_that_collide_get_their_servers_name(
    servers: Mapping[str, Sequence[str]], taken: tuple[str, ...], names: set[str]
) -> None:
    assert set(model_names(servers, taken).values()) == names


@given(HOUSES, st.sets(NAMES, max_size=3))
def test_no_name_is_given_twice_or_taken_from_anybody(servers: dict[str, list[str]], taken: set[str]) -> None:
    named = model_names(servers, taken)
    assert len(set(named.values())) == len(named)
    assert not set(named.values()) & taken
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in named.values())


@given(HOUSES)
def test_the_order_in_which_servers_came_changes_no_name(servers: dict[str, list[str]]) -> None:
    assert model_names(servers, ()) == model_names(dict(reversed(servers.items())), ())


def served(**document: object) -> ServedTool:
    return read_served_tool("g/a", Raw(msgspec.json.encode({"name": "mow", "inputSchema": {}} | document)))


def test_a_description_is_one_line_and_bounded() -> None:
    assert served(description="One.\n\nTwo\x1b[0m.").description == "One. Two [0m."
    assert len(served(description="x" * 5_000).description) == 1_000
    assert served(annotations={"title": "Mows the lawn"}).description == "Mows the lawn"
    assert served().description == "mow"


def test_a_tool_that_is_refused_is_named_with_its_server() -> None:
    with pytest.raises(SpeakerError, match=r"MCP server g/a: two lines: no tool name"):
        served(name="two\nlines")
    with pytest.raises(SpeakerError, match=r"MCP server g/a: mow: parameters.properties.a.\$ref"):
        served(inputSchema={"properties": {"a": {"$ref": "#/x"}}})
    with pytest.raises(SpeakerError, match="at most 8192 are taken"):
        served(description="x" * 9_000)


async def test_what_goes_wrong_is_a_sentence() -> None:
    async def fails(error: Exception) -> CallResult:
        raise error

    def tool(error: Exception) -> McpTool:
        return McpTool("mow", served(), "g/a", lambda _tool, _arguments: fails(error))

    assert (await tool(TimeoutError()).call("{}", {})).output == "No answer: g/a did not answer in time."
    with pytest.raises(ToolError, match=r"^mow could not be called\. two lines$"):
        await tool(McpError("two\nlines", -1)).call("{}", {})
    with pytest.raises(ToolError, match="the broker is away"):
        await tool(BrokerError("the broker is away")).call("{}", {})
