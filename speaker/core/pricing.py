"""Usage → USD. Prices are data of the configuration; nothing here knows a model's name."""

from collections.abc import Mapping

from msgspec import Struct

from speaker.core.wire.objects import CachedTokens, InputTokens, OutputTokens, Usage


class Price(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a model costs, in USD per million tokens of each kind."""

    text_in: float
    text_cached: float
    text_out: float
    audio_in: float
    audio_cached: float
    audio_out: float
    image_in: float = 0.0
    image_cached: float = 0.0


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """The price of a model: its own entry, or that of the longest name it begins with (dated snapshots)."""
    fitting = [name for name in prices if model == name or model.startswith(f"{name}-")]
    return prices[max(fitting, key=len)] if fitting else None


def cost_usd(usage: Usage, price: Price) -> float:
    """What one response cost: for each kind of token, uncached + cached input + output."""
    given = usage.input_token_details or InputTokens(text_tokens=usage.input_tokens)
    made = usage.output_token_details or OutputTokens(text_tokens=usage.output_tokens)
    cached = given.cached_tokens_details or CachedTokens(text_tokens=given.cached_tokens)
    millionths = (
        _input_cost(given.text_tokens, cached.text_tokens, price.text_in, price.text_cached)
        + _input_cost(given.audio_tokens, cached.audio_tokens, price.audio_in, price.audio_cached)
        + _input_cost(given.image_tokens, cached.image_tokens, price.image_in, price.image_cached)
        + (made.text_tokens or 0) * price.text_out
        + (made.audio_tokens or 0) * price.audio_out
    )
    return millionths / 1_000_000


def _input_cost(tokens: int | None, cached: int | None, price: float, cached_price: float) -> float:
    all_tokens = tokens or 0
    cached_tokens = min(cached or 0, all_tokens)  # cached tokens are a subset of the input
    return (all_tokens - cached_tokens) * price + cached_tokens * cached_price


def add_usage(one: Usage, other: Usage) -> Usage:
    """The sum of two usages, kind by kind."""
    a, b = one.input_token_details or InputTokens(), other.input_token_details or InputTokens()
    ac, bc = a.cached_tokens_details or CachedTokens(), b.cached_tokens_details or CachedTokens()
    x, y = one.output_token_details or OutputTokens(), other.output_token_details or OutputTokens()
    return Usage(
        total_tokens=(one.total_tokens or 0) + (other.total_tokens or 0),
        input_tokens=(one.input_tokens or 0) + (other.input_tokens or 0),
        output_tokens=(one.output_tokens or 0) + (other.output_tokens or 0),
        input_token_details=InputTokens(
            text_tokens=(a.text_tokens or 0) + (b.text_tokens or 0),
            audio_tokens=(a.audio_tokens or 0) + (b.audio_tokens or 0),
            image_tokens=(a.image_tokens or 0) + (b.image_tokens or 0),
            cached_tokens=(a.cached_tokens or 0) + (b.cached_tokens or 0),
            cached_tokens_details=CachedTokens(
                text_tokens=(ac.text_tokens or 0) + (bc.text_tokens or 0),
                audio_tokens=(ac.audio_tokens or 0) + (bc.audio_tokens or 0),
                image_tokens=(ac.image_tokens or 0) + (bc.image_tokens or 0),
            ),
        ),
        output_token_details=OutputTokens(
            text_tokens=(x.text_tokens or 0) + (y.text_tokens or 0),
            audio_tokens=(x.audio_tokens or 0) + (y.audio_tokens or 0),
        ),
    )
