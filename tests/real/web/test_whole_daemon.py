"""The whole daemon, without a sound card, with its page on: one way for all commands, checks on demand, and an end."""

import asyncio
import contextlib
import io
import json
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from speaker.cli.first_aid import examine, pack_bundle
from speaker.config.loading import load_settings
from speaker.daemon.daemon import Daemon
from speaker.daemon.loading import Surroundings
from speaker.daemon.page_part import FirstAid
from speaker.daemon.systemd import Systemd
from speaker.demo.broker import private_broker
from speaker.demo.processes import free_port
from tests.real.mqtt.test_client import Peer, connected, until
from tests.support.real_parts import require

TOKEN = "a token of some length"  # noqa: S105 - it opens nothing


@asynccontextmanager
async def daemon(folder: Path, broker_port: int, port: int) -> AsyncIterator[Daemon]:
    settings = load_settings(
        {
            "id": "kitchen",
            "audio": {"microphone": "nowhere", "loudspeaker": "nowhere", "duplex": "wake"},
            "session": {"endpoint": "offline"},
            "mqtt": {"host": "127.0.0.1", "port": broker_port},
            "tools": {"paths": []},
            "web": {"enabled": True, "port": port, "url": f"http://127.0.0.1:{port}"},
        },
        "kitchen",
    )
    around = Surroundings(None, folder, Systemd(), None, None, TOKEN)
    app = Daemon(settings, around, FirstAid(examine, pack_bundle))
    life = asyncio.create_task(app.run())
    try:
        async with asyncio.timeout(30):
            while not app.parts.page.port and not life.done():
                await asyncio.sleep(0.01)
        yield app
    finally:
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life
        asyncio.get_running_loop().set_exception_handler(None)


@asynccontextmanager
async def browser(port: int) -> AsyncIterator[aiohttp.ClientSession]:
    origin = f"http://127.0.0.1:{port}"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(f"{origin}/", headers={"Origin": origin}, cookie_jar=jar) as session:
        assert (await session.post("api/login", data=TOKEN)).status == 200
        yield session


@pytest.mark.timeout(120)
async def test_commands_of_the_page_and_of_the_broker_are_the_same(tmp_path: Path) -> None:
    require("mosquitto")
    port = free_port()
    async with private_broker(tmp_path) as broker, daemon(tmp_path, broker.port, port), browser(port) as session:
        hub = Peer(broker.port, "hub")
        topics = ["speaker/kitchen/state", "speaker/kitchen/command/result", "homeassistant/device/+/config"]
        hub.hear(topics)

        def last(topic: str) -> dict[str, Any]:
            found = [json.loads(one.payload) for one in hub.heard if one.topic == topic]
            return found[-1] if found else {}

        async with connected(hub):
            await until(lambda: last("homeassistant/device/speaker_kitchen/config") != {})
            assert last("homeassistant/device/speaker_kitchen/config")["dev"]["cu"] == f"http://127.0.0.1:{port}"
            assert (await (await session.post("api/command/volume", data="35")).json())["ok"]
            await until(lambda: last(topics[0]).get("volume") == 35)
            await until(lambda: last(topics[1]) == {"verb": "volume", "ok": True})
            async with session.ws_connect("api/live") as socket:
                assert (await socket.receive_json())["is"]["state"]["volume"] == 35
                await hub.broker.publish("speaker/kitchen/command/volume", "36")
                message = await socket.receive_json()
                while message["kind"] != "state" or message["is"]["volume"] != 36:
                    message = await socket.receive_json()
            refused = await (await session.post("api/command/say", data="hello")).json()
            assert "nobody would hear it" in refused["error"], "there is no loudspeaker"


@pytest.mark.timeout(120)
async def test_checks_and_archive_come_on_demand_without_secrets(tmp_path: Path) -> None:
    require("mosquitto")
    port = free_port()
    async with private_broker(tmp_path) as broker, daemon(tmp_path, broker.port, port), browser(port) as session:
        checks = {one["name"]: one for one in (await (await session.post("api/doctor")).json())["checks"]}
        assert checks["broker"]["result"] == "good"
        assert checks["service"]["result"] == "skipped"
        assert {"hub", "clock", "disk", "unit"} <= set(checks)
        packed = await (await session.get("api/bundle")).read()
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            texts = {one.name: (archive.extractfile(one) or io.BytesIO()).read().decode() for one in archive}
        assert set(texts) == {
            f"speaker-bundle/{name}" for name in ("about.txt", "config.yaml", "doctor.txt", "journal.txt")
        }
        assert TOKEN not in "".join(texts.values())


@pytest.mark.timeout(120)
async def test_the_next_life_has_the_same_port_and_the_browser_stays_in(tmp_path: Path) -> None:
    require("mosquitto")
    port = free_port()
    async with private_broker(tmp_path) as broker:
        async with daemon(tmp_path, broker.port, port), browser(port) as session:
            cookies = session.cookie_jar
            async with session.ws_connect("api/live") as socket:
                await socket.receive_json()
        async with daemon(tmp_path, broker.port, port) as app:
            assert app.parts.page.port == port
            async with aiohttp.ClientSession(cookie_jar=cookies) as session:
                assert (await session.get(f"http://127.0.0.1:{port}/api/house")).status == 200
