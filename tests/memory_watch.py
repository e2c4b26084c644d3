"""Memory of the test process: what grows here could grow in a daemon that lives longer than any test run."""

from pathlib import Path
from typing import Final

import pytest

MOST_MB: Final = 1_500
"""Engines, every test and its report, and room for the allocator; what was loaded anew for each test took 3,600."""

TOLD: Final = 5
"""So many of those that grew most are named."""

WORTH_TELLING_MB: Final = 20

_STATUS: Final = Path("/proc/self/status")


def resident_mb(line: str = "VmRSS") -> int:
    """Memory of this process now (VmRSS) or at its most (VmHWM)."""
    if not _STATUS.exists():  # not Linux
        return 0
    return int(_STATUS.read_text().split(f"{line}:")[1].split()[0]) // 1024


class MemoryWatch:
    """Notes by how much each test raised the memory, and fails a run that needs too much."""

    def __init__(self) -> None:
        self._growth: list[tuple[int, str]] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> object:
        before = resident_mb()
        result = yield
        self._growth.append((resident_mb() - before, item.nodeid))
        return result

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if resident_mb("VmHWM") > MOST_MB and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        peak_mb = resident_mb("VmHWM")
        verdict = f"; at most {MOST_MB} are allowed" if peak_mb > MOST_MB else ""
        terminalreporter.section("memory")
        terminalreporter.write_line(f"the test process needed {peak_mb} MB at its most{verdict}")
        for grown_mb, name in sorted(self._growth, reverse=True)[:TOLD]:
            if grown_mb >= WORTH_TELLING_MB:
                terminalreporter.write_line(f"  {grown_mb:+5d} MB  {name}")
