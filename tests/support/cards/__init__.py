"""Sound cards that refuse, fall silent, come late or go: what ALSA says of a device, changed for one process."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

SOURCE: Final = Path(__file__).with_name("odd_cards.c")

MISSING: Final = 19
"""ENODEV: the card is not there."""
BUSY: Final = 16
"""EBUSY."""
DENIED: Final = 13
"""EACCES."""
S32: Final = 10
"""SND_PCM_FORMAT_S32_LE, the only format of most I2S microphones."""

MIC: Final = "hw:1,0 title=USB_PnP_Sound_Device as=room_mic way=capture"
DAC: Final = "hw:2,0 title=snd_rpi_hifiberry_dac as=room_speaker way=playback"


class OddCards:
    """The library, and the file that says what is odd."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._library = folder / "odd_cards.so"
        self._file = folder / "odd_cards"
        command = ["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
        subprocess.run([*command, "-o", str(self._library), str(SOURCE), "-ldl"], check=True)

    def are(self, *lines: str) -> None:
        """From now on these devices are odd, each as odd_cards.c says; all at once, also for who is reading."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text("".join(f"{line}\n" for line in lines))
        fresh.rename(self._file)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a process that meets them."""
        return os.environ | {"LD_PRELOAD": str(self._library), "ODD_CARDS": str(self._file)}

    @asynccontextmanager
    async def trial(self, **wanted: Any) -> AsyncIterator["Trial"]:
        """A process that listens and plays with these cards, as ``tests.support.cards.trial`` does."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.cards.trial", json.dumps(wanted),
            env=self.env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        one = Trial(process)
        try:
            yield one
        finally:
            process.kill()
            await process.wait()


class Trial:
    """What it told, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[str] = []

    async def until(self, words: str, within_s: float = 20) -> str:
        """Wait for a line with these words in it, from now on. Raises AssertionError with what came instead."""
        assert self._process.stdout is not None
        before = len(self.lines)
        try:
            async with asyncio.timeout(within_s):
                while line := (await self._process.stdout.readline()).decode().strip():
                    self.lines.append(line)
                    if words in line:
                        return line
        except TimeoutError:
            pass
        raise AssertionError(f'no line with "{words}" came; instead: {self.lines[before:]}')
