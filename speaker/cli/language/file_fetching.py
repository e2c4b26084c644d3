"""One file from an address or a folder into a file beside its place: resumed, bounded, checked.

A connection that breaks is taken up again where it broke, also by the next call; what is too large or has another
content is refused and goes.
"""

import errno
import hashlib
import http.client
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from speaker.errors import SpeakerError, plain

TRIES: Final = 5
"""Connections that may break without a byte between them."""

RETRY_PAUSE_S: Final = 1.0
SILENT_FETCH_S: Final = 30.0
"""For the next piece of a file."""

_PIECE: Final = 256 * 1024
_SOME_ROOM: Final = 10_000_000
"""Bytes that stay free."""

_BROKEN: Final = (OSError, http.client.HTTPException)

BytesThere = Callable[[int], None]
"""Is told how many bytes are there."""


class _TooLargeError(SpeakerError):
    """More than was announced."""


def fetch_file(place: str, part: Path, most_bytes: int, progress: BytesThere = lambda _: None) -> None:
    """The file at an http or https address, or at a path, into ``part``; what is there of it already is kept.

    Raises SpeakerError: it cannot be had, is larger than ``most_bytes``, or there is no room for it.
    """
    try:
        if urlsplit(place).scheme in {"http", "https"}:
            _download(place, part, most_bytes, progress)
        else:
            _copy(Path(place), part, most_bytes)
    except _TooLargeError:
        part.unlink(missing_ok=True)
        raise
    except OSError as error:
        raise _disk_problem(error, part) from error


def check_file(part: Path, name: str, size: int | None, sha256: str) -> str:
    """The SHA-256 of a fetched file, which goes when it is not the one that is wanted. Raises SpeakerError.

    ``size`` and ``sha256``: what it has to be, as far as that is known.
    """
    try:
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        there = part.stat().st_size
    except OSError as error:
        raise _disk_problem(error, part) from error
    if size is not None and there != size:
        part.unlink(missing_ok=True)
        raise SpeakerError(f"{name} has {there} bytes, and {size} are right; it is not used")
    if sha256 and found != sha256:
        part.unlink(missing_ok=True)
        raise SpeakerError(f"{name} is not the file that is wanted (sha256 {found[:12]}…, wanted {sha256[:12]}…)")
    return found


def need_room(folder: Path, wanted_bytes: int) -> None:
    """Whether there is room for so much. Raises SpeakerError."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise _disk_problem(error, folder) from error
    if free < wanted_bytes + _SOME_ROOM:
        raise SpeakerError(
            f"there is no room in {folder}: {wanted_bytes / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free"
        )


def _copy(source: Path, part: Path, most_bytes: int) -> None:
    try:
        if source.stat().st_size > most_bytes:
            raise _too_large(source.name, most_bytes)
        data = source.open("rb")
    except OSError as error:
        raise SpeakerError(f"{source} cannot be read: {error.strerror}") from error
    with data, part.open("wb") as target:
        shutil.copyfileobj(data, target, _PIECE)


def _download(address: str, part: Path, most_bytes: int, progress: BytesThere) -> None:
    tries, before = 0, _size(part)
    while True:
        try:
            if _take(address, part, most_bytes, progress):
                return
            problem = "the connection broke"
        except urllib.error.HTTPError as error:
            raise SpeakerError(f"{_shown(address)} answers {error.code} {plain(str(error.reason))}") from error
        except _BROKEN as error:
            if getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS}:
                raise
            problem = plain(str(getattr(error, "reason", error))) or type(error).__name__
        tries, before = (1, _size(part)) if _size(part) > before else (tries + 1, before)
        if tries >= TRIES:
            raise SpeakerError(
                f"{_shown(address)} cannot be fetched: {problem}; {_size(part)} bytes are there, and the same command "
                "goes on with them"
            )
        time.sleep(RETRY_PAUSE_S)


def _take(address: str, part: Path, most_bytes: int, progress: BytesThere) -> bool:
    """What one connection brings; whether that was all."""
    have = _size(part)
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310 - checked
    try:
        answer = urllib.request.urlopen(request, timeout=SILENT_FETCH_S)  # noqa: S310 - http and https alone come here
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE or not have:
            raise
        # It is all there, or is another file by now; the check tells.
        return _whole(error.headers.get("Content-Range", ""), part)
    with answer:
        if urlsplit(address).scheme == "https" != urlsplit(answer.url).scheme:
            raise SpeakerError(f"{_shown(address)} leads to an address that is not safe; nothing was fetched")
        resumed = answer.status == http.client.PARTIAL_CONTENT
        if resumed and not str(answer.headers.get("Content-Range", "")).startswith(f"bytes {have}-"):
            part.unlink()
            return False
        have = have if resumed else 0
        told = answer.headers.get("Content-Length")
        wanted = have + int(told) if told is not None and told.isdecimal() else None
        if wanted is not None and wanted > most_bytes:
            raise _too_large(address, most_bytes)
        with part.open("ab" if resumed else "wb") as target:
            while piece := answer.read(_PIECE):
                have += len(piece)
                if have > most_bytes:
                    raise _too_large(address, most_bytes)
                target.write(piece)
                progress(have)
    return wanted is None or have == wanted


def _whole(content_range: str, part: Path) -> bool:
    if content_range.rpartition("/")[2] == str(_size(part)):
        return True
    part.unlink()
    return False


def _too_large(place: str, most_bytes: int) -> _TooLargeError:
    return _TooLargeError(f"{_shown(place)} is larger than {most_bytes} bytes, which is the most; it is not used")


def _disk_problem(error: OSError, place: Path) -> SpeakerError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return SpeakerError(f"the disk is full: there is no room for {place}; make room and run the same command again")
    return SpeakerError(f"{place} cannot be written: {error.strerror or error}; run this command with sudo")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _shown(place: str) -> str:
    return plain(quote(place.partition("?")[0], safe=":/._-~@%"))[:200]
