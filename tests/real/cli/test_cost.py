"""``speaker cost`` as a user meets it: a month of the ledger in words, as data and as a picture."""

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from speaker.cost.cost_tracker import now_here
from speaker.cost.entries import LedgerEntry
from speaker.cost.tokens import Opening
from speaker.store.store import Ledger
from tests.cost.test_report import BIG, MINI, TOKENS, words


def speaker(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    config = state / "config.yaml"
    if not config.exists():
        config.write_text("cost: {daily_usd: 1.5, monthly_usd: 20}\n")
    command = [sys.executable, "-m", "speaker", "cost", "--config", str(config), *arguments]
    around = os.environ | {"STATE_DIRECTORY": str(state)}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=around)


def fill(file: Path, day: datetime) -> None:
    with closing(Ledger(file)) as ledger:
        for model, days, usd in ((BIG, 0, 0.02), (MINI, 0, 0.005), (BIG, -1, 0.03)):
            ledger.book(LedgerEntry(at=day + timedelta(days=days), turn=1, model=model, endpoint="cloud", cost_usd=usd,
                                tokens=TOKENS, estimated=model == MINI, unheard_ms=1500, waste_usd=0.001))  # fmt: skip
        ledger.book(LedgerEntry(at=day, turn=1, model="offline", endpoint="offline", cost_usd=0, tokens=TOKENS))
        ledger.book(LedgerEntry(at=day, turn=1, model="gpt-transcribe", endpoint="cloud", cost_usd=0.001,
                            purpose="transcription", seconds=13))  # fmt: skip
        ledger.save("cached", day.date(), usd=0.002, seconds=1.5)
        ledger.save("local", day.date(), usd=0.004, seconds=3)
        ledger.choose("opening_tokens", str(Opening(200, 900, 400)))


def test_a_month_as_a_table(tmp_path: Path) -> None:
    fill(tmp_path / "ledger.sqlite", datetime(2026, 10, 20, 12).astimezone())
    done = speaker(tmp_path, "--month", "2026-10")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("October 2026: $0.0560 of $20.00; $0.0060 was saved.\n"), "what it comes to, first"
    rows = [row.split() for row in done.stdout.splitlines()]
    first = next(index for index, row in enumerate(rows) if row[:2] == ["day", "model"])
    assert rows[first + 1] == ["2026-10-19", BIG, "1", "300", "1200", "30", "30", "10", "100", "0.0300"]
    assert ["2026-10-20", "gpt-transcribe", "(transcription)", "1", "13", "0.0010"] in rows
    assert ["total", "of", "the", "cloud", "4", "900", "3600", "90", "90", "30", "300", "0.0560"] in rows
    for sentence in (
        "budget a day: $1.50",
        f"prices as of: {BIG} 2026-11-24, {MINI} 2026-11-24",
        "estimated, since the service did not say: $0.0050 (9 %)",
        "wasted on answers that nobody heard to the end: $0.0030 (4 s of speech)",
        "saved: $0.0060",
        "sentences replayed from disk: 1 times, 2 s, $0.0020",
        "requests answered without the cloud: 1 times, 3 s, $0.0040",
        "every session begins with 1500 tokens: instructions 200, tools 900, house 400",
    ):
        assert sentence in done.stdout
    assert "forecast" not in done.stdout, "the month is over"


def test_the_same_as_data(tmp_path: Path) -> None:
    fill(tmp_path / "ledger.sqlite", datetime(2026, 10, 20, 12).astimezone())
    told = json.loads(speaker(tmp_path, "--month", "2026-10", "--json").stdout)
    assert (told["month"], told["total_usd"], told["forecast_usd"]) == ("2026-10", 0.056, None)
    assert [(one["day"], one["model"], one["cost_usd"]) for one in told["days"]] == [
        ("2026-10-19", BIG, 0.03),
        ("2026-10-20", BIG, 0.02),
        ("2026-10-20", MINI, 0.005),
        ("2026-10-20", "gpt-transcribe", 0.001),
        ("2026-10-20", "offline", 0.0),
    ]
    assert told["waste"] == {"usd": 0.003, "unheard_s": 4.5}
    assert told["prompt_tokens"]["total"] == 1500
    assert told["budget"] == {"daily_usd": 1.5, "monthly_usd": 20}
    assert told["prices_as_of"][MINI] == "2026-11-24"
    assert [one["what"] for one in told["savings"]] == ["cached", "local"]


def test_this_month_has_a_forecast(tmp_path: Path) -> None:
    fill(tmp_path / "ledger.sqlite", now_here())
    assert "forecast for the month: $" in speaker(tmp_path).stdout


def test_an_empty_ledger_says_so(tmp_path: Path) -> None:
    done = speaker(tmp_path, "--month", "2026-10")
    assert done.returncode == 0
    assert done.stdout.startswith("Nothing was booked in 2026-10.")
    assert "every session begins with " in done.stdout
    assert not (tmp_path / "ledger.sqlite").exists(), "to look is not to begin one"


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "november", "0000-01", "2026-11-02"])
def test_a_month_that_is_none(tmp_path: Path, month: str) -> None:
    done = speaker(tmp_path, "--month", month)
    assert done.returncode == 2
    assert done.stderr == f"speaker: --month: expected a month such as 2026-11, got '{month}'\n"


def test_a_damaged_ledger_is_left_to_the_daemon(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(b"no database" * 1000)
    done = speaker(tmp_path)
    assert done.returncode == 1
    assert "cannot be used: file is not a database" in done.stderr
    assert file.exists()


def test_a_picture_of_the_month(tmp_path: Path) -> None:
    fill(tmp_path / "ledger.sqlite", datetime(2026, 10, 20, 12).astimezone())
    picture = tmp_path / "days.svg"
    done = speaker(tmp_path, "--month", "2026-10", "--plot", str(picture))
    assert (done.returncode, done.stderr) == (0, "")
    assert {"October 2026: $0.06 of $20.00", BIG, MINI, "gpt-transcribe"} <= set(words(picture.read_bytes()))
    done = speaker(tmp_path, "--plot", str(tmp_path / "nowhere" / "days.svg"))
    assert done.returncode == 1
    assert "the picture cannot be written: No such file or directory" in done.stderr


def test_a_picture_under_another_name_is_written_and_named(tmp_path: Path) -> None:
    done = speaker(tmp_path, "--plot", str(tmp_path / "days.png"))
    assert done.returncode == 0
    assert (
        done.stderr == f"speaker: warning: {tmp_path}/days.png holds an SVG picture; programs expect it as days.svg\n"
    )
    assert "nothing was spent" in words((tmp_path / "days.png").read_bytes())
