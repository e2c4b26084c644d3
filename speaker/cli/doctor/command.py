"""``speaker doctor`` and ``speaker bundle``: all checks, printed or packed."""

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from speaker.cli.doctor.all_checks import visit
from speaker.cli.doctor.check import Check, failed
from speaker.cli.output import FAILED, GOOD, config_file, print_json
from speaker.cli.support_bundle import gather, pack
from speaker.config.settings import Settings
from speaker.daemon.loading import Surroundings, read_settings
from speaker.errors import ConfigError, SpeakerError

_CHECK: Final = "run `speaker config check`, which names the lines, and mend them"


def run_doctor(options: argparse.Namespace) -> int:
    """Check everything."""
    file = config_file(options)
    settings, around = read_settings(file), Surroundings.seen(file)
    checks = asyncio.run(_see(settings, around, (lambda _: None) if options.json else _print_check))
    bad = any(check.result == "failed" for check in checks)
    if options.json:
        print_json({"good": not bad, "checks": [asdict(check) for check in checks]})
    return FAILED if bad else GOOD


def write_bundle(options: argparse.Namespace) -> int:
    """Check everything and pack it, with the log and the configuration."""
    file = config_file(options)
    around = Surroundings.seen(file)

    async def collect() -> None:
        try:
            checks = await _see(read_settings(file), around, _print_check)
        except ConfigError as error:
            # Who cannot mend the configuration needs help most of all.
            checks = [failed("configuration", one.splitlines()[0], _CHECK) for one in error.problems]
            for check in checks:
                _print_check(check)
        pack(await gather(file, checks, [around.api_key, around.mqtt_password]), options.output)

    try:
        asyncio.run(collect())
    except OSError as error:
        raise SpeakerError(
            f"{options.output} cannot be written: {error.strerror}; name another with --output"
        ) from error
    print(f"{options.output} is written; look through it before you send it to anybody")
    return GOOD


async def _see(settings: Settings, around: Surroundings, show: Callable[[Check], None]) -> list[Check]:
    """All checks of the doctor, each shown as it is done."""
    found = []
    async for check in visit(settings, around):
        found.append(check)
        show(check)
    return found


def _print_check(check: Check) -> None:
    print(f"{check.result:8} {check.name:15} {check.text}", flush=True)
    if check.remedy:
        print(f"{'':24} -> {check.remedy}", flush=True)
