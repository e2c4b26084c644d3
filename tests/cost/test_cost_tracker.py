"""The books of a speaker: what is booked, what is estimated, what is wasted, and what a budget does."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from speaker.config.loading import load_settings
from speaker.cost.cost_tracker import CostTracker
from speaker.cost.entries import SpendingRow
from speaker.cost.tokens import Tokens, prompt_tokens
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint, Failover
from speaker.realtime.protocol.objects import Audio, InputTokens, Item, OutputTokens, Response, Usage
from speaker.speech.phrases import BUDGET_TOLD, apology
from speaker.store.store import Ledger

HOUSE = timezone(timedelta(hours=1))
BIG, MINI = "gpt-realtime-2.1", "gpt-realtime-2.1-mini"
CLOUD = Endpoint("cloud", Target("wss://example.org", BIG))
OFFLINE = Endpoint("offline", Target("ws://127.0.0.1:1", "offline"))


@dataclass
class Desk:
    """Accounts with a clock that is set by hand."""

    ledger: Ledger
    cost: dict[str, Any]
    session: dict[str, Any]
    time: datetime = datetime(2026, 11, 30, 12, tzinfo=HOUSE)
    told: list[dict[str, Any]] = field(default_factory=list)
    accounts: CostTracker = field(init=False)

    def __post_init__(self) -> None:
        settings = load_settings({"cost": self.cost, "session": {"model": BIG} | self.session}, "pi")
        self.accounts = CostTracker(settings, self.ledger, self.told.append, lambda: self.time)

    def open(self) -> None:
        """A conversation begins, and its session opens."""
        self.accounts.begin()
        self.accounts.session("", [])

    def spend(self, usd: float) -> None:
        """A response that costs so much: output text of the big model, or what stands for it."""
        self.accounts.book(
            response(usage=Usage(output_token_details=OutputTokens(text_tokens=round(usd * 1e6 / 24)))), "cloud"
        )

    def step(self) -> tuple[str, str]:
        """The step that holds, and of which budget."""
        return self.accounts.budget_guard.plan.step, self.accounts.budget_guard.plan.period

    @property
    def lines(self) -> list[SpendingRow]:
        return self.ledger.lines(self.time.date())


@contextmanager
def desk(file: Path = Path(":memory:"), session: dict[str, Any] | None = None, **cost: Any) -> Iterator[Desk]:
    with closing(Ledger(file)) as ledger:
        yield Desk(ledger, cost, session or {})


def response(*items: str, usage: Usage | None = None, status: str = "completed") -> Response:
    output = [Item(type="message", id=item, role="assistant") for item in items]
    return Response(id="resp_1", status=status, output=output, usage=usage)


def spoken(audio_out: int) -> Usage:
    return Usage(
        input_token_details=InputTokens(text_tokens=1000, audio_tokens=40),
        output_token_details=OutputTokens(text_tokens=10, audio_tokens=audio_out),
    )


def test_a_response_is_booked_with_all_that_is_known_of_it() -> None:
    with desk() as it:
        it.open()
        it.accounts.said("a", 1000)
        paid = it.accounts.book(response("a", usage=spoken(20)), "cloud")
        (line,) = it.lines
    assert paid is not None
    assert paid.cost_usd == line.cost_usd == pytest.approx((1000 * 4 + 40 * 32 + 10 * 24 + 20 * 64) / 1e6)
    assert (line.day, line.model, line.endpoint, line.purpose) == (date(2026, 11, 30), BIG, "cloud", "turn")
    assert line.tokens == Tokens(text_in=1000, text_out=10, audio_in=40, audio_out=20)
    assert (line.estimated_usd, line.unheard_ms, line.waste_usd) == (0, 0, 0)


def test_the_offline_server_is_booked_without_a_price() -> None:
    with desk() as it:
        it.open()
        paid = it.accounts.book(response(usage=spoken(20)), "offline")
        (line,) = it.lines
    assert paid is not None
    assert (paid.cost_usd, line.model, line.cost_usd) == (0, "offline", 0)


def test_what_the_service_does_not_say_is_estimated_and_marked() -> None:
    with desk(session={"instructions": "x" * 4000}) as it:
        it.open()
        it.accounts.heard(3000)
        it.accounts.said("a", 2000)
        first = it.accounts.book(response("a"), "cloud")
        it.accounts.heard(1000)
        it.accounts.said("b", 500)
        second = it.accounts.book(response("b", status="cancelled"), "cloud")
        assert it.accounts.book(response(status="failed"), "cloud") is None
        (line,) = it.lines
    assert first is not None
    assert second is not None
    assert first.estimated
    one, two = Tokens.of(first.usage), Tokens.of(second.usage)
    assert one.text_in > 1000
    assert (one.audio_in, one.audio_out) == (30, 40)
    assert (two.audio_in, two.audio_out) == (40 + 40, 10), "the conversation is read again"
    assert line.estimated_usd == line.cost_usd == pytest.approx(first.cost_usd + second.cost_usd)


def test_an_answer_that_is_interrupted_after_it_was_booked_is_waste() -> None:
    with desk() as it:
        it.open()
        it.accounts.said("a", 5000)
        it.accounts.book(response("a", usage=spoken(100)), "cloud")
        it.accounts.cut([("a", 2000)])
        (line,) = it.lines
    assert line.unheard_ms == 3000
    assert line.waste_usd == pytest.approx(60 * 64 / 1e6)


def test_an_answer_whose_items_are_not_named_was_heard_all_the_same() -> None:
    with desk() as it:
        it.open()
        it.accounts.said("a", 1000)
        it.accounts.book(response(usage=spoken(20)), "cloud")
        it.accounts.cut([("a", 400)])
        assert it.accounts.end("cloud", 1) == []
        (line,) = it.lines
    assert line.unheard_ms == 600


def test_an_answer_that_is_interrupted_while_it_is_made_is_waste() -> None:
    with desk() as it:
        it.open()
        it.accounts.said("a", 5000)
        it.accounts.cut([("a", 2000)])
        it.accounts.book(response("a", usage=spoken(120), status="cancelled"), "cloud")
        (line,) = it.lines
    assert line.unheard_ms == 4000, "the service had made a second more than it could send"


def test_an_answer_that_nobody_waited_for_is_paid_for() -> None:
    """The conversation ends while the service is speaking; its count never comes."""
    with desk() as it:
        it.open()
        it.accounts.heard(2000)
        it.accounts.said("a", 4000)
        it.accounts.cut([("a", 1000)])
        (paid,) = it.accounts.end("cloud", 10)
        assert it.accounts.end("cloud", 10) == []
        (line,) = it.lines
    assert paid.estimated
    assert (line.tokens.audio_out, line.unheard_ms) == (80, 3000)
    assert line.estimated_usd == line.cost_usd > 0


def test_a_response_that_was_begun_in_vain_is_paid_for() -> None:
    """It was stopped before its first sound, or its session was lost: what it read was read."""
    with desk() as it:
        it.open()
        it.accounts.heard(2000)
        for number in range(3):
            it.accounts.began(f"resp_{number}")
        it.accounts.book(Response(id="resp_1", status="completed", usage=spoken(20)), "cloud")
        paid = it.accounts.end("cloud", 10)
        assert it.accounts.end("cloud", 10) == []
    assert [Tokens.of(one.usage).audio_in for one in paid] == [20, 20]
    assert all(one.estimated and one.cost_usd > 0 for one in paid)


def test_an_open_second_costs_where_it_is_sold() -> None:
    with desk(session={"model": "gpt-live-1"}) as it:
        it.open()
        it.accounts.end("cloud", 60)
        it.open()
        it.accounts.end("offline", 60)
        (line,) = it.lines
    assert (line.purpose, line.seconds) == ("session", 60)
    assert line.cost_usd == pytest.approx(0.05, rel=1e-4)


@pytest.mark.parametrize(
    ("told", "seconds", "estimated"), [({"type": "duration", "seconds": 2.0}, 2.0, False), (None, 6.0, True)]
)
def test_writing_down_is_booked_apart(told: dict[str, Any] | None, seconds: float, estimated: bool) -> None:
    with desk(session={"transcription": "gpt-transcribe"}) as it:
        it.open()
        it.accounts.heard(6000)
        it.accounts.transcribed(told, "cloud")
        it.accounts.transcribed(told, "offline")
        (line,) = it.lines
    assert (line.model, line.purpose, line.seconds) == ("gpt-transcribe", "transcription", seconds)
    assert line.cost_usd == pytest.approx(seconds / 60 * 0.0045)
    assert bool(line.estimated_usd) == estimated


def test_an_answer_that_was_written_down_is_paid_by_the_model_of_the_service() -> None:
    """Nothing is configured to write down what people say, so it can only be an answer to the speaker's question."""
    told = {"type": "tokens", "input_tokens": 10, "output_tokens": 2, "total_tokens": 12}
    with desk() as it:
        it.open()
        it.accounts.transcribed(told, "cloud")
        (line,) = it.lines
    assert (line.model, line.purpose) == ("gpt-4o-mini-transcribe", "transcription")
    with desk(session={"url": "ws://box:8765/v1/realtime"}) as it:
        it.open()
        it.accounts.transcribed(told, "cloud")
        assert it.lines == []


def test_turns_are_numbered() -> None:
    with desk() as it:
        numbers = []
        for spends in (True, False, True):
            it.accounts.begin()
            for _ in range(2 * spends):
                it.spend(0.1)
            numbers.append(it.accounts.turn)
    assert numbers == [1, 0, 2], "a wake that nobody meant leaves no trace"


def test_the_ladder_changes_the_next_session() -> None:
    with desk(daily_usd=1.0) as it:
        plain = it.accounts.session("the house", [])
        assert plain.max_output_tokens is UNSET
        assert it.accounts.budget_guard.endpoints([CLOUD, OFFLINE], OFFLINE) == [CLOUD, OFFLINE]

        it.spend(0.7)
        short = it.accounts.session("the house", [])
        assert short.max_output_tokens == 600
        assert str(short.instructions).startswith(str(plain.instructions)), "what is stable stands first"
        assert "one short sentence" in str(short.instructions)
        assert it.accounts.budget_guard.endpoints([CLOUD, OFFLINE], OFFLINE) == [CLOUD, OFFLINE]

        it.spend(0.2)
        it.accounts.session("", [])
        first, second = it.accounts.budget_guard.endpoints([CLOUD, OFFLINE], OFFLINE)
        assert (first.target.model, first.target.url, second) == (MINI, CLOUD.target.url, OFFLINE)
        paid = it.accounts.book(response(usage=spoken(20)), "cloud")
        assert paid is not None
        assert paid.cost_usd == pytest.approx((1000 * 0.6 + 40 * 10 + 10 * 2.4 + 20 * 20) / 1e6)

        it.accounts.session("", [])
        assert it.step()[0] == "mini"
        it.spend(5)
        assert it.accounts.budget_guard.used_up
        assert it.accounts.budget_guard.endpoints([CLOUD, OFFLINE], OFFLINE) == [OFFLINE]
        assert it.accounts.budget_guard.refusal() is None


def test_own_limits_stay_when_they_are_tighter() -> None:
    with desk(session={"max_output_tokens": 200}, daily_usd=1.0) as it:
        it.spend(0.7)
        assert it.accounts.session("", []).max_output_tokens == 200


def test_a_model_that_thinks_is_asked_so_only_when_it_does() -> None:
    with desk(
        session={"model": "gpt-realtime-2", "reasoning_effort": "low"}, mini_model="gpt-realtime-mini", daily_usd=1.0
    ) as it:
        assert it.accounts.session("", []).reasoning is not UNSET
        it.spend(0.9)
        assert it.accounts.session("", []).reasoning is UNSET


def test_a_refusal_says_why_once() -> None:
    with desk(daily_usd=1.0, ladder=["refuse"]) as it:
        failover = Failover(
            lambda: it.accounts.budget_guard.endpoints([CLOUD, OFFLINE], OFFLINE), it.accounts.budget_guard.refusal
        )
        assert failover.candidates(0.0) == ([CLOUD, OFFLINE], None)
        it.spend(1.5)
        said = []
        for _ in range(3):
            answering, why = failover.candidates(0.0)
            assert answering == []
            said.append(apology(why, connected=False))
        assert said == ["Sorry, the budget for today is used up, so I don't answer until tomorrow.", "", ""]
        assert failover.first == ""
        it.time += timedelta(days=1)
        assert failover.candidates(0.0) == ([CLOUD, OFFLINE], None)


def test_a_refusal_for_the_month_names_the_month() -> None:
    with desk(monthly_usd=1.0, ladder=["refuse"]) as it:
        it.spend(1.5)
        it.time = it.time.replace(day=1)
        why = it.accounts.budget_guard.refusal()
        assert why is not None
        assert "this month" in apology(why, connected=False)
        it.time += timedelta(days=12)
        again = it.accounts.budget_guard.refusal()
        assert again is not None
        assert again.code == BUDGET_TOLD


def test_warnings_come_once_a_period_also_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    told: list[dict[str, Any]] = []
    for usd in (0.3, 0.3, 0.15, 0.1, 0.5):
        with desk(file, daily_usd=1.0, monthly_usd=10.0) as it:
            it.spend(usd)
            it.spend(0)
            told += it.told
    assert [(one["period"], one["share"], one["step"]) for one in told] == [
        ("day", 0.5, "short"),
        ("day", 0.8, "mini"),
        ("day", 1.0, "offline"),
    ]
    with desk(file, daily_usd=1.0, monthly_usd=2.0) as it:
        it.time += timedelta(days=-1)
        it.spend(0.6)
        assert [(one["period"], one["share"]) for one in it.told] == [("day", 0.5), ("month", 0.5), ("month", 0.8)]


def test_more_for_today_lifts_the_cap_and_warns_again() -> None:
    with desk(daily_usd=1.0, ladder=["refuse"]) as it:
        it.spend(1.0)
        assert it.accounts.budget_guard.refusal() is not None
        it.told.clear()
        it.accounts.budget_guard.raise_today(1.0)
        assert it.accounts.budget_guard.spending.raised_usd == 1.0
        assert it.accounts.budget_guard.refusal() is None
        it.spend(1.0)
        assert [(one["share"], one["cap_usd"]) for one in it.told] == [(0.8, 2.0), (1.0, 2.0)]
        again = it.accounts.budget_guard.refusal()
        assert again is not None
        assert apology(again, connected=False)
        it.accounts.budget_guard.raise_today(0)
        assert it.accounts.budget_guard.refusal() is not None
        it.time += timedelta(days=1)
        it.accounts.budget_guard.raise_today(0)
        assert it.step()[0] == "none"


def test_midnight_and_the_first_of_the_month_begin_anew() -> None:
    with desk(daily_usd=1.0, monthly_usd=1.5) as it:
        it.time = datetime(2026, 11, 29, 23, 59, 59, tzinfo=HOUSE)
        it.spend(1.0)
        assert it.step()[0] == "offline"
        it.time += timedelta(seconds=1)
        assert it.step() == ("short", "month")
        it.time += timedelta(days=1, seconds=-1)
        it.spend(0.6)
        assert it.step() == ("offline", "month")
        it.time += timedelta(seconds=1)
        assert it.time.date() == date(2026, 12, 1)
        assert it.step()[0] == "none"


def test_an_offline_speaker_has_no_budget() -> None:
    with desk(session={"endpoint": "offline"}, daily_usd=1.0, ladder=["refuse"]) as it:
        it.spend(5)
        assert it.accounts.budget_guard.refusal() is None
        assert it.accounts.budget_guard.endpoints([OFFLINE], OFFLINE) == [OFFLINE]


def test_a_saving_is_worth_what_the_cloud_would_have_asked() -> None:
    with desk() as it:
        it.accounts.saved("cached", said_ms=60_000)
        it.accounts.saved("local", heard_ms=60_000)
        cached, local = it.ledger.savings(it.time.date())
    assert (cached.what, cached.seconds, local.what) == ("cached", 60.0, "local")
    assert [cached.usd, local.usd] == pytest.approx([0.0768, 0.0192])


def test_the_voice_of_the_plan_is_that_of_the_settings() -> None:
    with desk(session={"voice": "cedar"}, daily_usd=1.0) as it:
        it.spend(0.95)
        wanted = it.accounts.session("", [])
        assert isinstance(wanted.audio, Audio)
        assert wanted.audio.output is not UNSET
        assert wanted.audio.output.voice == "cedar"


def test_calls_that_are_answered_together_spare_responses() -> None:
    calls = [Item(type="function_call", call_id=f"c{number}", name="set_light") for number in range(3)]
    with desk() as it:
        it.open()
        for output, endpoint in ((calls, "cloud"), (calls, "offline"), (calls[:1], "cloud")):
            it.accounts.book(Response(id="r", status="completed", output=output, usage=spoken(0)), endpoint)
        it.accounts.kept_quiet()
        batched, quiet = it.ledger.savings(it.time.date())
    assert (batched.what, batched.times) == ("batched", 2)
    assert batched.usd == pytest.approx(2 * (1000 * 0.4 + 40 * 0.4) / 1e6)
    assert (quiet.what, quiet.times, quiet.seconds) == ("quiet", 1, 3.5)
    assert quiet.usd == pytest.approx((1000 * 0.4 + 40 * 0.4 + 70 * 64) / 1e6)


def test_a_turn_that_is_answered_here_is_worth_what_it_would_have_cost() -> None:
    """Two responses would have read the prompt; the first anew, unless the service had read it before."""
    with desk(session={"instructions": "x" * 4000}) as it:
        it.accounts.begin()
        prompt = prompt_tokens(it.accounts.session("", []))
        it.accounts.answered_here(4_000, 1_500)
        (first,) = it.ledger.savings(it.time.date())
        it.accounts.book(response("a", usage=spoken(20)), "cloud")
        it.accounts.answered_here(4_000, 1_500)
        (both,) = it.ledger.savings(it.time.date())
    sound = (40 * 32 + 30 * 64) / 1e6
    assert first.usd == pytest.approx(sound + prompt * (4 + 0.4) / 1e6)
    assert both.usd - first.usd == pytest.approx(sound + 2 * prompt * 0.4 / 1e6)
    assert (both.what, both.times, both.seconds) == ("local", 2, 11)


@pytest.mark.parametrize(("by_minute", "worth"), [(None, 0), (0.06, 0.12)])
def test_silence_that_is_not_sent_is_worth_something_by_the_minute_only(by_minute: float | None, worth: float) -> None:
    priced = {"as_of": "2026-11-24", "audio_in_usd_per_minute": by_minute, "audio_out_usd_per_minute": 0.24}
    more: dict[str, Any] = {"session": {"model": "by-minute"}, "prices": {"by-minute": priced}} if by_minute else {}
    with desk(**more) as it:
        it.open()
        it.accounts.kept_silent(120_000)
        (silence,) = it.ledger.savings(it.time.date())
    assert (silence.what, silence.seconds) == ("silence", 120)
    assert silence.usd == pytest.approx(worth)


def test_what_was_written_is_booked_as_a_request_until_somebody_speaks() -> None:
    with desk() as it:
        it.open()
        it.accounts.purpose = "ask"
        it.accounts.book(response("a", usage=spoken(20)), "cloud")
        it.accounts.purpose = "turn"
        it.accounts.book(response("b", usage=spoken(20)), "cloud")
        it.accounts.purpose = "ask"
        it.open()
        it.accounts.book(response("c", usage=spoken(20)), "cloud")
        assert {(line.purpose, line.times) for line in it.lines} == {("ask", 1), ("turn", 2)}
