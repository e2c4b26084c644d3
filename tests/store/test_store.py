"""The ledger on real files, healthy and not."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.cost.entries import LedgerEntry, Purpose, Saved
from speaker.cost.tokens import Tokens
from speaker.errors import SpeakerError
from speaker.store import database
from speaker.store.migrations import STEPS, VERSION
from speaker.store.store import Ledger
from tests.support.full_disk import full_disk

DAY = date(2026, 11, 30)
MODEL = "gpt-realtime-2.1-mini"


HOUSE = timezone(timedelta(hours=1))
NOON = datetime(2026, 11, 30, 12, tzinfo=HOUSE)


@contextmanager
def opened(file: Path) -> Iterator[Ledger]:
    with closing(Ledger(file, DAY)) as ledger:
        yield ledger


def spent(cost_usd: float, day: date = DAY, **more: Any) -> LedgerEntry:
    told: dict[str, Any] = {
        "model": MODEL,
        "endpoint": "cloud",
        "turn": 1,
        "at": datetime.combine(day, NOON.timetz()),
    } | more
    return LedgerEntry(cost_usd=cost_usd, **told)


def test_all_is_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with opened(file) as ledger:
        ledger.book(spent(0.25, tokens=Tokens(text_in=60, audio_in=40, audio_out=50)))
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
        ledger.book(spent(0.25, tokens=Tokens(text_in=60, audio_in=40, audio_out=50)))
        with closing(sqlite3.connect(file)) as reader:
            assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            columns = "day, model, endpoint, input_tokens, output_tokens, cost_usd"
            rows = reader.execute(f"SELECT {columns} FROM response").fetchall()  # noqa: S608 - our own words
            assert rows == [(str(DAY), MODEL, "cloud", 100, 50, 0.25)]
            assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert reader.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_days_and_months_are_kept_apart(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        for day, cost_usd in ((DAY, 1), (DAY, 2), (DAY - timedelta(days=29), 4), (DAY + timedelta(days=1), 8)):
            ledger.book(spent(cost_usd, day))
            ledger.count_session(day)
        ledger.book(spent(16, DAY.replace(year=2025)))
        assert ledger.spent_usd(DAY) == (3, 7)
        assert ledger.spent_usd(DAY + timedelta(days=1)) == (8, 8)
        assert ledger.spent_usd(DAY - timedelta(days=1)) == (0, 7)
        assert (ledger.sessions(DAY), ledger.sessions(DAY - timedelta(days=1))) == (2, 0)


def test_the_offline_server_costs_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        ledger.book(spent(5, endpoint="offline", model="offline"))
        assert ledger.spent_usd(DAY) == (0, 0)


@given(st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2026, 3, 31)), st.floats(0, 10)), max_size=12))
def test_sums_are_those_of_the_entries(entries: list[tuple[date, float]]) -> None:
    with opened(Path(":memory:")) as ledger:
        for day, cost_usd in entries:
            ledger.book(spent(cost_usd, day))
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


def test_a_ledger_that_cannot_be_reached_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SpeakerError, match=r"cannot be used: unable to open database file; check who owns it"):
        Ledger(tmp_path / "nowhere" / "ledger.sqlite")


def test_a_full_disk_does_not_stop_the_speaker(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        ledger.book(spent(0.5))
        with full_disk(64 * 1024), caplog.at_level(logging.ERROR):
            for _ in range(50):
                ledger.book(spent(0.5))
                ledger.choose("volume", "x" * 4096)
            assert caplog.text.count("the ledger could not be written: ") == 1
            assert ledger.spent_usd(DAY)[0] == 25.5
        ledger.choose("volume", "20")
        assert ledger.chosen("volume") == "20"


def test_a_disk_that_is_full_at_the_start_does_not_either(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "ledger.sqlite"
    with full_disk(1024), caplog.at_level(logging.ERROR), opened(file) as ledger:
        assert "until the next start it is kept in memory" in caplog.text
        ledger.book(spent(0.5))
        assert ledger.spent_usd(DAY) == (0.5, 0.5)
    with opened(file) as ledger:
        assert ledger.spent_usd(DAY) == (0, 0)


@pytest.mark.parametrize("how", ["no database", "torn pages"])
def test_a_damaged_ledger_is_set_aside_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str) -> None:
    file = tmp_path / "ledger.sqlite"
    damage(file, how)
    damaged = file.read_bytes()
    with pytest.raises(SpeakerError, match=r"ledger\.sqlite cannot be used: "):
        Ledger(file, DAY, mend=False)
    with opened(file) as ledger:
        assert ledger.problem == (
            "the ledger was damaged and is now ledger.sqlite.broken-2026-11-30; a new one counts from nothing"
        )
        assert caplog.text.count("the ledger was damaged") == 1
        assert ledger.spent_usd(DAY) == (0, 0)
        ledger.book(spent(0.5))
    assert (tmp_path / "ledger.sqlite.broken-2026-11-30").read_bytes() == damaged
    with opened(file) as ledger:
        assert ledger.problem == ""
        assert ledger.spent_usd(DAY) == (0.5, 0.5)


def test_a_second_damaged_ledger_of_a_day_has_its_own_name(tmp_path: Path) -> None:
    for _ in range(3):
        damage(tmp_path / "ledger.sqlite", "no database")
        with opened(tmp_path / "ledger.sqlite"):
            pass
    names = {file.name for file in tmp_path.glob("*.broken-*")}
    assert names == {f"ledger.sqlite.broken-2026-11-30{end}" for end in ("", "-2", "-3")}


def damage(file: Path, how: str) -> None:
    if how == "no database":
        file.write_bytes(b"this was a ledger once" * 100)
        return
    with opened(file) as ledger:
        for _ in range(200):
            ledger.book(spent(0.5))
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(data)


def test_what_was_spent_on_a_full_disk_counts_and_is_written_later(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with opened(file) as ledger:
        with full_disk(file.stat().st_size):
            for _ in range(40):
                ledger.book(spent(0.5))
                ledger.choose("volume", "x" * 4096)
            assert "what is new is kept in memory until that works" in ledger.problem
            assert ledger.spent_usd(DAY) == (20, 20)
            assert ledger.spent_usd(DAY + timedelta(days=1)) == (0, 0)
            assert [ledger.warn_once("2026-11", 0.5) for _ in range(3)] == [True, False, False]
        ledger.book(spent(0.5))
        assert ledger.problem == ""
        assert ledger.spent_usd(DAY) == (20.5, 20.5)
        assert not ledger.warn_once("2026-11", 0.5)
    with opened(file) as ledger:
        assert ledger.spent_usd(DAY) == (20.5, 20.5)


def test_the_tables_of_the_first_versions_are_brought_up_to_date(tmp_path: Path) -> None:
    for version in range(1, VERSION):
        file = tmp_path / f"{version}.sqlite"
        with closing(sqlite3.connect(file)) as db:
            for step in STEPS[:version]:
                db.executescript(step)
            db.execute("INSERT INTO response (day, model, endpoint, input_tokens, output_tokens, cost_usd) "
                       "VALUES ('2026-11-02', 'gpt-realtime', 'cloud', 100, 50, 0.25)")  # fmt: skip
            db.execute(f"PRAGMA user_version={version}")
            db.commit()
        with opened(file) as ledger:
            assert ledger.spent_usd(DAY) == (0, 0.25)
            (line,) = ledger.lines(DAY)
            assert (line.day, line.model, line.purpose) == (date(2026, 11, 2), "gpt-realtime", "turn")
            assert ledger.begin_turn(NOON) == 1


def test_a_month_in_lines(tmp_path: Path) -> None:
    tokens = Tokens(text_in=100, text_cached=60, text_out=5, audio_in=40, audio_cached=10, audio_out=90)
    with opened(tmp_path / "ledger.sqlite") as ledger:
        for _ in range(2):
            ledger.book(spent(0.5, tokens=tokens))
        ledger.book(spent(0.25, tokens=tokens, estimated=True, unheard_ms=500, waste_usd=0.01))
        ledger.book(spent(0.01, DAY - timedelta(days=1), purpose="transcription", model="gpt-transcribe", seconds=4.5))
        ledger.book(spent(9, DAY + timedelta(days=1)))
        earlier, later = ledger.lines(DAY)
    assert (earlier.model, earlier.purpose, earlier.seconds) == ("gpt-transcribe", "transcription", 4.5)
    assert (later.times, later.tokens) == (3, tokens + tokens + tokens)
    assert (later.cost_usd, later.estimated_usd, later.waste_usd) == (1.25, 0.25, 0.01)
    assert later.unheard_ms == 500


def test_waste_is_noted_when_it_turns_out(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        first, second = ledger.book(spent(0.5)), ledger.book(spent(0.5))
        assert first is not None
        assert second is not None
        ledger.waste(second, 1200, 0.02)
        ledger.waste(second, 1500, 0.03)
        (line,) = ledger.lines(DAY)
    assert (line.unheard_ms, line.waste_usd, line.cost_usd) == (1500, 0.03, 1.0)


def test_savings_add_up_by_day_and_kind(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        ledger.save("silence", DAY, seconds=4.0, usd=0.25)
        ledger.save("silence", DAY, seconds=2.0, usd=0.25)
        ledger.save("cached", DAY - timedelta(days=1), usd=0.5)
        ledger.save("cached", DAY + timedelta(days=1), usd=0.5)
        assert ledger.savings(DAY) == [
            Saved(day=DAY - timedelta(days=1), what="cached", times=1, seconds=0, usd=0.5),
            Saved(day=DAY, what="silence", times=2, seconds=6.0, usd=0.5),
        ]


def test_a_warning_comes_once_in_its_period_whoever_asks(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.sqlite") as one, opened(tmp_path / "ledger.sqlite") as other:
        assert one.warn_once("2026-11-30", 0.8)
        assert not other.warn_once("2026-11-30", 0.8)
        assert other.warn_once("2026-11", 0.8)
        other.forget_warnings("2026-11-30", above=0.8)
        assert not one.warn_once("2026-11-30", 0.8)
        other.forget_warnings("2026-11-30", above=0.5)
        assert one.warn_once("2026-11-30", 0.8)


def test_money_on_top_is_for_one_day(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        ledger.raise_cap(DAY, 0.5)
        ledger.raise_cap(DAY, 0.25)
        assert ledger.raised_usd(DAY) == 0.25
        assert ledger.raised_usd(DAY + timedelta(days=1)) == 0


def test_the_day_is_that_of_the_house_at_the_end(tmp_path: Path) -> None:
    """Half past eleven in the evening, an hour later in the next month; elsewhere it is another day."""
    late = datetime(2026, 11, 30, 23, 59, 59, tzinfo=HOUSE)
    with opened(tmp_path / "ledger.sqlite") as ledger:
        ledger.book(spent(1, at=late))
        ledger.book(spent(2, at=late + timedelta(seconds=1)))
        assert ledger.spent_usd(DAY) == (1, 1)
        assert ledger.spent_usd(date(2026, 12, 1)) == (2, 2)


@pytest.mark.parametrize(
    "jump", [timedelta(days=-1), timedelta(hours=-3), timedelta(days=-20_000), timedelta(days=400)]
)
def test_a_clock_that_jumps_loses_nothing(tmp_path: Path, jump: timedelta) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        turns = [ledger.begin_turn(at) for at in (NOON, NOON + jump, NOON)]
        ledger.book(spent(1, at=NOON))
        ledger.book(spent(2, at=NOON + jump))
        ledger.book(spent(4, at=NOON))
        assert turns == [1, 2, 3]
        assert ledger.spent_usd(DAY)[0] == (7 if jump == timedelta(hours=-3) else 5)
        assert ledger.spent_usd((NOON + jump).date())[0] >= 2


@pytest.mark.parametrize("purpose", get_args(Purpose))
def test_every_purpose_is_paid_for(tmp_path: Path, purpose: Purpose) -> None:
    with opened(tmp_path / "ledger.sqlite") as ledger:
        ledger.book(spent(1, purpose=purpose))
        assert ledger.spent_usd(DAY) == (1, 1)


def test_a_write_that_finds_the_ledger_locked_waits_and_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.2)
    file = tmp_path / "ledger.sqlite"
    with opened(file) as ledger:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert ledger.book(spent(0.5)) is None
            assert "the ledger could not be written: database is locked" in ledger.problem
            assert ledger.spent_usd(DAY) == (0.5, 0.5)
            other.execute("COMMIT")
        ledger.book(spent(0.25))
        assert ledger.problem == ""
        assert ledger.spent_usd(DAY) == (0.75, 0.75)
        assert [line.times for line in ledger.lines(DAY)] == [2]
