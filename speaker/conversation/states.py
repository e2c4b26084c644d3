"""The states of a conversation, and the posture that each of them declares."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from speaker.listening.route import MicrophoneRoute


class State(Enum):
    """Where the conversation is."""

    MUTED = "muted"
    ASLEEP = "asleep"
    WAKING = "waking"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    FOLLOW_UP = "follow_up"
    CONFIRMING = "confirming"
    ASKING = "asking"


Duplex = Literal["full", "wake", "half"]


@dataclass(frozen=True, slots=True)
class Posture:
    """What the world looks like while a state lasts."""

    microphone: MicrophoneRoute
    session: bool
    """Whether a session is open (or being opened)."""
    hub: str
    """The state's name on MQTT."""


POSTURES: Final[Mapping[State, Posture]] = {
    State.MUTED: Posture(MicrophoneRoute.OFF, session=False, hub="idle"),
    State.ASLEEP: Posture(MicrophoneRoute.WAKE, session=False, hub="idle"),
    State.WAKING: Posture(MicrophoneRoute.HOLD, session=True, hub="listening"),
    State.LISTENING: Posture(MicrophoneRoute.SESSION, session=True, hub="listening"),
    State.THINKING: Posture(MicrophoneRoute.SESSION, session=True, hub="processing"),
    State.SPEAKING: Posture(MicrophoneRoute.SESSION, session=True, hub="responding"),
    State.FOLLOW_UP: Posture(MicrophoneRoute.SESSION, session=True, hub="listening"),
    State.CONFIRMING: Posture(MicrophoneRoute.ANSWER, session=True, hub="listening"),
    State.ASKING: Posture(MicrophoneRoute.ANSWER, session=False, hub="listening"),
}

WHILE_SPEAKING: Final[Mapping[Duplex, MicrophoneRoute]] = {
    "full": MicrophoneRoute.OVER,
    "wake": MicrophoneRoute.WAKE,
    "half": MicrophoneRoute.OFF,
}
"""Where the microphone goes in SPEAKING: what may interrupt an answer."""
