"""`speaker cost` as a user meets it, and the report behind it."""

import struct
import zlib
from collections.abc import Mapping
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.prices import PRICES
from speaker.cost.entries import Saved, SpendingRow
from speaker.cost.plot import BAR, LIMIT, PAPER, bar_chart
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


def dots(file: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The image in a PNG file of ours, read back with its check sums."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(file):
        (length,) = struct.unpack(">I", file[at : at + 4])
        kind, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        assert struct.unpack(">I", file[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + data),)
        parts[kind] = data
        at += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert (depth, colour) == (8, 2)
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    return rows[:, 1:].reshape(height, width, 3)


def count(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], colour: tuple[int, int, int]) -> int:
    return int(np.all(image == colour, axis=2).sum())


def test_bars_are_as_high_as_their_days() -> None:
    one, two = (count(dots(bar_chart(usd, "2026-11")), BAR) for usd in ({1: 1.0, 2: 0.0}, {1: 1.0, 2: 1.0}))
    assert two == 2 * one > 0


def test_a_budget_in_sight_is_a_line() -> None:
    assert count(dots(bar_chart({1: 1.0}, "2026-11", 1.5)), LIMIT) > 0
    assert count(dots(bar_chart({1: 1.0}, "2026-11", 50.0)), LIMIT) == 0
    assert count(dots(bar_chart({1: 1.0}, "2026-11")), LIMIT) == 0


@given(st.dictionaries(st.integers(1, 31), st.floats(0, 1e6), max_size=31), st.none() | st.floats(0.01, 1e6))
def test_whatever_was_spent_can_be_drawn(usd: Mapping[int, float], limit_usd: float | None) -> None:
    assert count(dots(bar_chart(usd, "2026-11 $1.23", limit_usd)), PAPER) > 0


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
