"""``speaker run`` and ``speaker offline``: what goes on until somebody ends it."""

import argparse
import asyncio
import logging
import os
from pathlib import Path

from speaker.cli.first_aid import examine, pack_bundle
from speaker.cli.output import GOOD, config_file
from speaker.daemon.daemon import serve
from speaker.daemon.page_part import FirstAid
from speaker.daemon.systemd import state_place
from speaker.errors import SpeakerError
from speaker.offline.server.server import ServerSettings, offline_server
from speaker.offline.speech.engines import OfflineEngines


def run_daemon(options: argparse.Namespace) -> int:
    """The daemon."""
    asyncio.run(_serve_and_leave(config_file(options)))
    return GOOD


async def _serve_and_leave(file: Path | None) -> None:
    await serve(file, FirstAid(examine, pack_bundle))
    # Everything is closed, and in order. A worker in the middle of a sentence would be waited for, on a busy machine
    # longer than systemd waits.
    logging.shutdown()
    os._exit(GOOD)


def _state() -> Path | None:
    """Where recognisers for more languages are, if there is such a place."""
    try:
        return state_place()
    except SpeakerError:
        return None


def serve_offline(options: argparse.Namespace) -> int:
    """The embedded Realtime server alone."""

    async def serve_for_ever() -> None:
        engines = OfflineEngines(_state())
        await engines.warm_up()
        settings = ServerSettings(options.host, options.port, token=os.environ.get("OPENAI_API_KEY"))
        async with offline_server(settings, engines) as server:
            print(f"listening at {server.url}", flush=True)
            await asyncio.Event().wait()

    asyncio.run(serve_for_ever())
    return GOOD
