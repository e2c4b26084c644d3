"""A speaker as an MCP server on a real broker: what clients see, what they may call, and what they may not."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from speaker.config.settings import MqttSettings, ToolSettings
from speaker.demo.broker import PrivateBroker
from speaker.hub.mcp_offer import McpOffer
from speaker.hub.mcp_server import MOST_CLIENTS, MOST_RUNNING, McpServer
from speaker.mqtt.client import MqttClient
from speaker.mqtt.dispatch import IncomingMessage
from speaker.mqtt.role import BrokerRole
from speaker.tools.api import Tool, tool
from speaker.tools.registry import ToolRegistry
from tests.support.mcp_programs import ClientProgram, until

ID, NAME = "speaker-kitchen-mcp", "speaker/kitchen"
PRESENCE = f"$mcp-server/presence/{ID}/{NAME}"

started: list[str] = []
ended: list[str] = []


@tool(reads=True)
async def read_meter() -> str:
    """Tell what the meter reads."""
    return "42"


@tool
async def set_lamp(on: bool) -> str:
    """Switch the lamp."""
    return f"Confirmed: the lamp is {'on' if on else 'off'}."


@tool(risk="confirm")
async def open_gate() -> str:
    """Open the gate."""
    return "Confirmed: the gate is open."


@tool(risk="never")
async def open_safe() -> str:
    """Open the safe."""
    return "Confirmed: the safe is open."


@tool
async def wait_for_ever(name: str) -> str:
    """Take a long time."""
    started.append(name)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        ended.append(name)
    return ""


TOOLS: tuple[Tool, ...] = (read_meter, set_lamp, open_gate, open_safe, wait_for_ever)


class Kitchen:
    """The server, who was asked in its room, and what it told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []
        self.yes = True
        self.events: list[dict[str, Any]] = []
        self.tools = {one.name: one for one in TOOLS}

        async def approve(sentence: str) -> bool:
            self.asked.append(sentence)
            return self.yes

        def connect(identity: str, will: str, role: BrokerRole, connected: Callable[[bool], None]) -> MqttClient:
            settings = MqttSettings(host="127.0.0.1", port=port)
            self.broker = MqttClient(settings, identity, None, will, role=role, connected=connected)
            return self.broker

        registry = ToolRegistry({}, ToolSettings(), more=lambda: self.tools, approve=approve)
        self.server = McpServer(connect, ID, NAME, McpOffer(registry, {}, self.events.append), look_s=0.02)

    def client(self, identity: str = "helper-1") -> ClientProgram:
        return ClientProgram(self.port, identity, ID, NAME)


@asynccontextmanager
async def kitchen(broker: PrivateBroker) -> AsyncIterator[Kitchen]:
    one = Kitchen(broker.port)
    one.server.start()
    await until(lambda: one.broker.online)
    try:
        yield one
    finally:
        await one.server.stop()
        started.clear()
        ended.clear()


@asynccontextmanager
async def helper(broker: PrivateBroker, ready: bool = True) -> AsyncIterator[tuple[Kitchen, ClientProgram]]:
    async with kitchen(broker) as one:
        client = one.client()
        if ready:
            await client.open()
        try:
            yield one, client
        finally:
            await client.close()


def text(answer: dict[str, Any]) -> str:
    (part,) = answer["result"]["content"]
    assert part["type"] == "text"
    return str(part["text"])


async def test_a_server_is_announced_while_it_is_there(broker: PrivateBroker) -> None:
    watcher = ClientProgram(broker.port, "watcher", ID, NAME)
    heard: list[IncomingMessage] = []
    watcher.broker.subscribe(["$mcp-server/presence/+/speaker/#"], heard.append)
    async with kitchen(broker):
        await watcher.connect()
        await until(lambda: bool(heard))
        online = json.loads(heard[0].payload)
        assert heard[0].topic == PRESENCE
        assert heard[0].retained
        assert (online["jsonrpc"], online["method"]) == ("2.0", "notifications/server/online")
        assert online["params"]["server_name"] == NAME
        assert dict(heard[0].user_properties) == {"MCP-COMPONENT-TYPE": "mcp-server", "MCP-MQTT-CLIENT-ID": ID}
    await until(lambda: heard[-1].payload == b"")
    await watcher.close()


async def test_a_server_that_dies_is_announced_no_more(broker: PrivateBroker) -> None:
    watcher = ClientProgram(broker.port, "watcher", ID, NAME)
    heard: list[IncomingMessage] = []
    watcher.broker.subscribe(["$mcp-server/presence/+/speaker/#"], heard.append)
    async with kitchen(broker) as one:
        await watcher.connect()
        await until(lambda: bool(heard))
        usurper = ClientProgram(broker.port, ID, ID, NAME)  # its connection is taken, and its last will published
        await usurper.connect()
        await until(lambda: heard[-1].payload == b"")
        await usurper.close()
        await one.server.stop()
    await watcher.close()


async def test_a_client_is_initialised_and_lists_the_tools(broker: PrivateBroker) -> None:
    async with helper(broker, ready=False) as (_, client):
        welcome = (await client.open())["result"]
        assert welcome["protocolVersion"] == "2025-03-26"
        assert welcome["capabilities"] == {"tools": {"listChanged": True}}
        assert welcome["serverInfo"]["name"] == NAME
        assert (await client.ask("ping"))["result"] == {}
        listed = {one["name"]: one for one in (await client.ask("tools/list"))["result"]["tools"]}
        assert set(listed) == {"read_meter", "set_lamp", "open_gate", "wait_for_ever"}
        assert listed["set_lamp"]["inputSchema"]["properties"] == {"on": {"type": "boolean"}}
        assert listed["set_lamp"]["description"] == "Switch the lamp."
        hints = {
            name: (one["annotations"]["readOnlyHint"], one["annotations"]["destructiveHint"], one["_meta"])
            for name, one in listed.items()
        }
        assert hints["read_meter"] == (True, False, {"speaker/risk": "allow"})
        assert hints["set_lamp"] == (False, False, {"speaker/risk": "allow"})
        assert hints["open_gate"] == (False, True, {"speaker/risk": "confirm"})


async def test_an_unknown_version_is_answered_with_one_that_is_known(broker: PrivateBroker) -> None:
    async with helper(broker) as (_, client):
        assert (await client.initialize("1999-01-01"))["result"]["protocolVersion"] == "2025-06-18"


async def test_calls_keep_to_the_risk_and_name_their_caller(broker: PrivateBroker) -> None:
    async with helper(broker) as (one, client):
        answer = await client.call("set_lamp", {"on": True})
        assert text(answer) == "Confirmed: the lamp is on."
        assert not answer["result"].get("isError", False)
        assert one.asked == []
        assert text(await client.call("open_gate", {})) == "Confirmed: the gate is open."
        one.yes = False
        refused = await client.call("open_gate", {})
        assert text(refused) == "Refused: nobody confirmed open_gate, so it was not done."
        assert refused["result"]["isError"] is True
        assert one.asked == ["run open gate", "run open gate"]
        assert (await client.call("open_safe", {}))["error"]["code"] == -32602
        caller = "Garden helper (helper-1)"
        assert one.events == [
            {"type": "tool", "name": "set_lamp", "ok": True, "confirmed": True, "caller": caller},
            {"type": "tool", "name": "open_gate", "ok": True, "confirmed": True, "caller": caller},
            {"type": "tool", "name": "open_gate", "ok": False, "confirmed": False, "caller": caller},
        ]


async def test_arguments_that_do_not_fit_are_refused_by_the_tool(broker: PrivateBroker) -> None:
    async with helper(broker) as (_, client):
        answer = await client.call("set_lamp", {"on": "perhaps"})
        assert answer["result"]["isError"] is True
        assert "do not fit" in text(answer)
        without = await client.ask("tools/call", {"name": "read_meter"})
        assert text(without) == "42"
        null = await client.ask("tools/call", {"name": "read_meter", "arguments": None})
        assert text(null) == "42"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("resources/list", {}, -32601), ("tools/call", {"name": "nothing"}, -32602), ("tools/call", {}, -32602),
        ("tools/call", {"name": 7}, -32602), ("tools/list", {"cursor": "x"}, -32602), ("x\ny" * 99, {}, -32601),
    ],
)  # fmt: skip
async def test_requests_that_cannot_be_answered_are_refused(
    broker: PrivateBroker, method: str, params: dict[str, Any], code: int
) -> None:
    async with helper(broker) as (one, client):
        answer = await client.ask(method, params)
        assert answer["error"]["code"] == code
        assert one.events == []


async def test_nothing_runs_before_a_client_is_initialised(broker: PrivateBroker) -> None:
    async with helper(broker, ready=False) as (one, client):
        client.broker.subscribe([client.rpc], client._hear, no_local=True)
        await client.connect()
        early = await client.ask("tools/call", {"name": "set_lamp", "arguments": {"on": True}}, client.control)
        assert early["error"]["code"] == -32600
        await client.initialize()
        half = await client.call("set_lamp", {"on": True})
        assert half["error"]["code"] == -32600
        assert one.events == []


async def test_a_cancelled_call_ends_without_an_answer(broker: PrivateBroker) -> None:
    async with helper(broker) as (_, client):
        number = await client.begin("tools/call", {"name": "wait_for_ever", "arguments": {"name": "a"}})
        await until(lambda: started == ["a"])
        await client.send(client.rpc, {"method": "notifications/cancelled", "params": {"requestId": number}})
        await until(lambda: ended == ["a"])
        await client.ask("ping")
        assert number not in [one.get("id") for _, one in client.heard]


async def test_calls_of_a_client_that_leaves_end(broker: PrivateBroker) -> None:
    async with helper(broker) as (_, client):
        await client.begin("tools/call", {"name": "wait_for_ever", "arguments": {"name": "a"}})
        await until(lambda: started == ["a"])
        await client.close()
        await until(lambda: ended == ["a"])


async def test_so_many_calls_run_at_a_time(broker: PrivateBroker) -> None:
    async with helper(broker) as (_, client):
        for number in range(MOST_RUNNING):
            await client.begin("tools/call", {"name": "wait_for_ever", "arguments": {"name": str(number)}})
        assert (await client.call("read_meter", {}))["error"]["code"] == -32000
        assert len(started) == MOST_RUNNING


async def test_clients_are_told_when_other_tools_are_offered(broker: PrivateBroker) -> None:
    async with helper(broker) as (one, client):
        del one.tools["set_lamp"]
        await until(lambda: (client.capability, "notifications/tools/list_changed") in [
            (topic, message.get("method")) for topic, message in client.heard
        ])  # fmt: skip
        names = [tool["name"] for tool in (await client.ask("tools/list"))["result"]["tools"]]
        assert "set_lamp" not in names


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"null", b"[]", b"\xff", b"[" * 5_000, b"x" * 9_000, b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"2.0","id":{},"method":"tools/list"}', b'{"jsonrpc":"2.0","id":1,"result":{}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":[]}}',
        b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
    ],
)  # fmt: skip
async def test_what_is_no_request_is_not_answered_and_harms_nothing(broker: PrivateBroker, payload: bytes) -> None:
    async with helper(broker) as (_, client):
        before = len(client.heard)
        for topic in (client.rpc, client.control, "$mcp-client/presence/helper-1"):
            await client.send(topic, payload)
        assert (await client.ask("ping"))["result"] == {}
        assert len(client.heard) == before + 1


@pytest.mark.parametrize("ready", [True, False])
async def test_one_of_too_many_clients_gives_way(broker: PrivateBroker, ready: bool) -> None:
    async with helper(broker) as (one, client):
        others = [one.client(f"other-{number}") for number in range(MOST_CLIENTS)]
        for other in others:
            await other.insist()
            if ready:
                await other.send(other.rpc, {"method": "notifications/initialized"})
                assert (await other.ask("ping"))["result"] == {}
        # Those who are not ready go first, then the one that was silent longest.
        gone, stay = (client, others[0]) if ready else (others[0], client)
        heard = len(gone.heard)
        await gone.begin("ping")
        assert (await others[-1].ask("ping"))["result"] == {}
        assert (await stay.ask("ping"))["result"] == {}
        assert len(gone.heard) == heard
        for other in others:
            await other.close()


async def test_a_flood_is_answered_in_part_and_ends(broker: PrivateBroker) -> None:
    async with helper(broker) as (one, client):
        for number in range(1_000):
            ping = {"jsonrpc": "2.0", "id": f"f{number}", "method": "ping"}
            client.broker.tell(client.rpc, json.dumps(ping), qos=1)
        other = one.client("calm")
        await other.open()
        assert text(await other.call("read_meter", {})) == "42"
        answered = [one for _, one in client.heard if str(one.get("id", "")).startswith("f")]
        assert len(answered) < 1_000
        await other.close()
