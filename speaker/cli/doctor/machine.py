"""The machine: its clock, its disk and the service."""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from speaker.cli.doctor.check import Check, failed, good, skipped

UNIT: Final = "speaker.service"

BOOTED: Final = Path("/run/systemd/system")
"""Is there when systemd runs the machine."""

BORN: Final = 2026
"""No clock that is right shows an earlier year."""

LEAST_FREE_MB: Final = 100


async def check_machine(state: Path) -> list[Check]:
    """Clock, disk, unit."""
    return [await _check_clock(), _check_disk(state), await _check_unit()]


async def _check_clock() -> Check:
    now = datetime.now().astimezone()
    text = f"{now:%Y-%m-%d %H:%M} {now.tzname()}"
    if now.year < BORN:
        return failed("clock", text, "let the machine set it: `sudo timedatectl set-ntp true`; TLS needs a right clock")
    answer = await _run("timedatectl", "show", "--property=NTPSynchronized", "--value")
    if answer == "no":
        return failed("clock", f"{text}, not synchronised", "`sudo timedatectl set-ntp true`, and check the network")
    return good("clock", f"{text}{', synchronised' if answer == 'yes' else ''}")


def _check_disk(state: Path) -> Check:
    try:
        probe = state / ".doctor"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        remedy = (
            f"let the user of the speaker write there, or run the doctor as that user: `sudo -u speaker …` ({state})"
        )
        return failed("disk", f"{state} cannot be written: {error.strerror}", remedy)
    free_mb = shutil.disk_usage(state).free // 1_000_000
    if free_mb < LEAST_FREE_MB:
        return failed(
            "disk", f"{free_mb} MB are free at {state}", "make room: the ledger and spoken phrases are kept there"
        )
    return good("disk", f"{free_mb} MB are free at {state}")


async def _check_unit() -> Check:
    active = await _run("systemctl", "is-active", UNIT)
    if active in {"", "offline", "unknown"} or not BOOTED.is_dir():
        return skipped("unit", "systemd does not run here")
    enabled = await _run("systemctl", "is-enabled", UNIT)
    text = f"{UNIT} is {active} and {enabled or 'not installed'}"
    if active == "active":
        return good("unit", text)
    if not enabled or enabled == "not-found":
        return skipped("unit", f"{UNIT} is not installed; `sudo ./systemd/install` does it")
    return failed("unit", text, f"`sudo systemctl start speaker`, then `journalctl -u {UNIT}` says why it ended")


async def _run(*command: str) -> str:
    """The first word that a program prints; empty when there is no such program."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return ""
    printed, _ = await process.communicate()
    return printed.decode(errors="replace").strip()
