"""The speaker as an MCP server on the broker: announced, initialised by clients, called by them.

What a client may do by its rights on the broker is the broker's business; what a call may do is the registry's.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from msgspec import UNSET, Raw, UnsetType

from speaker import version
from speaker.errors import BrokerError, McpError
from speaker.hub.command_intake import AT_ONCE, PER_S
from speaker.hub.mcp_offer import McpOffer
from speaker.hub.mqtt_api import MOST_PAYLOAD_BYTES
from speaker.mqtt.allowance import Allowance
from speaker.mqtt.dispatch import IncomingMessage
from speaker.tools import mcp_messages as mcp
from speaker.tools import mcp_topics as topics
from speaker.tools.mcp_messages import RpcId, RpcMessage, read_part
from speaker.tools.mcp_session import Connect
from speaker.tools.result import as_line

log = logging.getLogger(__name__)

MOST_CLIENTS: Final = 32
"""Clients that are remembered; one more takes the place of one that is not ready, or was silent longest."""

MOST_RUNNING: Final = 8
"""Calls of one client that run at a time."""

LOOK_S: Final = 5.0
"""How often it is looked whether other tools are offered than before."""

DESCRIPTION: Final = "A smart speaker: the devices of the house, timers and lists, and speech in its room."


@dataclass(slots=True)
class _Client:
    """Somebody who has initialised."""

    id: str
    name: str
    ready: bool = False
    """Whether it has said that it is initialised."""
    allowed: Allowance = field(default_factory=lambda: Allowance(PER_S, AT_ONCE))
    running: "dict[RpcId, asyncio.Task[None]]" = field(default_factory=dict)

    @property
    def caller(self) -> str:
        """Who it is, for people."""
        return f"{self.name} ({as_line(self.id, 40)})"


class McpServer:
    """One server with its clients; ``identity`` is its id on the broker, ``name`` its name there."""

    def __init__(
        self,
        connect: Connect,
        identity: str,
        name: str,
        offer: McpOffer,
        *,
        complain: Callable[[str], None] = lambda _: None,
        look_s: float = LOOK_S,
    ) -> None:
        """``complain`` is told when the broker does not take the announcement."""
        self._complain = complain
        self._announcing: asyncio.Task[None] | None = None
        self._id, self._name = identity, name
        self._offer = offer
        self._look_s = look_s
        self._clients: dict[str, _Client] = {}
        """By their ids; who spoke last comes last."""
        self._beginnings = Allowance(PER_S, AT_ONCE)
        self._told: list[str] = []
        self._looking: asyncio.Task[None] | None = None
        self._presence = topics.presence_topic(identity, name)
        role = topics.mcp_role("mcp-server", identity, "", retained=True)
        self._broker = connect(identity, self._presence, role, self._connected)
        self._answers: dict[str, Callable[[_Client, RpcMessage], object]] = {
            "ping": lambda _client, _message: {},
            "tools/list": self._list,
        }

    def start(self) -> None:
        """Be there, now and whenever the broker is. Raises BrokerError."""
        self._broker.subscribe([topics.control_topic(self._id, self._name)], self._hear_control)
        self._broker.start()
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Be gone: no call runs on, and the announcement is taken back."""
        tasks = [task for client in self._clients.values() for task in client.running.values()]
        tasks += [task for task in (self._looking, self._announcing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._broker.stop()

    def _connected(self, online: bool) -> None:
        for identity in list(self._clients):
            self._forget(identity)
        if online:
            self._announcing = asyncio.create_task(self._announce())

    async def _announce(self) -> None:
        about = {"server_name": self._name, "description": DESCRIPTION, "meta": {}}
        try:
            told = mcp.notification("notifications/server/online", about)
            await self._broker.publish(self._presence, told, retain=True)
        except BrokerError as error:
            problem = f"the MCP server {self._name} cannot be announced: {error}; check the broker's rights"
            log.warning("%s", problem)
            self._complain(problem)

    async def _look(self) -> None:
        """Tell clients when other tools are offered than before: the house has other devices."""
        self._told = self._names()
        while True:
            await asyncio.sleep(self._look_s)
            if (names := self._names()) != self._told:
                self._told = names
                topic = topics.capability_topic(self._id, self._name)
                self._broker.tell(topic, mcp.notification(mcp.TOOLS_CHANGED), qos=1)

    def _names(self) -> list[str]:
        return [tool.name for tool in self._offer.listed()]

    # Clients come and go.

    def _hear_control(self, message: IncomingMessage) -> None:
        identity = dict(message.user_properties).get(topics.SENDER, "")
        if topics.identity_fault(identity) or not self._beginnings.take(asyncio.get_running_loop().time()):
            return
        heard = self._read(identity, message.payload)
        if heard is None or not isinstance(heard.id, int | str) or heard.method is UNSET:
            return
        if heard.method != "initialize":
            refusal = McpError("initialize first; what follows goes to the rpc topic", mcp.INVALID_REQUEST)
            self._tell(identity, mcp.fault(heard.id, refusal))
            return
        try:
            wanted = read_part(heard.params, mcp.InitializeParams, "initialize")
        except McpError as error:
            self._tell(identity, mcp.fault(heard.id, error))
            return
        self._welcome(_Client(identity, as_line(wanted.client_info.name, 60)), wanted, heard.id)

    def _welcome(self, client: _Client, wanted: mcp.InitializeParams, number: RpcId) -> None:
        self._forget(client.id)
        if len(self._clients) >= MOST_CLIENTS:
            half = (one.id for one in self._clients.values() if not one.ready)
            self._forget(next(half, next(iter(self._clients))))
        self._clients[client.id] = client
        self._broker.subscribe([self._rpc(client.id)], self._hear_rpc, no_local=True)
        self._broker.subscribe([topics.client_presence_topic(client.id)], self._hear_presence)
        known = wanted.protocol_version in mcp.PROTOCOLS
        result = mcp.InitializeResult(
            protocol_version=wanted.protocol_version if known else mcp.PROTOCOLS[0],
            capabilities=mcp.Capabilities(tools=mcp.ToolsCapability(list_changed=True)),
            server_info=mcp.McpProgram(name=self._name, version=version()),
        )
        self._tell(client.id, mcp.response(number, result))
        log.info("= MCP client %s", client.caller)

    def _forget(self, identity: str) -> None:
        client = self._clients.pop(identity, None)
        if client is None:
            return
        for task in client.running.values():
            task.cancel()
        self._broker.unsubscribe([self._rpc(identity)], self._hear_rpc)
        self._broker.unsubscribe([topics.client_presence_topic(identity)], self._hear_presence)

    def _hear_presence(self, message: IncomingMessage) -> None:
        identity = topics.client_of(message.topic)
        heard = self._read(identity, message.payload)
        if heard is not None and heard.method == mcp.DISCONNECTED:
            self._forget(identity)

    # What they ask.

    def _hear_rpc(self, message: IncomingMessage) -> None:
        client = self._clients.pop(topics.client_of(message.topic), None)
        if client is None:
            return
        self._clients[client.id] = client
        taken = client.allowed.take(asyncio.get_running_loop().time())
        heard = self._read(client.id, message.payload) if taken else None
        if heard is None or heard.method is UNSET:
            return
        if not isinstance(heard.id, int | str):
            self._notified(client, heard)
            return
        try:
            self._asked(client, heard, heard.id)
        except McpError as error:
            self._tell(client.id, mcp.fault(heard.id, error))

    def _notified(self, client: _Client, heard: RpcMessage) -> None:
        match heard.method:
            case mcp.INITIALISED:
                client.ready = True
            case mcp.DISCONNECTED:
                self._forget(client.id)
            case mcp.CANCELLED:
                with contextlib.suppress(McpError):
                    unwanted = read_part(heard.params, mcp.CancelParams, "cancelled").request_id
                    if (task := client.running.get(unwanted)) is not None:
                        task.cancel()

    def _asked(self, client: _Client, heard: RpcMessage, number: RpcId) -> None:
        """Answer a request, now or when a tool has run. Raises McpError to refuse it."""
        if not client.ready and heard.method != "ping":
            raise McpError(f"say {mcp.INITIALISED} first", mcp.INVALID_REQUEST)
        if heard.method == "tools/call":
            self._begin_call(client, heard.params, number)
        elif (answer := self._answers.get(str(heard.method))) is not None:
            self._tell(client.id, mcp.response(number, answer(client, heard)))
        else:
            raise McpError(f"there is no method {as_line(str(heard.method), 40)}", mcp.UNKNOWN_METHOD)

    def _list(self, _client: _Client, heard: RpcMessage) -> object:
        if read_part(heard.params, dict[str, object], "tools/list").get("cursor") is not None:
            raise McpError("the list has one page, and so no cursor", mcp.INVALID_PARAMS)
        return {"tools": self._offer.listed()}

    def _begin_call(self, client: _Client, params: Raw | UnsetType, number: RpcId) -> None:
        wanted = read_part(params, mcp.CallParams, "tools/call")
        if number in client.running:
            raise McpError("this id is in use", mcp.INVALID_REQUEST)
        if len(client.running) >= MOST_RUNNING:
            raise McpError(f"{MOST_RUNNING} calls run already; wait for one of them", mcp.BUSY)
        client.running[number] = task = asyncio.create_task(self._call(client, wanted, number))
        task.add_done_callback(lambda _: client.running.pop(number, None))

    async def _call(self, client: _Client, wanted: mcp.CallParams, number: RpcId) -> None:
        given = bytes(wanted.arguments).decode() if isinstance(wanted.arguments, Raw) else "null"
        arguments = "{}" if given == "null" else given
        try:
            answer = mcp.response(number, await self._offer.call(wanted.name, arguments, client.caller))
        except McpError as error:
            answer = mcp.fault(number, error)
        self._tell(client.id, answer)

    def _read(self, identity: str, payload: bytes) -> RpcMessage | None:
        """A message, if it is one; who sends none is not answered, since it has no id."""
        problem = f"a message has {len(payload)} bytes; at most {MOST_PAYLOAD_BYTES} are taken"
        if len(payload) <= MOST_PAYLOAD_BYTES:
            try:
                return mcp.read_rpc(payload)
            except McpError as error:
                problem = str(error)
        log.debug("MCP client %s: %s", as_line(identity, 40), problem)
        return None

    def _rpc(self, identity: str) -> str:
        return topics.rpc_topic(identity, self._id, self._name)

    def _tell(self, identity: str, payload: str) -> None:
        self._broker.tell(self._rpc(identity), payload, qos=1)
