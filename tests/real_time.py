"""Scenes in real time on a machine that may be too slow for it.

While a test with sound runs, a thread measures how late it is woken, and the sound devices tell how often they slipped.
A test that fails although the machine kept up fails at once. One during which the machine did not keep up says nothing:
it is run again, and the report tells how late and how loaded the machine was.
"""

import gc
import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import pytest
from _pytest.runner import runtestprotocol

from tests.kinds import kind_of

MOST_RUNS: Final = 4
"""How often a test is run at most."""

LATE_MS: Final = 40
"""PortAudio's buffers last about twice as long: a thread that is woken so late has nearly made a gap."""

LATE_SHARE: Final = 0.02
"""So many short delays slow everything down as well..."""

LATE_AT_LEAST: Final = 5
"""...when they are more than chance."""

SHORT_MS: Final = 10

_SLIPS: Final = re.compile(r"ran dry|overflow|too slow|more slowly than sound arrives")
"""What the product says in its log when sound was served too late."""


@dataclass(slots=True)
class Strain:
    """How well the machine kept up."""

    worst_ms: float = 0.0
    late: int = 0
    wakes: int = 0
    slips: int = 0
    load: float = 0.0

    @property
    def too_much(self) -> bool:
        """Whether what came of the test says nothing."""
        often = self.late > max(LATE_AT_LEAST, LATE_SHARE * self.wakes)
        return self.worst_ms > LATE_MS or self.slips > 0 or often

    def __str__(self) -> str:
        return (
            f"woken up to {self.worst_ms:.0f} ms late, more than {SHORT_MS} ms late {self.late} of {self.wakes} times, "
            f"sound slipped {self.slips} times, load {self.load:.1f} on {os.cpu_count()} cores"
        )


class _Watch(threading.Thread):
    """Sleeps a little again and again, and notes how late it is woken."""

    STEP_S: Final = 0.01

    def __init__(self) -> None:
        super().__init__(daemon=True, name="strain")
        self.strain = Strain()
        self._end = threading.Event()

    def run(self) -> None:
        while not self._end.is_set():
            before = time.monotonic()
            time.sleep(self.STEP_S)
            late_ms = 1000 * (time.monotonic() - before - self.STEP_S)
            self.strain.wakes += 1
            self.strain.late += late_ms > SHORT_MS
            self.strain.worst_ms = max(self.strain.worst_ms, late_ms)

    def stop(self) -> Strain:
        self._end.set()
        self.join()
        self.strain.load = os.getloadavg()[0]
        return self.strain


@dataclass(slots=True)
class _SlipCounter(logging.Filter):
    """Counts lines of the log that tell of slips."""

    count: int = field(default=0)

    def filter(self, record: logging.LogRecord) -> bool:
        self.count += bool(_SLIPS.search(record.getMessage()))
        return True


@contextmanager
def strained() -> Iterator[Strain]:
    """Measures while it lasts; the result is complete behind it."""
    watch, counter = _Watch(), _SlipCounter()
    root = logging.getLogger("speaker.audio")
    root.addFilter(counter)
    # Thousands of tests and reports are no garbage: looking for it there takes longer than sound can wait.
    gc.collect()
    gc.freeze()
    watch.start()
    try:
        yield watch.strain
    finally:
        watch.stop()
        watch.strain.slips = counter.count
        root.removeFilter(counter)


def hears(item: pytest.Item) -> bool:
    """Whether a test has to do with sound in real time."""
    return isinstance(item, pytest.Function) and "room" in item.fixturenames and kind_of(item.path) != "pure"


def _errors(report: pytest.TestReport) -> list[str]:
    """The lines that say what was wrong."""
    return [line for line in report.longreprtext.splitlines() if line.startswith("E ")][:3]


class Repeater:
    """Runs tests with sound again when the machine was too slow for them."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if not hears(item):
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for run in range(1, MOST_RUNS + 1):
            with strained() as strain:
                reports = runtestprotocol(item, nextitem=nextitem, log=False)
            bad = any(report.failed for report in reports)
            if not bad or not strain.too_much or run == MOST_RUNS:
                break
            self.told.append(f"{item.nodeid}: run {run} failed while the machine was too slow: {strain}")
            self.told += [f"    {line}" for report in reports for line in _errors(report)]
            # Its fixtures and arguments are made anew.
            item._initrequest()  # type: ignore[attr-defined]  # as plugins that repeat tests do
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.told:
            terminalreporter.section("repeated, since the machine was too slow for real time")
            for line in self.told:
                terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """At the end everything is garbage."""
        gc.unfreeze()
