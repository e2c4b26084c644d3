"""`speaker cost` as a user meets it, and the report behind it."""

import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.prices import PRICES
from speaker.cost.cost_tracker import now_here
from speaker.cost.entries import LedgerEntry, Saved, SpendingRow
from speaker.cost.plot import BAR, HEIGHT, LIMIT, PAPER, WIDTH, bar_chart
from speaker.cost.report import Report, days_in, month_report
from speaker.cost.tokens import Opening, Tokens
from speaker.store.store import Ledger

BIG, MINI = "gpt-realtime-2.1", "gpt-realtime-2.1-mini"
TOKENS = Tokens(text_in=1500, text_cached=1200, text_out=30, audio_in=40, audio_cached=10, audio_out=100)
NOVEMBER = date(2026, 11, 1)


def speaker(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    config = state / "config.yaml"
    if not config.exists():
        config.write_text("cost: {daily_usd: 1.5, monthly_usd: 20}\n")
    command = [sys.executable, "-m", "speaker", "cost", "--config", str(config), *arguments]
    around = os.environ | {"STATE_DIRECTORY": str(state)}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=around)


def line(day: int, cost_usd: float, **more: object) -> SpendingRow:
    told = {"model": BIG, "endpoint": "cloud", "purpose": "turn", "times": 1, "tokens": TOKENS, "seconds": 0.0,
            "estimated_usd": 0.0, "unheard_ms": 0, "waste_usd": 0.0} | more  # fmt: skip
    return SpendingRow(day=NOVEMBER.replace(day=day), cost_usd=cost_usd, **told)  # type: ignore[arg-type]  # a test's table


def reported(*lines: SpendingRow, today: date = date(2026, 11, 10)) -> Report:
    return month_report(lines, [], month=NOVEMBER, today=today, prices=PRICES)


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
    rows = [row.split() for row in done.stdout.splitlines()]
    assert rows[1] == ["2026-10-19", BIG, "1", "300", "1200", "30", "30", "10", "100", "0.0300"]
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
    picture = tmp_path / "days.png"
    assert speaker(tmp_path, "--month", "2026-10", "--plot", str(picture)).returncode == 0
    assert dots(picture.read_bytes()).shape == (HEIGHT, WIDTH, 3)
    done = speaker(tmp_path, "--plot", str(tmp_path / "nowhere" / "days.png"))
    assert done.returncode == 1
    assert "the picture cannot be written: No such file or directory" in done.stderr


def dots(file: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The image in a PNG file of ours, read back with its check sums."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(file):
        (length,) = struct.unpack(">I", file[at : at + 4])
        kind, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        assert struct.unpack(">I", file[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + data),)
        parts[kind] = data
        at += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert (depth, colour) == (8, 2)
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    return rows[:, 1:].reshape(height, width, 3)


def count(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], colour: tuple[int, int, int]) -> int:
    return int(np.all(image == colour, axis=2).sum())


def test_bars_are_as_high_as_their_days() -> None:
    one, two = (count(dots(bar_chart(usd, "2026-11")), BAR) for usd in ({1: 1.0, 2: 0.0}, {1: 1.0, 2: 1.0}))
    assert two == 2 * one > 0


def test_a_budget_in_sight_is_a_line() -> None:
    assert count(dots(bar_chart({1: 1.0}, "2026-11", 1.5)), LIMIT) > 0
    assert count(dots(bar_chart({1: 1.0}, "2026-11", 50.0)), LIMIT) == 0
    assert count(dots(bar_chart({1: 1.0}, "2026-11")), LIMIT) == 0


@given(st.dictionaries(st.integers(1, 31), st.floats(0, 1e6), max_size=31), st.none() | st.floats(0.01, 1e6))
def test_whatever_was_spent_can_be_drawn(usd: Mapping[int, float], limit_usd: float | None) -> None:
    assert count(dots(bar_chart(usd, "2026-11 $1.23", limit_usd)), PAPER) > 0


def test_a_forecast_goes_on_as_the_days_so_far() -> None:
    assert reported(line(1, 1.0), line(10, 2.0)).forecast_usd == pytest.approx(9.0)
    assert reported(line(10, 0.5)).forecast_usd == pytest.approx(0.5 * 21), "installed today"
    assert reported(line(10, 0.5), today=date(2026, 11, 30)).forecast_usd == pytest.approx(0.5)
    assert reported().forecast_usd == 0
    assert reported(line(10, 0.5), today=date(2026, 12, 1)).forecast_usd is None


def test_kinds_of_token_add_up_to_the_bill() -> None:
    usd = (300 * 4 + 1200 * 0.4 + 30 * 24 + 30 * 32 + 10 * 0.4 + 100 * 64) / 1e6
    one = reported(line(1, usd), line(2, usd), line(3, 0, endpoint="offline", model="offline"))
    assert sum(one.by_kind_usd.values()) == pytest.approx(one.total_usd)
    assert one.by_kind_usd["text_cached"] == pytest.approx(2 * 1200 * 0.4 / 1e6)


def test_savings_are_summed_by_what_saved() -> None:
    savings = [Saved(day=NOVEMBER, what=what, times=2, seconds=3.0, usd=0.5) for what in ("local", "cached", "cached")]
    one = month_report([], savings, month=NOVEMBER, today=NOVEMBER, prices=PRICES)
    assert [(saved.what, saved.times, saved.usd) for saved in one.savings] == [("cached", 4, 1.0), ("local", 2, 0.5)]
    assert one.saved_usd == 1.5


def test_every_day_of_a_month_has_its_bar() -> None:
    assert [days_in(date(2026, month, 1)) for month in (2, 11, 12)] == [28, 30, 31]
    assert list(reported(line(3, 1.0)).by_day_usd()) == list(range(1, 31))
    assert reported(line(3, 1.0), line(3, 0.5)).by_day_usd()[3] == 1.5


def test_what_a_session_begins_with_is_kept_as_text() -> None:
    assert Opening.read(str(Opening(1, 2, 3))) == Opening(1, 2, 3)
    assert [Opening.read(text) for text in (None, "", "1 2", "a b c")] == [None] * 4
