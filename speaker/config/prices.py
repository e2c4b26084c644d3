"""What models cost, as data of the configuration: each price with its date, and nothing here knows how to charge.

A service sells by the token, by the minute of sound, or by the second that a session is open; a price has the
figures of the forms that its model is sold in, and what is not named costs nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

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


AS_OF: Final = date(2026, 11, 24)
"""When the prices below were read from the models' own pages."""

_TOKEN_PRICES: Final = (
    (("gpt-realtime-2.1", "gpt-realtime-2"), (4.0, 0.4, 24.0, 32.0, 0.4, 64.0, 5.0, 0.5)),
    (("gpt-realtime-1.5", "gpt-realtime"), (4.0, 0.4, 16.0, 32.0, 0.4, 64.0, 5.0, 0.5)),
    (("gpt-realtime-2.1-mini", "gpt-realtime-mini"), (0.6, 0.06, 2.4, 10.0, 0.3, 20.0, 0.8, 0.08)),
)
_TRANSCRIPTION_TOKEN_PRICES: Final = {"gpt-4o-transcribe": (2.5, 10.0), "gpt-4o-mini-transcribe": (1.25, 5.0)}
_MINUTE_PRICES: Final = {
    "gpt-transcribe": 0.0045, "gpt-realtime-whisper": 0.017, "gpt-live-transcribe": 0.017, "whisper-1": 0.006,
}  # fmt: skip

PRICES: Final[Mapping[str, Price]] = MappingProxyType(
    {
        name: Price(as_of=AS_OF, text_in=row[0], text_cached=row[1], text_out=row[2], audio_in=row[3],
                    audio_cached=row[4], audio_out=row[5], image_in=row[6], image_cached=row[7])
        for names, row in _TOKEN_PRICES for name in names
    } | {
        "gpt-live-1": Price(as_of=AS_OF, session_usd_per_second=0.00083333, session_min_s=15.0),
    } | {
        name: Price(as_of=AS_OF, text_in=heard, audio_in=heard, text_out=written)
        for name, (heard, written) in _TRANSCRIPTION_TOKEN_PRICES.items()
    } | {
        name: Price(as_of=AS_OF, audio_in_usd_per_minute=usd) for name, usd in _MINUTE_PRICES.items()
    }
)  # fmt: skip
"""Talking models by the token, one by the second of its session, and those that only write down."""
