"""A short soak: a hundred conversations leave nothing behind; and what would be left is noticed."""

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.soak import Held, grown

CALM = Held(objects=50_000, rss_kb=90_000, threads=3, descriptors=15, tasks=10)


def test_a_hundred_conversations_leave_nothing_behind() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.soak", "100"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no wake word was missed" in done.stdout


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"objects": 51_600}, "objects grew by 1600 in 100 wakes"), ({"rss_kb": 95_000}, "rss_kb grew by 5000 in 100"),
        ({"threads": 4}, "threads grew from 3 to 4"), ({"descriptors": 16}, "descriptors grew from 15 to 16"),
        ({"tasks": 11}, "tasks grew from 10 to 11"),
    ],
)  # fmt: skip
def test_what_grows_is_noticed(change: dict[str, int], told: str) -> None:
    assert told in grown(CALM, replace(CALM, **change), 100)[0]
    assert grown(CALM, replace(CALM, objects=50_100, rss_kb=89_000), 100) == []
