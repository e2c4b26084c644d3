"""A tool of an MCP server: read with the checks that the hub's tools have, and called through its session."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Raw

from speaker.errors import BrokerError, McpError, SpeakerError, ToolError, plain
from speaker.home.risk import Risk
from speaker.tools.hub_schema import schema_faults
from speaker.tools.hub_tool import MOST_BYTES, MOST_DESCRIBED
from speaker.tools.mcp_messages import CallResult, ContentPart, ListedTool, ToolHints, read_part
from speaker.tools.result import ToolResult, as_line, outside_answer

_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_./-]{0,63}")
_NOT_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9_-]+")

LONGEST_NAME: Final = 64
"""Characters of a tool's name that a Realtime session takes."""


@dataclass(frozen=True, slots=True)
class ServedTool:
    """One tool as its server describes it."""

    name: str
    """Its name there."""
    description: str
    schema: dict[str, Any]
    risk: Risk
    """What the server's annotations make of it: what may destroy is asked for first."""


@dataclass(frozen=True, slots=True)
class McpTool:
    """One of them, as the registry takes it."""

    name: str
    """The model's name for it."""
    served: ServedTool
    server: str
    call_server: "Callable[[McpTool, str], Awaitable[CallResult]]"
    """Checks the arguments and calls the server. Raises ToolError, McpError, BrokerError, TimeoutError."""
    quiet: bool = False

    @property
    def description(self) -> str:
        """What the model reads."""
        return self.served.description

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return {"type": "object", "properties": {}} | self.served.schema

    @property
    def risk(self) -> Risk:
        """What the server says about it; the configuration may say more."""
        return self.served.risk

    def definition(self) -> dict[str, Any]:
        """The tool as an entry of ``session.tools``."""
        return {
            "type": "function", "name": self.name, "description": self.description, "parameters": self.parameters,
        }  # fmt: skip

    async def call(self, arguments: str, _providers: Mapping[type, object]) -> ToolResult:
        """Check the arguments, call, wait for the answer. Raises ToolError with words for the model."""
        try:
            result = await self.call_server(self, arguments)
        except TimeoutError:
            return ToolResult("no answer", f"{plain(self.server)} did not answer in time.")
        except (McpError, BrokerError) as error:
            raise ToolError(f"{self.name} could not be called. {plain(str(error))}") from error
        said = _said(result)
        return ToolResult("refused", said.text, said.for_model) if result.is_error else said


def read_served_tool(server: str, raw: Raw) -> ServedTool:
    """A tool of ``tools/list``. Raises SpeakerError with a sentence that names server and tool."""
    if len(bytes(raw)) > MOST_BYTES:
        raise SpeakerError(f"MCP server {server}: a tool has {len(bytes(raw))} bytes; at most {MOST_BYTES} are taken")
    try:
        listed = read_part(raw, ListedTool, f"MCP server {server}: a tool of its list")
    except McpError as error:
        raise SpeakerError(str(error)) from error
    place = f"MCP server {server}: {as_line(listed.name, LONGEST_NAME)}"
    if not _NAME.fullmatch(listed.name):
        raise SpeakerError(f"{place}: no tool name; a letter, then up to 63 letters, digits, _, -, . and /")
    if faults := schema_faults(listed.input_schema):
        raise SpeakerError(f"{place}: {plain('; '.join(faults))}")
    hints = listed.annotations or ToolHints()
    described = as_line(listed.description or hints.title or listed.name, MOST_DESCRIBED)
    return ServedTool(listed.name, described, listed.input_schema, "confirm" if hints.destroys else "allow")


def model_names(servers: Mapping[str, Sequence[str]], taken: Collection[str]) -> dict[tuple[str, str], str]:
    """(server, tool) → the model's name: the tool's own, with the server's before it where several have that name.

    ``servers``: server → its tools; ``taken``: names that tools of the speaker and the hub have. What finds no name of
    its own has none.
    """
    every = [(server, tool) for server, tools in sorted(servers.items()) for tool in tools]
    ways: tuple[Callable[[str, str], str], ...] = (
        lambda _server, tool: _clean(tool),
        lambda server, tool: _clean(f"{server.rpartition('/')[2]}_{tool}"),
        lambda server, tool: _clean(f"{server}_{tool}"),
    )
    named: dict[tuple[str, str], str] = {}
    left, used = every, set(taken)
    for way in ways:
        wanted = {one: way(*one) for one in left}
        counts = list(wanted.values())
        now = {one: name for one, name in wanted.items() if counts.count(name) == 1 and name not in used}
        named |= now
        used |= set(wanted.values())
        left = [one for one in left if one not in now]
    return named


def _clean(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name).strip("_")[:LONGEST_NAME] or "tool"


def _said(result: CallResult) -> ToolResult:
    texts = [text for part in result.content if (text := _text(part))]
    if not texts and isinstance(result.structured_content, Raw):
        return outside_answer(bytes(result.structured_content))
    return outside_answer("\n".join(texts))


def _text(part: ContentPart) -> str:
    """A part of a result in words; what is no text is only named."""
    match part.type:
        case "text":
            return part.text or ""
        case "resource" if part.resource is not None and part.resource.text:
            return part.resource.text
        case "resource_link":
            return f"(a link to {as_line(part.name or 'something')})"
        case _:
            return f"({as_line(part.type, 40)})"
