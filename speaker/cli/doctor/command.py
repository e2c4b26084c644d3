"""``speaker doctor`` and ``speaker bundle``: all checks, printed or packed."""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from typing import Final

from speaker.cli.doctor.all_checks import visit
from speaker.cli.doctor.check import Check, failed
from speaker.cli.output import FAILED, GOOD, config_file, print_json
from speaker.cli.screen import Screen
from speaker.cli.support_bundle import gather, pack
from speaker.config.settings import Settings
from speaker.daemon.loading import Surroundings, read_settings
from speaker.errors import ConfigError, SpeakerError

_Show = Callable[[Check], None]

_CHECK: Final = "run `speaker config check`, which names the lines, and mend them"


def run_doctor(options: argparse.Namespace) -> int:
    """Check everything."""
    file = config_file(options)
    settings, around = read_settings(file), Surroundings.seen(file)
    screen = Screen()
    show: _Show = (lambda _: None) if options.json else partial(_print_check, screen)
    with screen.progress("checking …") if not options.json else nullcontext():
        checks = asyncio.run(_see(settings, around, show))
    bad = any(check.result == "failed" for check in checks)
    if options.json:
        print_json({"good": not bad, "checks": [asdict(check) for check in checks]})
    return FAILED if bad else GOOD


def write_bundle(options: argparse.Namespace) -> int:
    """Check everything and pack it, with the log and the configuration."""
    file = config_file(options)
    around, screen = Surroundings.seen(file), Screen()
    show = partial(_print_check, screen)

    async def collect() -> None:
        try:
            checks = await _see(read_settings(file), around, show)
        except ConfigError as error:
            # Who cannot mend the configuration needs help most of all.
            checks = [failed("configuration", one.splitlines()[0], _CHECK) for one in error.problems]
            for check in checks:
                show(check)
        pack(await gather(file, checks, around.secrets), options.output)

    try:
        with screen.progress("checking and packing …"):
            asyncio.run(collect())
    except OSError as error:
        raise SpeakerError(
            f"{options.output} cannot be written: {error.strerror}; name another with --output"
        ) from error
    print(f"{options.output} is written; look through it before you send it to anybody")
    return GOOD


async def _see(settings: Settings, around: Surroundings, show: _Show) -> list[Check]:
    """All checks of the doctor, each shown as it is done."""
    found = []
    async for check in visit(settings, around):
        found.append(check)
        show(check)
    return found


def _print_check(screen: Screen, check: Check) -> None:
    screen.line((f"{check.result:8}", check.result), f" {check.name:15} {check.text}")
    if check.remedy:
        screen.line(f"{'':24} -> {check.remedy}")
