"""Tokens: how many a text and a sound have, what a response used by kind, and an estimate where nobody says.

Sound: one token for 100 ms of the user, one for 50 ms of the assistant. Text: about four characters a token,
an estimate. Every response pays for the whole conversation again; what was read before is the cached part.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from speaker.realtime.protocol.objects import CachedTokens, InputTokens, OutputTokens, Session, Usage

USER_MS_PER_TOKEN: Final = 100
ASSISTANT_MS_PER_TOKEN: Final = 50
CHARACTERS_PER_TOKEN: Final = 4

USER_TOKENS_PER_MINUTE: Final = 60_000 // USER_MS_PER_TOKEN
ASSISTANT_TOKENS_PER_MINUTE: Final = 60_000 // ASSISTANT_MS_PER_TOKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What was used, by kind; the cached ones are among those that came in."""

    text_in: int = 0
    text_cached: int = 0
    text_out: int = 0
    audio_in: int = 0
    audio_cached: int = 0
    audio_out: int = 0

    @classmethod
    def of(cls, usage: Usage) -> "Tokens":
        """The kinds of a usage, with what it leaves out counted as the dearer kind."""
        given, made = input_of(usage), output_of(usage)
        cached = given.cached_tokens_details or CachedTokens()
        return cls(
            text_in=given.text_tokens or 0, text_cached=cached.text_tokens or 0, text_out=made.text_tokens or 0,
            audio_in=given.audio_tokens or 0, audio_cached=cached.audio_tokens or 0, audio_out=made.audio_tokens or 0,
        )  # fmt: skip

    def of_kind(self, kind: str) -> int:
        """How many of one kind, named like the field; the cached ones do not count among the rest that came in."""
        return {
            "text_in": self.text_in - self.text_cached, "text_cached": self.text_cached, "text_out": self.text_out,
            "audio_in": self.audio_in - self.audio_cached, "audio_cached": self.audio_cached,
            "audio_out": self.audio_out,
        }[kind]  # fmt: skip

    def __add__(self, other: "Tokens") -> "Tokens":
        """The sum, kind by kind."""
        return Tokens(
            text_in=self.text_in + other.text_in, text_cached=self.text_cached + other.text_cached,
            text_out=self.text_out + other.text_out, audio_in=self.audio_in + other.audio_in,
            audio_cached=self.audio_cached + other.audio_cached, audio_out=self.audio_out + other.audio_out,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paid:
    """What one response used and cost."""

    usage: Usage
    cost_usd: float
    estimated: bool = False
    """Whether the service did not say what it used."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How many tokens a session begins with, by what they are for; every response reads them."""

    instructions: int
    tools: int
    house: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.instructions + self.tools + self.house

    def __str__(self) -> str:
        """As ``read`` takes it."""
        return f"{self.instructions} {self.tools} {self.house}"

    @classmethod
    def read(cls, text: str | None) -> "Opening | None":
        """What was written with ``str``; None for anything else."""
        counts = [int(one) for one in (text or "").split() if one.isdecimal()]
        return cls(*counts) if len(counts) == 3 else None


def text_tokens(text: str) -> int:
    """About how many tokens a text has."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def sound_tokens(ms: float, ms_per_token: int) -> int:
    """Tokens of so much sound."""
    return math.ceil(ms / ms_per_token)


def tool_tokens(tools: object) -> int:
    """Tokens of the tools' definitions."""
    return text_tokens(msgspec.json.encode(tools).decode()) if tools else 0


def prompt_tokens(session: Session) -> int:
    """Tokens of the instructions and the tools."""
    return text_tokens(str(session.instructions)) + tool_tokens(session.tools)


def opening_tokens(session: Session, house: str) -> Opening:
    """The tokens of a session's opening, the house's description counted apart from the instructions before it."""
    described = text_tokens(house)
    return Opening(text_tokens(str(session.instructions)) - described, tool_tokens(session.tools), described)


def estimated(heard_ms: float, said_ms: float, *, before_ms: float = 0, prompt: int = 0) -> Usage:
    """What a response used that did not say it: the prompt, all that was heard, and what was said.

    ``before_ms``: what the assistant had said before in this session, which is read again. Nothing counts as
    cached, since a budget is better kept than overrun.
    """
    heard = sound_tokens(heard_ms, USER_MS_PER_TOKEN) + sound_tokens(before_ms, ASSISTANT_MS_PER_TOKEN)
    said = sound_tokens(said_ms, ASSISTANT_MS_PER_TOKEN)
    return Usage(
        total_tokens=prompt + heard + said,
        input_tokens=prompt + heard,
        output_tokens=said,
        input_token_details=InputTokens(text_tokens=prompt, audio_tokens=heard),
        output_token_details=OutputTokens(audio_tokens=said),
    )


def add_usage(one: Usage, other: Usage) -> Usage:
    """The sum of two usages, kind by kind."""
    a, b, x, y = input_of(one), input_of(other), output_of(one), output_of(other)
    ac, bc = a.cached_tokens_details or CachedTokens(), b.cached_tokens_details or CachedTokens()
    return Usage(
        total_tokens=_sum(one.total_tokens, other.total_tokens),
        input_tokens=_sum(one.input_tokens, other.input_tokens),
        output_tokens=_sum(one.output_tokens, other.output_tokens),
        input_token_details=InputTokens(
            text_tokens=_sum(a.text_tokens, b.text_tokens),
            audio_tokens=_sum(a.audio_tokens, b.audio_tokens),
            image_tokens=_sum(a.image_tokens, b.image_tokens),
            cached_tokens=_sum(a.cached_tokens, b.cached_tokens),
            cached_tokens_details=CachedTokens(
                text_tokens=_sum(ac.text_tokens, bc.text_tokens),
                audio_tokens=_sum(ac.audio_tokens, bc.audio_tokens),
                image_tokens=_sum(ac.image_tokens, bc.image_tokens),
            ),
        ),
        output_token_details=OutputTokens(
            text_tokens=_sum(x.text_tokens, y.text_tokens), audio_tokens=_sum(x.audio_tokens, y.audio_tokens)
        ),
    )


def input_of(usage: Usage) -> InputTokens:
    """Input tokens by kind, the cached ones too.

    What a server leaves out counts as the dearer: tokens of no kind as sound, cached tokens of no kind
    as text, since a budget is better kept than overrun. Cached tokens are never more than there are.
    """
    given = usage.input_token_details or InputTokens(audio_tokens=usage.input_tokens)
    cached = given.cached_tokens_details or CachedTokens(text_tokens=given.cached_tokens)
    return InputTokens(
        text_tokens=given.text_tokens or 0,
        audio_tokens=given.audio_tokens or 0,
        image_tokens=given.image_tokens or 0,
        cached_tokens=given.cached_tokens or 0,
        cached_tokens_details=CachedTokens(
            text_tokens=min(cached.text_tokens or 0, given.text_tokens or 0),
            audio_tokens=min(cached.audio_tokens or 0, given.audio_tokens or 0),
            image_tokens=min(cached.image_tokens or 0, given.image_tokens or 0),
        ),
    )


def output_of(usage: Usage) -> OutputTokens:
    """Output tokens by kind; those of no kind count as sound."""
    return usage.output_token_details or OutputTokens(audio_tokens=usage.output_tokens)


class TranscriptionUsage(msgspec.Struct, kw_only=True):
    """What writing down the user's words used: tokens, or seconds of sound. It says which in ``type``."""

    type: str = ""
    seconds: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_token_details: InputTokens | None = None

    @classmethod
    def read(cls, told: dict[str, Any] | None) -> "TranscriptionUsage | None":
        """The usage in an event; None when there is none that says anything."""
        try:
            used = msgspec.convert(told, cls)
        except msgspec.ValidationError:
            return None
        return None if used.seconds is None and used.input_tokens is None else used


def _sum(one: int | None, other: int | None) -> int:
    return (one or 0) + (other or 0)
