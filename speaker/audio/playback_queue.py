"""The queue of a loudspeaker: what is to be played, what has been, and how much of it was heard."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.chimes import lead_in
from speaker.audio.live_resampler import LiveResampler
from speaker.audio.pcm import BYTES_PER_SAMPLE, SESSION_HZ, Samples

REMEMBERED_ITEMS: Final = 16
"""Items whose position is kept; a response has one to three."""


def gain_of(percent: int) -> float:
    """Volume in percent as a factor; squared, since loudness is not felt linearly."""
    return (percent / 100) ** 2


@dataclass(slots=True)
class QueuedSound:
    """Sound that waits for its turn. ``raw`` is kept so that a new volume reaches what is queued."""

    item: str
    raw: Samples
    gain: float
    data: bytes
    follows: bool = False
    """Whether a new volume of speech is its volume too."""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class PlayedItem:
    """How much of an item had been heard when it was cut off."""

    item: str
    played_ms: int
    received_ms: int


@dataclass(slots=True)
class Progress:
    """Samples of an item that came in and that the device took, at the device's rate."""

    received: int = 0
    handed: int = 0


class PlaybackQueue:
    """What is to be played and what has been: the part that PortAudio's thread shares with the loop."""

    def __init__(self, lead_in_ms: int = 0) -> None:
        """``lead_in_ms``: how long a device that was just opened plays near-silence before speech."""
        self.hz = SESSION_HZ
        self._lead_in_ms = lead_in_ms
        self._lead_left = 0
        self.pulled_at = 0.0
        """Monotonic seconds of the last callback; 0 before the first."""
        self._lock = threading.Lock()
        self._queue: deque[QueuedSound] = deque()
        self._items: dict[str, Progress] = {}
        self.paused = False
        """Whether the device gets silence, and what is queued waits."""
        self._heard_by = 0.0
        self._speech_heard_by = 0.0
        self._gain = 1.0
        self._resampler = LiveResampler(SESSION_HZ, SESSION_HZ)

    def __bool__(self) -> bool:
        """Whether anything waits to be played."""
        return bool(self._queue)

    def set_gain(self, gain: float) -> None:
        """Apply a volume, also to speech that is queued already."""
        with self._lock:
            self._gain = gain
            for piece in self._queue:
                if piece.follows:
                    piece.gain = gain
                    piece.data = pcm.to_bytes(pcm.amplify(piece.raw, gain))

    def set_rate(self, hz: int) -> None:
        """The device turned out to want another rate: what is queued already is brought to it."""
        with self._lock:
            for piece in self._queue:
                rest = piece.raw[piece.offset // BYTES_PER_SAMPLE :]
                piece.raw, piece.offset = pcm.resample(rest, self.hz, hz), 0
                piece.data = pcm.to_bytes(pcm.amplify(piece.raw, piece.gain))
            for progress in self._items.values():
                progress.received = round(progress.received * hz / self.hz)
                progress.handed = round(progress.handed * hz / self.hz)
            self.hz, self._resampler = hz, LiveResampler(SESSION_HZ, hz)

    def add(self, sound: Samples, item: str, gain: float | None) -> None:
        """Queue sound at 24 kHz; ``gain`` None means the volume of speech."""
        with self._lock:
            samples = self._resampler.push(sound)
            own = self._gain if gain is None else gain
            data = pcm.to_bytes(pcm.amplify(samples, own))
            if item:
                self._items.setdefault(item, Progress()).received += samples.size
                if len(self._items) > REMEMBERED_ITEMS:
                    del self._items[next(iter(self._items))]
            self._queue.append(QueuedSound(item, samples, own, data, follows=gain is None))

    def pull(self, count: int, latency_s: float) -> tuple[bytes, bool, bool]:
        """``count`` samples for the device, whether speech is in them, and whether the queue ran dry with them."""
        wanted = count * BYTES_PER_SAMPLE
        parts: list[bytes] = []
        speech = False
        with self._lock:
            self.pulled_at = time.monotonic()
            self._heard_by = self.pulled_at + latency_s + count / self.hz
            waited = bool(self._queue)
            if self._queue and self._queue[0].item and self._lead_left > 0:
                parts.append(self._noise(min(count, self._lead_left)))
                wanted -= len(parts[0])
            self._lead_left = max(0, self._lead_left - count)
            while wanted and self._queue and not self.paused:
                piece = self._queue[0]
                part = piece.data[piece.offset : piece.offset + wanted]
                piece.offset += len(part)
                wanted -= len(part)
                parts.append(part)
                if piece.offset >= len(piece.data):
                    self._queue.popleft()
                speech = speech or bool(piece.item)
                if piece.item in self._items:
                    self._items[piece.item].handed += len(part) // BYTES_PER_SAMPLE
            if speech:
                self._speech_heard_by = self._heard_by - wanted / BYTES_PER_SAMPLE / self.hz
            if wanted:
                parts.append(self._noise(wanted // BYTES_PER_SAMPLE))
            dry = waited and not self._queue
        return b"".join(parts), speech, dry

    def begin(self) -> None:
        """A device was opened: speech waits until it has certainly woken."""
        with self._lock:
            self._lead_left = pcm.ms_to_samples(self._lead_in_ms, self.hz)

    def _noise(self, count: int) -> bytes:
        """Near-silence: many sinks fall asleep on digital zeros, and swallow what comes next."""
        return _near_silence(count, self.hz)

    def cut(self) -> list[PlayedItem]:
        """Forget what is unplayed; how much is heard of each item that is not heard in full.

        What the device took already cannot be taken back: it is heard, a few hundredths of a second later.
        """
        with self._lock:
            heard = [
                PlayedItem(item, self._ms(progress.handed), self._ms(progress.received))
                for item, progress in self._items.items()
            ]
            self._queue.clear()
            self._items.clear()
        return [one for one in heard if one.played_ms < one.received_ms]

    def speech_left_s(self) -> float:
        """Seconds until the speech that the device holds has been heard."""
        return max(0.0, self._speech_heard_by - time.monotonic())

    def _ms(self, samples: int) -> int:
        return max(0, int(pcm.samples_to_ms(samples, self.hz)))


@lru_cache(maxsize=8)
def _near_silence(count: int, hz: int) -> bytes:
    return pcm.to_bytes(np.resize(lead_in(1000, hz), count))
