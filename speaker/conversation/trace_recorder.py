"""Records the trace of each conversation, and tells it when the conversation is over."""

import logging
from collections.abc import Callable
from typing import Any, Final

from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.conversation.observers import End, Observer, ToolCall
from speaker.conversation.trace import Trace
from speaker.cost.tokens import Paid
from speaker.tools.result import ToolResult

log = logging.getLogger(__name__)

BUTTON: Final = "button"
"""The wake word of a conversation that no word began."""


class TraceRecorder(Observer):
    """One conversation after the other. Moments are seconds on the clock."""

    def __init__(
        self,
        tell: Callable[[dict[str, Any]], None],
        *,
        clock: Callable[[], float],
        turn_number: Callable[[], int],
        not_for_me: Callable[[], None],
        with_words: bool,
    ) -> None:
        """``tell`` publishes an event; ``turn_number`` is what the ledger calls the present conversation.

        ``not_for_me`` counts a wake word behind which nobody spoke; ``with_words``: whether the words that were said
        stand in the trace.
        """
        self._tell = tell
        self._clock = clock
        self._turn_number = turn_number
        self._not_for_me = not_for_me
        self._with_words = with_words
        self._trace: Trace | None = None

    def began(self, event: Event, overflows: int) -> None:
        """Begin a new page."""
        word, score = (event.word, event.score) if isinstance(event, events.Woken) else (BUTTON, 0.0)
        self._trace = Trace(self._clock(), word, score, overflows=overflows)

    def happened(self, event: Event) -> None:
        """Note when the user finished and the answer began."""
        if self._trace is None:
            return
        match event:
            case events.SpeechEnded() | events.TurnEnded():
                self._trace.speech_ended(self._clock())
            case events.PlaybackBegan():
                self._trace.sounded(self._clock())
            case _:
                pass

    def sound_sent(self, ms: float, *, awake: bool) -> None:  # noqa: ARG002 - as observers are told
        """Note when the first sound was sent."""
        if self._trace is not None and self._trace.sent_at is None:
            self._trace.sent_at = self._clock()

    def opened(self, endpoint: str) -> None:
        """Note who answers."""
        if self._trace is not None:
            self._trace.opened(self._clock(), endpoint)

    def paid(self, paid: Paid) -> None:
        """Add what a response used and cost."""
        if self._trace is not None:
            self._trace.pay(paid)

    def tool_ran(self, call: ToolCall, result: ToolResult, took_s: float) -> None:
        """Note a tool."""
        log.info("= tool %s: %s in %d ms", call.name, "done" if result.ok else "not done", 1000 * took_s)
        if self._trace is not None:
            self._trace.tool(call.name, ok=result.ok, confirmed=result.confirmed, took_s=took_s)

    def said(self, who: str, words: str) -> None:
        """Note the words, if they are to stand in the trace."""
        log.debug("%s: %s", who, words)
        if self._trace is not None and self._with_words:
            self._trace.words.append({"who": who, "text": words})

    def ended(self, end: End) -> None:
        """Tell the trace, unless another speaker holds the conversation."""
        trace, self._trace = self._trace, None
        if trace is None or end.why == events.CLAIMED:
            return
        trace.number = self._turn_number()
        if end.why == "no_speech":
            self._not_for_me()
            told: dict[str, Any] = {"type": "not_for_me", "wake_word": trace.wake_word, "score": round(trace.score, 3)}
        else:
            trace.hear_out(end.audit, end.sent_bytes, end.overflows)
            told = trace.event(self._clock(), end.why, with_words=self._with_words)
        log.info("= %s", told)
        self._tell(told)
