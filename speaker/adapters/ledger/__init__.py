"""SQLite: what must survive a restart and a power cut. What was spent and saved, and what the hub has set."""

from speaker.adapters.ledger.books import Ledger
from speaker.adapters.ledger.schema import STEPS

VERSION = len(STEPS)

__all__ = ["VERSION", "Ledger"]
