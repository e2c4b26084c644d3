"""Who wants to know what happens in a conversation, observes: cost, trace, short memory, the hub.

The conversation tells its observers and asks nothing of them; an observer that wants something puts an event into
the inbox. Every method is called on the event loop, returns at once, and does nothing unless it is overridden.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from speaker.audio.playback_queue import PlayedItem
from speaker.conversation.events import Event
from speaker.conversation.states import Duplex, State
from speaker.cost.tokens import Paid
from speaker.errors import About, SessionError, place_of
from speaker.listening.sample_audit import SampleAudit
from speaker.realtime.protocol.objects import Response
from speaker.tools.result import ToolResult
from speaker.wake.detector import Detection


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model or this machine made."""

    name: str
    arguments: str
    """As JSON."""


@dataclass(frozen=True, slots=True)
class End:
    """How a conversation ended, and what became of the sound in it."""

    why: str
    """As ``StateMachine.ended_by``."""
    audit: SampleAudit
    sent_bytes: int
    """Sound that went out, 16-bit mono at 24 kHz."""
    overflows: int
    """How often the microphone's driver dropped sound since the daemon began."""


class Observer:
    """Is told what happens. Override what is of interest."""

    def woken(self, detection: Detection) -> None:
        """A wake word was heard that this speaker answers."""

    def began(self, event: Event, overflows: int) -> None:
        """A conversation begins, with this event; the driver had dropped sound so often by then."""

    def happened(self, event: Event) -> None:
        """An event of the conversation that is under way, the first one included."""

    def state_changed(self, before: State, after: State, event: Event) -> None:
        """The state machine has entered another state."""

    def opened(self, endpoint: str) -> None:
        """A session takes sound: ``cloud`` or ``offline`` answers."""

    def refused(self, endpoint: str, why: SessionError) -> None:
        """An endpoint will not answer before somebody changes something."""

    def said(self, who: str, words: str) -> None:
        """Words of the ``user`` or the ``assistant``."""

    def transcribed(self, usage: dict[str, Any] | None) -> None:
        """The user's words were written down; what the service says that this used."""

    def sound_sent(self, ms: float, *, awake: bool) -> None:
        """So much microphone sound went to the session; while not ``awake`` there must be none."""

    def sound_came(self, item: str, ms: float) -> None:
        """So much sound of an answer's item came from the session."""

    def interrupted(self, heard: Sequence[PlayedItem]) -> None:
        """The loudspeaker was silenced; what was heard of each item of the session that was not heard in full."""

    def booked(self, response: Response) -> None:
        """A response has ended, with what it used."""

    def paid(self, paid: Paid) -> None:
        """A response was paid for."""

    def kept_quiet(self) -> None:
        """A sound was answer enough after tools that the service had called."""

    def answered_here(self, heard_ms: float, said_ms: float | None) -> None:
        """A turn was answered by this machine, in so many ms of speech, or by a sound alone (None)."""

    def tool_ran(self, call: ToolCall, result: ToolResult, took_s: float) -> None:
        """A tool has answered."""

    def duplex_chosen(self, mode: Duplex, reason: str) -> None:
        """The echo was measured, or could not be: what may interrupt an answer, and why."""

    def ended(self, end: End) -> None:
        """The conversation that was under way is over."""

    def changed(self) -> None:
        """Something else has changed that is shown of the speaker, such as its timers."""

    def trouble(self, problem: str, about: About = "conversation") -> None:
        """Something is wrong, or with an empty text is right again; it is logged already.

        ``about`` says with what: a microphone that is back says nothing of the loudspeaker.
        """


class Observers(Observer):
    """All of them as one, told in the order in which they were added.

    One that fails takes nothing from the others or from the conversation: its first failure at a place is handed on.
    """

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        """``failed`` is told what nobody foresaw."""
        self._observers: list[Observer] = []
        self._failed = failed
        self._places: set[str] = set()
        """Where something failed that has been told."""

    def add(self, observer: Observer) -> None:
        """Tell one more."""
        self._observers.append(observer)

    def _tell(self, news: Callable[[Observer], None]) -> None:
        for one in self._observers:
            try:
                news(one)
            except Exception as error:  # noqa: BLE001 - it is told, with its place
                if (place := place_of(error)) not in self._places:
                    self._places.add(place)
                    self._failed(error)

    def woken(self, detection: Detection) -> None:
        """Tell all."""
        self._tell(lambda one: one.woken(detection))

    def began(self, event: Event, overflows: int) -> None:
        """Tell all."""
        self._tell(lambda one: one.began(event, overflows))

    def happened(self, event: Event) -> None:
        """Tell all."""
        self._tell(lambda one: one.happened(event))

    def state_changed(self, before: State, after: State, event: Event) -> None:
        """Tell all."""
        self._tell(lambda one: one.state_changed(before, after, event))

    def opened(self, endpoint: str) -> None:
        """Tell all."""
        self._tell(lambda one: one.opened(endpoint))

    def refused(self, endpoint: str, why: SessionError) -> None:
        """Tell all."""
        self._tell(lambda one: one.refused(endpoint, why))

    def said(self, who: str, words: str) -> None:
        """Tell all."""
        self._tell(lambda one: one.said(who, words))

    def transcribed(self, usage: dict[str, Any] | None) -> None:
        """Tell all."""
        self._tell(lambda one: one.transcribed(usage))

    def sound_sent(self, ms: float, *, awake: bool) -> None:
        """Tell all."""
        self._tell(lambda one: one.sound_sent(ms, awake=awake))

    def sound_came(self, item: str, ms: float) -> None:
        """Tell all."""
        self._tell(lambda one: one.sound_came(item, ms))

    def interrupted(self, heard: Sequence[PlayedItem]) -> None:
        """Tell all."""
        self._tell(lambda one: one.interrupted(heard))

    def booked(self, response: Response) -> None:
        """Tell all."""
        self._tell(lambda one: one.booked(response))

    def paid(self, paid: Paid) -> None:
        """Tell all."""
        self._tell(lambda one: one.paid(paid))

    def kept_quiet(self) -> None:
        """Tell all."""
        self._tell(lambda one: one.kept_quiet())

    def answered_here(self, heard_ms: float, said_ms: float | None) -> None:
        """Tell all."""
        self._tell(lambda one: one.answered_here(heard_ms, said_ms))

    def tool_ran(self, call: ToolCall, result: ToolResult, took_s: float) -> None:
        """Tell all."""
        self._tell(lambda one: one.tool_ran(call, result, took_s))

    def duplex_chosen(self, mode: Duplex, reason: str) -> None:
        """Tell all."""
        self._tell(lambda one: one.duplex_chosen(mode, reason))

    def ended(self, end: End) -> None:
        """Tell all."""
        self._tell(lambda one: one.ended(end))

    def changed(self) -> None:
        """Tell all."""
        self._tell(lambda one: one.changed())

    def trouble(self, problem: str, about: About = "conversation") -> None:
        """Tell all."""
        self._tell(lambda one: one.trouble(problem, about))
