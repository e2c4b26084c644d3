"""A client of one MCP server, from ``initialize`` until either is gone: requests, answers, and what the server tells.

Each has a connection to the broker, since its id there must be new and its last will its own.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from msgspec import UNSET, Raw, UnsetType

from speaker import version
from speaker.errors import BrokerError, McpError
from speaker.mqtt.allowance import Allowance
from speaker.mqtt.dispatch import IncomingMessage, MessageHandler
from speaker.mqtt.role import BrokerRole
from speaker.tools import mcp_messages as mcp
from speaker.tools import mcp_topics as topics
from speaker.tools.mcp_messages import CallResult, InitializeResult, RpcMessage, ToolPage, read_part

log = logging.getLogger(__name__)

MOST_PAGES: Final = 20
"""Pages of a list of tools that are asked for."""

MESSAGES_PER_S: Final = 50.0
MESSAGES_AT_ONCE: Final = 200
"""Messages of a server that are taken a second, and at once; one that sends more is left."""

RELIST_S: Final = 1.0
"""A list that changes without end is asked for so often."""


class McpBroker(Protocol):
    """What one end of MCP needs of an MQTT client."""

    def start(self) -> None:
        """Connect, now and whenever the connection is lost. Raises BrokerError."""

    async def stop(self) -> None:
        """Say that this end is gone, and disconnect."""

    def subscribe(self, filters: Iterable[str], handler: MessageHandler, *, no_local: bool = False) -> None:
        """Let a handler have the messages of these filters."""

    def unsubscribe(self, filters: Iterable[str], handler: MessageHandler) -> None:
        """Stop giving a handler the messages of these filters."""

    async def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Send, and wait until the broker has it. Raises BrokerError."""

    def tell(self, topic: str, payload: str, *, retain: bool = False, qos: int = 0) -> None:
        """Send news that may be lost while the broker is away."""


Connect = Callable[[str, str, BrokerRole, Callable[[bool], None]], McpBroker]
"""Client id, topic of the last will, role, and who is told that the broker comes and goes → an MQTT client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpPatience:
    """Seconds to wait for each kind of answer."""

    initialize_s: float = 30.0
    list_s: float = 30.0
    call_s: float = 60.0
    ping_s: float = 10.0


@dataclass(frozen=True, slots=True)
class ServerInstance:
    """One process behind a server's name."""

    id: str
    name: str


class McpSession:
    """One server, and what it was asked."""

    def __init__(
        self, connect: Connect, server: ServerInstance, patience: McpPatience, complain: Callable[[str], None]
    ) -> None:
        """``complain`` is told what the server does wrong."""
        identity = secrets.token_hex(16)
        self.gone = ""
        """Why nobody answers any more."""
        self.server = server
        self._patience = patience
        self._complain = complain
        self._rpc = topics.rpc_topic(identity, server.id, server.name)
        self._online = asyncio.Event()
        self._news = asyncio.Event()
        """It is gone, or its list of tools has changed."""
        self._numbers = 0
        self._waiting: dict[int | str, asyncio.Future[RpcMessage]] = {}
        self._taken = Allowance(MESSAGES_PER_S, MESSAGES_AT_ONCE)
        gone = mcp.notification(mcp.DISCONNECTED)
        role = topics.mcp_role("mcp-client", identity, gone, retained=False)
        self._broker = connect(identity, topics.client_presence_topic(identity), role, self._connected)

    async def open(self) -> None:
        """Connect and initialise. Raises McpError, BrokerError, TimeoutError."""
        server = self.server
        self._broker.subscribe([self._rpc], self._hear, no_local=True)
        self._broker.subscribe([topics.capability_topic(server.id, server.name)], self._hear)
        self._broker.start()
        async with asyncio.timeout(self._patience.initialize_s):
            await self._online.wait()
        params = {
            "protocolVersion": mcp.PROTOCOLS[0], "capabilities": {},
            "clientInfo": {"name": "speaker", "version": version()},
        }  # fmt: skip
        control = topics.control_topic(server.id, server.name)
        answer = await self._ask("initialize", params, self._patience.initialize_s, control)
        found = read_part(answer, InitializeResult, "initialize")
        if found.protocol_version not in mcp.PROTOCOLS:
            raise McpError(f"it speaks MCP {found.protocol_version}, which is not known here", mcp.INVALID_PARAMS)
        if found.capabilities.tools is None:
            raise McpError("it has no tools", mcp.UNKNOWN_METHOD)
        await self._broker.publish(self._rpc, mcp.notification(mcp.INITIALISED))

    async def close(self) -> None:
        """Take leave of the server."""
        self.end("the connection was closed")
        await self._broker.stop()

    def end(self, why: str) -> None:
        """Nobody answers any more."""
        self.gone = self.gone or why
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(McpError(f"the server is gone: {self.gone}", mcp.BUSY))
        self._news.set()

    async def changed(self) -> None:
        """Wait until the list of tools is to be asked for again, or the server is gone."""
        await self._news.wait()
        if not self.gone:
            await asyncio.sleep(RELIST_S)

    async def list_tools(self, most: int) -> list[Raw]:
        """Its tools, the first ``most`` and one more. Raises McpError, BrokerError, TimeoutError."""
        self._news.clear()
        found: list[Raw] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            params = {} if cursor is None else {"cursor": cursor}
            page = read_part(await self._ask("tools/list", params, self._patience.list_s), ToolPage, "tools/list")
            found += page.tools[: most + 1 - len(found)]
            if page.next_cursor is None or len(found) > most:
                break
            cursor = page.next_cursor
        return found

    async def call_tool(self, name: str, arguments: Mapping[str, Any]) -> CallResult:
        """Call a tool. Raises McpError, BrokerError, TimeoutError."""
        try:
            answer = await self._ask("tools/call", {"name": name, "arguments": arguments}, self._patience.call_s)
        except TimeoutError:
            await self._look()
            raise
        return read_part(answer, CallResult, "the result")

    async def _look(self) -> None:
        """Whether it is still there, after it did not answer."""
        try:
            await self._ask("ping", {}, self._patience.ping_s)
        except (McpError, BrokerError):
            return
        except TimeoutError:
            self.end("it does not answer")

    async def _ask(self, method: str, params: object, within_s: float, topic: str = "") -> Raw | UnsetType:
        if self.gone:
            raise McpError(f"the server is gone: {self.gone}", mcp.BUSY)
        self._numbers += 1
        number = self._numbers
        answered: asyncio.Future[RpcMessage] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        try:
            await self._broker.publish(topic or self._rpc, mcp.request(number, method, params))
            async with asyncio.timeout(within_s):
                message = await answered
        except (TimeoutError, asyncio.CancelledError):
            if method != "initialize" and not self.gone:
                given_up = {"requestId": number, "reason": "nobody waits for the answer any more"}
                self._broker.tell(self._rpc, mcp.notification(mcp.CANCELLED, given_up), qos=1)
            raise
        finally:
            del self._waiting[number]
        if message.error is not UNSET:
            raise McpError(message.error.message, message.error.code)
        return message.result

    # What comes from the broker.

    def _connected(self, online: bool) -> None:
        if online:
            self._online.set()
        else:
            self.end("the broker is away")

    def _hear(self, message: IncomingMessage) -> None:
        if self.gone:
            return
        if not self._taken.take(asyncio.get_running_loop().time()):
            self._complain(f"sends more than {MESSAGES_PER_S:g} messages a second, and is left")
            self.end("it sends too much")
            return
        try:
            heard = mcp.read_rpc(message.payload)
        except McpError as error:
            self._complain(str(error))
            return
        if heard.method is UNSET:
            if message.topic == self._rpc:
                self._answered(heard)
        elif heard.id is UNSET or heard.id is None:
            self._told(heard.method)
        elif message.topic == self._rpc:
            self._asked(heard.id, heard.method)

    def _answered(self, heard: RpcMessage) -> None:
        waiting = self._waiting.get(heard.id) if isinstance(heard.id, int | str) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(heard)

    def _told(self, method: str) -> None:
        if method == mcp.DISCONNECTED:
            self.end("it said so")
        elif method == mcp.TOOLS_CHANGED:
            self._news.set()

    def _asked(self, number: int | str, method: str) -> None:
        if method == "ping":
            answer = mcp.response(number, {})
        else:
            answer = mcp.fault(number, McpError("a speaker has only ping for its servers", mcp.UNKNOWN_METHOD))
        with contextlib.suppress(BrokerError):
            self._broker.tell(self._rpc, answer, qos=1)
