"""The sound behind an address: fetched over HTTP, decoded, brought to 24 kHz mono."""

import asyncio
import tempfile
import urllib.error
import urllib.request
from typing import IO, Final
from urllib.parse import urlsplit

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.errors import SpeakerError

_MOST_BYTES: Final = 20_000_000
MOST_S: Final = 300
"""Longer sounds are cut: this is a speaker of announcements, not of music."""

_WAIT_S: Final = 10.0


async def fetch_sound(url: str) -> Samples:
    """WAV, MP3, FLAC or Ogg at ``url`` as int16 samples, shape (n,), 24 kHz. Raises SpeakerError."""
    data = await asyncio.to_thread(_get, url)
    return await asyncio.to_thread(decode_sound, data, url)


def _get(url: str) -> bytes:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise SpeakerError(f"{url[:80]!r} is not an http or https address")
    try:
        with urllib.request.urlopen(url, timeout=_WAIT_S) as answer:  # noqa: S310 - the scheme is checked above
            data: bytes = answer.read(_MOST_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise SpeakerError(f"the sound at {_shown(url)} cannot be fetched: {reason}") from error
    if len(data) > _MOST_BYTES:
        raise SpeakerError(f"the sound at {_shown(url)} has more than {_MOST_BYTES // 1_000_000} MB")
    return data


def decode_sound(data: bytes, url: str) -> Samples:
    """The same from the bytes of a file; ``url`` is for the error. Raises SpeakerError."""
    # Not at the top: it takes 14 MB, and most speakers never need it.
    import soundfile  # noqa: PLC0415

    try:
        # Through a file: reading from memory needs callbacks into Python, and with them memory that is both
        # writable and executable, which the service's sandbox denies.
        with tempfile.NamedTemporaryFile() as kept, soundfile.SoundFile(_written(kept, data)) as file:
            sound = file.read(int(MOST_S * file.samplerate), dtype="float32", always_2d=True).mean(axis=1)
            hz = int(file.samplerate)
    except (soundfile.LibsndfileError, OSError, ValueError, RuntimeError) as error:
        raise SpeakerError(f"the sound at {_shown(url)} is no WAV, MP3, FLAC or Ogg that can be played") from error
    return pcm.resample(pcm.from_float(sound), hz, SESSION_HZ)


def _written(file: IO[bytes], data: bytes) -> str:
    file.write(data)
    file.flush()
    return file.name


def _shown(url: str) -> str:
    """An address without its query, in which hubs put tokens, and without a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:120]
