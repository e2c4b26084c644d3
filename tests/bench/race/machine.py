"""The name of the machine that figures come from."""

import os
import platform
from pathlib import Path


def processor(cpuinfo: str) -> str:
    """The processor's name, from Linux's list of them; nothing when it has none, as on many ARM boards."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model"):
            return value.strip()
    return ""


def machine() -> str:
    """Processor, cores, memory, kernel and Python in one line."""
    name = processor(Path("/proc/cpuinfo").read_text()) or platform.machine()
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{name}, {os.cpu_count()} cores, {gigabytes:.0f} GB, {platform.system()} {platform.release()} "
        f"{platform.machine()}, Python {platform.python_version()}"
    )
