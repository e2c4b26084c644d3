"""Programs of other people that speak MCP over MQTT: a server and a client, each as good or as bad as a test wants.

The topics stand here as the standard writes them, so that a slip in the product's own would show.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from speaker.config.settings import MqttSettings
from speaker.mqtt.client import MqttClient
from speaker.mqtt.dispatch import IncomingMessage
from speaker.mqtt.role import BrokerRole

Json = dict[str, Any]
Answer = Callable[[Json], Json | None]
"""A request's params → its result; None: no answer."""


async def until(true: Callable[[], bool], within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


def listed(name: str, description: str = "Does something", **hints: object) -> Json:
    """A tool as a server lists it."""
    schema = {"type": "object", "properties": {"zone": {"type": "string"}}}
    return {"name": name, "description": description, "inputSchema": schema} | ({"annotations": hints} if hints else {})


def said(text: str, **more: object) -> Json:
    """The result of a call."""
    return {"content": [{"type": "text", "text": text}]} | more


class _Program:
    """One end: a connection of its own, and everything it heard."""

    def __init__(
        self, port: int, identity: str, component: str, will: str, gone: str, *, retained: bool, user: str | None = None
    ) -> None:
        """``user`` has the password "secret of" and its name."""
        self.id = identity
        self.heard: list[tuple[str, Json]] = []
        properties = (("MCP-COMPONENT-TYPE", component), ("MCP-MQTT-CLIENT-ID", identity))
        role = BrokerRole(
            gone=gone, will_retained=retained, user_properties=properties, system_topics=("$mcp-",),
        )  # fmt: skip
        self.broker = MqttClient(
            MqttSettings(host="127.0.0.1", port=port, username=user), identity, user and f"secret of {user}", will,
            role=role,
        )  # fmt: skip

    async def connect(self) -> None:
        self.broker.start()
        await until(lambda: self.broker.online)

    async def close(self) -> None:
        await self.broker.stop()

    def methods(self) -> list[str]:
        return [message["method"] for _, message in self.heard if "method" in message]

    async def send(self, topic: str, message: Json | str | bytes, *, retain: bool = False) -> None:
        payload = json.dumps({"jsonrpc": "2.0", **message}) if isinstance(message, dict) else message
        await self.broker.publish(topic, payload, retain=retain)


class ServerProgram(_Program):
    """A server of two tools, unless a test gives it others."""

    def __init__(
        self, port: int, identity: str = "sprinkler-1", name: str = "garden/sprinkler", user: str | None = None
    ) -> None:
        self.name = name
        super().__init__(
            port, identity, "mcp-server", f"$mcp-server/presence/{identity}/{name}", "", retained=True, user=user
        )
        self.tools = [listed("water_lawn"), listed("soil_moisture", readOnlyHint=True)]
        self.calls: list[Json] = []
        self.client = ""
        """The last one that initialised."""
        self.answers: dict[str, Answer] = {
            "initialize": lambda wanted: {
                "protocolVersion": wanted["protocolVersion"], "serverInfo": {"name": "garden", "version": "1"},
                "capabilities": {"tools": {"listChanged": True}},
            },
            "tools/list": lambda _: {"tools": self.tools},
            "tools/call": lambda _: said("Done."),
            "ping": lambda _: {},
        }  # fmt: skip

    async def open(self) -> None:
        self.broker.subscribe([f"$mcp-server/{self.id}/{self.name}"], self._hear)
        await self.connect()
        await self.announce()

    async def announce(self) -> None:
        online = {
            "method": "notifications/server/online",
            "params": {"server_name": self.name, "description": "Waters"},
        }
        await self.send(f"$mcp-server/presence/{self.id}/{self.name}", online, retain=True)

    async def change(self) -> None:
        """Tell that the list is another one."""
        topic = f"$mcp-server/capability/{self.id}/{self.name}"
        await self.send(topic, {"method": "notifications/tools/list_changed"})

    @property
    def rpc(self) -> str:
        return f"$mcp-rpc/{self.client}/{self.id}/{self.name}"

    def _hear(self, message: IncomingMessage) -> None:
        heard = json.loads(message.payload)
        self.heard.append((message.topic, heard))
        if heard.get("method") == "initialize":
            self.client = dict(message.user_properties)["MCP-MQTT-CLIENT-ID"]
            self.broker.subscribe([self.rpc], self._hear, no_local=True)
        if heard.get("method") == "tools/call":
            self.calls.append(heard["params"])
        answer = self.answers.get(heard.get("method", ""))
        result = answer(heard.get("params", {})) if answer is not None and "id" in heard else None
        if result is not None:
            reply = {"jsonrpc": "2.0", "id": heard["id"], "result": result}
            self.broker.tell(self.rpc, json.dumps(reply), qos=1)


class ClientProgram(_Program):
    """A client of the server ``server_id`` under ``server_name``."""

    def __init__(self, port: int, identity: str, server_id: str, server_name: str, user: str | None = None) -> None:
        super().__init__(
            port, identity, "mcp-client", f"$mcp-client/presence/{identity}",
            '{"jsonrpc":"2.0","method":"notifications/disconnected"}', retained=False, user=user,
        )  # fmt: skip
        self.control = f"$mcp-server/{server_id}/{server_name}"
        self.capability = f"$mcp-server/capability/{server_id}/{server_name}"
        self.rpc = f"$mcp-rpc/{identity}/{server_id}/{server_name}"
        self._number = 0

    async def open(self) -> Json:
        """Initialise; the answer."""
        self.broker.subscribe([self.rpc], self._hear, no_local=True)
        self.broker.subscribe([self.capability], self._hear)
        await self.connect()
        answer = await self.initialize()
        await self.send(self.rpc, {"method": "notifications/initialized"})
        return answer

    async def initialize(self, version: str = "2025-03-26") -> Json:
        return await self.ask("initialize", _introduction(version), self.control)

    async def insist(self) -> None:
        """Initialise, and ask again while a server that is asked too often does not answer."""
        self.broker.subscribe([self.rpc], self._hear, no_local=True)
        await self.connect()
        while not any("result" in one for _, one in self.heard):
            await self.begin("initialize", _introduction("2025-03-26"), self.control)
            await asyncio.sleep(0.1)

    async def begin(self, method: str, params: Json | None = None, topic: str = "") -> int:
        """Send a request; its id."""
        self._number += 1
        await self.send(topic or self.rpc, {"id": self._number, "method": method, "params": params or {}})
        return self._number

    async def answer(self, number: int) -> Json:
        await until(lambda: any(one.get("id") == number for _, one in self.heard))
        return next(one for _, one in self.heard if one.get("id") == number)

    async def ask(self, method: str, params: Json | None = None, topic: str = "") -> Json:
        return await self.answer(await self.begin(method, params, topic))

    async def call(self, name: str, arguments: Json) -> Json:
        return await self.ask("tools/call", {"name": name, "arguments": arguments})

    def _hear(self, message: IncomingMessage) -> None:
        self.heard.append((message.topic, json.loads(message.payload)))


def _introduction(version: str) -> Json:
    info = {"name": "Garden helper", "version": "1"}
    return {"protocolVersion": version, "capabilities": {}, "clientInfo": info}
