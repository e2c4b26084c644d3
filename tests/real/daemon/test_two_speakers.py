"""Two whole speakers without sound cards on one broker: one is an MCP server, the other works its lamp."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from speaker.config.loading import load_settings
from speaker.daemon.daemon import Daemon
from speaker.daemon.loading import Surroundings
from speaker.daemon.systemd import Systemd
from speaker.demo.broker import PrivateBroker
from speaker.demo.processes import Process
from speaker.demo.virtual_house import VirtualDevice, VirtualHouse, zigbee_lamp
from tests.real.mqtt.test_client import Peer
from tests.support.mcp_programs import until


def lock(name: str, room: str) -> VirtualDevice:
    topic = f"locks/{name.lower().replace(' ', '_')}"
    announced = {
        "name": None, "state_topic": topic, "command_topic": f"{topic}/set", "unique_id": f"demo_{name}",
        "device": {"identifiers": [name], "name": name, "suggested_area": room},
    }  # fmt: skip
    change = {f"{topic}/set": lambda _, new: "UNLOCKED" if new == "UNLOCK" else "LOCKED"}
    return VirtualDevice("lock", name.replace(" ", "_"), announced, topic, "LOCKED", change)


def configuration(broker: PrivateBroker, name: str, **more: dict[str, Any]) -> dict[str, Any]:
    """A speaker's; ``more`` sections of it."""
    return {
        "id": name, "audio": {"microphone": "nowhere", "loudspeaker": "nowhere", "duplex": "wake"},
        "session": {"endpoint": "cloud", "url": "ws://127.0.0.1:9/v1"}, **more,
        "mqtt": {"host": "127.0.0.1", "port": broker.port, **more.get("mqtt", {})},
        "tools": {"paths": [], **more.get("tools", {})},
    }  # fmt: skip


@asynccontextmanager
async def attic(folder: Path, broker: PrivateBroker) -> AsyncIterator[None]:
    """A speaker that is an MCP server; a process of its own, since one has only one sound system."""
    file = folder / "attic.yaml"
    file.write_text(yaml.safe_dump(configuration(broker, "attic", mqtt={"mcp": True})))
    command = [sys.executable, "-m", "speaker", "run", "--config", str(file)]
    env = os.environ | {"STATE_DIRECTORY": str(folder / "attic")}
    process = Process("attic", command, folder / "attic.log", env)
    await process.start()
    try:
        yield
    finally:
        await process.stop()


@asynccontextmanager
async def kitchen(folder: Path, broker: PrivateBroker, **tools: Any) -> AsyncIterator[Daemon]:
    """A speaker without devices: whatever it switches, it switches through others."""
    document = configuration(
        broker, "kitchen", mqtt={"mcp": True, "discovery_prefix": "nothing"}, tools=tools, house={"discover": False}
    )
    app = Daemon(load_settings(document, "kitchen"), Surroundings(None, folder, Systemd(), None, None))
    life = asyncio.create_task(app.run())
    try:
        yield app
    finally:
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life
        asyncio.get_running_loop().set_exception_handler(None)


@pytest.mark.timeout(120)
async def test_a_speaker_works_the_lamp_of_another_one(tmp_path: Path, broker: PrivateBroker) -> None:
    house = VirtualHouse(broker.port, [zigbee_lamp("Attic lamp", "Attic"), lock("Attic door", "Attic")])
    watcher = Peer(broker.port, "watcher")
    watcher.hear(["speaker/attic/event"])
    watcher.broker.start()

    def events(kind: str) -> list[dict[str, Any]]:
        every = [json.loads(one.payload) for one in watcher.heard]
        return [one for one in every if one["type"] == kind and "answer" not in one]

    async def told(kind: str, times: int = 1) -> dict[str, Any]:
        await until(lambda: len(events(kind)) == times)
        return events(kind)[-1]

    await house.open()
    rules = {"mcp_servers": ["speaker/#"], "risk": {"attic_set_lock": "allow"}}
    async with attic(tmp_path, broker), kitchen(tmp_path, broker, **rules) as one:
        run = one.parts.conversation.tools.run
        tools = one.parts.mcp
        await until(lambda: "attic_set_lock" in tools.tools, within_s=60)
        names = set(tools.tools)
        assert {"attic_set_light", "attic_find_devices", "say", "ask", "attic_announce"} <= names
        assert not any(name.startswith("kitchen") for name in names), "its own tools come once"
        offered = {entry["name"] for entry in one.parts.conversation.tools.registry.definitions()}
        assert "attic_set_light" in offered
        done = await run("attic_set_light", '{"light": "attic lamp", "on": true}')
        assert done.output.startswith("Confirmed: ")
        assert json.loads(house.device("Attic_lamp").state)["state"] == "ON"
        event = await told("tool")
        assert (event["name"], event["ok"], event["confirmed"]) == ("set_light", True, True)
        assert event["caller"].startswith("speaker (")
        unlock = asyncio.create_task(run("attic_set_lock", '{"action": "unlock", "lock": "attic door"}'))
        question = await told("confirm")
        assert question["text"] == "Shall I unlock the attic door? Say yes or no.", "it is asked in the attic"
        await watcher.broker.publish("speaker/attic/command/confirm", "no")
        assert not (await unlock).ok
        assert house.device("Attic_door").state == "LOCKED"
        unlock = asyncio.create_task(run("attic_set_lock", '{"action": "unlock", "lock": "attic door"}'))
        await told("confirm", times=2)
        await watcher.broker.publish("speaker/attic/command/confirm", "yes")
        assert (await unlock).output.startswith("Confirmed: ")
        assert house.device("Attic_door").state == "UNLOCKED"
    await house.close()
    await watcher.broker.stop()


@pytest.mark.timeout(120)
async def test_a_speaker_that_leaves_takes_its_tools_along(tmp_path: Path, broker: PrivateBroker) -> None:
    async with kitchen(tmp_path, broker, mcp_servers=["speaker/+"]) as one:
        async with attic(tmp_path, broker):
            await until(lambda: "say" in one.parts.mcp.tools, within_s=60)
        await until(lambda: not one.parts.mcp.tools)


def test_nothing_of_it_is_imported_where_nobody_asks_for_it() -> None:
    code = (
        "import sys, speaker.daemon.daemon, speaker.cli.main; "
        "print(*[name for name in sys.modules if 'mcp' in name.rpartition('.')[2]])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(found.stdout.split()) <= {"speaker.daemon.mcp_parts"}
