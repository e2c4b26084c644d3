"""The ledger's file between processes: two at once, and one that is killed."""

import subprocess
import sys
from pathlib import Path

from tests.store.test_store import DAY, NOON, opened

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from speaker.store.store import Ledger
from speaker.cost.entries import LedgerEntry
ledger = Ledger(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    turn = ledger.begin_turn(datetime.now(UTC))
    at = datetime(2026, 11, 30, tzinfo=UTC)
    ledger.book(LedgerEntry(at=at, turn=turn, model="m", endpoint="cloud", cost_usd=0.25))
    ledger.save("cached", datetime(2026, 11, 30, tzinfo=UTC).date(), usd=0.25)
print(ledger.problem)
ledger.close()
"""


def test_two_daemons_on_one_ledger_lose_nothing(tmp_path: Path) -> None:
    """They begin the file at the same moment, too."""
    file, each = tmp_path / "ledger.sqlite", 60
    command = [sys.executable, "-c", WRITER, str(file), str(each)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [one.communicate(timeout=60)[0].strip() for one in running] == ["", ""]
    with opened(file) as ledger:
        assert ledger.spent_usd(DAY) == (each * 2 * 0.25, each * 2 * 0.25)
        assert [one.times for one in ledger.savings(DAY)] == [2 * each]
        assert ledger.begin_turn(NOON) == 2 * each + 1


def test_a_process_that_is_killed_has_written_what_it_booked(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    script = WRITER.replace("print(ledger.problem)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    subprocess.run([sys.executable, "-c", script, str(file), "20"], check=False, timeout=60)
    with opened(file) as ledger:
        assert ledger.spent_usd(DAY) == (5, 5)
