"""Sentences that were spoken before, on disk: one WAV file each, the longest unused go first."""

import contextlib
import hashlib
import logging
import os
import tempfile
from pathlib import Path

from speaker.core.errors import SpeakerError
from speaker.core.pcm import SESSION_HZ, Samples, decode_wav, encode_wav

log = logging.getLogger(__name__)

SUFFIX = ".wav"


def cache_key(text: str, voice: str, model: str) -> str:
    """The name of a sound; it reveals nothing of the text."""
    return hashlib.sha256("\0".join((model, voice, text)).encode()).hexdigest()


class SoundCache:
    """Sounds by key: int16, shape (n,), 24 kHz. Its calls read and write files, so they belong in a worker thread.

    A folder that cannot be written costs nothing but the cache: it is said once, and the speaker goes on.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """``most_bytes``: how large all files together may become; 0 keeps nothing."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._complained = False

    def get(self, key: str) -> Samples | None:
        """A sound that was put, or None. A damaged file counts as none, and goes."""
        file = self._file(key)
        try:
            samples = decode_wav(file.read_bytes(), SESSION_HZ)
            os.utime(file)
        except SpeakerError:
            with contextlib.suppress(OSError):
                file.unlink()
            return None
        except OSError:
            return None
        return samples

    def put(self, key: str, samples: Samples) -> None:
        """Keep a sound, unless it is larger than all may be together."""
        data = encode_wav(samples, SESSION_HZ)
        if len(data) > self._most_bytes:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(len(data))
            self._write(key, data)
        except OSError as error:
            if not self._complained:
                log.warning("spoken sentences cannot be kept in %s: %s", self._folder, error.strerror)
            self._complained = True

    def _write(self, key: str, data: bytes) -> None:
        """All or nothing, whatever happens to the power meanwhile."""
        number, name = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
            Path(name).rename(self._file(key))
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _make_room(self, wanted: int) -> None:
        files = [(one.stat().st_mtime_ns, one.stat().st_size, one) for one in self._folder.glob(f"*{SUFFIX}")]
        total = sum(size for _, size, _ in files)
        for _, size, file in sorted(files):
            if total + wanted <= self._most_bytes:
                return
            file.unlink(missing_ok=True)
            total -= size

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}{SUFFIX}"
