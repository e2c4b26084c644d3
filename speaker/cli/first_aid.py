"""What the web page borrows from the command line: checks that disturb no speaker at work, and the archive."""

from dataclasses import asdict
from typing import Any

from speaker.cli.doctor.all_checks import visit_beside
from speaker.cli.support_bundle import gather, packed
from speaker.config.settings import Settings
from speaker.daemon.loading import Surroundings


async def examine(settings: Settings, around: Surroundings) -> list[dict[str, Any]]:
    """Service, broker, hub and machine, as data."""
    return [asdict(one) async for one in visit_beside(settings, around)]


async def pack_bundle(settings: Settings, around: Surroundings) -> bytes:
    """Log, configuration and checks, gzipped; nothing secret."""
    checks = [one async for one in visit_beside(settings, around)]
    return packed(await gather(around.config_file, checks, around.secrets))
