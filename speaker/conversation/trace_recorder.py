"""What is told of a conversation when it is over: its trace, what it cost, and why it ended."""

import logging
from typing import Any, Final

from speaker.audio.pcm import WAKE_HZ, samples_to_ms
from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.conversation.short_memory import ShortMemory
from speaker.conversation.trace import Trace
from speaker.cost.budget_guard import CLOUD
from speaker.cost.cost_tracker import CostTracker, now_here
from speaker.hub.mqtt_api import MqttApi
from speaker.listening.sample_audit import SampleAudit
from speaker.realtime.protocol.objects import Response
from speaker.store.store import Ledger
from speaker.tools.result import ToolResult

log = logging.getLogger(__name__)

BUTTON: Final = "button"
"""The wake word of a conversation that no word began."""

CLAIMED: Final = "claimed"
"""How a conversation ends that another speaker holds: nothing is told of it."""


class TraceRecorder:
    """One conversation after the other. Moments are seconds on the loop's clock."""

    def __init__(
        self, accounts: CostTracker, hub: MqttApi, ledger: Ledger, recall: ShortMemory, *, with_words: bool
    ) -> None:
        """``with_words``: whether the words that were said stand in the trace."""
        self._accounts = accounts
        self._hub = hub
        self._ledger = ledger
        self._recall = recall
        self._with_words = with_words
        self._trace: Trace | None = None

    @property
    def open(self) -> bool:
        """Whether a conversation is under way."""
        return self._trace is not None

    def begin(self, event: Event, now: float, overflows: int) -> str:
        """A conversation begins, with this event; the wake word that began it."""
        word, score = (event.word, event.score) if isinstance(event, events.Woken) else (BUTTON, 0.0)
        self._accounts.begin()
        self._trace = Trace(now, word, score, overflows=overflows)
        return word

    def note(self, event: Event, now: float, session: int) -> None:
        """Something happens in it; ``session`` is the number of the present one."""
        if self._trace is None:
            return
        match event:
            case events.Prompted():
                self._accounts.purpose = "ask"
            case events.SpeechBegan():
                self._accounts.purpose = "turn"
            case events.SpeechEnded() | events.TurnEnded():
                self._trace.speech_ended(now)
            case events.PlaybackBegan():
                self._trace.sounded(now)
            case events.ResponseBegan(session=number, response=response) if number == session:
                self._accounts.began(response)
            case _:
                pass

    def sent(self, now: float) -> None:
        """Sound goes to the session."""
        if self._trace is not None and self._trace.sent_at is None:
            self._trace.sent_at = now

    def opened(self, now: float, endpoint: str) -> None:
        """A session takes sound."""
        if self._trace is not None:
            self._trace.opened(now, endpoint)

    def book(self, response: Response, endpoint: str) -> None:
        """A response has ended."""
        if self._trace is not None:
            self._trace.pay(self._accounts.book(response, endpoint))

    def ran(self, name: str, ran: ToolResult, took_s: float) -> None:
        """A tool has run."""
        log.info("= tool %s: %s in %d ms", name, "done" if ran.ok else "not done", 1000 * took_s)
        self._hub.event({"type": "tool", "name": name, "ok": ran.ok, "confirmed": ran.confirmed})
        if self._trace is not None:
            self._trace.tool(name, ok=ran.ok, confirmed=ran.confirmed, took_s=took_s)

    def said(self, who: str, words: str, now: float) -> None:
        """Words of the user or the assistant."""
        log.debug("%s: %s", who, words)
        self._recall.said(who, words, now)
        if self._trace is not None and self._with_words:
            self._trace.words.append({"who": who, "text": words})

    def end(self, now: float, why: str, *, audit: SampleAudit, sent_bytes: int, overflows: int) -> str:
        """The conversation is over: tell the hub. Returns why it ended, which a budget may know better."""
        trace, self._trace = self._trace, None
        if trace is None:
            return why
        for paid in self._accounts.end(trace.endpoint, now - (trace.opened_at or now)):
            trace.pay(paid)
        if why == CLAIMED:
            return why
        if trace.endpoint == CLOUD and audit.spared:
            self._accounts.kept_silent(samples_to_ms(audit.spared, WAKE_HZ))
        trace.number = self._accounts.turn
        ended_by = self._accounts.why_ended(why, trace.endpoint)
        if ended_by == "no_speech":
            self._ledger.count("not_for_me", now_here().date())
            told: dict[str, Any] = {"type": "not_for_me", "wake_word": trace.wake_word, "score": round(trace.score, 3)}
        else:
            trace.hear_out(audit, sent_bytes, overflows)
            told = trace.event(now, ended_by, with_words=self._with_words)
        log.info("= %s", told)
        self._hub.event(told)
        return ended_by
