"""The whole daemon, without a sound card, in a house where everybody sends what nobody should."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from speaker.config.loading import load_settings
from speaker.daemon.daemon import Daemon
from speaker.daemon.loading import Surroundings
from speaker.daemon.systemd import Systemd
from speaker.demo.broker import PrivateBroker, private_broker
from tests.real.mqtt.test_client import Peer, connected, until
from tests.support.real_parts import require

PAYLOADS: Final = [
    b"", b"\x00", b"\xff\xfe", b"nan", b"-1", b"1e400", b"null", b"[]", b"{}", b"true", b'"x"', b"[" * 5_000,
    b"{" * 5_000, b"x" * 9_000, "\u202e\u0000😀".encode(), b"{{ 1/0 }}", b'{"text":"\\ud800"}', b'{"a":' * 3_000,
    b'{"text":"a","answers":["a"],"reply_to":"#"}', b'{"text":"a","answers":["a"],"reply_to":"$SYS/x"}',
    b'{"url":"http://[::1/"}', b'{"url":"http://127.0.0.1:99999/"}', b'{"url":"http://127.0.0.1:9/a b"}',
    b'{"speaker":"x"}', b'{"speaker":"' + b"x" * 500 + b'"}', b'{"dev":[],"cmps":7}', b'{"dev":{"name":[]}}', b"online",
    b'{"name":"x","state_topic":"' + b"a/" * 250 + b'","command_topic":"$x"}',
    b'{"name":"x","stat_t":"a\\u0000b","cmd_t":"#"}', b'{"~":7}', b'{"availability":[[]]}',
    b'{"description":"d","command_topic":"' + b"x/" * 250 + b'"}',
    b'{"description":"d","command_topic":"c","state_topic":"#","confirm_when":{"equals":1}}',
    b'{"description":"d","command_topic":"c","parameters":{"properties":{"a":{"$dynamicRef":"http://127.0.0.1:9/"}}}}',
    b'{"description":"d","command_topic":"c","parameters":{"properties":{"a":{"pattern":"^(a+)+$"}}}}',
    b'{"state":{},"volume":[]}', b'{"state":"listening"}',
]  # fmt: skip

PLACES: Final = [
    *(f"speaker/kitchen/command/{verb}" for verb in (
        "sleep", "say", "ask", "announce", "question", "confirm", "volume", "mute", "threshold", "follow_up",
        "wake_word", "duplex", "endpoint", "budget", "announcement_volume", "nonsense", "result", "über",
    )),
    "speaker/claim/hey_jarvis", "speaker/claim/nobody", "speaker/tools/x", "speaker/tools/1 x", "speaker/hall/state",
    "speaker/hall/availability", "speaker/kitchen/state", "speaker/kitchen/availability", "speaker/kitchen/answer/7",
    "homeassistant/status", "homeassistant/light/x/config", "homeassistant/sensor/a/b/config",
    "homeassistant/device/speaker_hall/config", "homeassistant/device/x/config", "homeassistant/climate/y/config",
]  # fmt: skip
RESPONSES: Final = ["/".join("x" * 250), "$SYS/x", "a\x01", "x" * 60_000, "speaker/kitchen/command/say"]


@asynccontextmanager
async def daemon(folder: Path, broker: PrivateBroker) -> AsyncIterator["asyncio.Task[None]"]:
    settings = load_settings(
        {
            "id": "kitchen",
            "audio": {"microphone": "nowhere", "loudspeaker": "nowhere", "duplex": "wake"},
            "session": {"endpoint": "cloud", "url": "ws://127.0.0.1:9/v1"},
            "mqtt": {"host": "127.0.0.1", "port": broker.port},
            "tools": {"paths": []},
        },
        "kitchen",
    )
    app = Daemon(settings, Surroundings(None, folder, Systemd(), None, None))
    life = asyncio.create_task(app.run())
    try:
        yield life
    finally:
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life
        asyncio.get_running_loop().set_exception_handler(None)


class Asker:
    """Somebody who wants answers on topics of all kinds."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "asker", protocol=paho.MQTTv5)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def ask(self, topic: str, payload: bytes, answer: str) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ResponseTopic = answer
        properties.CorrelationData = b"x" * 1_000
        self._client.publish(topic, payload, qos=1, properties=properties)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.mark.timeout(120)
async def test_nothing_that_comes_over_the_broker_ends_the_daemon(tmp_path: Path) -> None:
    require("mosquitto")
    async with private_broker(tmp_path) as broker, daemon(tmp_path, broker) as life:
        hub = Peer(broker.port, "hub")
        hub.hear(["speaker/kitchen/command/result", "speaker/kitchen/availability"])
        async with connected(hub):
            await until(lambda: any(one.payload == b"online" for one in hub.heard))
            for place in PLACES:
                for payload in PAYLOADS:
                    await hub.broker.publish(place, payload)
            asker = Asker(broker.port)
            for answer in RESPONSES:
                asker.ask("speaker/kitchen/command/volume", b"40", answer)
            await asyncio.sleep(2.5)  # whatever waits for its turn has it
            asker.close()
            hub.heard.clear()
            await hub.broker.publish("speaker/kitchen/command/duplex", "half")
            await until(lambda: {"verb": "duplex", "ok": True} in [_read(one.payload) for one in hub.heard])
            assert not any(one.payload == b"offline" and not one.retained for one in hub.heard)
        assert not life.done()


def _read(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except ValueError:
        return None


async def test_callback_that_fails_is_one_line_and_an_event(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    require("mosquitto")
    async with private_broker(tmp_path) as broker, daemon(tmp_path, broker) as life:
        hub = Peer(broker.port, "hub")
        hub.hear(["speaker/kitchen/event", "speaker/kitchen/availability"])
        async with connected(hub):
            await until(lambda: any(one.payload == b"online" for one in hub.heard))

            def fail(_words: str) -> None:
                raise ZeroDivisionError

            asyncio.get_running_loop().call_soon(fail, "what somebody said")
            line = b"a callback or a task failed: ZeroDivisionError in real/daemon/test_hostile_house.py, line"
            await until(lambda: any(line in one.payload for one in hub.heard))
        assert not life.done()
    assert not any(b"what somebody said" in one.payload for one in hub.heard)
    assert "what somebody said" not in caplog.text
