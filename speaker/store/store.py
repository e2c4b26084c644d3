"""What the ledger knows: responses with their cost, savings, budgets, counts, and what the hub has chosen."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final

from speaker.cost.entries import LedgerEntry, Saved, Saving, SpendingRow
from speaker.cost.tokens import Tokens
from speaker.store.database import Database, Row, SqlValue
from speaker.store.timers_and_lists import Memory

_BOOK: Final = """
INSERT INTO response (
    day, endpoint, cost_usd, at, turn, model, purpose, input_tokens, output_tokens, text_in, text_cached, text_out,
    audio_in, audio_cached, audio_out, seconds, estimated, unheard_ms, waste_usd
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
"""The first three values are read again from what waits to be written."""

_CHOOSE: Final = "INSERT OR REPLACE INTO chosen VALUES (?, ?)"

_WARN: Final = "INSERT OR IGNORE INTO warned VALUES (?, ?)"

_LINES: Final = """
SELECT day, model, endpoint, purpose, COUNT(*), SUM(text_in), SUM(text_cached), SUM(text_out), SUM(audio_in),
       SUM(audio_cached), SUM(audio_out), SUM(seconds), SUM(cost_usd), SUM(cost_usd * estimated), SUM(unheard_ms),
       SUM(waste_usd)
FROM response WHERE day BETWEEN ? AND ? GROUP BY day, model, endpoint, purpose ORDER BY day, model, purpose"""


class Ledger:
    """One database file, which several speakers may share; days are local dates, handed in by who knows them."""

    def __init__(self, file: Path, today: date | None = None, *, mend: bool = True) -> None:
        """Open or create it; ``today`` is part of the name under which a damaged one is set aside.

        Raises SpeakerError when the file is no database of ours, or is damaged and ``mend`` is off.
        """
        self._database = Database(file, today or datetime.now().astimezone().date(), mend=mend)
        self.memory = Memory(self._database)

    @property
    def problem(self) -> str:
        """What is wrong with the ledger now, as one sentence; empty when nothing is."""
        return self._database.problem

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    # What was spent.

    def begin_turn(self, at: datetime) -> int:
        """The number of a new conversation; 0 when none can be given."""
        return self._write("INSERT INTO turn (at) VALUES (?)", at.isoformat(timespec="seconds")) or 0

    def book(self, one: LedgerEntry) -> int | None:
        """Write down what was paid for; its number, for ``waste``, unless it could not be written yet."""
        tokens = one.tokens
        return self._write(
            _BOOK, str(one.day), one.endpoint, one.cost_usd, one.at.isoformat(timespec="seconds"), one.turn, one.model,
            one.purpose, tokens.text_in + tokens.audio_in, tokens.text_out + tokens.audio_out,
            tokens.text_in, tokens.text_cached, tokens.text_out, tokens.audio_in, tokens.audio_cached,
            tokens.audio_out, one.seconds, int(one.estimated), one.unheard_ms, one.waste_usd,
        )  # fmt: skip

    def waste(self, number: int, unheard_ms: int, waste_usd: float) -> None:
        """So much of a booked answer turned out to be heard by nobody."""
        self._write("UPDATE response SET unheard_ms = ?, waste_usd = ? WHERE rowid = ?", unheard_ms, waste_usd, number)

    def spent_usd(self, day: date) -> tuple[float, float]:
        """USD spent on a day and in its month, by the cloud; the offline server costs nothing."""
        first, last = month_of(day)
        query = "SELECT COALESCE(SUM(cost_usd), 0) FROM response WHERE endpoint = 'cloud' AND day BETWEEN ? AND ?"
        today = float(self._one(query, str(day), str(day)) or 0)
        month = float(self._one(query, first, last) or 0)
        for at, endpoint, cost_usd, *_ in (values for words, values in self._database.waiting if words == _BOOK):
            if endpoint == "cloud" and first <= str(at) <= last:
                month += float(cost_usd)
                today += float(cost_usd) if at == str(day) else 0.0
        return today, month

    def lines(self, month: date) -> list[SpendingRow]:
        """All that was booked in the month of a day, summed by day, model and purpose."""
        return [_line(row) for row in self._database.read(_LINES, *month_of(month))]

    # What was saved.

    def save(self, what: Saving, day: date, *, usd: float = 0.0, seconds: float = 0.0, times: int = 1) -> None:
        """Write down that something was not spent so many times more on a day."""
        self._write(
            "INSERT INTO saving VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "times = times + excluded.times, seconds = seconds + excluded.seconds, usd = usd + excluded.usd",
            str(day), what, times, seconds, usd,
        )  # fmt: skip

    def savings(self, month: date) -> list[Saved]:
        """All that was saved in the month of a day."""
        query = "SELECT day, what, times, seconds, usd FROM saving WHERE day BETWEEN ? AND ? ORDER BY day, what"
        return [
            Saved(day=_date(day), what=str(what), times=int(times), seconds=float(seconds), usd=float(usd))
            for day, what, times, seconds, usd in self._database.read(query, *month_of(month))
        ]

    # Budgets.

    def raise_cap(self, day: date, usd: float) -> None:
        """So much more money for one day than the budgets allow, instead of what was given before."""
        self._write("INSERT OR REPLACE INTO raised VALUES (?, ?)", str(day), usd)

    def raised_usd(self, day: date) -> float:
        """What was given on top for a day."""
        return float(self._one("SELECT usd FROM raised WHERE day = ?", str(day)) or 0)

    def warn_once(self, period: str, share: float) -> bool:
        """Whether this is the first warning of its kind in a day (YYYY-MM-DD) or month (YYYY-MM)."""
        done = self._write(_WARN, period, share)
        return done is not None or self._database.waiting.count((_WARN, (period, share))) == 1

    def forget_warnings(self, period: str, above: float) -> None:
        """Warnings above a share may come again: the cap was raised, and can be reached once more."""
        self._write("DELETE FROM warned WHERE period = ? AND share > ?", period, above)

    # Counts and choices.

    def count_session(self, day: date) -> None:
        """Write down that a session was opened."""
        self._write("INSERT INTO session VALUES (?)", str(day))

    def sessions(self, day: date) -> int:
        """Sessions opened on a day."""
        return int(self._one("SELECT COUNT(*) FROM session WHERE day = ?", str(day)) or 0)

    def count(self, what: str, day: date) -> None:
        """Write down that something happened once more on a day."""
        self._write("INSERT INTO count VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1", str(day), what)

    def count_of(self, what: str, day: date) -> int:
        """How often something happened on a day."""
        return int(self._one("SELECT times FROM count WHERE what = ? AND day = ?", what, str(day)) or 0)

    def choose(self, key: str, value: str) -> None:
        """Remember a setting that was changed while running."""
        self._write(_CHOOSE, key, value)

    def choose_apart(self, choices: Mapping[str, str]) -> None:
        """The same for several at once and from any thread. Raises SpeakerError when that cannot be done now."""
        self._database.write_apart(_CHOOSE, list(choices.items()))

    def chosen(self, key: str) -> str | None:
        """A setting that was changed while running."""
        value = self._one("SELECT value FROM chosen WHERE key = ?", key)
        return None if value is None else str(value)

    def _one(self, query: str, *values: SqlValue) -> SqlValue | None:
        """The one value that a query gives; None when there is none, or it cannot be read."""
        rows = self._database.read(query, *values)
        return rows[0][0] if rows else None

    def _write(self, statement: str, *values: SqlValue) -> int | None:
        return self._database.write(statement, *values)


def month_of(day: date) -> tuple[str, str]:
    """The first and the last day of a month, as they sort; none has more than 31."""
    return f"{day:%Y-%m}-01", f"{day:%Y-%m}-31"


def _line(row: Row) -> SpendingRow:
    day, model, endpoint, purpose, times, *counts = row
    text_in, text_cached, text_out, audio_in, audio_cached, audio_out = (int(one) for one in counts[:6])
    seconds, cost_usd, estimated_usd, unheard_ms, waste_usd = counts[6:]
    return SpendingRow(
        day=_date(day), model=str(model), endpoint=str(endpoint), purpose=str(purpose), times=int(times),
        tokens=Tokens(text_in=text_in, text_cached=text_cached, text_out=text_out, audio_in=audio_in,
                      audio_cached=audio_cached, audio_out=audio_out),
        seconds=float(seconds), cost_usd=float(cost_usd), estimated_usd=float(estimated_usd),
        unheard_ms=int(unheard_ms), waste_usd=float(waste_usd),
    )  # fmt: skip


def _date(day: SqlValue) -> date:
    return date.fromisoformat(str(day))
