"""What processes need, as the kernel counts it: processor time, wake-ups and memory, with all their children.

Threads of PulseAudio's client library are counted apart: they serve the virtual card, and a kernel card has none.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CARD_THREADS: Final = frozenset({"threaded-ml", "alsa-pulse"})
"""How the threads of PulseAudio's client library are called."""

_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """What has been used up to a moment, or between two."""

    at_s: float
    cpu_s: float
    card_cpu_s: float
    """Of that, in the virtual card's threads."""
    wakes: int
    card_wakes: int

    def since(self, before: "ProcessUse") -> "ProcessUse":
        """What was used in between; ``at_s`` is how long that was."""
        return ProcessUse(
            self.at_s - before.at_s, self.cpu_s - before.cpu_s, self.card_cpu_s - before.card_cpu_s,
            self.wakes - before.wakes, self.card_wakes - before.card_wakes,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Resident memory; ``pss_mb`` counts what processes share only once."""

    rss_mb: float
    pss_mb: float


@dataclass(frozen=True, slots=True)
class ThreadUse:
    """One thread."""

    name: str
    cpu_s: float
    wakes: int


def stat_fields(text: str) -> list[str]:
    """The fields of a ``stat`` file behind the name, which may hold anything."""
    return text.rpartition(")")[2].split()


def family(root: int, *, itself: bool = True) -> list[int]:
    """A process and all that descends from it, or only those."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            text = _read(entry / "stat")
            if text:
                children[int(stat_fields(text)[1])].append(int(entry.name))
    found, at = [root], 0
    while at < len(found):
        found += children[found[at]]
        at += 1
    return found if itself else found[1:]


def used(pids: Iterable[int]) -> ProcessUse:
    """What these processes have used so far, with children of theirs that have ended."""
    cpu_s = card_cpu_s = 0.0
    wakes = card_wakes = 0
    for pid in pids:
        text = _read(_PROC / str(pid) / "stat")
        if text:
            cpu_s += sum(int(one) for one in stat_fields(text)[11:15]) * _TICK_S
        for thread in threads(pid).values():
            wakes += thread.wakes
            if thread.name in CARD_THREADS:
                card_cpu_s += thread.cpu_s
                card_wakes += thread.wakes
    return ProcessUse(time.monotonic(), cpu_s, card_cpu_s, wakes, card_wakes)


def threads(pid: int) -> dict[int, ThreadUse]:
    """The threads of a process by their number; none when it has ended."""
    found = {}
    try:
        tasks = sorted((_PROC / str(pid) / "task").iterdir())
    except OSError:
        return {}
    for task in tasks:
        stat, status = _read(task / "stat"), _read(task / "status")
        if stat and status:
            cpu_s = sum(int(one) for one in stat_fields(stat)[11:13]) * _TICK_S
            found[int(task.name)] = ThreadUse(_read(task / "comm").strip(), cpu_s, woken(status))
    return found


def woken(status: str) -> int:
    """How often a thread went to sleep by itself and was woken, from its ``status``."""
    return int(status.partition("voluntary_ctxt_switches:")[2].split()[0])


def memory(pids: Iterable[int | str]) -> MemoryUse:
    """Memory of these processes now; ``self`` is this one."""
    rss_kb = pss_kb = 0
    for pid in pids:
        lines = _read(_PROC / str(pid) / "smaps_rollup").splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
        rss_kb += sizes.get("Rss", 0)
        pss_kb += sizes.get("Pss", 0)
    return MemoryUse(rss_kb / 1024, pss_kb / 1024)


def _read(file: Path) -> str:
    """A file of the kernel's; nothing when its process has just ended."""
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
