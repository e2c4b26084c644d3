"""The words of one turn, made out piece by piece while it goes on, so that at its end only the last piece is left."""

import asyncio
from collections.abc import Callable

from speaker.audio import pcm
from speaker.audio.pcm import BYTES_PER_SAMPLE, SESSION_HZ
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import LONGEST_PIECE_MS, RecognisedSpeech, joined, quiet_place

ReadSound = Callable[[float, float], bytes]
"""What is held of a stretch from one ms to another, 16-bit mono at 24 kHz; less where it was forgotten."""


class TurnHearing:
    """The hearing of one turn, whose sound is read when its time comes: no more than one piece is held here.

    All times are milliseconds since the first sample of the session.
    """

    def __init__(self, engines: OfflineEngines, begins_ms: float, read: ReadSound) -> None:
        self._engines = engines
        self._read = read
        self._at_ms = self._end_ms = begins_ms
        self._heard: list[RecognisedSpeech] = []
        self._ahead: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, engines: OfflineEngines, audio: bytes) -> "TurnHearing":
        """The hearing of sound that is all there: 16-bit mono, 24 kHz."""
        one = cls(engines, 0.0, _reader(audio, 0.0))
        one.end(audio, 0.0)
        return one

    def follow(self, end_ms: float) -> None:
        """The turn goes on, and there is sound up to here. Needs a running loop."""
        self._end_ms = end_ms
        if self._ahead is None and self._is_long():
            self._ahead = asyncio.create_task(self._hear_ahead(), name="hearing ahead")

    def end(self, audio: bytes, begins_ms: float) -> None:
        """The turn is over; this is its sound (16-bit mono, 24 kHz), which begins there in the session."""
        self._read = _reader(audio, begins_ms)
        self._at_ms = max(self._at_ms, begins_ms)
        self._end_ms = begins_ms + pcm.bytes_to_ms(len(audio), SESSION_HZ)

    def drop(self) -> None:
        """Hear no further ahead; who waits for the words already waits in vain."""
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead = None

    async def words(self) -> str:
        """What was said from begin to end. May be asked again by another when whoever asked gave up."""
        if self._ahead is not None:
            await asyncio.shield(self._ahead)
        await self._hear_ahead()
        rest = pcm.from_bytes(self._read(self._at_ms, self._end_ms))
        return joined([*self._heard, await self._engines.hear(rest)]).text

    def _is_long(self) -> bool:
        return self._end_ms - self._at_ms > LONGEST_PIECE_MS

    async def _hear_ahead(self) -> None:
        while self._is_long():
            until_ms = self._at_ms + LONGEST_PIECE_MS
            piece = pcm.from_bytes(self._read(self._at_ms, until_ms))
            end = piece.size
            if pcm.samples_to_ms(end, SESSION_HZ) > LONGEST_PIECE_MS / 2:  # else most of it is forgotten
                end = quiet_place(piece, SESSION_HZ)
            heard = await self._engines.hear(piece[:end])
            # Not before it is heard: whoever gives up waiting leaves the piece to the next.
            self._heard.append(heard)
            self._at_ms = until_ms - pcm.samples_to_ms(piece.size - end, SESSION_HZ)
        self._ahead = None


def _reader(audio: bytes, begins_ms: float) -> ReadSound:
    def read(start_ms: float, end_ms: float) -> bytes:
        start, end = (max(0, pcm.ms_to_samples(at - begins_ms, SESSION_HZ)) for at in (start_ms, end_ms))
        return audio[BYTES_PER_SAMPLE * start : BYTES_PER_SAMPLE * end]

    return read
