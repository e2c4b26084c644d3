"""Floods over a real broker: the event loop goes on turning, the last value counts, and each flood is one line."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from speaker.config.loading import load_settings
from speaker.demo.broker import PrivateBroker
from speaker.errors import About
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry
from speaker.hub.command_intake import AT_ONCE
from speaker.hub.controls import CONTROLS, Controls
from speaker.hub.later_shelf import LaterShelf
from speaker.hub.mqtt_api import MqttApi
from speaker.mqtt.client import MqttClient
from speaker.tools.hub_tools import HubTools
from speaker.wake.arbitration import Claim
from tests.hub.test_controls import Rig, rig
from tests.real.mqtt.test_client import Peer, connected, until

FLOOD: Final = 20_000


class Flooded:
    """A speaker with its real controls and its real ledger, and somebody who floods it."""

    def __init__(self, one: Rig, port: int, identity: str) -> None:
        self.rig = one
        self.settings = load_settings({"id": identity, "mqtt": {"host": "127.0.0.1", "port": port}}, "pi")
        self.shelf = LaterShelf(one.one.ledger)
        self.carried: list[tuple[str, str]] = []
        self.claims: list[Claim] = []
        self.troubles: list[str] = []
        topic = f"{self.settings.topic}/availability"
        self.client = MqttClient(self.settings.mqtt, identity, None, topic, trouble=self._note)
        self.hub = MqttApi(self.client, self.settings, "1", one.one.ledger)
        self.controls = Controls(one.parts, self.shelf, self._show)
        self.hostile = Peer(port, f"hostile-{identity}")
        self.watcher = Peer(port, f"watcher-{identity}")
        self.watcher.hear([f"{self.settings.topic}/#"])
        self.turns = 0

    def _note(self, problem: str, about: About) -> None:
        self.troubles.append(problem)

    def _show(self) -> None:
        self.hub.show(self.controls.state())

    def offer(self) -> None:
        commands: dict[str, Callable[[str], None]] = {one.name: partial(self._command, one.name) for one in CONTROLS}
        commands["stop"] = lambda payload: self.carried.append(("stop", payload))
        self.hub.offer(commands, lambda _word, claim: self.claims.append(claim), [one.name for one in CONTROLS])

    def _command(self, name: str, payload: str) -> None:
        self.carried.append((name, payload))
        self.controls.command(name, payload)

    async def turn(self) -> None:
        while True:
            await asyncio.sleep(0)
            self.turns += 1

    def told(self, name: str) -> list[dict[str, Any]]:
        topic = f"{self.settings.topic}/{name}"
        return [json.loads(one.payload) for one in self.watcher.heard if one.topic == topic]


@asynccontextmanager
async def flooded(folder: Path, broker: PrivateBroker, identity: str) -> AsyncIterator[Flooded]:
    async with rig(folder) as one:
        it = Flooded(one, broker.port, identity)
        it.offer()
        it.client.start()
        turning = asyncio.create_task(it.turn())
        try:
            async with connected(it.hostile, it.watcher):
                await until(lambda: it.client.online)
                await asyncio.sleep(0.1)
                yield it
        finally:
            turning.cancel()
            await asyncio.gather(turning, return_exceptions=True)
            await it.client.stop()
            await it.shelf.close()


async def test_flood_of_values_ends_with_the_last_one(tmp_path: Path, broker: PrivateBroker) -> None:
    async with flooded(tmp_path, broker, "values") as it:
        verb = f"{it.settings.topic}/command/"
        for number in range(FLOOD):
            it.hostile.broker.tell(f"{verb}volume", str(number % 50))
        await it.hostile.broker.publish(f"{verb}volume", "73")
        await it.hostile.broker.publish(f"{verb}stop", "")
        await until(lambda: ("stop", "") in it.carried, within_s=60)
        await until(lambda: ("volume", "73") in it.carried, within_s=60)
        assert it.controls.value("volume") == 73
        assert len(it.carried) < FLOOD / 20
        await until(lambda: bool(it.told("event")))
        floods = [one for one in it.told("event") if "more than 10 commands 'volume' a second" in one["message"]]
        assert len(floods) == 1
        assert it.turns > 100
    async with rig(tmp_path) as again:
        again.controls.restore()
        assert again.controls.value("volume") == 73, "it is on the disk"


async def test_flood_of_acts_is_refused_once(tmp_path: Path, broker: PrivateBroker) -> None:
    async with flooded(tmp_path, broker, "acts") as it:
        verb = f"{it.settings.topic}/command/"
        for number in range(2_000):
            it.hostile.broker.tell(f"{verb}stop" if number % 2 else f"{verb}nonsense{number}", "")
        await it.hostile.broker.publish(f"{verb}volume", "12")
        await until(lambda: ("volume", "12") in it.carried, within_s=60)
        stops = it.carried.count(("stop", ""))
        assert AT_ONCE <= stops < 500
        await until(lambda: len(it.told("event")) >= 2)
        refused = [one["error"] for one in it.told("command/result") if "a second" in one.get("error", "")]
        assert len(refused) == 2


async def test_what_fails_in_a_command_is_told_and_the_next_one_is_heard(tmp_path: Path, broker: PrivateBroker) -> None:
    async with flooded(tmp_path, broker, "failing") as it:

        def fail(_payload: str) -> None:
            raise ZeroDivisionError

        it.hub.offer({"fail": fail, "stop": lambda _: it.carried.append(("stop", ""))}, lambda *_: None)
        await it.hostile.broker.publish(f"{it.settings.topic}/command/fail", "")
        await it.hostile.broker.publish(f"{it.settings.topic}/command/stop", "")
        await until(lambda: bool(it.carried))
        await until(lambda: len(it.told("command/result")) == 2)
        assert "ZeroDivisionError in " in it.told("command/result")[0]["error"]
        assert it.told("event")[0]["type"] == "error"


async def test_flood_of_device_states_leaves_the_loop_turning(tmp_path: Path, broker: PrivateBroker) -> None:
    async with flooded(tmp_path, broker, "states") as it:
        house = DeviceRegistry()
        light = {"name": "Sofa", "kind": "light", "command_topic": "sofa/set", "state_topic": "sofa/state"}
        house.add_configured([light | {"state_value_template": "{{ value_json.state }}"}])
        controller = DeviceController(house, it.client)
        before = it.turns
        it.client.subscribe(
            house.topics(), lambda one: _ignore(controller.hear(one.topic, one.payload, retained=one.retained))
        )
        await asyncio.sleep(0.1)
        for number in range(FLOOD):
            it.hostile.broker.tell("sofa/state", json.dumps({"state": "ON" if number % 2 else "OFF"}))
        await it.hostile.broker.publish(f"{it.settings.topic}/command/stop", "")
        await until(lambda: ("stop", "") in it.carried, within_s=60)
        assert it.turns - before > 100


async def test_flood_of_tools_and_claims_leaves_the_loop_turning(tmp_path: Path, broker: PrivateBroker) -> None:
    async with flooded(tmp_path, broker, "tooled") as it:
        problems: list[str] = []
        tools = HubTools(it.client, "speaker", "tooled", problems.append)
        tools.start()
        await asyncio.sleep(0.1)
        before = it.turns
        good = json.dumps({"description": "x", "command_topic": "y"})
        for number in range(3_000):
            it.hostile.broker.tell("speaker/tools/same", good)
            it.hostile.broker.tell(f"speaker/tools/bad{number}", "nonsense")
            it.hostile.broker.tell("speaker/claim/hey_jarvis", "nonsense" if number % 2 else '{"speaker":"x"}')
        await it.hostile.broker.publish(f"{it.settings.topic}/command/stop", "")
        await until(lambda: ("stop", "") in it.carried, within_s=60)
        await until(lambda: "same" in tools.tools)
        assert it.turns - before > 100
        assert len(problems) < 100


def _ignore(_value: object) -> None:
    pass


pytestmark = pytest.mark.timeout(120)
