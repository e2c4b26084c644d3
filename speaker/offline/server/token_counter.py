"""Tokens as the cloud counts them, so that the offline server shows what a turn would have cost.

Every response pays for the whole conversation again; what an earlier response of the session has read
already is the cached part.
"""

from collections.abc import Iterable
from typing import Final

from speaker.audio.pcm import SESSION_HZ, bytes_to_ms
from speaker.cost.tokens import ASSISTANT_MS_PER_TOKEN, USER_MS_PER_TOKEN, prompt_tokens, sound_tokens, text_tokens
from speaker.offline.server.conversation_entry import Entry
from speaker.realtime.protocol.objects import CachedTokens, InputTokens, OutputTokens, RateLimit, Session, Usage

PLENTY: Final = 1_000_000
"""Requests and tokens that are always left: this server counts neither, and never refuses for their sake."""


def audio_tokens(count: int, ms_per_token: int) -> int:
    """Tokens of ``count`` bytes of 24 kHz sound."""
    return sound_tokens(bytes_to_ms(count, SESSION_HZ), ms_per_token)


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
            if entry.counted:
                cached_text, cached_audio = cached_text + more_text, cached_audio + more_audio
            entry.counted = True
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
