"""Private helper processes: started on free places, awaited until they answer, always ended."""

import asyncio
import contextlib
import shutil
import signal
import socket
from collections.abc import Mapping
from pathlib import Path

from speaker.errors import SpeakerError


def need(program: str, package: str) -> str:
    """Path of a program. Raises SpeakerError naming the Debian package that holds it."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise SpeakerError(f"{program} is not installed; run `sudo apt-get install {package}`")
    return found


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A child process whose output goes to a file; ``start`` again after ``stop`` is fine."""

    def __init__(self, name: str, command: list[str], log_file: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._command = command
        self._log_file = log_file
        self._env = env
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; whether it is of use, the owner finds out."""
        with self._log_file.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, env=self._env
            )

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, by force if it does not go within two seconds."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
            try:
                await asyncio.wait_for(process.wait(), 2)
            except TimeoutError:
                process.kill()
        await process.wait()

    def check(self) -> None:
        """Raise SpeakerError with its last words when it is no longer running."""
        if self._process is not None and self._process.returncode is not None:
            words = self._log_file.read_text(errors="replace").strip().splitlines()[-3:]
            raise SpeakerError(f"{self.name} ended by itself: {' / '.join(words) or 'it said nothing'}")
