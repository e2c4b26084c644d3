"""What the hub may act on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from speaker.announce.system_speech import SystemSpeech
from speaker.config.settings import Settings
from speaker.conversation.assembly import Conversation
from speaker.conversation.states import State
from speaker.cost.cost_tracker import CostTracker
from speaker.errors import SpeakerError
from speaker.wake.detector import WakeWords


@dataclass(frozen=True, slots=True)
class SpeakerParts:
    """The parts of one speaker that controls and commands reach."""

    settings: Settings
    conversation: Conversation
    system_speech: SystemSpeech
    cost: CostTracker
    words: Callable[[str], WakeWords]
    """The wake words of a choice. Raises SpeakerError."""
    reachable: Callable[[str], None]
    """Raises SpeakerError when an endpoint cannot be chosen."""
    publish: Callable[[str, str], Awaitable[None]]
    """Publishes a payload to a topic. Raises BrokerError."""

    @property
    def muted(self) -> bool:
        """Whether the microphone is off."""
        return self.conversation.machine.state is State.MUTED

    def refuse_if_unheard(self) -> None:
        """Raises SpeakerError with the reason when nothing that is said can be heard."""
        if problem := self.conversation.sound.unheard:
            raise SpeakerError(f"nobody would hear it: {problem}")

    def refuse_if_muted(self, why: str) -> None:
        """Raise SpeakerError while the microphone is off; ``why`` follows "the microphone is muted"."""
        if self.muted:
            raise SpeakerError(f"the microphone is muted{why}")
