"""Home Assistant's page of the device, and the card of docs/examples, photographed in a Home Assistant that runs.

It has to be a fresh one, with its MQTT integration on the broker that is named, and its ``recorder`` on. What it shows
comes from the parts of a speaker on that broker; the days of the graph are made up.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import yaml
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from playwright.async_api import Page, async_playwright
from websockets.asyncio.client import connect

from tests.documents import ROOT
from tests.hub_check import HomeAssistant
from tests.pictures.told_conversation import spending
from tests.support.browser import CHROMIUM
from tests.support.shown_page import NoBroker, ShownPage

Json = dict[str, Any]

CARD: Final = ROOT / "docs" / "examples" / "dashboard-card.yaml"

_COST: Final = "sensor.speaker_kitchen_cost_month"
_SHOWN_S: Final = 6.0
"""What the page needs to load its parts."""


class RealBroker(NoBroker):
    """Tells a real broker what it is told; hears nothing."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.connect(host, port)
        self._client.loop_start()

    def tell(self, topic: str, payload: str, *, retain: bool = False, qos: int = 0) -> None:
        super().tell(topic, payload, retain=retain, qos=qos)
        self._client.publish(topic, payload, qos, retain)

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


@asynccontextmanager
async def _front(url: str, token: str, width: int, height: int) -> AsyncIterator[Page]:
    """A browser that is logged in."""
    tokens = {
        "access_token": token, "token_type": "Bearer", "expires_in": 10**9, "expires": 10**13, "refresh_token": "",
        "hassUrl": url, "clientId": f"{url}/",
    }  # fmt: skip
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            page = await browser.new_page(viewport={"width": width, "height": height}, locale="en-GB")
            for key, value in (("hassTokens", tokens), ("dockedSidebar", "always_hidden")):
                await page.add_init_script(f"localStorage.setItem('{key}', {json.dumps(json.dumps(value))})")
            yield page
        finally:
            await browser.close()


async def photograph_home_assistant(shown: ShownPage, url: str, token: str, folder: Path) -> None:
    """Both pictures."""
    shown.hub.connected()
    async with connect(f"{url.replace('http', 'ws', 1)}/api/websocket", max_size=None) as socket:
        hub = HomeAssistant(socket)
        await hub.log_in(token)
        await asyncio.sleep(2)
        devices: list[Json] = await hub.ask("config/device_registry/list")
        (device,) = [one["id"] for one in devices if ["mqtt", "speaker_kitchen"] in one["identifiers"]]
        await _tell_days(hub)
        await _make_dashboard(hub)
    async with _front(url, token, 1280, 1180) as page:
        await page.goto(f"{url}/config/devices/device/{device}")
        await asyncio.sleep(_SHOWN_S)
        await page.screenshot(path=folder / "home-assistant-device.png")
    async with _front(url, token, 520, 1180) as page:
        await page.goto(f"{url}/speaker-card/0?kiosk")
        await asyncio.sleep(_SHOWN_S)
        card = page.locator("hui-vertical-stack-card").first
        await card.screenshot(path=folder / "home-assistant-card.png")


async def _tell_days(hub: HomeAssistant) -> None:
    """Give the recorder what it would have seen in this month."""
    told, total = [], 0.0
    for one in spending(datetime.now().astimezone()):
        total += one.cost_usd
        start = datetime.combine(one.day, time(20), UTC)
        told.append({"start": start.isoformat(), "sum": total, "state": total})
    last = {one["start"]: one for one in told}
    start = datetime.combine(datetime.now(UTC).date() - timedelta(days=40), time(20), UTC)
    stats = [{"start": start.isoformat(), "sum": 0.0, "state": 0.0}, *last.values()]
    kind = {
        "has_mean": False, "mean_type": 0, "has_sum": True, "name": None, "source": "recorder", "statistic_id": _COST,
        "unit_of_measurement": "USD", "unit_class": None,
    }  # fmt: skip
    await hub.ask("recorder/import_statistics", metadata=kind, stats=stats)


async def _make_dashboard(hub: HomeAssistant) -> None:
    known: list[Json] = await hub.ask("lovelace/dashboards/list")
    if not any(one["url_path"] == "speaker-card" for one in known):
        await hub.ask("lovelace/dashboards/create", url_path="speaker-card", title="Speaker", mode="storage")
    view = {"title": "Speaker", "cards": [yaml.safe_load(CARD.read_text())]}
    await hub.ask("lovelace/config/save", url_path="speaker-card", config={"views": [view]})
