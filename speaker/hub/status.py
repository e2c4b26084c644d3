"""What the speaker shows of itself: the state on MQTT, the service's status line, and what was chosen for it."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from speaker.conversation.audio_io import AudioIO
from speaker.conversation.state_machine import State, StateMachine
from speaker.cost.cost_tracker import CostTracker, now_here
from speaker.hub.mqtt_api import MqttApi
from speaker.store.runtime_settings import RuntimeSettings
from speaker.timers.scheduler import TimerScheduler


def today() -> date:
    """The date in the house's time zone."""
    return now_here().date()


OWN_CHOICE: Final = "configured"
"""Why a duplex mode is in force that nobody measured."""


class Status:
    """Publishes the state whenever it differs."""

    def __init__(
        self,
        choices: RuntimeSettings,
        accounts: CostTracker,
        hub: MqttApi,
        machine: StateMachine,
        *,
        air: AudioIO,
        ringer: TimerScheduler,
        line: Callable[[str], None],
    ) -> None:
        """``line`` shows one line to whoever looks at the service."""
        self._choices = choices
        self._accounts = accounts
        self._hub = hub
        self._machine = machine
        self._air = air
        self._ringer = ringer
        self._line = line
        self.endpoint = ""
        self.wake_word: str | None = None
        self.last_error: str | None = None
        self.duplex_reason = OWN_CHOICE
        self.asleep_bytes = 0
        """Microphone sound that was sent while no conversation was under way; must stay 0."""
        self._told = ""
        """What is wrong with the ledger, as it was published last."""

    def trouble(self, problem: str) -> None:
        """Remember and publish what is wrong, or with an empty text that it is right again; it is logged already."""
        self.last_error = problem or None
        if problem:
            self._hub.event({"type": "error", "message": problem})
        self.show()

    def show(self) -> None:
        """Publish the state and the service's status line."""
        now, ledger, spending = today(), self._choices.ledger, self._accounts.purse.spending
        self._tell_problem(ledger.problem)
        self._hub.show(
            {
                "state": self._machine.posture.hub,
                "muted": self._muted,
                "volume": self._choices.volume,
                "announcement_volume": self._choices.announcement_volume,
                "threshold": self._choices.threshold,
                "follow_up_s": self._choices.follow_up_s,
                "wake_word": self.wake_word,
                "endpoint": self.endpoint,
                "duplex": self._machine.duplex,
                "duplex_reason": self.duplex_reason,
                "chosen": {
                    "wake_word": self._choices.wake_word,
                    "endpoint": self._choices.endpoint,
                    "duplex": self._choices.duplex,
                },
                "timers": self._ringer.state,
                "cost_today_usd": round(spending.today_usd, 6),
                "cost_month_usd": round(spending.month_usd, 6),
                "budget_step": self._accounts.purse.plan.step,
                "budget_raised_usd": spending.raised_usd,
                "sessions_today": ledger.sessions(now),
                "not_for_me_today": ledger.count_of("not_for_me", now),
                "audio_sent_asleep_bytes": self.asleep_bytes,
                "last_error": self.last_error or ledger.problem or None,
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

    @property
    def _muted(self) -> bool:
        return self._machine.state is State.MUTED

    def _doing(self, cost_usd: float) -> str:
        machine = self._machine
        words = " or ".join(f'"{word.replace("_", " ")}"' for word in self._air.words)
        waiting = f"waiting for {words}" if not machine.awake else machine.state.value
        trouble = f"; last error: {self.last_error}" if self.last_error else ""
        return f"{'muted' if self._muted else waiting}; ${cost_usd:.4f} today{trouble}"

    def told(self, event: dict[str, Any]) -> None:
        """Publish an event."""
        self._hub.event(event)
