"""The queue of a loudspeaker: what is to be played, what has been, and how much of it was heard."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from speaker.core import pcm
from speaker.core.pcm import BYTES_PER_SAMPLE, SESSION_HZ, Samples

REMEMBERED_S: Final = 2.0
"""How much handed-over sound is remembered; no device buffer is longer."""

REMEMBERED_ITEMS: Final = 16
"""Items whose position is kept; a response has one to three."""


def gain_of(percent: int) -> float:
    """Volume in percent as a factor; squared, since loudness is not felt linearly."""
    return (percent / 100) ** 2


@dataclass(slots=True)
class Piece:
    """Sound that waits for its turn. ``raw`` is kept so that a new volume reaches what is queued."""

    item: str
    raw: Samples
    gain: float
    data: bytes
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of an item had been heard when it was cut off."""

    item: str
    played_ms: int
    received_ms: int


@dataclass(slots=True)
class Progress:
    """Samples of an item that came in and that the device took, at the device's rate."""

    received: int = 0
    handed: int = 0


class Playlist:
    """What is to be played and what has been: the part that PortAudio's thread shares with the loop."""

    def __init__(self) -> None:
        self.hz = SESSION_HZ
        self.pulled_at = 0.0
        """Monotonic seconds of the last callback; 0 before the first."""
        self._lock = threading.Lock()
        self._queue: deque[Piece] = deque()
        self._items: dict[str, Progress] = {}
        self._recent: deque[tuple[str, int]] = deque()
        self._remembered = 0
        self._heard_by = 0.0
        self._speech_heard_by = 0.0
        self._gain = 1.0
        self._resampler = pcm.Resampler(SESSION_HZ, SESSION_HZ)

    def __bool__(self) -> bool:
        """Whether anything waits to be played."""
        return bool(self._queue)

    def set_gain(self, gain: float) -> None:
        """Apply a volume, also to speech that is queued already."""
        with self._lock:
            self._gain = gain
            for piece in self._queue:
                if piece.item:
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
            self.hz, self._resampler = hz, pcm.Resampler(SESSION_HZ, hz)

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
            self._queue.append(Piece(item, samples, own, data))

    def pull(self, count: int, latency_s: float) -> tuple[bytes, bool, bool]:
        """``count`` samples for the device, whether speech is in them, and whether the queue ran dry with them."""
        wanted = count * BYTES_PER_SAMPLE
        parts: list[bytes] = []
        speech = False
        with self._lock:
            self.pulled_at = time.monotonic()
            self._heard_by = self.pulled_at + latency_s + count / self.hz
            waited = bool(self._queue)
            while wanted and self._queue:
                piece = self._queue[0]
                part = piece.data[piece.offset : piece.offset + wanted]
                piece.offset += len(part)
                wanted -= len(part)
                parts.append(part)
                if piece.offset >= len(piece.data):
                    self._queue.popleft()
                speech = speech or bool(piece.item)
                self._remember(piece.item, len(part) // BYTES_PER_SAMPLE)
            if speech:
                self._speech_heard_by = self._heard_by - wanted / BYTES_PER_SAMPLE / self.hz
            if wanted:
                parts.append(bytes(wanted))
                self._remember("", wanted // BYTES_PER_SAMPLE)
            dry = waited and not self._queue
        return b"".join(parts), speech, dry

    def cut(self) -> list[Heard]:
        """Forget what is unplayed; how much was heard of each item that was not heard in full."""
        with self._lock:
            unheard = self._in_device()
            heard = [
                Heard(item, self._ms(progress.handed - unheard.get(item, 0)), self._ms(progress.received))
                for item, progress in self._items.items()
            ]
            self._queue.clear()
            self._items.clear()
        return [one for one in heard if one.played_ms < one.received_ms]

    def speech_left_s(self) -> float:
        """Seconds until the speech that the device holds has been heard."""
        return max(0.0, self._speech_heard_by - time.monotonic())

    def _remember(self, item: str, count: int) -> None:
        if item in self._items:
            self._items[item].handed += count
        self._recent.append((item, count))
        self._remembered += count
        while self._remembered - self._recent[0][1] > REMEMBERED_S * self.hz:
            self._remembered -= self._recent.popleft()[1]

    def _in_device(self) -> dict[str, int]:
        """Samples of each item that the device took and that are not in the air yet."""
        pending = round((self._heard_by - time.monotonic()) * self.hz)
        unheard: dict[str, int] = {}
        for item, count in reversed(self._recent):
            if pending <= 0:
                break
            unheard[item] = unheard.get(item, 0) + min(count, pending)
            pending -= count
        return unheard

    def _ms(self, samples: int) -> int:
        return max(0, int(pcm.samples_to_ms(samples, self.hz)))
