"""The ledger on real files, healthy and not."""

import logging
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.adapters.ledger import VERSION, Ledger
from speaker.core.errors import SpeakerError

DAY = date(2026, 11, 30)
MODEL = "gpt-realtime-2.1-mini"


@contextmanager
def opened(file: Path) -> Iterator[Ledger]:
    with closing(Ledger(file)) as ledger:
        yield ledger


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """Files of this process may not grow beyond so many bytes; to SQLite that is a disk that fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_all_is_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with opened(file) as ledger:
        ledger.book(DAY, MODEL, "cloud", (100, 50), 0.25)
        ledger.count_session(DAY)
        ledger.choose("volume", "30")
        ledger.choose("volume", "35")
    with opened(file) as ledger:
        assert ledger.spent_usd(DAY) == (0.25, 0.25)
        assert ledger.sessions(DAY) == 1
        assert ledger.chosen("volume") == "35"
        assert ledger.chosen("muted") is None


def test_what_is_written_is_there_without_a_goodbye(tmp_path: Path) -> None:
    """Another connection reads what a daemon without power would have left."""
    file = tmp_path / "ledger.sqlite"
    with opened(file) as ledger:
        ledger.book(DAY, MODEL, "cloud", (100, 50), 0.25)
        with closing(sqlite3.connect(file)) as reader:
            assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert reader.execute("SELECT * FROM response").fetchall() == [(str(DAY), MODEL, "cloud", 100, 50, 0.25)]
            assert reader.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_days_and_months_are_kept_apart(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        for day, cost_usd in ((DAY, 1), (DAY, 2), (DAY - timedelta(days=29), 4), (DAY + timedelta(days=1), 8)):
            ledger.book(day, MODEL, "cloud", (1, 1), cost_usd)
            ledger.count_session(day)
        ledger.book(DAY.replace(year=2025), MODEL, "cloud", (1, 1), 16)
        assert ledger.spent_usd(DAY) == (3, 7)
        assert ledger.spent_usd(DAY + timedelta(days=1)) == (8, 8)
        assert ledger.spent_usd(DAY - timedelta(days=1)) == (0, 7)
        assert (ledger.sessions(DAY), ledger.sessions(DAY - timedelta(days=1))) == (2, 0)


def test_the_offline_server_costs_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        ledger.book(DAY, "offline", "offline", (100, 50), 5)
        assert ledger.spent_usd(DAY) == (0, 0)


@given(st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2026, 3, 31)), st.floats(0, 10)), max_size=12))
def test_sums_are_those_of_the_entries(entries: list[tuple[date, float]]) -> None:
    with opened(Path(":memory:")) as ledger:
        for day, cost_usd in entries:
            ledger.book(day, MODEL, "cloud", (1, 1), cost_usd)
        for day, _ in entries:
            today = sum(cost for other, cost in entries if other == day)
            month = sum(cost for other, cost in entries if other.month == day.month)
            assert ledger.spent_usd(day) == pytest.approx((today, month))


def test_a_newer_ledger_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with opened(file) as ledger:
        ledger.count_session(DAY)
    with closing(sqlite3.connect(file)) as db:
        db.execute(f"PRAGMA user_version={VERSION + 1}")
    with pytest.raises(SpeakerError, match="was written by a newer version of the speaker; upgrade it again"):
        Ledger(file)


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE photos (name TEXT)")
    with pytest.raises(SpeakerError, match="is the database of another program"):
        Ledger(file)
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("photos",)]


def test_what_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(b"this was a ledger once" * 100)
    with pytest.raises(SpeakerError, match=r"ledger\.sqlite cannot be used: file is not a database; move it away"):
        Ledger(file)
    with pytest.raises(SpeakerError, match="cannot be used: unable to open database file"):
        Ledger(tmp_path / "nowhere" / "ledger.sqlite")


def test_a_full_disk_does_not_stop_the_speaker(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        ledger.book(DAY, MODEL, "cloud", (1, 1), 0.5)
        with full_disk(64 * 1024), caplog.at_level(logging.ERROR):
            for _ in range(50):
                ledger.book(DAY, MODEL, "cloud", (1, 1), 0.5)
                ledger.choose("volume", "x" * 4096)
            assert "the ledger could not be written: " in caplog.text
            assert ledger.spent_usd(DAY)[0] >= 0.5
        ledger.choose("volume", "20")
        assert ledger.chosen("volume") == "20"


def test_a_disk_that_is_full_at_the_start_does_not_either(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "ledger.sqlite"
    with full_disk(1024), caplog.at_level(logging.ERROR), opened(file) as ledger:
        assert "until the next start it is kept in memory" in caplog.text
        ledger.book(DAY, MODEL, "cloud", (1, 1), 0.5)
        assert ledger.spent_usd(DAY) == (0.5, 0.5)
    with opened(file) as ledger:
        assert ledger.spent_usd(DAY) == (0, 0)


def test_a_damaged_ledger_is_read_as_empty(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "ledger.sqlite"
    with opened(file) as ledger:
        for _ in range(500):
            ledger.book(DAY, MODEL, "cloud", (1, 1), 0.5)
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(data)
    with opened(file) as ledger:
        assert ledger.spent_usd(DAY) == (0, 0)
        assert ledger.sessions(DAY) == 0
        assert ledger.chosen("volume") is None
    assert "the ledger could not be read: database disk image is malformed" in caplog.text
