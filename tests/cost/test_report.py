"""`speaker cost` as a user meets it, and the report behind it."""

from collections.abc import Mapping
from datetime import date
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speaker.config.prices import PRICES
from speaker.cost.entries import Saved, SpendingRow
from speaker.cost.plot import month_picture
from speaker.cost.report import Report, days_in, month_report
from speaker.cost.tokens import Opening, Tokens

BIG, MINI = "gpt-realtime-2.1", "gpt-realtime-2.1-mini"
TOKENS = Tokens(text_in=1500, text_cached=1200, text_out=30, audio_in=40, audio_cached=10, audio_out=100)
NOVEMBER = date(2026, 11, 1)


def line(day: int, cost_usd: float, **more: object) -> SpendingRow:
    told = {"model": BIG, "endpoint": "cloud", "purpose": "turn", "times": 1, "tokens": TOKENS, "seconds": 0.0,
            "estimated_usd": 0.0, "unheard_ms": 0, "waste_usd": 0.0} | more  # fmt: skip
    return SpendingRow(day=NOVEMBER.replace(day=day), cost_usd=cost_usd, **told)  # type: ignore[arg-type]  # a test's table


def reported(*lines: SpendingRow, today: date = date(2026, 11, 10)) -> Report:
    return month_report(lines, [], month=NOVEMBER, today=today, prices=PRICES)


def words(picture: bytes) -> list[str]:
    """Everything that is written in an SVG file, in its order."""
    assert picture.startswith(b"<?xml")
    texts = ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - our own picture
    return ["".join(one.itertext()).strip() for one in texts]


def bars(picture: bytes) -> list[float]:
    """The heights of the bars in an SVG file."""
    rects = ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}rect")  # noqa: S314 - our own picture
    return [float(one.attrib["height"]) for one in rects if one.get("class", "").startswith("rect ")]


def test_the_picture_says_what_it_shows() -> None:
    month = reported(line(1, 1.0), line(2, 0.5, model=MINI))
    told = words(month_picture(month, 1.5, 20.0))
    title = f"November 2026: $1.50 of $20.00, forecast ${month.forecast_usd:.2f}"
    for word in (title, "USD a day", "day of November 2026", "1", "30", "$0.50", "budget $1.50", BIG, MINI):
        assert word in told


def test_bars_are_as_high_as_their_days() -> None:
    month = reported(line(1, 1.0), line(2, 0.25), line(2, 0.5, model=MINI))
    tall, low, more = (height for height in bars(month_picture(month, None, None)) if height)
    assert low == pytest.approx(tall / 4, rel=0.01)
    assert more == pytest.approx(tall / 2, rel=0.01)


def test_a_budget_far_above_the_bars_would_make_them_flat() -> None:
    assert "budget $1.50" in words(month_picture(reported(line(1, 1.0)), 1.5, None))
    assert "budget $50.00" not in words(month_picture(reported(line(1, 1.0)), 50.0, None))


def test_a_picture_fetches_nothing_and_runs_nothing() -> None:
    picture = month_picture(reported(line(1, 1.0, model='<script src="x.js">')), 1.5, 20.0)
    elements = list(ElementTree.fromstring(picture).iter())  # noqa: S314 - our own picture
    assert not [one for one in elements if one.tag.endswith(("script", "image", "use", "foreignObject"))]
    assert not [name for one in elements for name in one.attrib if name.endswith(("href", "src"))]
    assert b"@import" not in picture
    assert b"url(" not in picture


@given(st.dictionaries(st.integers(1, 30), st.floats(0, 1e6), max_size=30), st.none() | st.floats(0.01, 1e6))
@settings(max_examples=30, deadline=None)
def test_whatever_was_spent_can_be_drawn(usd: Mapping[int, float], limit_usd: float | None) -> None:
    month = reported(*(line(day, amount) for day, amount in usd.items()))
    drawn = bars(month_picture(month, limit_usd, limit_usd))
    assert len(drawn) >= sum(1 for amount in usd.values() if amount > 0)


def test_a_forecast_goes_on_as_the_days_so_far() -> None:
    assert reported(line(1, 1.0), line(10, 2.0)).forecast_usd == pytest.approx(9.0)
    assert reported(line(10, 0.5)).forecast_usd == pytest.approx(0.5 * 21), "installed today"
    assert reported(line(10, 0.5), today=date(2026, 11, 30)).forecast_usd == pytest.approx(0.5)
    assert reported().forecast_usd == 0
    assert reported(line(10, 0.5), today=date(2026, 12, 1)).forecast_usd is None


def test_kinds_of_token_add_up_to_the_bill() -> None:
    usd = (300 * 4 + 1200 * 0.4 + 30 * 24 + 30 * 32 + 10 * 0.4 + 100 * 64) / 1e6
    one = reported(line(1, usd), line(2, usd), line(3, 0, endpoint="offline", model="offline"))
    assert sum(one.by_kind_usd.values()) == pytest.approx(one.total_usd)
    assert one.by_kind_usd["text_cached"] == pytest.approx(2 * 1200 * 0.4 / 1e6)


def test_savings_are_summed_by_what_saved() -> None:
    savings = [Saved(day=NOVEMBER, what=what, times=2, seconds=3.0, usd=0.5) for what in ("local", "cached", "cached")]
    one = month_report([], savings, month=NOVEMBER, today=NOVEMBER, prices=PRICES)
    assert [(saved.what, saved.times, saved.usd) for saved in one.savings] == [("cached", 4, 1.0), ("local", 2, 0.5)]
    assert one.saved_usd == 1.5


def test_every_day_of_a_month_has_its_bar() -> None:
    assert [days_in(date(2026, month, 1)) for month in (2, 11, 12)] == [28, 30, 31]
    assert list(reported(line(3, 1.0)).by_day_usd()) == list(range(1, 31))
    assert reported(line(3, 1.0), line(3, 0.5)).by_day_usd()[3] == 1.5


def test_what_a_session_begins_with_is_kept_as_text() -> None:
    assert Opening.read(str(Opening(1, 2, 3))) == Opening(1, 2, 3)
    assert [Opening.read(text) for text in (None, "", "1 2", "a b c")] == [None] * 4
