"""One SQLite file that several processes may use, and that nothing stops: no full disk, no damage, no power cut."""

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Final

from speaker.errors import SpeakerError
from speaker.store.migrations import STEPS

log = logging.getLogger(__name__)

BUSY_S: Final = 2.0
"""How long a write waits for another process that is writing."""

_MOST_WAITING: Final = 10_000
"""Writes that are kept in memory while the disk takes none."""

UNTIL_RESTART: Final = "until the next start it is kept in memory"
UNTIL_IT_WORKS: Final = "what is new is kept in memory until that works"

NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY})
"""What SQLite reports when the disk is full or worn out; the ledger is not to blame."""

DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

SqlValue = str | int | float
Row = tuple[SqlValue, ...]


class Database:
    """The file. ``problem`` is one sentence on what is wrong with it, until it is right again or the daemon ends."""

    def __init__(self, file: Path, today: date, *, mend: bool) -> None:
        """Open or create it; ``mend``: whether to go on with a new file for a damaged one, or in memory without room.

        Raises SpeakerError when the file cannot be used, or is no database of ours.
        """
        self._file = file
        self._waiting: deque[tuple[str, Row]] = deque(maxlen=_MOST_WAITING)
        self._in_memory = False
        self.problem = ""
        self._db = self._open_somehow(today, mend=mend)

    def _open_somehow(self, today: date, *, mend: bool) -> sqlite3.Connection:
        try:
            return _open(str(self._file))
        except sqlite3.Error as error:
            code = error.sqlite_errorcode & 0xFF
            if mend and code in NO_ROOM:
                self._complain(f"the ledger {self._file} cannot be written: {error}; {UNTIL_RESTART}")
                self._in_memory = True
                return _open(":memory:")
            if mend and code in DAMAGED:
                return self._begin_anew(today)
            problem = f"the ledger {self._file} cannot be used: {error}; check who owns it, or move it away"
            raise SpeakerError(problem) from error

    def _begin_anew(self, today: date) -> sqlite3.Connection:
        aside = _set_aside(self._file, today)
        self._complain(f"the ledger was damaged and is now {aside.name}; a new one counts from nothing")
        return _open(str(self._file))

    def close(self) -> None:
        """Write what still waits, if that is possible now, and close the file."""
        self._flush()
        self._db.close()

    def read(self, query: str, *values: SqlValue) -> list[Row]:
        """The rows that a query gives; none when they cannot be read."""
        try:
            rows: list[Row] = self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self._complain(f"the ledger could not be read: {error}")
            return []
        return rows

    def write(self, statement: str, *values: SqlValue) -> int | None:
        """Carry out a statement, or keep it until that works. The number of its row, if it is written now and new.

        None as well when the statement found nothing to change.
        """
        self._waiting.append((statement, values))
        return self._flush()

    def write_apart(self, statement: str, rows: Sequence[Row]) -> None:
        """Carry out a statement for each row, all or none, over a connection of its own: from any thread.

        Raises SpeakerError when that cannot be done now; then ``write`` may keep it until it can.
        """
        if self._in_memory:
            raise SpeakerError(f"the ledger {self._file} is kept in memory")
        try:
            with closing(sqlite3.connect(self._file, timeout=BUSY_S, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous=FULL")
                db.execute("BEGIN IMMEDIATE")
                db.executemany(statement, rows)
                db.execute("COMMIT")
        except sqlite3.Error as error:
            raise SpeakerError(f"the ledger {self._file} could not be written: {error}") from error

    @property
    def waiting(self) -> list[tuple[str, Row]]:
        """What could not be written yet, the oldest first."""
        return list(self._waiting)

    def _flush(self) -> int | None:
        row: int | None = None
        while self._waiting:
            try:
                done = self._db.execute(*self._waiting[0])
            except sqlite3.Error as error:
                # A full disk must not silence the speaker, nor make it forget what it spent.
                self._complain(f"the ledger could not be written: {error}; {UNTIL_IT_WORKS}")
                return None
            self._waiting.popleft()
            row = done.lastrowid if done.rowcount > 0 else None
        if self.problem.endswith(UNTIL_IT_WORKS):
            self.problem = ""
        return row

    def _complain(self, problem: str) -> None:
        if problem != self.problem:
            log.error("%s", problem)
        self.problem = problem


def _set_aside(file: Path, today: date) -> Path:
    """Give a damaged database another name, its journal with it."""
    aside = file.with_name(f"{file.name}.broken-{today}")
    number = 1
    while aside.exists():
        number += 1
        aside = file.with_name(f"{file.name}.broken-{today}-{number}")
    try:
        file.rename(aside)
        for end in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                file.with_name(file.name + end).rename(aside.with_name(aside.name + end))
    except OSError as error:
        raise SpeakerError(f"the ledger {file} is damaged and cannot be moved away: {error.strerror}") from error
    return aside


def _open(file: str) -> sqlite3.Connection:
    """A database with our tables. Raises sqlite3.Error, and SpeakerError when it is somebody else's."""
    db = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)
    try:
        _journal(db)
        # Every commit is on the disk before it counts as done: what is booked outlives a power cut.
        db.execute("PRAGMA synchronous=FULL")
        if (found := db.execute("PRAGMA quick_check(1)").fetchone()) != ("ok",):
            damage = sqlite3.DatabaseError(str(found[0]))
            damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damage
        _prepare(db, file)
    except (sqlite3.Error, SpeakerError):
        db.close()
        raise
    return db


def _journal(db: sqlite3.Connection) -> None:
    """Write ahead. While another process begins the same file, SQLite refuses that at once instead of waiting."""
    until = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _prepare(db: sqlite3.Connection, file: str) -> None:
    """Bring the tables up to date, all or nothing; another process may be about to do the same."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == len(STEPS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        _upgrade(db, file)
    except (sqlite3.Error, SpeakerError):
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _upgrade(db: sqlite3.Connection, file: str) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if version > len(STEPS):
        raise SpeakerError(f"the ledger {file} was written by a newer version of the speaker; upgrade it again")
    if version == 0 and tables:
        raise SpeakerError(f"the ledger {file} is the database of another program; set STATE_DIRECTORY")
    for step in STEPS[version:]:
        for statement in step.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version={len(STEPS)}")
