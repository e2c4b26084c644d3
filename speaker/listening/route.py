"""Where microphone frames go: the places that a state may declare, and what is listened for on the way."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from speaker.audio.pcm import Samples
from speaker.listening.uplink_gate import Lead


class MicrophoneRoute(Enum):
    """Where microphone frames go."""

    OFF = "nowhere"
    WAKE = "wake word"
    HOLD = "held (pre-roll)"
    SESSION = "session"
    OVER = "session, its words once somebody talks over the answer"
    ANSWER = "the speaker's own question, answered here"


class Sink(Protocol):
    """Where the session's sound goes."""

    def append(self, samples: Samples) -> None:
        """Take more sound."""

    def turn_began(self, lead: Lead | None) -> None:
        """What comes next is said by the user, perhaps in one breath with the wake word.

        Only told where turns are found here.
        """

    def turn_ended(self) -> None:
        """What came was all of it."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where frames go, and what is listened for in them."""

    mode: MicrophoneRoute
    sink: Sink | None = None
    """The session, once it takes sound."""
    barging: bool = False
    """Whether the wake word is heard over the speaker's own voice."""
    talk: bool = False
    """Whether somebody who talks is listened for, whatever the mode."""
