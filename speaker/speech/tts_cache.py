"""Sentences that were spoken before, on disk: one WAV file each, the longest unused go first."""

import hashlib
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from speaker.audio.pcm import SESSION_HZ, Samples, decode_wav, encode_wav
from speaker.errors import SpeakerError

log = logging.getLogger(__name__)

SUFFIX: Final = ".wav"
UNFINISHED: Final = ".part"
"""A file that is being written, or was when the power went; it takes room like any other."""


def cache_key(text: str, voice: str, model: str) -> str:
    """The name of a sound: 64 hexadecimal digits, which reveal nothing of the text."""
    # As JSON no two different triples look the same, whatever characters are in them.
    return hashlib.sha256(json.dumps([model, voice, text]).encode()).hexdigest()


class SoundCache:
    """Sounds by key: int16, shape (n,), 24 kHz. Its calls read and write files, so they belong in a worker thread.

    Several threads may call at once, and none of the calls raises: a folder that cannot be written costs
    nothing but the cache, which is said once. Files are readable by their owner alone (folder 0700, files 0600).
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """``most_bytes``: how large all files together may become; 0 keeps nothing."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._complained = False
        self._writing = threading.Lock()
        """Held by ``put``: room must not be made by deleting what another thread is just writing."""

    def get(self, key: str) -> Samples | None:
        """A sound that was put, or None. A damaged file counts as none, and goes."""
        file = self._file(key)
        try:
            data = file.read_bytes()
        except OSError:
            return None
        samples = _read(data)
        with suppress(OSError):  # where nothing can be written, reading still works
            if samples is None:
                file.unlink()
            else:
                _touch(file)
        return samples

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all."""
        return self._most_bytes > 0

    def has(self, key: str) -> bool:
        """Whether there is a sound, undamaged as far as one can tell without reading it."""
        return self._file(key).is_file()

    def put(self, key: str, samples: Samples) -> None:
        """Keep a sound, unless it is empty or larger than all may be together."""
        data = encode_wav(samples, SESSION_HZ)
        with self._writing:
            try:
                if samples.size and len(data) <= self._most_bytes:
                    self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                    self._write(self._file(key), data)
                self._shrink()
            except OSError as error:
                self._complain(error)

    def _write(self, file: Path, data: bytes) -> None:
        """All or nothing, whatever happens to the power meanwhile."""
        number, name = tempfile.mkstemp(UNFINISHED, dir=self._folder)  # has mode 0600
        unfinished = Path(name)
        try:
            with os.fdopen(number, "wb") as writer:
                writer.write(data)
                writer.flush()
                os.fsync(number)
            _touch(unfinished)
            unfinished.rename(file)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def _shrink(self) -> None:
        """Delete what was not used for longest until the rest is small enough."""
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        for _, size, file in files:
            if total <= self._most_bytes:
                return
            file.unlink(missing_ok=True)
            total -= size

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        """When each was used last, in ns, and its bytes."""
        for suffix in (SUFFIX, UNFINISHED):
            for file in self._folder.glob(f"*{suffix}"):
                with suppress(FileNotFoundError):  # damaged, and deleted by a reader
                    now = file.stat()
                    yield now.st_mtime_ns, now.st_size, file

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            log.warning(
                "spoken sentences cannot be kept in %s: %s; they are made anew each time until there is room "
                "and the speaker may write there", self._folder, error.strerror or error,
            )  # fmt: skip
        self._complained = True

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}{SUFFIX}"


def _read(data: bytes) -> Samples | None:
    """The sound of a file that is exactly as it was written; None for any other."""
    try:
        samples = decode_wav(data, SESSION_HZ)
    except SpeakerError:
        return None
    # A file that was cut short still decodes, to a sentence that breaks off.
    return samples if encode_wav(samples, SESSION_HZ) == data else None


def _touch(file: Path) -> None:
    """Note that a file was used now; the time that the kernel would put in is too coarse to tell two uses apart."""
    now = time.time_ns()
    os.utime(file, ns=(now, now))
