"""The broker adapter against real mosquittos."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from speaker.config.settings import MqttSettings
from speaker.demo.broker import PrivateBroker, private_broker
from speaker.demo.processes import free_port
from speaker.errors import BrokerError
from speaker.mqtt.client import MqttClient
from speaker.mqtt.dispatch import IncomingMessage
from speaker.mqtt.role import BrokerRole
from tests.support.certificates import authority, signed
from tests.support.real_parts import require


class Peer:
    """A connection and everything it told."""

    def __init__(self, port: int, name: str, settings: MqttSettings | None = None, password: str | None = None) -> None:
        self.heard: list[IncomingMessage] = []
        self.changes: list[bool] = []
        self.troubles: list[str] = []
        self.broker = MqttClient(
            settings or MqttSettings(host="127.0.0.1", port=port),
            name,
            password,
            f"speaker/{name}/availability",
            connected=self.changes.append,
            trouble=lambda problem, _about: self.troubles.append(problem),
        )

    def hear(self, filters: list[str]) -> None:
        self.broker.subscribe(filters, self.heard.append)

    async def hears(self, topic: str) -> IncomingMessage:
        await until(lambda: any(one.topic == topic for one in self.heard))
        return next(one for one in self.heard if one.topic == topic)


async def until(true: Callable[[], bool], within_s: float = 10) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def connected(*peers: Peer) -> AsyncIterator[None]:
    for peer in peers:
        peer.broker.start()
    try:
        await until(lambda: all(peer.broker.online for peer in peers))
        yield
    finally:
        for peer in peers:
            await peer.broker.stop()


async def test_publish_reaches_a_subscriber_and_retained_says_so(broker: PrivateBroker) -> None:
    one, other = Peer(broker.port, "one"), Peer(broker.port, "other")
    async with connected(one, other):
        await one.broker.publish("test/kept", "yes", retain=True)
        other.hear(["test/#"])
        assert (await other.hears("test/kept")).retained
        await one.broker.publish("test/now", b"\x00\xff")
        now = await other.hears("test/now")
        assert now.payload == b"\x00\xff"
        assert not now.retained
        other.broker.unsubscribe(["test/#"], other.heard.append)
        await asyncio.sleep(0.2)
        await one.broker.publish("test/unheard", "x")
        await asyncio.sleep(0.1)
        assert not any(one.topic == "test/unheard" for one in other.heard)
        await one.broker.publish("test/kept", "", retain=True)


async def test_goodbye_is_offline_at_once_and_so_is_a_broken_line(broker: PrivateBroker) -> None:
    watcher, leaver = Peer(broker.port, "watcher"), Peer(broker.port, "leaver")
    async with connected(watcher):
        watcher.hear(["speaker/leaver/availability"])
        async with connected(leaver):
            await leaver.broker.publish("speaker/leaver/availability", "online", retain=True)
            await until(lambda: [one.payload for one in watcher.heard][-1:] == [b"online"])
        await until(lambda: watcher.heard[-1].payload == b"offline")


@pytest.mark.parametrize("version", [5, 311])
async def test_broker_gone_and_back(tmp_path: Path, version: int) -> None:
    require("mosquitto")
    async with private_broker(tmp_path) as own:
        await _lose_and_find(own, MqttSettings(host="127.0.0.1", port=own.port, version=5 if version == 5 else 311))


async def _lose_and_find(own: PrivateBroker, settings: MqttSettings) -> None:
    peer = Peer(own.port, "peer", settings)
    async with connected(peer):
        peer.hear(["back/#"])
        await own.stop()
        await until(lambda: not peer.broker.online)
        with pytest.raises(BrokerError, match="not connected"):
            await peer.broker.publish("back/1", "lost")
        peer.broker.tell("back/1", "lost too")
        await own.start()
        await until(lambda: peer.broker.online)
        await peer.broker.publish("back/2", "found")
        assert (await peer.hears("back/2")).payload == b"found"
        assert not any(one.topic == "back/1" for one in peer.heard)
    assert peer.changes == [True, False, True]


async def test_no_broker_is_said_once_in_one_sentence() -> None:
    port = free_port()
    peer = Peer(port, "alone")
    peer.broker.start()
    await until(lambda: bool(peer.troubles))
    await asyncio.sleep(1.5)
    assert peer.troubles == [f"the MQTT broker 127.0.0.1:{port} does not answer; check mqtt.host and mqtt.port"]
    await peer.broker.stop()


@pytest.mark.parametrize("version", [5, 311])
async def test_refused_password_names_what_to_check(tmp_path: Path, version: int) -> None:
    require("mosquitto")
    async with private_broker(tmp_path, "allow_anonymous false") as own:
        settings = MqttSettings(host="127.0.0.1", port=own.port, username="me", version=5 if version == 5 else 311)
        peer = Peer(own.port, "stranger", settings, password="wrong-secret")  # noqa: S106 - to be refused
        peer.broker.start()
        await until(lambda: bool(peer.troubles))
        await peer.broker.stop()
    assert "refuses us" in peer.troubles[0]
    assert "mqtt_password" in peer.troubles[0]
    assert "wrong-secret" not in peer.troubles[0]


async def test_denied_topic_is_an_error_and_not_silence(tmp_path: Path) -> None:
    require("mosquitto")
    rules = tmp_path / "acl"
    rules.write_text("topic read #\ntopic write allowed/#\n")
    rules.chmod(0o600)
    async with private_broker(tmp_path, f"allow_anonymous true\nacl_file {rules}") as own:
        peer = Peer(own.port, "restricted")
        async with connected(peer):
            await peer.broker.publish("allowed/x", "1")
            with pytest.raises(BrokerError, match=r"refused a message to denied/x: Not authorized"):
                await peer.broker.publish("denied/x", "1")


async def test_request_is_answered_where_it_asks(broker: PrivateBroker) -> None:
    one = Peer(broker.port, "answering")
    async with connected(one):
        one.hear(["reply/here"])
        request = IncomingMessage("speaker/x/command/wake", b"", False, "reply/here", b"42")
        one.broker.answer(request, "done")
        answer = await one.hears("reply/here")
        assert answer.payload == b"done"
        assert answer.correlation == b"42"


async def test_a_role_has_its_will_its_properties_and_its_topics(broker: PrivateBroker) -> None:
    role = BrokerRole(gone="", user_properties=(("WHO", "me"), ("WHY", "é")), system_topics=("$mcp-x/",))
    settings = MqttSettings(host="127.0.0.1", port=broker.port)
    one = MqttClient(settings, "one", None, "$mcp-x/presence/one", role=role)
    watcher, heard = MqttClient(settings, "watcher", None, "w", role=role), list[IncomingMessage]()
    mine = list[IncomingMessage]()
    watcher.subscribe(["$mcp-x/#"], heard.append)
    one.subscribe(["$mcp-x/local"], mine.append, no_local=True)
    for client in (watcher, one):
        client.start()
        await until(lambda client=client: client.online)  # type: ignore[misc]
    await one.publish("$mcp-x/presence/one", "here", retain=True)
    await one.publish("$mcp-x/local", "not to me")
    await watcher.publish("$mcp-x/local", "to you")
    with pytest.raises(BrokerError, match=r"begins with \$"):
        await one.publish("$SYS/x", "no")
    await one.stop()
    await until(lambda: [message.payload for message in heard] == [b"here", b"not to me", b"to you", b""])
    assert [message.payload for message in mine] == [b"to you"]
    assert heard[0].user_properties == (("WHO", "me"), ("WHY", "é"))
    await watcher.stop()


@asynccontextmanager
async def encrypted_broker(folder: Path) -> AsyncIterator[PrivateBroker]:
    """A mosquitto that shows a certificate, and wants one."""
    require("mosquitto")
    require("openssl")
    await authority(folder)
    await signed(folder, "server", "/CN=127.0.0.1")
    await signed(folder, "speaker", "/CN=kitchen")
    extra = f"cafile {folder}/ca.pem\ncertfile {folder}/server.pem\nkeyfile {folder}/server.key\n"
    extra += "require_certificate true\nuse_identity_as_username true\nallow_anonymous false"
    async with private_broker(folder, extra) as broker:
        yield broker


async def test_encrypted_connection_with_own_authority_and_certificate(tmp_path: Path) -> None:
    async with encrypted_broker(tmp_path) as broker:
        ours = MqttSettings(
            host="127.0.0.1", port=broker.port, tls=True, ca_file=f"{tmp_path}/ca.pem",
            cert_file=f"{tmp_path}/speaker.pem", key_file=f"{tmp_path}/speaker.key",
        )  # fmt: skip
        peer = Peer(broker.port, "tls", ours)
        async with connected(peer):
            peer.hear(["test/tls"])
            await asyncio.sleep(0.1)
            await peer.broker.publish("test/tls", "hello")
            assert (await peer.hears("test/tls")).payload == b"hello"


# paho leaves the socket of a failed handshake to the garbage collector, which complains of it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize(("lacks", "says"), [("authority", "mqtt.ca_file"), ("certificate", "mqtt.cert_file")])
async def test_encrypted_connection_that_is_not_trusted_is_none(tmp_path: Path, lacks: str, says: str) -> None:
    async with encrypted_broker(tmp_path) as broker:
        ours = MqttSettings(
            host="127.0.0.1", port=broker.port, tls=True,
            ca_file=None if lacks == "authority" else f"{tmp_path}/ca.pem",
            cert_file=None if lacks == "certificate" else f"{tmp_path}/speaker.pem",
            key_file=None if lacks == "certificate" else f"{tmp_path}/speaker.key",
        )  # fmt: skip
        peer = Peer(broker.port, "tls", ours)
        peer.broker.start()
        await until(lambda: bool(peer.troubles))
        assert not peer.broker.online
        await peer.broker.stop()
    for _ in range(3):
        gc.collect()
    assert says in peer.troubles[0]


def test_missing_certificate_file_names_the_key() -> None:
    async def make() -> None:
        Peer(1, "tls", MqttSettings(host="127.0.0.1", port=1, tls=True, cert_file="/nowhere/x.pem"))

    with pytest.raises(BrokerError, match=r"mqtt\.cert_file: /nowhere/x\.pem"):
        asyncio.run(make())


FLOOD: Final = 20_000


async def test_flood_on_foreign_topics_does_not_reach_the_speaker(broker: PrivateBroker) -> None:
    """Only what was subscribed to comes in: the event loop, and with it the sound, notices nothing."""
    speaker, hub = Peer(broker.port, "quiet"), Peer(broker.port, "loud")
    async with connected(speaker, hub):
        speaker.hear(["speaker/quiet/command/+"])
        for number in range(FLOOD):
            hub.broker.tell(f"foreign/{number % 50}", "x" * 50)
        await hub.broker.publish("speaker/quiet/command/stop", "")
        await speaker.hears("speaker/quiet/command/stop")
        assert len(speaker.heard) == 1


def test_bad_certificate_file_names_the_key() -> None:
    async def build() -> None:
        Peer(1, "tls", MqttSettings(tls=True, ca_file="/nonexistent.pem"))

    with pytest.raises(BrokerError, match=r"mqtt.ca_file: /nonexistent.pem cannot be used"):
        asyncio.run(build())
