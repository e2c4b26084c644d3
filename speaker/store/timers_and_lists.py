"""What people asked the speaker to remember: timers and lists."""

from speaker.store.database import Database


class Memory:
    """In the ledger's file, so that one disk and one power cut are thought of once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alarms(self) -> list[bytes]:
        """Every timer and alarm, as JSON."""
        return [str(alarm).encode() for (alarm,) in self._database.read("SELECT alarm FROM alarm ORDER BY number")]

    def keep_alarm(self, number: int, alarm: bytes) -> None:
        """Keep a timer or alarm under its number."""
        self._database.write("INSERT OR REPLACE INTO alarm VALUES (?, ?)", number, alarm.decode())

    def drop_alarm(self, number: int) -> None:
        """Forget it."""
        self._database.write("DELETE FROM alarm WHERE number = ?", number)

    def items(self, name: str) -> list[str]:
        """What stands on a list, in the order in which it came."""
        rows = self._database.read("SELECT item FROM item WHERE list = ? ORDER BY rowid", name)
        return [str(item) for (item,) in rows]

    def lists(self) -> list[str]:
        """The names of the lists on which something stands."""
        return [str(name) for (name,) in self._database.read("SELECT DISTINCT list FROM item ORDER BY list")]

    def add_item(self, name: str, item: str) -> None:
        """Put something on a list; twice is once."""
        self._database.write("INSERT OR IGNORE INTO item VALUES (?, ?)", name, item)

    def drop_item(self, name: str, item: str) -> None:
        """Take something off a list."""
        self._database.write("DELETE FROM item WHERE list = ? AND item = ?", name, item)
