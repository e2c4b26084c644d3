"""Virtual environments of rivals: made once, each with the versions that are compared."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speaker.errors import SpeakerError

INSTALL_S: Final = 900
_PINS: Final = "pins.txt"


@dataclass(frozen=True, slots=True)
class RivalEnvironment:
    """A folder with an interpreter, and what is installed there."""

    name: str
    pins: tuple[str, ...]

    def python(self, folder: Path) -> Path:
        """Its interpreter, whether it is there or not."""
        return folder / self.name / "bin" / "python"

    def ready(self, folder: Path) -> bool:
        """Whether it has been made with these versions."""
        told = folder / self.name / _PINS
        return told.is_file() and told.read_text().split() == list(self.pins) and self.python(folder).exists()


def cache_folder() -> Path:
    """Where environments are kept unless somebody says otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "speaker-bench")


async def install(environment: RivalEnvironment, folder: Path) -> None:
    """Make an environment unless it is ready. Raises SpeakerError with pip's own words."""
    if environment.ready(folder):
        return
    place = folder / environment.name
    place.mkdir(parents=True, exist_ok=True)
    python = str(environment.python(folder))
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(place)],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *environment.pins],
    ):
        await _run(command, environment.name)
    (place / _PINS).write_text("\n".join(environment.pins))


async def _run(command: list[str], name: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=_clean(),
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), INSTALL_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise SpeakerError(f"{name} was not installed within {INSTALL_S} s") from None
    if process.returncode:
        raise SpeakerError(f"{name} cannot be installed: {reason(output.decode(errors='replace'))}")


def reason(output: str) -> str:
    """Pip's last error, in one line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.upper().startswith("ERROR")]
    return (errors or lines or ["it said nothing"])[-1][:200]


def _clean() -> dict[str, str]:
    """The environment without what leads Python to this repository."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
