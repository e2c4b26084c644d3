"""The speaker's face on a real broker, seen by somebody else."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from speaker.config.loading import load_settings
from speaker.config.settings import Settings
from speaker.demo.broker import PrivateBroker
from speaker.hub.controls import CONTROLS, Control
from speaker.hub.mqtt_api import MOST_PAYLOAD_BYTES, CarryOut, MqttApi
from speaker.hub.own_discovery import announcements
from speaker.mqtt.client import MqttClient
from speaker.store.store import Ledger
from speaker.wake.arbitration import Claim
from tests.real.mqtt.test_client import Peer, connected, until

STATE = {"state": "idle", "muted": False, "volume": 60, "last_error": None}


class Shown:
    """A speaker reduced to its hub, with commands that only write down what they were told."""

    def __init__(self, port: int, identity: str, ledger: Ledger | None = None, form: str = "device") -> None:
        mqtt = {"host": "127.0.0.1", "port": port, "discovery_prefix": f"ha-{identity}", "discovery": form}
        self.settings: Settings = load_settings({"id": identity, "mqtt": mqtt}, "pi")
        self.done: list[tuple[str, object]] = []
        self.others: list[str] = []
        self.claims: list[tuple[str, Claim]] = []
        self.broker = MqttClient(
            self.settings.mqtt,
            f"speaker-{identity}",
            None,
            f"{self.settings.topic}/availability",
            connected=lambda online: self.hub.connected() if online else None,
            trouble=lambda problem, _about: self.others.append(problem),
        )
        self.hub = MqttApi(self.broker, self.settings, "1.2.3", ledger)

    def offer(self) -> None:
        commands: dict[str, CarryOut] = {one.name: partial(self._note, one) for one in CONTROLS}
        commands["wake"] = lambda payload: self.done.append(("wake", payload))
        self.hub.offer(commands, lambda word, claim: self.claims.append((word, claim)))

    def _note(self, control: Control, payload: str) -> None:
        self.done.append((control.name, control.kind.read(payload, self.settings)))


class Watcher(Peer):
    """Somebody who hears all that one speaker says."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(shown.settings.mqtt.port, f"watcher-of-{shown.settings.id}")
        self.topic = shown.settings.topic
        self.hear([f"{self.topic}/#", f"{shown.settings.mqtt.discovery_prefix}/#"])

    def payloads(self, name: str) -> list[bytes]:
        return [one.payload for one in self.heard if one.topic == f"{self.topic}/{name}"]

    async def asks(self, verb: str, payload: str | bytes = b"") -> dict[str, Any]:
        """Give a command and return its result."""
        before = len(self.payloads("command/result"))
        await self.broker.publish(f"{self.topic}/command/{verb}", payload)
        await until(lambda: len(self.payloads("command/result")) > before)
        result: dict[str, Any] = json.loads(self.payloads("command/result")[-1])
        return result


@asynccontextmanager
async def watched(broker: PrivateBroker, identity: str) -> AsyncIterator[tuple[Shown, Watcher]]:
    shown = Shown(broker.port, identity)
    watcher = Watcher(shown)
    shown.offer()
    async with connected(watcher):
        shown.broker.start()
        await until(lambda: shown.broker.online)
        await until(lambda: watcher.payloads("availability")[-1:] == [b"online"])
        try:
            yield shown, watcher
        finally:
            await shown.broker.stop()


async def test_a_command_is_carried_out_and_answered(broker: PrivateBroker) -> None:
    async with watched(broker, "obeying") as (shown, watcher):
        assert await watcher.asks("wake") == {"verb": "wake", "ok": True}
        assert await watcher.asks("mute", "ON") == {"verb": "mute", "ok": True}
        assert await watcher.asks("mute", "off") == {"verb": "mute", "ok": True}
        assert await watcher.asks("volume", "35") == {"verb": "volume", "ok": True}
        assert await watcher.asks("volume", "35.4") == {"verb": "volume", "ok": True}
        assert await watcher.asks("threshold", "0.65") == {"verb": "threshold", "ok": True}
        assert await watcher.asks("budget", "2.5") == {"verb": "budget", "ok": True}
        assert shown.done == [
            ("wake", ""),
            ("mute", True),
            ("mute", False),
            ("volume", 35),
            ("volume", 35),
            ("threshold", 0.65),
            ("budget", 2.5),
        ]


BAD: list[tuple[str, str | bytes, str]] = [
    ("volume", "loud", "expected a number from 0 to 100, got 'loud'"),
    ("volume", "", "expected a number from 0 to 100, got ''"),
    ("volume", "101", "expected a number from 0 to 100, got '101'"),
    ("volume", "-1", "expected a number from 0 to 100"),
    ("volume", "nan", "expected a number from 0 to 100"),
    ("volume", "inf", "expected a number from 0 to 100"),
    ("volume", "1_0", "expected a number from 0 to 100, got '1_0'"),
    ("volume", '{"volume":35}', "expected a number from 0 to 100"),
    ("volume", b"\xff\xfe", "the payload is not UTF-8 text"),
    ("volume", "1" * 3000, "expected a number from 0 to 100, got '1111111111111111111111111111111111111111'"),
    ("volume", "5" * (MOST_PAYLOAD_BYTES + 1), "the payload has 8193 bytes; at most 8192 are taken"),
    ("threshold", "1.01", "expected a number from 0 to 1, got '1.01'"),
    ("budget", "-1", "expected a number from 0 to 1000, got '-1'"),
    ("budget", "5 USD", "expected a number from 0 to 1000, got '5 USD'"),
    ("budget", "inf", "expected a number from 0 to 1000, got 'inf'"),
    ("mute", "maybe", "expected ON or OFF, got 'maybe'"),
    ("reboot", "now", "there is no command 'reboot'; there are mute, volume"),
    ("x" * 99, "", f"there is no command '{'x' * 40}'; there are"),
]


async def test_a_bad_payload_changes_nothing_and_is_answered_with_a_sentence(broker: PrivateBroker) -> None:
    async with watched(broker, "refusing") as (shown, watcher):
        for verb, payload, sentence in BAD:
            result = await watcher.asks(verb, payload)
            assert (result["verb"], result["ok"]) == (verb, False)
            assert result["error"].startswith(sentence)
        assert shown.done == []


async def test_the_speaker_does_not_answer_its_own_answers(broker: PrivateBroker) -> None:
    async with watched(broker, "talking") as (_, watcher):
        await watcher.asks("wake")
        await watcher.asks("nonsense")
        await asyncio.sleep(0.2)
        assert len(watcher.payloads("command/result")) == 2


async def test_a_retained_command_is_ignored(broker: PrivateBroker) -> None:
    topic = "speaker/restarted/command/volume"
    planter = Peer(broker.port, "planter")
    async with connected(planter):
        await planter.broker.publish(topic, "99", retain=True)
        async with watched(broker, "restarted") as (shown, watcher):
            await watcher.asks("volume", "10")
            assert shown.done == [("volume", 10)]
            assert len(watcher.payloads("command/result")) == 1
        await planter.broker.publish(topic, "", retain=True)


@pytest.mark.parametrize(("payload", "ok"), [("40", True), ("many", False)])
async def test_the_answer_goes_where_the_request_asks(broker: PrivateBroker, payload: str, ok: bool) -> None:
    """As a Home Assistant script would do it: MQTT 5 with response topic and correlation data."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[paho.MQTTMessage] = loop.create_future()
    client = paho.Client(CallbackAPIVersion.VERSION2, "asking", protocol=paho.MQTTv5)

    def hear(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        loop.call_soon_threadsafe(answered.set_result, message)

    client.on_message = hear
    async with watched(broker, "correlating") as (shown, watcher):
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        client.subscribe("answers/for/me")
        request = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own lack
        request.ResponseTopic = "answers/for/me"
        request.CorrelationData = b"\x00\x2a"
        client.publish(f"{watcher.topic}/command/volume", payload, qos=1, properties=request)
        message = await asyncio.wait_for(answered, 10)
        result = json.loads(message.payload)
        assert (result["verb"], result["ok"]) == ("volume", ok)
        assert getattr(message.properties, "CorrelationData", None) == b"\x00\x2a"
        await until(lambda: len(watcher.payloads("command/result")) == 1)
        assert json.loads(watcher.payloads("command/result")[0]) == result
        assert shown.done == ([("volume", 40)] if ok else [])
        client.disconnect()
        client.loop_stop()


async def test_the_state_is_retained_and_told_only_when_it_changed(broker: PrivateBroker) -> None:
    async with watched(broker, "changing") as (shown, watcher):
        shown.hub.show(STATE)
        shown.hub.show(dict(STATE))
        shown.hub.show(STATE | {"volume": 61})
        shown.hub.show(STATE | {"volume": 61})
        await until(lambda: len(watcher.payloads("state")) == 2)
        await asyncio.sleep(0.2)
        assert [json.loads(one)["volume"] for one in watcher.payloads("state")] == [60, 61]
        late = Peer(broker.port, "late")
        late.hear([f"{watcher.topic}/state"])
        async with connected(late):
            told = await late.hears(f"{watcher.topic}/state")
            assert told.retained
            assert json.loads(told.payload) == STATE | {"volume": 61}


async def test_all_is_told_anew_when_home_assistant_comes_back(broker: PrivateBroker) -> None:
    async with watched(broker, "reborn") as (shown, watcher):
        shown.hub.show(STATE)
        await until(lambda: len(watcher.payloads("state")) == 1)
        told = [one for one in watcher.heard if one.topic == "ha-reborn/device/speaker_reborn/config"]
        assert [json.loads(one.payload)["dev"]["ids"] for one in told] == [["speaker_reborn"]]
        watcher.heard.clear()
        await watcher.broker.publish("ha-reborn/status", "offline")
        await watcher.broker.publish("ha-reborn/status", "online")
        await until(lambda: len(watcher.payloads("state")) == 1)
        topics = [one.topic for one in watcher.heard]
        assert topics.count("ha-reborn/device/speaker_reborn/config") == 1
        assert watcher.payloads("availability") == [b"online"]
        late = Peer(broker.port, "late")
        late.hear(["ha-reborn/device/#"])
        async with connected(late):
            assert (await late.hears("ha-reborn/device/speaker_reborn/config")).retained


async def test_what_was_announced_before_and_is_no_more_is_taken_back_first(
    broker: PrivateBroker, tmp_path: Path
) -> None:
    """Home Assistant warns of what is announced twice, and of an empty message for what it knows from elsewhere."""
    mqtt = {"discovery_prefix": "ha-changed", "discovery": "components"}
    one, *_, last = announcements(load_settings({"id": "changed", "mqtt": mqtt}, "pi"), "1.2.3")
    device = "ha-changed/device/speaker_changed/config"
    for form, first, end, taken_back in (
        ("device", device, device, False),
        ("components", device, last, True),
        ("components", one, last, False),
        ("device", "ha-changed/binary_sensor/speaker_changed/in_conversation/config", device, True),
    ):
        ledger = Ledger(tmp_path / "ledger.sqlite")
        shown = Shown(broker.port, "changed", ledger, form)
        watcher = Watcher(shown)
        async with connected(watcher):
            shown.offer()
            shown.broker.start()
            await until(lambda: watcher.payloads("availability")[-1:] == [b"online"])  # noqa: B023 - awaited at once
            await shown.broker.stop()
        told = [one for one in watcher.heard if one.topic.endswith("/config") and not one.retained]
        assert (told[0].topic, told[-1].topic) == (first, end)
        assert any(not one.payload for one in told) == taken_back
        ledger.close()


async def test_availability_follows_the_speaker(broker: PrivateBroker) -> None:
    shown = Shown(broker.port, "leaving")
    watcher = Watcher(shown)
    shown.offer()
    async with connected(watcher):
        shown.broker.start()
        await until(lambda: watcher.payloads("availability") == [b"online"])
        await shown.broker.stop()
        await until(lambda: watcher.payloads("availability") == [b"online", b"offline"])


async def test_events_carry_their_time_and_are_not_retained(broker: PrivateBroker) -> None:
    async with watched(broker, "telling") as (shown, watcher):
        shown.hub.event({"type": "wake", "wake_word": "hey_jarvis", "score": 0.93})
        told = await watcher.hears(f"{watcher.topic}/event")
        event = json.loads(told.payload)
        assert not told.retained
        assert datetime.fromisoformat(event.pop("at")).tzinfo is not None
        assert event == {"type": "wake", "wake_word": "hey_jarvis", "score": 0.93}


async def test_without_a_broker_nothing_breaks_and_the_state_is_told_later(broker: PrivateBroker) -> None:
    shown = Shown(broker.port, "early")
    watcher = Watcher(shown)
    shown.hub.show(STATE)
    shown.hub.event({"type": "wake"})
    async with connected(watcher):
        shown.broker.start()
        await until(lambda: len(watcher.payloads("state")) == 1)
        assert watcher.payloads("event") == []
        await shown.broker.stop()


async def test_what_is_no_command_of_its_own_does_nothing(broker: PrivateBroker) -> None:
    async with watched(broker, "modest") as (shown, watcher):
        for topic in ("command/a/b", "command/", "command/result", "state"):
            await watcher.broker.publish(f"speaker/modest/{topic}", "x")
        await watcher.broker.publish("speaker/other/command/volume", "1")
        assert (await watcher.asks("volume", "7"))["ok"]
        assert shown.done == [("volume", 7)]
