"""The bill of the cost benchmark: the same tokens at two prices, and what is claimed beside what was measured."""

import msgspec
import pytest

from speaker.cost.tokens import Tokens
from speaker.demo.virtual_house import demo_devices
from tests.bench.bill import (
    BIG,
    GATED,
    MINI,
    OPEN,
    TALKED,
    TEXT,
    Day,
    bill_rows,
    claim_rows,
    day_usd,
    saving,
    talk_rows,
)
from tests.bench.day import COMMANDS, CONVERSATIONS, FALSE_WAKES, moments, more_devices, with_talk

TOKENS = Tokens(
    text_in=200_000, text_cached=100_000, text_out=1_000, audio_in=4_000, audio_cached=2_000, audio_out=5_000
)
BIG_USD = (100_000 * 4 + 100_000 * 0.4 + 1_000 * 24 + 2_000 * 32 + 2_000 * 0.4 + 5_000 * 64) / 1e6
MINI_USD = (100_000 * 0.6 + 100_000 * 0.06 + 1_000 * 2.4 + 2_000 * 10 + 2_000 * 0.3 + 5_000 * 20) / 1e6


def day(variant: str, tokens: Tokens, **saved: float) -> Day:
    return Day(
        variant=variant, said=60, heard=59, meant=50, understood=48, sessions=48, responses=100, estimated_usd=0.0,
        tokens={name: getattr(tokens, name) for name in Tokens.__dataclass_fields__}, saved_usd=dict(saved),
        saved_s={}, took_s=600.0, missed=[], opening=0,
    )  # fmt: skip


def test_the_same_tokens_are_priced_for_two_models() -> None:
    one = day(GATED, TOKENS)
    assert day_usd(one, BIG) == pytest.approx(BIG_USD)
    assert day_usd(one, MINI) == pytest.approx(MINI_USD)


def test_a_claim_holds_for_one_model_and_not_for_the_other() -> None:
    silent = Tokens(text_in=100_000, text_out=1_000, audio_in=2_000)
    loud = silent + Tokens(audio_out=20_000)
    rows = {row[0]: row for row in claim_rows({GATED: day(GATED, loud), TEXT: day(TEXT, silent)})}
    assert rows[TEXT] == [TEXT, "60-70 %", *["72.4 %", "82.9 %", "yes / yes"] * 2]
    rows = {row[0]: row for row in claim_rows({GATED: day(GATED, TOKENS), TEXT: day(TEXT, silent)})}
    assert rows[TEXT][-1] == "no / no"
    assert "client VAD" not in rows, "what was not played is not judged"


def test_batching_is_worth_what_the_ledger_says_and_less_for_the_cheaper_model() -> None:
    days = {GATED: day(GATED, TOKENS, batched=BIG_USD)}
    assert saving("batched calls", days, BIG) == pytest.approx(50)
    # Text that was read before costs a seventh with the cheaper model, sound three quarters.
    spared_usd = BIG_USD * (200_000 * 0.06 + 4_000 * 0.3) / (204_000 * 0.4)
    assert saving("batched calls", days, MINI) == pytest.approx(100 * spared_usd / (spared_usd + MINI_USD))


def test_openings_that_the_service_still_knows_are_not_read_anew() -> None:
    one = msgspec.structs.replace(day(GATED, TOKENS), opening=2_400)
    # 100,000 tokens were read for the first time: 41 openings, of which the first is new in any case.
    spared_usd = 40 * 2_400 * (4 - 0.4) / 1e6
    assert day_usd(one, BIG, kept=True) == pytest.approx(BIG_USD - spared_usd)
    assert day_usd(one, BIG) == pytest.approx(BIG_USD)
    days = {GATED: one, TEXT: msgspec.structs.replace(one, variant=TEXT, tokens=one.tokens | {"audio_out": 0})}
    assert saving(TEXT, days, BIG, kept=True) == pytest.approx(100 * 5_000 * 64 / 1e6 / (BIG_USD - spared_usd))


def test_talk_makes_an_open_session_dearer_than_a_woken_one() -> None:
    words = Tokens(audio_in=48_000)
    days = {GATED: day(GATED, words + words), OPEN: day(OPEN, words), TALKED: day(TALKED, words + words)}
    days[TALKED] = msgspec.structs.replace(days[TALKED], said=days[OPEN].said + 48)
    assert [row[-2:] for row in talk_rows(days)] == [["0.0320", "48"], ["0.0100", "48"]]
    assert list(talk_rows({GATED: days[GATED], OPEN: days[OPEN]})) == []


def test_every_row_is_as_wide_as_the_table_and_compared_with_the_gated_day() -> None:
    rows = list(bill_rows([day(GATED, TOKENS), day(TEXT, TOKENS + TOKENS)]))
    assert {len(row) for row in rows} == {14}
    assert rows[1][8:10] == ["200.0 %", "200.0 %"]
    assert rows[2][7:9] == [f"{MINI_USD:.4f}", f"{100 * MINI_USD / BIG_USD:.1f} %"]


def test_days_come_back_from_their_file() -> None:
    days = [day(GATED, TOKENS, batched=0.1)]
    assert msgspec.json.decode(msgspec.json.encode(days), type=list[Day]) == days


def test_the_day_has_what_it_says() -> None:
    whole = moments()
    assert (len(COMMANDS), len(FALSE_WAKES), [len(one) for one in CONVERSATIONS]) == (40, 5, [5, 5, 5])
    assert sorted(map(repr, whole)) == sorted(map(repr, [*COMMANDS, *FALSE_WAKES, *CONVERSATIONS]))
    assert all(moment[0].text.startswith("Hey Jarvis") for moment in whole)
    assert with_talk(whole)[::2] == whole
    assert len({one.key for one in [*demo_devices(), *more_devices()]}) == 5 + len(more_devices())
