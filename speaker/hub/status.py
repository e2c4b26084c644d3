"""What the speaker shows of itself: the state on MQTT, and one line to whoever looks at the service."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Final, Protocol

from speaker import version
from speaker.audio.pcm import BYTES_PER_SAMPLE, WAKE_HZ, ms_to_samples
from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.conversation.midnight import Midnight
from speaker.conversation.observers import End, Observer
from speaker.conversation.states import Duplex, State
from speaker.conversation.surroundings import day_left_s
from speaker.conversation.trace_recorder import BUTTON
from speaker.cost.cost_tracker import now_here
from speaker.errors import About
from speaker.hub.controls import Controls
from speaker.hub.mqtt_api import MqttApi
from speaker.hub.parts import SpeakerParts


def today() -> date:
    """The date in the house's time zone."""
    return now_here().date()


def day_began(day: date) -> str:
    """The first moment of a day in the house's time zone, in ISO 8601."""
    return datetime.combine(day, time.min).astimezone().isoformat(timespec="seconds")


OWN_CHOICE: Final = "configured"
"""Why a duplex mode is in force that nobody measured."""


class StatusLedger(Protocol):
    """What the state needs of the ledger."""

    @property
    def problem(self) -> str:
        """What is wrong with the ledger now; empty when nothing is."""

    def count_session(self, day: date) -> None:
        """Write down that a session was opened."""

    def sessions(self, day: date) -> int:
        """Sessions opened on a day."""

    def count_of(self, what: str, day: date) -> int:
        """How often something happened on a day."""


class Status(Observer):
    """Publishes the state whenever it differs."""

    def __init__(
        self,
        parts: SpeakerParts,
        controls: Controls,
        hub: MqttApi,
        ledger: StatusLedger,
        *,
        first_asked: Callable[[], str],
        line: Callable[[str], None],
        left_s: Callable[[], float] = lambda: day_left_s(now_here()),
        newest: Callable[[str], str] = lambda own: own,
    ) -> None:
        """``first_asked``: who will be asked first; ``line`` shows one line to whoever looks at the service.

        ``left_s``: seconds until the date changes; ``newest``: the newest version that is known, given one's own.
        """
        self._parts = parts
        self._controls = controls
        self._hub = hub
        self._ledger = ledger
        self._line = line
        self._first_asked = first_asked
        self._endpoint = ""
        """Who answered last; empty until somebody did."""
        self._wake_word: str | None = None
        self._errors: dict[About, str] = {}
        """What is wrong, and with what; the newest comes last."""
        self._duplex_reason = OWN_CHOICE
        self._asleep_bytes = 0
        """Microphone sound that was sent while no conversation was under way; must stay 0."""
        self._told = ""
        """What is wrong with the ledger, as it was published last."""
        self._version = version()
        self._newest = newest
        self._new_day = Midnight(left_s, self.show, parts.conversation.tasks)

    # What it observes.

    def began(self, event: Event, overflows: int) -> None:  # noqa: ARG002 - as observers are told
        """Note what began the conversation."""
        self._wake_word = event.word if isinstance(event, events.Woken) else BUTTON

    def opened(self, endpoint: str) -> None:
        """Note who answers."""
        self._endpoint = endpoint
        self._ledger.count_session(today())

    def sound_sent(self, ms: float, *, awake: bool) -> None:
        """Count what must not be sent."""
        if not awake:
            self._asleep_bytes += BYTES_PER_SAMPLE * ms_to_samples(ms, WAKE_HZ)

    def duplex_chosen(self, mode: Duplex, reason: str) -> None:  # noqa: ARG002 - the mode stands in the machine
        """Note why."""
        self._duplex_reason = reason
        self.show()

    def ended(self, end: End) -> None:
        """A conversation that went well ends the trouble with conversations."""
        if end.why not in {"error", events.CLAIMED}:
            self._errors.pop("conversation", None)

    def state_changed(self, before: State, after: State, event: Event) -> None:  # noqa: ARG002 - as observers are told
        """Show it."""
        self.show()

    def changed(self) -> None:
        """Show it."""
        self.show()

    def trouble(self, problem: str, about: About = "conversation") -> None:
        """Remember what is wrong, or with an empty text that it is right again."""
        self._errors.pop(about, None)
        if problem:
            self._errors[about] = problem
        self.show()

    @property
    def _last_error(self) -> str | None:
        """The newest of what is still wrong."""
        return next(reversed(self._errors.values()), None)

    # What it shows.

    def start(self) -> None:
        """Show it now, and as each day begins: what was spent "today" is nothing then, before anybody speaks."""
        self._new_day.start()
        self.show()

    def show(self) -> None:
        """Publish the state and the service's status line."""
        conversation, budget_guard, ledger = self._parts.conversation, self._parts.cost.budget_guard, self._ledger
        now, spending = today(), budget_guard.spending
        self._tell_problem(ledger.problem)
        self._hub.show(
            self._controls.state()
            | {
                "state": conversation.machine.posture.hub,
                "muted": self._parts.muted,
                "wake_word": self._wake_word,
                "endpoint": self._endpoint or self._first_asked(),
                "duplex": conversation.machine.duplex,
                "duplex_reason": self._duplex_reason,
                "timers": self._parts.system_speech.scheduler.state,
                "ringing": self._parts.system_speech.scheduler.ringing,
                "cost_today_usd": round(spending.today_usd, 6),
                "cost_month_usd": round(spending.month_usd, 6),
                "today_began": day_began(now),
                "month_began": day_began(now.replace(day=1)),
                "budget_step": budget_guard.plan.step,
                "sessions_today": ledger.sessions(now),
                "not_for_me_today": ledger.count_of("not_for_me", now),
                "audio_sent_asleep_bytes": self._asleep_bytes,
                "last_error": self._last_error or ledger.problem or None,
                "version": self._version,
                "newest_version": self._newest(self._version),
            }
        )
        self._line(self._doing(spending.today_usd))

    def _tell_problem(self, problem: str) -> None:
        """What is wrong with the ledger is told once, when it can be heard, and stands in the state while it lasts."""
        if not problem:
            self._told = ""
        elif problem != self._told and self._hub.online:
            self._hub.event({"type": "error", "message": problem})
            self._told = problem

    def _doing(self, cost_usd: float) -> str:
        machine = self._parts.conversation.machine
        words = " or ".join(f'"{word.replace("_", " ")}"' for word in self._parts.conversation.sound.words)
        waiting = f"waiting for {words}" if not machine.awake else machine.state.value
        trouble = f"; last error: {self._last_error}" if self._last_error else ""
        return f"{'muted' if self._parts.muted else waiting}; ${cost_usd:.4f} today{trouble}"
