"""Usage → USD. Prices are data of the configuration, each with its date; nothing here knows a model's name.

A service charges by the token, by the minute of sound, or by the second that a session is open; a price has
the figures of the forms that its model is sold in, and what is not named costs nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from speaker.cost.tokens import (
    ASSISTANT_TOKENS_PER_MINUTE,
    USER_TOKENS_PER_MINUTE,
    Tokens,
    TranscriptionUsage,
    input_of,
    output_of,
)
from speaker.realtime.protocol.objects import CachedTokens, Usage

Amount = Annotated[float, Meta(ge=0)]


class Price(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a model costs: USD per million tokens of each kind, per minute of sound, per second of an open session."""

    as_of: date | None = None
    """The day on which the price was looked up."""
    text_in: Amount | None = None
    """Text that the model reads: instructions, tools, their answers. All tokens: USD per million."""
    text_cached: Amount | None = None
    """The part of it that the service had read before."""
    text_out: Amount | None = None
    """Text that the model writes, its thinking included."""
    audio_in: Amount | None = None
    """Sound that the model hears; 600 tokens a minute."""
    audio_cached: Amount | None = None
    """The part of it that the service had heard before."""
    audio_out: Amount | None = None
    """Sound that the model speaks; 1200 tokens a minute."""
    image_in: Amount | None = None
    """Images; this speaker sends none."""
    image_cached: Amount | None = None
    """Images that the service had seen before."""
    audio_in_usd_per_minute: Amount | None = None
    """A minute of sound that the model hears, counted once."""
    audio_out_usd_per_minute: Amount | None = None
    """A minute of sound that the model speaks."""
    session_usd_per_second: Amount | None = None
    """A second in which the session is open, silence included."""
    session_min_s: Amount = 0.0
    """Seconds that every session costs at least."""


_OTHER_FORMS: Final = ("audio_in_usd_per_minute", "audio_out_usd_per_minute", "session_usd_per_second")
_HEARING: Final = ("text_in", "text_out", "audio_in")
"""What a model that only writes down is sold by."""
_TALKING: Final = ("text_cached", "audio_cached", "audio_out")
"""What is needed besides as soon as one of them is named: the model also speaks."""


def lacking(price: Price) -> Iterator[str]:
    """The figures that are missing in a price, so that nothing costs nothing by mistake."""
    named = set(msgspec.to_builtins(price))
    if named.intersection(_OTHER_FORMS):
        return
    only_hears = named.intersection(_HEARING) and not named.intersection(_TALKING)
    yield from (name for name in (_HEARING if only_hears else (*_HEARING, *_TALKING)) if name not in named)


def talks(price: Price) -> bool:
    """Whether it says what an answer costs, and is not only for writing down."""
    figures = (price.audio_out, price.audio_out_usd_per_minute, price.session_usd_per_second)
    return any(one is not None for one in figures)


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """The price of a model: its own entry, or that of the longest name it begins with (dated snapshots)."""
    fitting = [name for name in prices if model == name or model.startswith(f"{name}-")]
    return prices[max(fitting, key=len)] if fitting else None


def cost_usd(usage: Usage, price: Price) -> float:
    """What one response cost: for each kind of token, uncached + cached input + output; and by the minute."""
    given, made = input_of(usage), output_of(usage)
    cached = given.cached_tokens_details or CachedTokens()
    millionths = (
        _input_cost(given.text_tokens, cached.text_tokens, price.text_in, price.text_cached)
        + _input_cost(given.audio_tokens, cached.audio_tokens, price.audio_in, price.audio_cached)
        + _input_cost(given.image_tokens, cached.image_tokens, price.image_in, price.image_cached)
        + (made.text_tokens or 0) * (price.text_out or 0)
        + (made.audio_tokens or 0) * (price.audio_out or 0)
    )
    # A minute is charged when it is heard, not each time that it is read again.
    heard = (given.audio_tokens or 0) - (cached.audio_tokens or 0)
    by_minute = (
        heard / USER_TOKENS_PER_MINUTE * (price.audio_in_usd_per_minute or 0)
        + (made.audio_tokens or 0) / ASSISTANT_TOKENS_PER_MINUTE * (price.audio_out_usd_per_minute or 0)
    )  # fmt: skip
    return millionths / 1_000_000 + by_minute


def kinds_usd(tokens: Tokens, price: Price) -> dict[str, float]:
    """What each kind of token costs, the cached ones apart; only what is sold by the token."""
    per_million = {
        "text_in": price.text_in, "text_cached": price.text_cached, "text_out": price.text_out,
        "audio_in": price.audio_in, "audio_cached": price.audio_cached, "audio_out": price.audio_out,
    }  # fmt: skip
    return {kind: tokens.of_kind(kind) * (usd or 0) / 1_000_000 for kind, usd in per_million.items()}


def sound_out_usd(said_ms: float, price: Price) -> float:
    """What so much sound of an answer costs: the waste when nobody heard it, the saving when it is replayed."""
    minutes = said_ms / 60_000
    per_token = ASSISTANT_TOKENS_PER_MINUTE * (price.audio_out or 0) / 1_000_000
    return minutes * (per_token + (price.audio_out_usd_per_minute or 0))


def sound_in_usd(heard_ms: float, price: Price) -> float:
    """What so much sound of the user costs when it is heard for the first time."""
    minutes = heard_ms / 60_000
    per_token = USER_TOKENS_PER_MINUTE * (price.audio_in or 0) / 1_000_000
    return minutes * (per_token + (price.audio_in_usd_per_minute or 0))


def session_usd(open_s: float, price: Price) -> float:
    """What a session costs for having been open so long; nothing where only tokens or minutes are sold."""
    return max(open_s, price.session_min_s) * (price.session_usd_per_second or 0)


def transcription_usd(used: TranscriptionUsage, price: Price) -> tuple[float, Tokens]:
    """What writing down cost, and its tokens; a service counts either those or the seconds."""
    if used.seconds is not None:
        return sound_in_usd(1000 * used.seconds, price), Tokens()
    usage = Usage(
        input_tokens=used.input_tokens,
        input_token_details=used.input_token_details,
    )
    tokens = Tokens.of(usage) + Tokens(text_out=used.output_tokens or 0)
    return cost_usd(usage, price) + tokens.text_out * (price.text_out or 0) / 1_000_000, tokens


def _input_cost(tokens: int | None, cached: int | None, price: float | None, cached_price: float | None) -> float:
    return ((tokens or 0) - (cached or 0)) * (price or 0) + (cached or 0) * (cached_price or 0)
