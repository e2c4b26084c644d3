"""The voice for languages other than English: espeak-ng, a program of the operating system, one run a text.

It gets the text on its standard input and gives the sound on its standard output, piece by piece; who listens no
longer ends it. Nothing but this is taken from it: no markup, no phonemes in brackets, no file.
"""

import asyncio
import contextlib
import logging
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from functools import cache
from typing import Final

import numpy as np

from speaker.audio.pcm import SESSION_HZ, Resampler, Samples
from speaker.errors import ModelError
from speaker.language.codes import ENGLISH, language_name
from speaker.language.phrasebook import Phrasebook, phrasebook
from speaker.offline.speech.synthesiser import speakable

log = logging.getLogger(__name__)

ESPEAK: Final = "espeak-ng"
"""The program; with another one, the same text sounds different."""

INSTALL: Final = "sudo apt-get install espeak-ng"

WORDS_PER_MINUTE: Final = 165
"""The natural pace."""

SLOWEST_WORDS: Final = 80
FASTEST_WORDS: Final = 450

SPEECHLESS_S: Final = 10.0
"""A program that gives nothing for so long is ended."""

_HEADER: Final = 44
"""Bytes before the sound."""

_PIECE: Final = 44_100
"""Bytes that are taken at a time: a second at its rate."""


@cache
def speaking_book(language: str) -> Phrasebook:
    """The phrases of a language that can be spoken here; English, with one warning, where there is no voice for it."""
    book = phrasebook(language)
    if book.is_english or has_espeak():
        return book
    log.warning(
        "there is no voice for %s here, so the speaker says in English what it says by itself: %s",
        language_name(language), INSTALL,
    )  # fmt: skip
    return phrasebook(ENGLISH)


def has_espeak() -> bool:
    """Whether the program is installed."""
    return shutil.which(ESPEAK) is not None


async def espeak(text: str, book: Phrasebook, speed: float = 1.0) -> AsyncGenerator[Samples, None]:
    """The text as int16 samples at 24 kHz, piece by piece; nothing where there is nothing to pronounce.

    ``speed``: times the natural pace. Raises ModelError when there is no such program, or it cannot speak.
    """
    said = _plain(text, book)
    if not said:
        return
    process = await _start(book, speed)
    try:
        _feed(process, said)
        async for piece in _sound(process, book):
            yield piece
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


def _plain(text: str, book: Phrasebook) -> str:
    """What can be pronounced; two brackets would begin phonemes."""
    return speakable(text, book.voice).replace("[[", "").replace("]]", "").strip()


async def _start(book: Phrasebook, speed: float) -> Process:
    pace = min(max(round(WORDS_PER_MINUTE * speed), SLOWEST_WORDS), FASTEST_WORDS)
    arguments = ("-v", book.espeak, "-s", str(pace), "-b", "1", "--stdin", "--stdout")
    try:
        return await asyncio.create_subprocess_exec(ESPEAK, *arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    except OSError as error:
        raise ModelError(f"there is no voice for {language_name(book.code)} here: {INSTALL}") from error


def _feed(process: Process, said: str) -> None:
    if process.stdin is not None:
        process.stdin.write(said.encode())
        process.stdin.close()


async def _sound(process: Process, book: Phrasebook) -> AsyncGenerator[Samples, None]:
    out = process.stdout
    if out is None:
        return
    try:
        async with asyncio.timeout(SPEECHLESS_S):
            header = await out.readexactly(_HEADER)
        rate = Resampler(int.from_bytes(header[24:28], "little"), SESSION_HZ)
        odd = b""
        while True:
            async with asyncio.timeout(SPEECHLESS_S):
                data = odd + await out.read(_PIECE)
            whole = len(data) - len(data) % 2
            piece, odd = data[:whole], data[whole:]
            if not piece:
                yield rate.push(np.empty(0, np.int16), last=True)
                return
            yield rate.push(np.frombuffer(piece, "<i2"))
    except (asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
        raise ModelError(
            f"{ESPEAK} does not speak {language_name(book.code)} (voice {book.espeak}); try it: "
            f"{ESPEAK} -v {book.espeak} 1"
        ) from error
