"""The loudspeaker: a queue that knows what was heard, and an output stream that pulls from it."""

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pyaudio

from speaker.adapters.sound.system import SILENT_AFTER_S, Device, SoundSystem, Stage, opened
from speaker.core import pcm
from speaker.core.errors import SoundError
from speaker.core.pcm import BYTES_PER_SAMPLE, SESSION_HZ, Samples

log = logging.getLogger(__name__)

BLOCK_MS: Final = 20
"""What the callback is asked for at a time."""

IDLE_CLOSE_S: Final = 2.0
"""The device is given back so long after the last sound, unless it is held open."""

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


class Loudspeaker:
    """Plays int16 samples, shape (n,), 24 kHz, each belonging to an item.

    An empty item id is a chime, which counts neither as beginning nor as end of speech. ``began`` and
    ``ended`` are called on the event loop: the first sound of speech is in the air; the device ran dry.
    """

    def __init__(
        self,
        system: SoundSystem,
        name: str,
        began: Callable[[], None],
        ended: Callable[[], None],
        trouble: Callable[[str], None],
    ) -> None:
        self._stage = Stage(system, name, "loudspeaker", trouble)
        self._began = began
        self._ended = ended
        self._playlist = Playlist()
        self._needed = asyncio.Event()
        self._held = False
        self._speaking = False
        self._hushes = 0
        self._loop = asyncio.get_running_loop()

    @property
    def playing(self) -> bool:
        """Whether anything is queued or speech is in the air."""
        return bool(self._playlist) or self._speaking

    def set_volume(self, percent: int) -> None:
        """Loudness of speech, 0-100 percent; what is queued already follows."""
        self._playlist.set_gain(gain_of(percent))

    def hold(self, wanted: bool) -> None:
        """Keep the device open although nothing plays, so that an answer begins without delay."""
        self._held = wanted
        if wanted:
            self._needed.set()

    def play(self, samples: Samples, item: str = "", *, chime_percent: int = 100) -> None:
        """Queue sound behind what is queued already."""
        if samples.size:
            gain = None if item else gain_of(chime_percent)
            self._playlist.add(samples, item, gain)
            self._needed.set()

    def hush(self) -> list[Heard]:
        """Drop everything unplayed, at once; what was heard of each item that was not heard in full."""
        cut = self._playlist.cut()
        self._hushes += 1
        self._speaking = False
        return cut

    async def run(self) -> None:
        """Open the device when there is sound or it is held, and give it back afterwards, for ever."""
        while True:
            await self._needed.wait()
            self._needed.clear()
            try:
                async with opened(self._stage.system, self._start) as stream:
                    await self._watch(stream)
            except SoundError as error:
                self._give_up()
                await asyncio.sleep(self._stage.failed(str(error)))
                if self._held:
                    self._needed.set()

    async def _watch(self, stream: pyaudio.PyAudio.Stream) -> None:
        """Return when the device is idle or lost."""
        quiet_since = time.monotonic()
        while True:
            await asyncio.sleep(0.25)
            now = time.monotonic()
            if now - max(self._playlist.pulled_at, quiet_since) > SILENT_AFTER_S or not stream.is_active():
                self._give_up()
                lost = f'the loudspeaker "{self._stage.name}" has stopped taking sound'
                await asyncio.sleep(self._stage.failed(lost))
                self._needed.set()
                return
            if self._playlist.pulled_at > quiet_since:
                self._stage.works()
            if self._held or self.playing:
                quiet_since = now
            elif now - quiet_since > IDLE_CLOSE_S:
                return

    def _give_up(self) -> None:
        """Nobody will hear what is queued: end it, so that no conversation waits for it."""
        speaking = self.playing
        self.hush()
        if speaking:
            self._ended()

    def _start(self) -> pyaudio.PyAudio.Stream:
        device = self._stage.system.find(self._stage.name, "loudspeaker")
        try:
            return self._start_at(device, SESSION_HZ)
        except SoundError:
            if device.native_hz == SESSION_HZ:
                raise
            return self._start_at(device, device.native_hz)

    def _start_at(self, device: Device, hz: int) -> pyaudio.PyAudio.Stream:
        if hz != self._playlist.hz:
            self._playlist.set_rate(hz)
        block = hz * BLOCK_MS // 1000
        stream = self._stage.system.open(
            device, "loudspeaker", self._pull, rate=hz, channels=1, frames_per_buffer=block
        )
        log.info("= loudspeaker %s at %d Hz", device.name, hz)
        return stream

    def _pull(self, _data: None, count: int, times: Mapping[str, float], _status: int) -> tuple[bytes, int]:
        latency_s = max(0.0, times["output_buffer_dac_time"] - times["current_time"])
        data, speech, dry = self._playlist.pull(count, latency_s)
        if (speech and not self._speaking) or dry:
            with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
                self._loop.call_soon_threadsafe(self._notice, speech, latency_s, self._hushes)
        return data, pyaudio.paContinue

    def _notice(self, speech: bool, latency_s: float, hushes: int) -> None:
        """Tell of beginnings and ends when they are in the air, not when the device took them."""
        if hushes != self._hushes:
            return
        if speech and not self._speaking:
            self._speaking = True
            self._loop.call_later(latency_s, self._tell_began, hushes)
        if not self._playlist:
            self._loop.call_later(self._playlist.speech_left_s(), self._tell_ended, hushes)

    def _tell_began(self, hushes: int) -> None:
        if hushes == self._hushes:
            self._began()

    def _tell_ended(self, hushes: int) -> None:
        if hushes != self._hushes or self._playlist or not self._speaking:
            return
        if self._playlist.speech_left_s() > BLOCK_MS / 1000:
            return  # more came meanwhile, and its own end will be told
        self._speaking = False
        self._ended()
