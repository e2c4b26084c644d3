"""What is set is known at once, and on the disk in the end, whatever the disk does."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from speaker.errors import SpeakerError
from speaker.hub.later_shelf import LaterShelf
from speaker.store.store import Ledger


async def test_last_value_of_many_is_written_once(tmp_path: Path) -> None:
    ledger = Counting(tmp_path / "ledger.sqlite")
    shelf = LaterShelf(ledger)
    for number in range(500):
        shelf.choose("volume", str(number))
    shelf.choose("muted", "ON")
    assert shelf.chosen("volume") == "499"
    async with asyncio.timeout(10):
        while not ledger.batches:
            await asyncio.sleep(0.01)
    assert ledger.batches == [{"volume": "499", "muted": "ON"}]
    await shelf.close()
    ledger.close()
    again = Ledger(tmp_path / "ledger.sqlite")
    assert (again.chosen("volume"), again.chosen("muted")) == ("499", "ON")
    again.close()


async def test_end_writes_what_is_left(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    shelf = LaterShelf(ledger)
    shelf.choose("volume", "12")
    await shelf.close()
    assert ledger.chosen("volume") == "12"
    ledger.close()


async def test_disk_that_takes_nothing_from_a_thread_is_written_the_usual_way(tmp_path: Path) -> None:
    ledger = Counting(tmp_path / "ledger.sqlite", broken=True)
    shelf = LaterShelf(ledger)
    shelf.choose("volume", "12")
    async with asyncio.timeout(10):
        while ledger.chosen("volume") != "12":
            await asyncio.sleep(0.01)
    await shelf.close()
    ledger.close()


async def test_same_value_again_is_not_written(tmp_path: Path) -> None:
    ledger = Counting(tmp_path / "ledger.sqlite")
    ledger.choose("volume", "12")
    shelf = LaterShelf(ledger)
    shelf.choose("volume", "12")
    await shelf.close()
    assert ledger.batches == []
    ledger.close()


class Counting(Ledger):
    """A real ledger that notes what is written from a thread."""

    def __init__(self, file: Path, *, broken: bool = False) -> None:
        super().__init__(file)
        self.batches: list[dict[str, str]] = []
        self._broken = broken

    def choose_apart(self, choices: Mapping[str, str]) -> None:
        if self._broken:
            raise SpeakerError("the disk is busy")
        super().choose_apart(choices)
        self.batches.append(dict(choices))
