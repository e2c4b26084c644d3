"""Usage → USD."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.prices import PRICES, Price, price_of
from speaker.cost.pricing import cost_usd, session_usd, sound_in_usd, sound_out_usd, transcription_usd
from speaker.cost.tokens import Tokens, TranscriptionUsage, add_usage, estimated
from speaker.realtime.protocol.objects import CachedTokens, InputTokens, OutputTokens, Usage

MINI = PRICES["gpt-realtime-2.1-mini"]

FULL = b"""{"total_tokens":253,"input_tokens":132,"output_tokens":121,
    "input_token_details":{"text_tokens":119,"audio_tokens":13,"image_tokens":0,"cached_tokens":64,
        "cached_tokens_details":{"text_tokens":64,"audio_tokens":0,"image_tokens":0}},
    "output_token_details":{"text_tokens":30,"audio_tokens":91}}"""

_counts = st.none() | st.integers(0, 100_000)
_cached = st.builds(CachedTokens, text_tokens=_counts, audio_tokens=_counts, image_tokens=_counts)
_inputs = st.builds(
    InputTokens,
    text_tokens=_counts,
    audio_tokens=_counts,
    image_tokens=_counts,
    cached_tokens=_counts,
    cached_tokens_details=st.none() | _cached,
)
_usages = st.builds(
    Usage,
    total_tokens=_counts,
    input_tokens=_counts,
    output_tokens=_counts,
    input_token_details=st.none() | _inputs,
    output_token_details=st.none() | st.builds(OutputTokens, text_tokens=_counts, audio_tokens=_counts),
)
_amounts = st.floats(0, 100)
_prices = st.builds(
    Price,
    audio_in_usd_per_minute=st.none() | _amounts,
    audio_out_usd_per_minute=st.none() | _amounts,
    text_in=_amounts,
    text_cached=_amounts,
    text_out=_amounts,
    audio_in=_amounts,
    audio_cached=_amounts,
    audio_out=_amounts,
    image_in=_amounts,
    image_cached=_amounts,
)


def spoken(minutes_in: float, minutes_out: float) -> Usage:
    """A response to so much sound; the service counts 600 tokens a minute in and 1200 out."""
    heard, said = round(600 * minutes_in), round(1200 * minutes_out)
    return Usage(
        total_tokens=heard + said,
        input_tokens=heard,
        output_tokens=said,
        input_token_details=InputTokens(audio_tokens=heard),
        output_token_details=OutputTokens(audio_tokens=said),
    )


def test_a_minute_each_way_on_mini() -> None:
    assert cost_usd(spoken(1, 0), MINI) == pytest.approx(0.006)
    assert cost_usd(spoken(0, 1), MINI) == pytest.approx(0.024)
    assert cost_usd(spoken(1, 1), MINI) == pytest.approx(0.030)


def test_each_kind_has_its_price_and_cached_tokens_are_among_the_others() -> None:
    usage = msgspec.json.decode(FULL, type=Usage)
    expected = (119 - 64) * 0.6 + 64 * 0.06 + 13 * 10 + 30 * 2.4 + 91 * 20
    assert cost_usd(usage, MINI) == pytest.approx(expected / 1e6)


@pytest.mark.parametrize(
    ("usage", "millionths"),
    [
        (Usage(), 0),
        (Usage(total_tokens=None, input_tokens=None, output_tokens=None), 0),
        (Usage(input_tokens=100, output_tokens=10), 100 * 10 + 10 * 20),
        (Usage(input_tokens=100, input_token_details=InputTokens(text_tokens=100)), 100 * 0.6),
        (Usage(input_token_details=InputTokens(text_tokens=100, cached_tokens=40)), 60 * 0.6 + 40 * 0.06),
        (Usage(input_token_details=InputTokens(audio_tokens=100, cached_tokens=40)), 100 * 10),
        (Usage(input_token_details=InputTokens(image_tokens=100)), 100 * 0.8),
        (Usage(output_tokens=10, output_token_details=OutputTokens(text_tokens=None, audio_tokens=10)), 10 * 20),
        (
            Usage(
                input_token_details=InputTokens(
                    text_tokens=10, cached_tokens_details=CachedTokens(text_tokens=99, audio_tokens=99)
                )
            ),
            10 * 0.06,
        ),
    ],
)
def test_what_is_left_out_costs_no_less_than_it_may(usage: Usage, millionths: float) -> None:
    assert cost_usd(usage, MINI) == pytest.approx(millionths / 1e6)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-realtime-2.1-mini", "gpt-realtime-2.1-mini"),
        ("gpt-realtime-2.1-mini-2026-09-30", "gpt-realtime-2.1-mini"),
        ("gpt-realtime-2.1-2026-09-30", "gpt-realtime-2.1"),
        ("gpt-realtime-mini-2025-10-06", "gpt-realtime-mini"),
        ("gpt-realtime-2025-08-28", "gpt-realtime"),
        ("gpt-realtime-2", "gpt-realtime-2"),
        ("gpt-realtimes", None),
        ("gpt", None),
        ("", None),
    ],
)
def test_a_dated_model_has_the_price_of_the_longest_name(model: str, name: str | None) -> None:
    assert price_of(model, PRICES) is (PRICES[name] if name else None)


@given(_usages, _usages)
def test_adding_does_not_know_first_from_second(one: Usage, other: Usage) -> None:
    assert add_usage(one, other) == add_usage(other, one)


@given(_usages, _usages, _usages)
def test_adding_does_not_know_where_it_began(a: Usage, b: Usage, c: Usage) -> None:
    assert add_usage(add_usage(a, b), c) == add_usage(a, add_usage(b, c))


@given(_usages, _usages, _prices)
def test_the_sum_costs_what_its_parts_cost(one: Usage, other: Usage, price: Price) -> None:
    assert cost_usd(add_usage(one, other), price) == pytest.approx(cost_usd(one, price) + cost_usd(other, price))


@given(_usages, _prices)
def test_nothing_is_paid_back(usage: Usage, price: Price) -> None:
    assert cost_usd(usage, price) >= 0
    assert cost_usd(add_usage(Usage(), usage), price) == cost_usd(usage, price)


TUTORIAL = Price(audio_in_usd_per_minute=0.06, audio_out_usd_per_minute=0.24)


def test_five_minutes_each_way_of_the_tutorial() -> None:
    """$0.06 a minute in and $0.24 a minute out: $0.30 + $1.20."""
    assert cost_usd(spoken(5, 5), TUTORIAL) == pytest.approx(1.50)
    assert cost_usd(spoken(5, 0), TUTORIAL) == pytest.approx(0.30)
    assert sound_in_usd(300_000, TUTORIAL) + sound_out_usd(300_000, TUTORIAL) == pytest.approx(1.50)


def test_a_minute_that_is_read_again_is_not_charged_again() -> None:
    again = Usage(
        input_token_details=InputTokens(audio_tokens=600, cached_tokens_details=CachedTokens(audio_tokens=600))
    )
    assert cost_usd(again, TUTORIAL) == 0


def test_an_open_session_costs_for_its_silence_too() -> None:
    live = PRICES["gpt-live-1"]
    assert session_usd(60, live) == pytest.approx(0.05, rel=1e-4)
    assert session_usd(3600, live) == pytest.approx(3.0, rel=1e-4)
    assert session_usd(2, live) == session_usd(15, live) == pytest.approx(0.0125, rel=1e-4)
    assert session_usd(3600, MINI) == 0
    assert cost_usd(spoken(5, 5), live) == 0


@pytest.mark.parametrize(
    ("model", "told", "usd", "tokens"),
    [
        ("gpt-live-transcribe", {"type": "duration", "seconds": 60}, 0.017, Tokens()),
        ("gpt-realtime-whisper", {"type": "duration", "seconds": 5.0}, 0.017 / 12, Tokens()),
        ("gpt-transcribe", {"type": "duration", "seconds": 120}, 0.009, Tokens()),
        (
            "gpt-4o-transcribe",
            {"type": "tokens", "total_tokens": 26, "input_tokens": 17, "output_tokens": 9,
             "input_token_details": {"text_tokens": 0, "audio_tokens": 17}},
            (17 * 2.5 + 9 * 10) / 1e6,
            Tokens(audio_in=17, text_out=9),
        ),
        ("gpt-4o-transcribe", {"type": "tokens", "input_tokens": 17}, 17 * 2.5 / 1e6, Tokens(audio_in=17)),
    ],
)  # fmt: skip
def test_writing_down_costs_by_seconds_or_tokens(
    model: str, told: dict[str, object], usd: float, tokens: Tokens
) -> None:
    used = TranscriptionUsage.read(told)
    assert used is not None
    cost, counted = transcription_usd(used, PRICES[model])
    assert cost == pytest.approx(usd)
    assert counted == tokens


@pytest.mark.parametrize("told", [None, {}, {"type": "tokens"}, {"seconds": "many"}, {"input_tokens": []}])
def test_a_usage_of_writing_down_that_says_nothing(told: dict[str, object] | None) -> None:
    assert TranscriptionUsage.read(told) is None


def test_what_nobody_says_is_estimated_from_the_sound() -> None:
    usage = estimated(4_000, 5_000, before_ms=1_000, prompt=1_500)
    assert Tokens.of(usage) == Tokens(text_in=1_500, audio_in=60, audio_out=100)
    assert cost_usd(usage, MINI) == pytest.approx((1_500 * 0.6 + 60 * 10 + 100 * 20) / 1e6)


@given(_usages, _usages)
def test_kinds_of_a_sum_are_the_sums_of_kinds(one: Usage, other: Usage) -> None:
    assert Tokens.of(add_usage(one, other)) == Tokens.of(one) + Tokens.of(other)


@pytest.mark.parametrize("name", PRICES)
def test_every_price_has_its_date(name: str) -> None:
    assert PRICES[name].as_of is not None
