"""SQLite: what must survive a restart. Every response with its cost, and what the hub has set."""

import logging
import sqlite3
from datetime import date
from pathlib import Path
from typing import Final

from speaker.core.errors import SpeakerError

log = logging.getLogger(__name__)

NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
"""What SQLite reports when the disk is full or worn out; the ledger is not to blame."""

_STEPS: Final = (
    """
CREATE TABLE response (
    day TEXT NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL
);
CREATE INDEX response_day ON response (day);
CREATE TABLE session (day TEXT NOT NULL);
CREATE TABLE chosen (key TEXT PRIMARY KEY, value TEXT NOT NULL);
""",
    "CREATE TABLE count (day TEXT NOT NULL, what TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (day, what));",
)
"""What each version of the schema added to the one before; a ledger of any version becomes one of the last."""

VERSION: Final = len(_STEPS)


class Ledger:
    """One database file; days are local dates."""

    def __init__(self, file: Path) -> None:
        """Open or create it. Raises SpeakerError when the file is no database of ours."""
        try:
            self._db = _open(str(file))
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF not in NO_ROOM:
                problem = f"the ledger {file} cannot be used: {error}; move it away to start a new one"
                raise SpeakerError(problem) from error
            log.error("the ledger %s cannot be written: %s; until the next start it is kept in memory", file, error)  # noqa: TRY400
            self._db = _open(":memory:")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def book(self, day: date, model: str, endpoint: str, tokens: tuple[int, int], cost_usd: float) -> None:
        """Write down a response; ``tokens`` are input and output."""
        self._write("INSERT INTO response VALUES (?, ?, ?, ?, ?, ?)", (str(day), model, endpoint, *tokens, cost_usd))

    def count_session(self, day: date) -> None:
        """Write down that a session was opened."""
        self._write("INSERT INTO session VALUES (?)", (str(day),))

    def spent_usd(self, day: date) -> tuple[float, float]:
        """USD spent on a day and in its month, by the cloud; the offline server costs nothing."""
        query = "SELECT COALESCE(SUM(cost_usd), 0) FROM response WHERE endpoint = 'cloud' AND day LIKE ?"
        today, month = (self._read(query, like) for like in (str(day), f"{day:%Y-%m}-%"))
        return float(today or 0), float(month or 0)

    def sessions(self, day: date) -> int:
        """Sessions opened on a day."""
        return int(self._read("SELECT COUNT(*) FROM session WHERE day = ?", str(day)) or 0)

    def count(self, what: str, day: date) -> None:
        """Write down that something happened once more on a day."""
        self._write("INSERT INTO count VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1", (str(day), what))

    def count_of(self, what: str, day: date) -> int:
        """How often something happened on a day."""
        return int(self._read("SELECT times FROM count WHERE what = ? AND day = ?", what, str(day)) or 0)

    def choose(self, key: str, value: str) -> None:
        """Remember a setting that was changed while running."""
        self._write("INSERT OR REPLACE INTO chosen VALUES (?, ?)", (key, value))

    def chosen(self, key: str) -> str | None:
        """A setting that was changed while running."""
        value = self._read("SELECT value FROM chosen WHERE key = ?", key)
        return None if value is None else str(value)

    def _read(self, query: str, *values: str) -> float | str | None:
        """The one value that a query gives; None when there is none, or it cannot be read."""
        try:
            row: tuple[float | str] | None = self._db.execute(query, values).fetchone()
        except sqlite3.Error as error:
            log.error("the ledger could not be read: %s", error)  # noqa: TRY400 - the trace says no more
            return None
        return None if row is None else row[0]

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            # A full disk must not silence the speaker; what is lost is said in the log.
            log.error("the ledger could not be written: %s", error)  # noqa: TRY400 - the trace says no more


def _open(file: str) -> sqlite3.Connection:
    """A database with our tables. Raises sqlite3.Error, and SpeakerError when it is somebody else's."""
    db = sqlite3.connect(file, isolation_level=None)
    try:
        _prepare(db, file)
    except (sqlite3.Error, SpeakerError):
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, file: str) -> None:
    db.execute("PRAGMA journal_mode=WAL")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if version > VERSION:
        raise SpeakerError(f"the ledger {file} was written by a newer version of the speaker; upgrade it again")
    if version == 0 and tables:
        raise SpeakerError(f"the ledger {file} is the database of another program; set STATE_DIRECTORY")
    for number, step in enumerate(_STEPS[version:], version + 1):
        db.executescript(f"BEGIN; {step} PRAGMA user_version={number}; COMMIT;")
