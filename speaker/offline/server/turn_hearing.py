"""The words of one turn, made out while it goes on, so that at its end little is left to do.

A long turn is heard piece by piece. And at each pause, which may be the end, the rest is heard on the guess that it is:
what comes of it counts if nothing was said since.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from speaker.audio import pcm
from speaker.audio.pcm import BYTES_PER_SAMPLE, SESSION_HZ, SILENCE_DBFS, Samples, level_dbfs
from speaker.errors import ModelError
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import LONGEST_PIECE_MS, RecognisedSpeech, joined, quiet_place

GUESS_AFTER_MS: Final = 190
"""After so much silence the turn may be over."""

LONGEST_GUESS_MS: Final = 8_000
"""More is not heard on a guess: long speech has many pauses, and its end is not the end of a command."""

_LOUDER_DB: Final = 6.0
"""What is so much louder than the pause before it may be a soft word that no detector noticed."""

_MOMENT_MS: Final = 50

_PAUSE_MS: Final = 150
"""The end of what was guessed, by which the pause is known."""

ReadSound = Callable[[float, float], bytes]
"""What is held of a stretch from one ms to another, 16-bit mono at 24 kHz; less where it was forgotten."""


@dataclass(frozen=True, slots=True)
class _Guess:
    """A hearing of the rest of a turn as if it had ended there; in ms of the session."""

    begins_ms: float
    ends_ms: float
    pause_dbfs: float
    heard: asyncio.Task[RecognisedSpeech]


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
        self._guess: _Guess | None = None

    @classmethod
    def of(cls, engines: OfflineEngines, audio: bytes) -> "TurnHearing":
        """The hearing of sound that is all there: 16-bit mono, 24 kHz."""
        one = cls(engines, 0.0, _reader(audio, 0.0))
        one.end(audio, 0.0)
        return one

    def follow(self, end_ms: float, silent_ms: float = 0.0) -> None:
        """The turn goes on, with sound up to here, the last ``silent_ms`` without speech. Needs a running loop."""
        self._end_ms = end_ms
        if self._ahead is None and self._is_long():
            self._ahead = asyncio.create_task(self._hear_ahead(), name="hearing ahead")
        if self._guess is not None and end_ms - silent_ms > self._guess.ends_ms:
            self._drop_guess()  # somebody went on, and the pause is another one
        if silent_ms >= GUESS_AFTER_MS and self._guess is None and self._ahead is None:
            self._begin_guess()

    def end(self, audio: bytes, begins_ms: float) -> None:
        """The turn is over; this is its sound (16-bit mono, 24 kHz), which begins there in the session."""
        self._read = _reader(audio, begins_ms)
        self._at_ms = max(self._at_ms, begins_ms)
        self._end_ms = begins_ms + pcm.bytes_to_ms(len(audio), SESSION_HZ)

    def drop(self) -> None:
        """Hear no further ahead; who waits for the words already waits in vain."""
        self._drop_guess()
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead = None

    async def words(self) -> str:
        """What was said from begin to end. May be asked again by another when whoever asked gave up."""
        if self._ahead is not None:
            await asyncio.shield(self._ahead)
        await self._hear_ahead()
        return joined([*self._heard, await self._hear_rest()]).text

    async def _hear_rest(self) -> RecognisedSpeech:
        guess = self._guess
        if guess is not None and self._holds(guess):
            with contextlib.suppress(ModelError):  # the engines may have ended meanwhile; they start anew
                return await asyncio.shield(guess.heard)
        self._drop_guess()
        return await self._engines.hear(pcm.from_bytes(self._read(self._at_ms, self._end_ms)))

    def _holds(self, guess: _Guess) -> bool:
        """Whether nothing was said since, as far as its level tells."""
        if guess.begins_ms != self._at_ms or guess.ends_ms > self._end_ms:
            return False
        since = pcm.from_bytes(self._read(guess.ends_ms, self._end_ms))
        return not since.size or loudest_dbfs(since) <= guess.pause_dbfs + _LOUDER_DB

    def _begin_guess(self) -> None:
        begins_ms, ends_ms = self._at_ms, self._end_ms
        if ends_ms - begins_ms > LONGEST_GUESS_MS:
            return
        sound = pcm.from_bytes(self._read(begins_ms, ends_ms))
        pause_dbfs = loudest_dbfs(sound[-pcm.ms_to_samples(_PAUSE_MS, SESSION_HZ) :])
        heard = asyncio.create_task(self._engines.hear(sound), name="hearing on a guess")
        heard.add_done_callback(_told_when_asked)
        self._guess = _Guess(begins_ms, ends_ms, pause_dbfs, heard)

    def _drop_guess(self) -> None:
        if self._guess is not None:
            self._guess.heard.cancel()
            self._guess = None

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


def loudest_dbfs(sound: Samples) -> float:
    """The level of the loudest 50 ms of (n,) int16 samples at 24 kHz."""
    step = pcm.ms_to_samples(_MOMENT_MS, SESSION_HZ)
    return max((level_dbfs(sound[start : start + step]) for start in range(0, sound.size, step)), default=SILENCE_DBFS)


def _told_when_asked(task: "asyncio.Task[RecognisedSpeech]") -> None:
    """What went wrong is told to whoever uses the guess; nobody may."""
    if not task.cancelled():
        task.exception()


def _reader(audio: bytes, begins_ms: float) -> ReadSound:
    def read(start_ms: float, end_ms: float) -> bytes:
        start, end = (max(0, pcm.ms_to_samples(at - begins_ms, SESSION_HZ)) for at in (start_ms, end_ms))
        return audio[BYTES_PER_SAMPLE * start : BYTES_PER_SAMPLE * end]

    return read
