"""Books what a conversation costs, and ends it when nothing more may be spent."""

from collections.abc import Callable, Sequence
from typing import Any

from speaker.audio.pcm import WAKE_HZ, samples_to_ms
from speaker.audio.playback_queue import PlayedItem
from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.conversation.inbox import Post
from speaker.conversation.observers import End, Observer
from speaker.cost.budget_guard import CLOUD
from speaker.cost.cost_tracker import SENTENCE_MS, CostTracker
from speaker.realtime.protocol.objects import Response


class CostObserver(Observer):
    """Stands before the trace in the list of observers: what is paid is told on as soon as it is booked."""

    def __init__(
        self,
        cost: CostTracker,
        post: Post,
        observers: Observer,
        *,
        session: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        """``session``: the number of the present session; ``clock`` gives monotonic seconds."""
        self._cost = cost
        self._post = post
        self._observers = observers
        self._session = session
        self._clock = clock
        self._endpoint = ""
        self._opened_at: float | None = None
        self._under_way = False

    def began(self, event: Event, overflows: int) -> None:  # noqa: ARG002 - as observers are told
        """Begin a new conversation in the books."""
        self._cost.begin()
        self._endpoint, self._opened_at, self._under_way = "", None, True

    def happened(self, event: Event) -> None:
        """Note what the next response answers, and which one has begun."""
        match event:
            case events.Prompted():
                self._cost.purpose = "ask"
            case events.SpeechBegan():
                self._cost.purpose = "turn"
            case events.ResponseBegan(session=number, response=response) if number == self._session():
                self._cost.began(response)
            case _:
                pass

    def opened(self, endpoint: str) -> None:
        """Note who answers, and since when."""
        self._endpoint = endpoint
        self._opened_at = self._opened_at or self._clock()

    def sound_sent(self, ms: float, *, awake: bool) -> None:  # noqa: ARG002 - it is paid for in any case
        """Count what the service hears."""
        self._cost.heard(ms)

    def sound_came(self, item: str, ms: float) -> None:
        """Count what the service says."""
        self._cost.said(item, ms)

    def interrupted(self, heard: Sequence[PlayedItem]) -> None:
        """Note what nobody heard."""
        self._cost.cut((one.item, one.played_ms) for one in heard)

    def booked(self, response: Response) -> None:
        """Book a response; when the budget is used up by it, the conversation ends with this answer."""
        if not self._under_way:
            return
        paid = self._cost.book(response, self._endpoint)
        if paid is not None:
            self._observers.paid(paid)
        if self._endpoint == CLOUD and self._cost.budget_guard.used_up:
            self._post(events.BudgetUsedUp(self._session()))

    def transcribed(self, usage: dict[str, Any] | None) -> None:
        """Book what writing down cost."""
        self._cost.transcribed(usage, self._endpoint)

    def kept_quiet(self) -> None:
        """Note a sentence that was not needed."""
        self._cost.kept_quiet()

    def answered_here(self, heard_ms: float, said_ms: float | None) -> None:
        """Note a turn that needed no service."""
        self._cost.answered_here(heard_ms, SENTENCE_MS if said_ms is None else said_ms)

    def ended(self, end: End) -> None:
        """Book what was never told of, and what was never sent."""
        self._under_way = False
        now = self._clock()
        for paid in self._cost.end(self._endpoint, now - (self._opened_at or now)):
            self._observers.paid(paid)
        if end.why != events.CLAIMED and self._endpoint == CLOUD and end.audit.spared:
            self._cost.kept_silent(samples_to_ms(end.audit.spared, WAKE_HZ))
