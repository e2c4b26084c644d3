"""What a session hears: the input audio buffer, and the turns that are found in it."""

from typing import Final

from speaker.audio import pcm
from speaker.audio.pcm import BYTES_PER_SAMPLE, SESSION_HZ, WAKE_HZ
from speaker.audio.vad import SpeechOffset, SpeechOnset, TurnDetector, TurnEvent, TurnSettings
from speaker.offline.speech.engines import OfflineEngines

LONGEST_HELD_MS: Final = 300_000
"""Of more sound that nobody commits, only the end is held: five minutes are 14 MB, and one append may bring four."""


class Buffer:
    """The input audio buffer: 24 kHz sound since the last commit, with the stream's own clock."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._begins = 0
        """Samples of the session before the first one held."""

    @property
    def begins_ms(self) -> float:
        """Where the first sample held stands, in milliseconds since the first one of the session."""
        return pcm.samples_to_ms(self._begins, SESSION_HZ)

    @property
    def end_ms(self) -> float:
        """Milliseconds since the first sample of the session."""
        return pcm.samples_to_ms(self._begins + len(self._data) // BYTES_PER_SAMPLE, SESSION_HZ)

    @property
    def length_ms(self) -> float:
        """Milliseconds held."""
        return pcm.bytes_to_ms(len(self._data), SESSION_HZ)

    def append(self, audio: bytes) -> bool:
        """More sound, cut anywhere. Tells whether the oldest had to go for it."""
        self._data += audio
        full = self.length_ms > LONGEST_HELD_MS
        if full:
            self.forget(self.end_ms - LONGEST_HELD_MS)
        return full

    def copy(self, start_ms: float, end_ms: float) -> bytes:
        """What is held of a stretch; it stays held."""
        with memoryview(self._data) as data:  # a slice of the array itself would be a copy more
            return bytes(data[self._offset(start_ms) : self._offset(end_ms)])

    def cut(self, start_ms: float, end_ms: float) -> bytes:
        """Take out a stretch; everything before its end is forgotten."""
        taken = self.copy(start_ms, end_ms)
        self.forget(end_ms)
        return taken

    def forget(self, until_ms: float) -> None:
        """Drop everything before a moment."""
        end = self._offset(until_ms)
        del self._data[:end]
        self._begins += end // BYTES_PER_SAMPLE

    def _offset(self, at_ms: float) -> int:
        samples = max(0, pcm.ms_to_samples(at_ms, SESSION_HZ) - self._begins)
        return BYTES_PER_SAMPLE * min(samples, len(self._data) // BYTES_PER_SAMPLE)


class Listener:
    """Turn detection over the session's sound, which may be switched off and on again.

    All times are milliseconds since the first sample that the session got, detected or not.
    """

    def __init__(self, engines: OfflineEngines) -> None:
        self._engines = engines
        self._detector: TurnDetector | None = None
        self._to_wake_hz = pcm.Resampler(SESSION_HZ, WAKE_HZ)
        self._begins_ms = 0
        self._half = b""
        """Half a sample, when an append ended in the middle of one."""

    @property
    def silent_ms(self) -> int:
        """How long it has been silent in the turn under way, ms; 0 while somebody speaks, and without a turn."""
        return self._detector.silent_ms if self._detector is not None else 0

    def forget(self) -> None:
        """Begin anew with the next sound, as after a pause, a manual commit or a clear."""
        # A detector that is only reset still remembers the last word, and takes it for a new turn.
        self._detector = None

    async def hear(self, audio: bytes, begins_ms: float, settings: TurnSettings) -> list[TurnEvent]:
        """Starts and stops of speech in more sound: 16-bit mono, 24 kHz, ``begins_ms`` into the session."""
        if self._detector is None:
            self._detector = await self._engines.detector(settings)
            self._to_wake_hz = pcm.Resampler(SESSION_HZ, WAKE_HZ)
            self._begins_ms, self._half = round(begins_ms), b""
        self._detector.settings = settings
        given = self._half + audio
        whole = len(given) - len(given) % BYTES_PER_SAMPLE
        self._half = given[whole:]
        samples = self._to_wake_hz.push(pcm.from_bytes(given[:whole]))
        return [self._dated(event) for event in await self._engines.detect(self._detector, samples)]

    def _dated(self, event: TurnEvent) -> TurnEvent:
        if isinstance(event, SpeechOnset):
            return SpeechOnset(event.start_ms + self._begins_ms)
        return SpeechOffset(event.end_ms + self._begins_ms)
