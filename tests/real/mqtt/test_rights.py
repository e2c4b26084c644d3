"""The example of a broker's rights: everybody has what they need, and nobody what is somebody else's."""

import asyncio
import os
import subprocess
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from speaker.config.settings import MqttSettings, ToolSettings
from speaker.demo.broker import private_broker
from speaker.hub.mcp_offer import McpOffer
from speaker.hub.mcp_server import McpServer
from speaker.hub.topics import TOPICS
from speaker.mqtt.client import MqttClient
from speaker.mqtt.role import BrokerRole
from speaker.tools.mcp_servers import McpServers
from speaker.tools.mcp_session import Connect
from speaker.tools.registry import ToolRegistry
from tests.documents import ROOT
from tests.support.mcp_programs import ClientProgram, ServerProgram, listed, until
from tests.support.real_parts import require

ACL = ROOT / "docs" / "examples" / "mosquitto.acl"
USERS = ("homeassistant", "kitchen", "zigbee2mqtt", "attic", "tasmota_AABBCC")

NOT_AUTHORIZED = 135
"""MQTT 5's reason code."""


class Participant:
    """Somebody who is logged in to the broker."""

    def __init__(self, port: int, user: str) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(user, f"secret of {user}")
        self._answered = threading.Event()
        self._codes: list[int] = []
        self._client.on_publish = lambda *given: self._note([given[3]])
        self._client.on_subscribe = lambda *given: self._note(given[3])
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _note(self, codes: list[ReasonCode]) -> None:
        self._codes = [code.value for code in codes]
        self._answered.set()

    def _code(self) -> int:
        assert self._answered.wait(10), "the broker answers"
        self._answered.clear()
        return self._codes[0]

    def may_write(self, topic: str) -> bool:
        self._client.publish(topic, "x", qos=1)
        return self._code() != NOT_AUTHORIZED

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_publish = self._client.on_subscribe = None  # else only the garbage collector closes its sockets


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    """A broker that has these rights and these users; its port."""
    require("mosquitto")
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    for user in USERS:
        command = ["mosquitto_passwd", "-b", str(passwords), user, f"secret of {user}"]
        await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    acl = tmp_path / "acl"
    acl.write_text(ACL.read_text())
    for place, mode in ((passwords, 0o644), (acl, 0o644), (tmp_path, 0o755)):
        os.chmod(place, mode)  # noqa: PTH101 - the broker gives up being root
    rights = f"allow_anonymous false\npassword_file {passwords}\nacl_file {acl}"
    async with private_broker(tmp_path, rights) as broker:
        yield broker.port


def own(topic: str) -> str:
    """A topic of the table as the speaker kitchen has it."""
    filled = (
        topic.replace("<base>", "speaker").replace("<id>", "kitchen").replace("<discovery_prefix>", "homeassistant")
    )
    for place in ("<name>", "<key>", "<platform>", "<wake word>", "<call>"):
        filled = filled.replace(place, "one")
    return filled


def written_by_speakers() -> list[str]:
    return [
        own(topic)
        for topic, way, *_ in TOPICS
        if way in {"out", "both"} and topic.startswith("<") and "reply" not in topic
    ]


async def test_a_speaker_may_say_all_that_it_says(port: int) -> None:
    kitchen = Participant(port, "kitchen")
    topics = [
        *written_by_speakers(),
        "zigbee2mqtt/lamp/set",
        "zigbee2mqtt/lamp/left/set",
        "cmnd/tasmota_AABBCC/Power1",
        "speaker/attic/command/announce",
    ]
    refused = [topic for topic in topics if not await asyncio.to_thread(kitchen.may_write, topic)]
    kitchen.leave()
    assert refused == []


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("kitchen", "speaker/attic/command/mute"), ("kitchen", "speaker/attic/state"),
        ("kitchen", "speaker/tools/open_everything"), ("kitchen", "homeassistant/device/speaker_attic/config"),
        ("kitchen", "homeassistant/status"), ("kitchen", "zigbee2mqtt/bridge/request/permit_join"),
        ("zigbee2mqtt", "speaker/kitchen/command/wake"), ("zigbee2mqtt", "speaker/tools/x"),
        ("zigbee2mqtt", "speaker/claim/hey_jarvis"), ("zigbee2mqtt", "homeassistant/device/speaker_kitchen/config"),
        ("zigbee2mqtt", "homeassistant/status"), ("attic", "speaker/kitchen/command/wake"),
        ("attic", "speaker/attic/state"), ("tasmota_AABBCC", "speaker/kitchen/command/wake"),
        ("tasmota_AABBCC", "cmnd/tasmota_DDEEFF/Power1"), ("tasmota_AABBCC", "homeassistant/light/x/config"),
        ("tasmota_AABBCC", "stat/tasmota_DDEEFF/RESULT"), ("kitchen", "tasmota/discovery/AABBCC/config"),
        # MCP: nobody else is the server of a speaker, and who has no right to begin does not.
        ("attic", "$mcp-server/presence/x/speaker/kitchen"), ("kitchen", "$mcp-server/presence/x/speaker/attic"),
        ("kitchen", "$mcp-server/capability/x/hub/assist"), ("zigbee2mqtt", "$mcp-server/presence/x/hub/assist"),
        ("zigbee2mqtt", "$mcp-server/speaker-kitchen-mcp/speaker/kitchen"), ("attic", "$mcp-rpc/other/x/hub/assist"),
        ("kitchen", "$mcp-server/x/garden/sprinkler"), ("attic", "$mcp-client/presence/other"),
    ],
)  # fmt: skip
async def test_nobody_may_say_what_is_somebody_elses(port: int, user: str, topic: str) -> None:
    one = Participant(port, user)
    allowed = await asyncio.to_thread(one.may_write, topic)
    one.leave()
    assert not allowed


async def test_the_hub_and_the_bridge_may_do_their_work(port: int) -> None:
    works = {
        "homeassistant": [
            "speaker/kitchen/command/say",
            "speaker/tools/x",
            "homeassistant/status",
            "zigbee2mqtt/lamp/set",
        ],
        "zigbee2mqtt": ["zigbee2mqtt/lamp", "homeassistant/light/lamp/config", "homeassistant/light/lamp/light/config"],
    }
    for user, topics in works.items():
        one = Participant(port, user)
        refused = [topic for topic in topics if not await asyncio.to_thread(one.may_write, topic)]
        one.leave()
        assert refused == []


def connects(port: int, user: str, made: list[MqttClient]) -> Connect:
    """How MCP's ends of a speaker reach the broker as this user."""

    def connect(identity: str, will: str, role: BrokerRole, connected: Callable[[bool], None]) -> MqttClient:
        settings = MqttSettings(host="127.0.0.1", port=port, username=user)
        made.append(MqttClient(settings, identity, f"secret of {user}", will, role=role, connected=connected))
        return made[-1]

    return connect


async def test_a_speaker_is_an_mcp_server_with_these_rights(port: int) -> None:
    made: list[MqttClient] = []
    offer = McpOffer(ToolRegistry({}, ToolSettings()), {}, lambda _: None)
    server = McpServer(connects(port, "kitchen", made), "speaker-kitchen-mcp", "speaker/kitchen", offer)
    hub = ClientProgram(port, "agent", "speaker-kitchen-mcp", "speaker/kitchen", user="homeassistant")
    found: list[bytes] = []
    hub.broker.subscribe(["$mcp-server/presence/+/speaker/+"], lambda message: found.append(message.payload))
    server.start()
    await until(lambda: made[0].online)
    await hub.open()
    await until(lambda: any(found))
    assert (await hub.ask("tools/list"))["result"] == {"tools": []}
    await hub.close()
    await server.stop()


async def test_a_speaker_takes_the_tools_of_the_hubs_server_with_these_rights(port: int) -> None:
    hub = ServerProgram(port, "assist-1", "hub/assist", user="homeassistant")
    other = ServerProgram(port, "sprinkler-1", "garden/sprinkler", user="homeassistant")
    other.tools = [listed("mow")]
    await hub.open()
    await other.open()
    servers = McpServers(connects(port, "kitchen", []), ["#"], set(), lambda _: None)
    servers.start()
    await until(lambda: "soil_moisture" in servers.tools)
    result = await servers.tools["soil_moisture"].call("{}", {})
    assert result.output == "Done."
    hub.tools = [listed("dig")]
    await hub.change()
    await until(lambda: set(servers.tools) == {"dig"})
    await servers.stop()
    await hub.close()
    await other.close()
