"""What conversations cost: every response is booked as it ends, and the budgets say how to go on.

The sound of the present conversation is tallied here, so that answers whose usage is not told are estimated,
and what was paid for and not heard is known.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from speaker.config.prices import Price, price_of
from speaker.config.settings import Settings
from speaker.cost.audio_tally import AudioTally
from speaker.cost.budget_guard import CLOUD, BudgetGuard
from speaker.cost.entries import LedgerEntry, Purpose, Saving
from speaker.cost.pricing import cost_usd, kinds_usd, session_usd, sound_in_usd, sound_out_usd, transcription_usd
from speaker.cost.spending_ledger import SpendingLedger
from speaker.cost.tokens import (
    ASSISTANT_MS_PER_TOKEN,
    Paid,
    Tokens,
    TranscriptionUsage,
    estimated,
    opening_tokens,
    output_of,
    prompt_tokens,
)
from speaker.realtime.protocol.objects import Response, Session, Usage
from speaker.realtime.services import profile_of
from speaker.realtime.session_config import opening

SENTENCE_MS: Final = 3500
"""How long a confirmation in words takes: what the answers of a household's day take on average (tests.bench.cost)."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A booked response that may still turn out to be heard only in part."""

    number: int | None
    items: Sequence[str]
    billed_ms: float
    price: Price | None
    usage: Usage


def now_here() -> datetime:
    """The time in the house's time zone."""
    return datetime.now().astimezone()


class CostTracker:
    """The books of one speaker."""

    def __init__(
        self, settings: Settings, ledger: SpendingLedger, tell: Callable[[dict[str, Any]], None],
        now: Callable[[], datetime] = now_here,
    ) -> None:  # fmt: skip
        """``tell`` publishes an event; ``now`` is aware of the house's time zone."""
        self._settings = settings
        self._ledger = ledger
        self._now = now
        self.budget_guard = BudgetGuard(settings, ledger, tell, now)
        self._model = settings.session.model
        self._prompt = 0
        self.purpose: Purpose = "turn"
        """What the next response answers: what was said, or what was written."""
        self.turn = 0
        """Number of the present conversation, once something of it is paid for; 0 until then."""
        self._tally = AudioTally()
        self._answers: list[_Answer] = []
        self._begun: set[str] = set()
        self._done: set[str] = set()

    # The present conversation.

    def session(self, house: str, tools: Sequence[dict[str, Any]]) -> Session:
        """What is asked of the next session under the present plan; begins to count for it."""
        plan = self.budget_guard.plan
        wanted = opening(self.budget_guard.planned(plan), house, tools, plan.instruction)
        self._model, self._prompt = plan.model or self._settings.session.model, prompt_tokens(wanted)
        self._forget()
        self._note_opening(str(opening_tokens(wanted, house)))
        return wanted

    def _note_opening(self, counts: str) -> None:
        """Keep what a session begins with, for the report; it seldom changes."""
        if counts != self._ledger.chosen("opening_tokens"):
            self._ledger.choose("opening_tokens", counts)

    def begin(self) -> None:
        """A conversation begins. Nothing is written yet: whoever woke the speaker must not wait for a disk."""
        self.turn, self.purpose = 0, "turn"

    def _forget(self) -> None:
        self._tally, self._answers = AudioTally(), []
        self._begun, self._done = set(), set()

    def began(self, response: str) -> None:
        """The service makes a response: it is paid for, even if its end is never heard of."""
        self._begun.add(response)

    def heard(self, ms: float) -> None:
        """So much sound of the user was sent."""
        self._tally.heard_ms += ms

    def said(self, item: str, ms: float) -> None:
        """So much sound of an answer has come."""
        self._tally.deliver(item, ms)

    def cut(self, cuts: Iterable[tuple[str, float]]) -> None:
        """Items that were interrupted, each after so many ms; what was booked for them is waste from there on."""
        for item, heard_ms in cuts:
            self._tally.cut(item, heard_ms)
            for answer in self._answers:
                if item in answer.items and answer.number is not None:
                    self._ledger.waste(answer.number, *self._waste(answer.items, answer.billed_ms, answer.price))

    def book(self, response: Response, endpoint: str) -> Paid | None:
        """A response has ended; None when it is not paid for."""
        self._done.add(response.id)
        if response.usage is None and response.status == "failed":
            return None
        # Some servers leave the items out.
        items = [item.id for item in response.output if item.id] or self._tally.open_items
        paid = self._book(items, response.usage, endpoint)
        calls = sum(item.type == "function_call" for item in response.output)
        if calls > 1 and endpoint == CLOUD:
            self._save_batch(paid.usage, calls - 1)
        return paid

    def end(self, endpoint: str, open_s: float) -> list[Paid]:
        """The conversation has ended; responses that never came to an end are paid for too, by an estimate.

        ``open_s``: how long the session was open, which some services charge.
        """
        price = self._price(endpoint)
        if price is not None and (usd := session_usd(open_s, price)):
            self._write(LedgerEntry(
                at=self._now(), model=self._model, endpoint=endpoint, cost_usd=usd,
                purpose="session", seconds=max(open_s, price.session_min_s),
            ))  # fmt: skip
        unfinished = max(len(self._begun - self._done), bool(self._tally.open_items))
        paid = [self._book(self._tally.open_items, None, endpoint) for _ in range(unfinished)]
        self._forget()
        return paid

    def transcribed(self, told: dict[str, Any] | None, endpoint: str) -> None:
        """The user's words were written down by another model, which is paid apart.

        Where the service does not say what it used, the sound since the session opened is the estimate.
        """
        session = self._settings.session
        # Without a configured one, only answers to questions of the speaker's own are written down.
        model = session.transcription or profile_of(session.url, session.service).transcriber
        price = price_of(model, self._settings.cost.prices) if model else None
        if price is None or endpoint != CLOUD:
            return
        said = TranscriptionUsage.read(told)
        used = said or TranscriptionUsage(seconds=self._tally.heard_ms / 1000)
        usd, tokens = transcription_usd(used, price)
        self._write(LedgerEntry(
            at=self._now(), model=model, endpoint=endpoint, cost_usd=usd, tokens=tokens,
            purpose="transcription", seconds=used.seconds or 0.0, estimated=said is None,
        ))  # fmt: skip

    # What is saved.

    @property
    def _usual_price(self) -> Price | None:
        """That of the configured model, whatever the budgets ask for just now."""
        return price_of(self._settings.session.model, self._settings.cost.prices)

    def answered_here(self, heard_ms: float, said_ms: float) -> None:
        """A turn that the service did not answer: neither its sound, nor the prompt, nor the answer is paid for.

        The service would have been asked twice, for a call and for the sentence; the first time it would have read
        the prompt anew, if nothing of this session was answered there before.
        """
        price = self._usual_price
        cached = self._prompt if not self._answers else 2 * self._prompt
        prompts = Tokens(text_in=2 * self._prompt, text_cached=cached)
        read_usd = sum(kinds_usd(prompts, price).values()) if price is not None else 0.0
        self.saved("local", heard_ms=heard_ms, said_ms=said_ms, more_usd=read_usd)

    def kept_silent(self, ms: float) -> None:
        """So much sound was not sent, since nobody spoke in it.

        It is worth something only where sound is sold by the minute: by the token a service charges what it was
        asked to answer, and it drops silence itself.
        """
        price = self._usual_price
        usd = ms / 60_000 * (price.audio_in_usd_per_minute or 0) if price is not None else 0.0
        self._ledger.save("silence", self._now().date(), usd=usd, seconds=ms / 1000)

    def saved(self, what: Saving, *, heard_ms: float = 0.0, said_ms: float = 0.0, more_usd: float = 0.0) -> None:
        """Sound that needed no cloud; it is worth what the configured model would have asked for it."""
        price = self._usual_price
        usd = sound_in_usd(heard_ms, price) + sound_out_usd(said_ms, price) if price is not None else 0.0
        self._ledger.save(what, self._now().date(), usd=usd + more_usd, seconds=(heard_ms + said_ms) / 1000)

    def _save_batch(self, usage: Usage, spared: int) -> None:
        """Calls that are answered together spare a response each, which would have read the conversation again."""
        self._ledger.save("batched", self._now().date(), usd=spared * self._again_usd(usage), times=spared)

    def _again_usd(self, usage: Usage) -> float:
        """What it costs to read again, from the cache, what a response has read."""
        tokens, price = Tokens.of(usage), self._price(CLOUD)
        again = Tokens(
            text_in=tokens.text_in, text_cached=tokens.text_in, audio_in=tokens.audio_in, audio_cached=tokens.audio_in
        )
        return sum(kinds_usd(again, price).values()) if price is not None else 0.0

    def kept_quiet(self) -> None:
        """A sound was answer enough: no sentence was asked for, which would have read the conversation again."""
        again_usd = self._again_usd(self._answers[-1].usage) if self._answers else 0.0
        self.saved("quiet", said_ms=SENTENCE_MS, more_usd=again_usd)

    def spoke(self, ms: float, cached: bool) -> None:
        """The offline voice has said so much; from disk, or in place of the model, which then only wrote."""
        if cached:
            self.saved("cached", said_ms=ms)
        elif self._settings.session.output == "text":
            self.saved("text", said_ms=ms)

    def _book(self, items: Sequence[str], usage: Usage | None, endpoint: str) -> Paid:
        guess = usage is None
        if usage is None:
            said_ms = self._tally.made(items, 0).generated_ms
            usage = estimated(self._tally.heard_ms, said_ms, before_ms=self._tally.before_ms, prompt=self._prompt)
        self._tally.complete(items)
        price = self._price(endpoint)
        usd = cost_usd(usage, price) if price is not None else 0.0
        billed_ms = float((output_of(usage).audio_tokens or 0) * ASSISTANT_MS_PER_TOKEN)
        unheard_ms, waste_usd = self._waste(items, billed_ms, price)
        number = self._write(LedgerEntry(
            at=self._now(), model=self._model if endpoint == CLOUD else endpoint, endpoint=endpoint,
            cost_usd=usd, tokens=Tokens.of(usage), purpose=self.purpose, estimated=guess,
            unheard_ms=unheard_ms, waste_usd=waste_usd,
        ))  # fmt: skip
        self._answers.append(_Answer(number, items, billed_ms, price, usage))
        return Paid(usage, usd, guess)

    def _waste(self, items: Sequence[str], billed_ms: float, price: Price | None) -> tuple[int, float]:
        """What nobody heard of an answer: ms and USD."""
        unheard_ms = self._tally.made(items, billed_ms).unheard_ms
        return round(unheard_ms), sound_out_usd(unheard_ms, price) if price is not None else 0.0

    def _write(self, one: LedgerEntry) -> int | None:
        self.turn = self.turn or self._ledger.begin_turn(one.at)
        number = self._ledger.book(dataclasses.replace(one, turn=self.turn))
        if one.endpoint == CLOUD:
            self.budget_guard.warn()
        return number

    def _price(self, endpoint: str) -> Price | None:
        return price_of(self._model, self._settings.cost.prices) if endpoint == CLOUD else None
