"""The states of a conversation, the posture that each of them declares, and what is done beside being in one."""

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


class Effect(Enum):
    """An act beside being in a state."""

    CHIME = "chime"
    HUSH = "hush: empty the loudspeaker, cancel the response, truncate it at what was heard"
    REPLY = "ask for a response: all tools have answered, or a turn has ended whose end was found here"
    LAST_REPLY = "ask for a response in words: tools were called often enough for this turn"
    CONFIRM = "a sound instead of a response: all tools did what they should, and that is answer enough"
    REPEAT = "send again what the user said: its session is lost, and another is being opened"
    RENEW = "open the session anew before the service ends it"
    APOLOGISE = "say what went wrong"


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
