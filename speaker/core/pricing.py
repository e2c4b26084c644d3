"""Usage → USD. Prices are data of the configuration; nothing here knows a model's name."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from speaker.core.wire.objects import CachedTokens, InputTokens, OutputTokens, Usage

UsdPerMillion = Annotated[float, Meta(ge=0)]


class Price(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a model costs, in USD per million tokens of each kind."""

    text_in: UsdPerMillion
    """Text that the model reads: instructions, tools, their answers."""
    text_cached: UsdPerMillion
    """The part of it that the service had read before."""
    text_out: UsdPerMillion
    """Text that the model writes, its thinking included."""
    audio_in: UsdPerMillion
    """Sound that the model hears; 600 tokens a minute."""
    audio_cached: UsdPerMillion
    """The part of it that the service had heard before."""
    audio_out: UsdPerMillion
    """Sound that the model speaks; 1200 tokens a minute."""
    image_in: UsdPerMillion = 0.0
    """Images; this speaker sends none."""
    image_cached: UsdPerMillion = 0.0
    """Images that the service had seen before."""


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """The price of a model: its own entry, or that of the longest name it begins with (dated snapshots)."""
    fitting = [name for name in prices if model == name or model.startswith(f"{name}-")]
    return prices[max(fitting, key=len)] if fitting else None


def cost_usd(usage: Usage, price: Price) -> float:
    """What one response cost: for each kind of token, uncached + cached input + output."""
    given, made = _input(usage), _output(usage)
    cached = given.cached_tokens_details or CachedTokens()
    millionths = (
        _input_cost(given.text_tokens, cached.text_tokens, price.text_in, price.text_cached)
        + _input_cost(given.audio_tokens, cached.audio_tokens, price.audio_in, price.audio_cached)
        + _input_cost(given.image_tokens, cached.image_tokens, price.image_in, price.image_cached)
        + (made.text_tokens or 0) * price.text_out
        + (made.audio_tokens or 0) * price.audio_out
    )
    return millionths / 1_000_000


def add_usage(one: Usage, other: Usage) -> Usage:
    """The sum of two usages, kind by kind."""
    a, b, x, y = _input(one), _input(other), _output(one), _output(other)
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


def _input(usage: Usage) -> InputTokens:
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


def _output(usage: Usage) -> OutputTokens:
    """Output tokens by kind; those of no kind count as sound."""
    return usage.output_token_details or OutputTokens(audio_tokens=usage.output_tokens)


def _input_cost(tokens: int | None, cached: int | None, price: float, cached_price: float) -> float:
    return _sum(tokens, -(cached or 0)) * price + (cached or 0) * cached_price


def _sum(one: int | None, other: int | None) -> int:
    return (one or 0) + (other or 0)
