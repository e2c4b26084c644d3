"""Usage → USD. Prices are data of the configuration, each with its date; nothing here knows a model's name.

A service charges by the token, by the minute of sound, or by the second that a session is open; a price has
the figures of the forms that its model is sold in, and what is not named costs nothing.
"""

from speaker.config.prices import Price
from speaker.cost.tokens import (
    ASSISTANT_TOKENS_PER_MINUTE,
    USER_TOKENS_PER_MINUTE,
    Tokens,
    TranscriptionUsage,
    input_of,
    output_of,
)
from speaker.realtime.protocol.objects import CachedTokens, Usage


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
