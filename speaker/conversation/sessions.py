"""The present session: opened and closed as the state wants it, and what it is opened with."""

from collections.abc import Callable
from dataclasses import replace

from speaker.conversation.inbox import MonotonicClock
from speaker.conversation.prompts import Prompts
from speaker.conversation.session import ConversationSession
from speaker.conversation.session_needs import SessionNeeds
from speaker.conversation.tasks import Life
from speaker.conversation.uplink import Uplink
from speaker.conversation.user_turns import UserTurns
from speaker.cost.cost_tracker import CostTracker
from speaker.errors import SessionError
from speaker.realtime.failover import Failover
from speaker.tools.registry import ToolRegistry


class Sessions:
    """One session at a time, numbered by the state machine."""

    def __init__(
        self,
        needs: SessionNeeds,
        *,
        cost: CostTracker,
        failover: Failover,
        registry: ToolRegistry,
        describe_house: Callable[[], str],
        prompts: Prompts,
        turns: UserTurns,
        uplink: Uplink,
        clock: MonotonicClock,
    ) -> None:
        self._needs = needs
        self._cost = cost
        self._failover = failover
        self._registry = registry
        self._describe_house = describe_house
        self._prompts = prompts
        self._turns = turns
        self._uplink = uplink
        self._clock = clock
        self._life: Life | None = None
        self.present: ConversationSession | None = None
        self.spared: SessionError | None = None
        """Why an endpoint was not even asked when the present session was opened, if so."""

    @property
    def takes_sound(self) -> bool:
        """Whether the present session is open."""
        return self.present is not None and self.present.is_open

    def match(self, wanted: bool, number: int) -> None:
        """Make the present session the wanted one: number ``number``, or none."""
        if self.present is not None and self._life is not None and not (wanted and self.present.number == number):
            self._life.cancel()
            self.present = self._uplink.session = None
        if wanted and self.present is None:
            self._open(number)

    def _open(self, number: int) -> None:
        opening = self._cost.session(self._describe_house(), self._registry.definitions())
        endpoints, self.spared = self._failover.candidates(self._clock())
        session = ConversationSession(number, opening, endpoints, replace(self._needs, barred=self.spared))
        self._turns.forget()
        self._prompts.hand_over(session)
        self.present = self._uplink.session = session
        self._life = self._needs.tasks.start(session.run())
