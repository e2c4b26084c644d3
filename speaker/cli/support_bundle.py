"""``speaker bundle``: what somebody who helps needs to see, without anything secret: one archive."""

import asyncio
import io
import platform
import re
import sys
import tarfile
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from speaker import __version__
from speaker.cli.doctor.check import Check

LOG_LINES: Final = 2_000

PACKAGES: Final = (
    "websockets", "PyAudio", "numpy", "openwakeword", "paho-mqtt", "PyYAML", "msgspec", "onnxruntime", "soxr",
    "moonshine-voice", "hibari-tts", "livekit", "pyaec", "webrtcvad-wheels",
)  # fmt: skip

HIDDEN: Final = "[removed]"

_SECRETS: Final = (
    re.compile(r"\b(?:sk|ek)[-_][A-Za-z0-9_-]{6,}"),
    re.compile(r"(?i)(bearer\s+)\S+"),
    re.compile(r"(?i)((?:password|passwd|token|secret|api[_-]?key)[\"']?\s*[:=]\s*)(?!null\b)[^\s,}]+"),
    re.compile(r"(//[^/\s:@]+:)[^@\s/]+(?=@)"),
)
"""What looks like a key, a password or a token, wherever it stands."""


def redacted(text: str, known: Iterable[str | None] = ()) -> str:
    """A text without secrets: those that are known, and what looks like one."""
    for secret in known:
        if secret:
            text = text.replace(secret, HIDDEN)
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: f"{found[1] if found.re.groups else ''}{HIDDEN}", text)
    return text


async def gather(config: Path | None, checks: Iterable[Check], secrets: Iterable[str | None]) -> dict[str, str]:
    """File name → text, secrets removed."""
    known = list(secrets)
    journal = await _journal()
    files = {
        "about.txt": _about(),
        "config.yaml": config.read_text(errors="replace") if config is not None else "# no file, all defaults\n",  # noqa: ASYNC240
        "doctor.txt": "".join(f"{one.result:8} {one.name:15} {one.text}  {one.remedy}\n" for one in checks),
        "journal.txt": journal or "The journal has nothing of the unit speaker, or may not be read by this user.\n",
    }
    return {name: redacted(text, known) for name, text in files.items()}


def pack(files: dict[str, str], target: Path) -> None:
    """Write the archive, which only its owner may read."""
    with tarfile.open(target, "w:gz") as archive:
        for name, text in files.items():
            data = text.encode()
            entry = tarfile.TarInfo(f"speaker-bundle/{name}")
            entry.size, entry.mtime, entry.mode = len(data), int(time.time()), 0o600
            archive.addfile(entry, io.BytesIO(data))
    target.chmod(0o600)


def _about() -> str:
    lines = [f"speaker {__version__}", f"Python {sys.version}", platform.platform(), platform.machine()]
    for name in PACKAGES:
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lines.append(f"{name} is missing")
    return "\n".join(lines) + "\n"


async def _journal() -> str:
    command = ["journalctl", "--unit=speaker", f"--lines={LOG_LINES}", "--no-pager", "--output=short-iso"]
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return ""
    printed, _ = await process.communicate()
    return printed.decode(errors="replace")
