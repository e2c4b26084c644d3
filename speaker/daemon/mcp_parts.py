"""MCP over MQTT, as far as the configuration asks for it: of what it does not ask for nothing is imported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from speaker.config.settings import Settings
from speaker.hub.parts import SpeakerParts
from speaker.mqtt.client import MqttClient
from speaker.tools.registry import ToolRegistry

if TYPE_CHECKING:
    from speaker.hub.mcp_server import McpServer
    from speaker.mqtt.role import BrokerRole
    from speaker.tools.mcp_servers import McpServers
    from speaker.tools.mcp_tool import McpTool


class McpParts:
    """The speaker as a client of MCP servers, and as one of them."""

    def __init__(self, settings: Settings, password: str | None, complain: Callable[[str], None]) -> None:
        """``complain`` is told what cannot be used, and why."""
        self._complain = complain
        self._settings = settings
        self._password = password
        self._identity = f"speaker-{settings.id}-mcp"
        self._servers: McpServers | None = None
        self._server: McpServer | None = None

    def look_for_servers(self, taken: Callable[[], Collection[str]]) -> None:
        """Make the client, if servers are configured; ``taken`` are names of tools that are there for good."""
        filters = self._settings.tools.mcp_servers
        if filters:
            from speaker.tools.mcp_servers import McpServers  # noqa: PLC0415 - most houses have none

            self._servers = McpServers(self._connect, filters, {self._identity}, self._complain, taken=taken)

    def offer(
        self,
        registry: ToolRegistry,
        parts: SpeakerParts,
        providers: Mapping[type, object],
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        """Make the server, if it is configured. ``registry``: whose own tools are offered."""
        if self._settings.mqtt.mcp:
            from speaker.hub.mcp_offer import NOT_OFFERED, McpOffer, command_tools  # noqa: PLC0415 - as above
            from speaker.hub.mcp_server import McpServer  # noqa: PLC0415 - as above

            own = {name: tool for name, tool in registry.own.items() if name not in NOT_OFFERED}
            offer = McpOffer(registry.of(own | command_tools(parts)), providers, tell)
            self._server = McpServer(
                self._connect, self._identity, f"speaker/{self._settings.id}", offer, complain=self._complain
            )

    @property
    def tools(self) -> Mapping[str, McpTool]:
        """The tools that servers have brought."""
        return self._servers.tools if self._servers is not None else {}

    def start(self) -> None:
        """Be on the broker. Raises BrokerError."""
        for part in (self._servers, self._server):
            if part is not None:
                part.start()

    async def stop(self) -> None:
        """Leave it."""
        for part in (self._servers, self._server):
            if part is not None:
                await part.stop()

    def _connect(self, identity: str, will: str, role: BrokerRole, connected: Callable[[bool], None]) -> MqttClient:
        return MqttClient(self._settings.mqtt, identity, self._password, will, role=role, connected=connected)
