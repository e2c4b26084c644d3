"""What a speaker offers as an MCP server: its own tools, and say, ask and announce; called by the same rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Struct

from speaker.errors import NOT_JSON, McpError, SpeakerError, ToolError
from speaker.home.risk import Risk
from speaker.hub.commands import COMMANDS, Announce, Text
from speaker.hub.parts import SpeakerParts
from speaker.tools import mcp_messages as mcp
from speaker.tools.api import AnyTool, Tool, argument_schema
from speaker.tools.mcp_messages import CallResult, ContentPart, ListedTool, ToolHints
from speaker.tools.registry import ToolRegistry
from speaker.tools.result import ToolResult

NOT_OFFERED: Final = frozenset({"announce", "end_conversation"})
"""Bundled tools that mean nothing from outside: who calls reaches each speaker itself, and is in no conversation."""

RISK_KEY: Final = "speaker/risk"
"""Where a tool's risk stands in its ``_meta``."""


class SpokenText(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The arguments of say and ask."""

    text: Text


@dataclass(frozen=True, slots=True)
class CommandTool:
    """A command of the hub as a tool."""

    name: str
    description: str
    done: str
    """What happens now, as a sentence."""
    arguments: type[Struct]
    run: Callable[[Any], None]
    """Carries out the arguments. Raises SpeakerError."""
    risk: Risk = "allow"
    quiet: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return argument_schema(self.arguments)

    def definition(self) -> dict[str, Any]:
        """The tool as an entry of ``session.tools``."""
        return {
            "type": "function", "name": self.name, "description": self.description, "parameters": self.parameters,
        }  # fmt: skip

    async def call(self, arguments: str, _providers: Mapping[type, object]) -> ToolResult:
        """Check the arguments and carry the command out. Raises ToolError."""
        try:
            self.run(msgspec.json.decode(arguments, type=self.arguments))
        except NOT_JSON as error:
            raise ToolError(f"{self.name}: the arguments do not fit: {error}") from error
        except SpeakerError as error:
            raise ToolError(str(error)) from error
        return ToolResult("sent", self.done)


def command_tools(parts: SpeakerParts) -> dict[str, AnyTool]:
    """Say, ask and announce as tools."""
    carry_out = {command.name: command.run for command in COMMANDS}
    tools = (
        CommandTool(
            "say", "Say a text on this speaker as it stands, in its own voice.", "the speaker says it.",
            SpokenText, lambda given: carry_out["say"](parts, given.text),
        ),
        CommandTool(
            "ask", "Put a request to this speaker's assistant, which answers aloud in its room.",
            "the speaker answers it aloud.", SpokenText, lambda given: carry_out["ask"](parts, given.text),
        ),
        CommandTool(
            "announce", "Announce a text, or the sound at a url, on this speaker; with volume in percent and a chime.",
            "the speaker announces it.", Announce,
            lambda given: carry_out["announce"](parts, msgspec.json.encode(given).decode()),
        ),
    )  # fmt: skip
    return {tool.name: tool for tool in tools}


class McpOffer:
    """The tools for programs outside, and how a call of theirs ends."""

    def __init__(
        self, registry: ToolRegistry, providers: Mapping[type, object], tell: Callable[[dict[str, Any]], None]
    ) -> None:
        """``registry`` knows what is offered, and asks about it; ``tell`` publishes an event."""
        self._registry = registry
        self._providers = providers
        self._tell = tell

    def listed(self) -> list[ListedTool]:
        """The tools as ``tools/list`` has them."""
        return [self._listed(tool) for tool in self._registry.offered]

    def _listed(self, tool: AnyTool) -> ListedTool:
        # Whatever is asked for first, the tool or one of its devices, is told to be risky.
        reads, free = isinstance(tool, Tool) and tool.reads, self._registry.allows(tool.name)
        return ListedTool(
            name=tool.name,
            description=tool.description,
            input_schema=tool.parameters,
            annotations=ToolHints(read_only_hint=reads, destructive_hint=not reads and not free),
            meta={RISK_KEY: "allow" if free else "confirm"},
        )

    async def call(self, name: str, arguments: str, caller: str) -> CallResult:
        """Run a tool for somebody, by the risk rules of the speaker. Raises McpError when there is no such tool."""
        if not any(tool.name == name for tool in self._registry.offered):
            raise McpError(f"there is no tool {name[:70]!r}", mcp.INVALID_PARAMS)
        result = await self._registry.run(name, arguments, self._providers)
        self._tell({"type": "tool", "name": name, "ok": result.ok, "confirmed": result.confirmed, "caller": caller})
        return CallResult(content=[ContentPart(type="text", text=result.output)], is_error=not result.ok)
