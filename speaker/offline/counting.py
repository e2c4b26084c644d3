"""Tokens as the cloud counts them, so that the offline server shows what a turn would have cost.

Sound: one token for 100 ms of the user, one for 50 ms of the assistant. Text: about four characters a
token, an estimate. Every response pays for the whole conversation again; what an earlier response of the
session has read already is the cached part.
"""

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from speaker.core.pcm import SESSION_HZ, bytes_to_ms
from speaker.core.wire.objects import CachedTokens, InputTokens, OutputTokens, Session, Usage
from speaker.core.wire.server import RateLimit
from speaker.offline.items import Entry

USER_MS_PER_TOKEN: Final = 100
ASSISTANT_MS_PER_TOKEN: Final = 50
CHARACTERS_PER_TOKEN: Final = 4

PLENTY: Final = 1_000_000
"""Requests and tokens that are always left: this server counts neither, and never refuses for their sake."""


def text_tokens(text: str) -> int:
    """About how many tokens a text has."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def audio_tokens(count: int, ms_per_token: int) -> int:
    """Tokens of ``count`` bytes of 24 kHz sound."""
    return math.ceil(bytes_to_ms(count, SESSION_HZ) / ms_per_token)


def prompt_tokens(session: Session) -> int:
    """Tokens of the instructions and the tools."""
    tools = msgspec.json.encode(session.tools).decode() if session.tools else ""
    return text_tokens(str(session.instructions)) + text_tokens(tools)


def entry_tokens(entry: Entry) -> tuple[int, int]:
    """Text and audio tokens of one item."""
    item = entry.item
    if entry.audio:
        rate = USER_MS_PER_TOKEN if item.role == "user" else ASSISTANT_MS_PER_TOKEN
        return 0, audio_tokens(len(entry.audio), rate)
    written = "".join(part.text or part.transcript or "" for part in item.content or [])
    return text_tokens(written + (item.arguments or "") + (item.output or "") + (item.name or "")), 0


def rate_limits() -> list[RateLimit]:
    """What ``rate_limits.updated`` says: nothing is used up, so there is nothing to wait for."""
    return [RateLimit(name=name, limit=PLENTY, remaining=PLENTY, reset_seconds=0) for name in ("requests", "tokens")]


class Counter:
    """The usage of a session's responses."""

    def __init__(self) -> None:
        self._read: set[str] = set()
        self._prompt_read = 0

    def usage(self, session: Session, read: Iterable[Entry], made_text: int, made_audio: int) -> Usage:
        """The usage of a response that read these entries and made so many tokens."""
        text = prompt_tokens(session)
        cached_text = text if text == self._prompt_read else 0
        self._prompt_read = text
        audio = cached_audio = 0
        for entry in read:
            more_text, more_audio = entry_tokens(entry)
            text, audio = text + more_text, audio + more_audio
            if entry.item.id in self._read:
                cached_text, cached_audio = cached_text + more_text, cached_audio + more_audio
            self._read.add(entry.item.id or "")
        return Usage(
            total_tokens=text + audio + made_text + made_audio,
            input_tokens=text + audio,
            output_tokens=made_text + made_audio,
            input_token_details=InputTokens(
                text_tokens=text,
                audio_tokens=audio,
                cached_tokens=cached_text + cached_audio,
                cached_tokens_details=CachedTokens(text_tokens=cached_text, audio_tokens=cached_audio),
            ),
            output_token_details=OutputTokens(text_tokens=made_text, audio_tokens=made_audio),
        )
