"""All pictures of docs/pictures, made again: ``python -m tests.pictures``.

It needs Chromium and takes about two minutes; nothing sounds but the demo, which ``--demo`` runs and shows alone. Home
Assistant's pictures are left as they are unless one runs whose MQTT integration is on a broker without a login:

    python -m tests.pictures --home-assistant http://127.0.0.1:8123 --token TOKEN --broker 127.0.0.1:1883
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from speaker.cost.cost_tracker import now_here
from speaker.demo.broker import private_broker
from tests.documents import ROOT
from tests.pictures.home_assistant import RealBroker, photograph_home_assistant
from tests.pictures.plots import month_of, write_plots
from tests.pictures.terminal import printed, terminal_picture
from tests.pictures.timeline import timeline
from tests.pictures.told_conversation import DAILY_USD, MONTHLY_USD, pictured_speaker
from tests.pictures.web_page import photograph, talk
from tests.support.browser import CHROMIUM, MISSING

PICTURES: Final = ROOT / "docs" / "pictures"


async def take(hub: str, token: str, broker: str) -> None:
    """All of them; those of Home Assistant if there is one."""
    write_plots(PICTURES)
    await _terminals()
    host, _, port = broker.partition(":")
    real = RealBroker(host, int(port)) if hub else None
    with tempfile.TemporaryDirectory() as folder:
        async with pictured_speaker(Path(folder), real) as shown:
            told = await talk(shown)
            (PICTURES / "conversation.svg").write_text(timeline(told[0]))
            month = month_of(shown.speaker.ledger, now_here().date(), DAILY_USD, MONTHLY_USD)
            (PICTURES / "cost-month.svg").write_bytes(month)
            if hub:
                await photograph_home_assistant(shown, hub.rstrip("/"), token, PICTURES)
            await photograph(shown, PICTURES)
    if real is not None:
        real.close()


async def _terminals() -> None:
    """The doctor of a machine without a sound card, on a broker of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with private_broker(folder) as broker:
            config = f"id: kitchen\nmqtt: {{host: 127.0.0.1, port: {broker.port}}}\nsession: {{endpoint: offline}}\n"
            config += "audio: {microphone: ReSpeaker, loudspeaker: ReSpeaker}\n"
            (folder / "state" / "speaker").mkdir(parents=True)
            (folder / "config.yaml").write_text(config)
            output = await printed(folder, "doctor", "--config", str(folder / "config.yaml"))
        (PICTURES / "terminal-doctor.svg").write_text(terminal_picture("speaker doctor", output))


async def _demo() -> None:
    """The demo as somebody sees it who has just installed it."""
    with tempfile.TemporaryDirectory() as name:
        output = await printed(Path(name), "demo")
        (PICTURES / "terminal-demo.svg").write_text(terminal_picture("speaker demo", output))


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home-assistant", metavar="URL", default="", help="a Home Assistant that runs")
    parser.add_argument("--token", default="", help="a long-lived access token of an administrator")
    parser.add_argument(
        "--broker", metavar="HOST:PORT", default="127.0.0.1:1883", help="the broker of its MQTT integration"
    )
    parser.add_argument("--demo", action="store_true", help="only the demo's terminal; it needs PulseAudio's programs")
    options = parser.parse_args()
    if options.demo:
        asyncio.run(_demo())
        return
    if CHROMIUM is None:
        sys.exit(MISSING)
    PICTURES.mkdir(exist_ok=True)
    asyncio.run(take(options.home_assistant, options.token, options.broker))


if __name__ == "__main__":
    main()
