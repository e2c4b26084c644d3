"""``speaker bundle``: what somebody who helps needs to see, without anything secret: one archive."""

import asyncio
import io
import platform
import sys
import tarfile
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec
import yaml

import speaker
from speaker.cli.doctor.check import Check
from speaker.config.instructions import INSTRUCTIONS
from speaker.config.known_keys import known_part
from speaker.config.misplaced_secrets import misplaced_secrets
from speaker.config.secret_shapes import hide_secrets
from speaker.daemon.loading import read_document
from speaker.errors import ConfigError
from speaker.home.device_types import DEVICE_TYPES, LIGHT_FORMS, Availability
from speaker.home.discovery_abbreviations import ABBREVIATIONS

LOG_LINES: Final = 2_000

SHORTEST_SECRET: Final = 4
"""Characters from which on a text that stands where a secret would is looked for everywhere."""

_ANNOUNCED: Final[tuple[type[msgspec.Struct], ...]] = (*DEVICE_TYPES.values(), *LIGHT_FORMS.values(), Availability)

DEVICE_KEYS: Final = frozenset(
    {"id", "kind", "room", "name", "unique_id", "schema", "~", *ABBREVIATIONS, *ABBREVIATIONS.values()}
    | {field.encode_name for kind in _ANNOUNCED for field in msgspec.structs.fields(kind)}
)
"""What an entry of house.devices may hold."""

PACKAGES: Final = (
    "websockets", "PyAudio", "numpy", "openwakeword", "paho-mqtt", "PyYAML", "msgspec", "onnxruntime", "soxr",
    "moonshine-voice", "hibari-tts", "livekit", "pyaec", "webrtcvad-wheels", "aiohttp",
)  # fmt: skip


async def gather(config: Path | None, checks: Iterable[Check], secrets: Iterable[str | None]) -> dict[str, str]:
    """File name → text, secrets removed."""
    shown, written = _config(config)
    known = [*secrets, *(one for one in written if len(one) >= SHORTEST_SECRET)]
    journal = await _journal()
    files = {
        "about.txt": _about(),
        "config.yaml": shown,
        "doctor.txt": "".join(f"{one.result:8} {one.name:15} {one.text}  {one.remedy}\n" for one in checks),
        "journal.txt": journal or "The journal has nothing of the unit speaker, or may not be read by this user.\n",
    }
    # In a thread, since a daemon that packs has a microphone to listen to.
    return await asyncio.to_thread(lambda: {name: hide_secrets(text, known) for name, text in files.items()})


def _config(file: Path | None) -> tuple[str, list[str]]:
    """The known part of a configuration, without comments, and the secrets that stand in it all the same."""
    if file is None:
        return "# no file, all defaults\n", []
    try:
        document = read_document(file).value
    except ConfigError as error:
        # Without the line of the file: in a text that cannot be read, nobody knows what is a secret.
        return "".join(f"# {problem.splitlines()[0]}\n" for problem in error.problems), []
    known, unknown = known_part(document, DEVICE_KEYS)
    if isinstance(known, dict) and isinstance(session := known.get("session"), dict):
        _leave_out_instructions(session)
    names = "".join(f"# unknown key, its value is left out: {place}\n" for place in unknown)
    text = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=1_000_000)
    return names + text, [one for _, values in misplaced_secrets(document) for one in values]


def _leave_out_instructions(session: dict[str, object]) -> None:
    """Replace the owner's own text, which may say anything, by its length."""
    own = session.get("instructions")
    if isinstance(own, str) and own != INSTRUCTIONS:
        session["instructions"] = f"({len(own)} characters of the owner's own)"


def pack(files: dict[str, str], target: Path) -> None:
    """Write the archive, which only its owner may read."""
    target.write_bytes(packed(files))
    target.chmod(0o600)


def packed(files: dict[str, str]) -> bytes:
    """The archive, gzipped."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, text in files.items():
            data = text.encode()
            entry = tarfile.TarInfo(f"speaker-bundle/{name}")
            entry.size, entry.mtime, entry.mode = len(data), int(time.time()), 0o600
            archive.addfile(entry, io.BytesIO(data))
    return whole.getvalue()


def _about() -> str:
    lines = [f"speaker {speaker.version()}", f"Python {sys.version}", platform.platform(), platform.machine()]
    for name in PACKAGES:
        try:
            lines.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
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
