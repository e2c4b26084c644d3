"""What the hub may turn: each control is remembered, carried out and shown."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from speaker.conversation import events
from speaker.conversation.audio_io import AudioIO
from speaker.conversation.events import Event
from speaker.conversation.state_machine import StateMachine
from speaker.errors import SpeakerError
from speaker.store.runtime_settings import DUPLEX, ENDPOINTS, RuntimeSettings, one_of_words, wake_word_options
from speaker.wake.detector import WakeWords


@dataclass(frozen=True, slots=True)
class Ports:
    """What a control may do beside remembering."""

    post: Callable[[Event], None]
    show: Callable[[], None]
    """Publishes the state."""
    words: Callable[[str], WakeWords]
    """The wake words of a choice. Raises SpeakerError."""
    reachable: Callable[[str], None]
    """Raises SpeakerError when an endpoint cannot be chosen."""
    measure_echo: Callable[[], Coroutine[Any, Any, None]]
    """Plays the test sound and chooses the duplex mode by it, if it is to be chosen."""
    start: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class Controls:
    """The controls of one speaker."""

    def __init__(self, choices: RuntimeSettings, machine: StateMachine, air: AudioIO, ports: Ports) -> None:
        self.choices = choices
        self._machine = machine
        self._air = air
        self._ports = ports

    def apply(self) -> None:
        """Make everything as it was chosen before the last restart."""
        self._air.set_threshold(self.choices.threshold)
        self._set_limits()
        self.apply_volume()
        duplex = self.choices.duplex
        self._machine.duplex = "wake" if duplex == "auto" else duplex

    def apply_volume(self) -> None:
        """The hour may have changed what is too loud."""
        self._air.loudspeaker.set_volume(self.choices.quietly(self.choices.volume))

    @property
    def volume(self) -> int:
        """Loudness of answers, 0-100 percent, as chosen."""
        return self.choices.volume

    def set_volume(self, percent: int) -> int:
        """Choose the loudness of answers; what it is now."""
        self.choices.choose("volume", str(max(0, min(100, percent))))
        self.apply_volume()
        self._ports.show()
        return self.choices.volume

    def set_announcement_volume(self, percent: int) -> None:
        """Choose the loudness of announcements."""
        self.choices.choose("announcement_volume", str(percent))
        self._ports.show()

    def set_threshold(self, threshold: float) -> None:
        """Choose the score from which every wake word counts."""
        self.choices.choose("threshold", str(threshold))
        self._air.set_threshold(threshold)
        self._ports.show()

    def set_follow_up(self, seconds: int) -> None:
        """Choose how long another request is waited for; up to LONGEST_FOLLOW_UP_S."""
        self.choices.choose("follow_up_s", str(max(1, seconds)))
        self._set_limits()
        self._ports.show()

    def set_wake_word(self, name: str) -> None:
        """Choose one wake word, or all of the configuration. Raises SpeakerError."""
        words = self._ports.words(one_of_words(name, wake_word_options(self.choices)))
        self.choices.choose("wake_word", name)
        self._air.use_words(words)
        self._air.set_threshold(self.choices.threshold)
        self._ports.show()

    def set_duplex(self, mode: str) -> None:
        """Choose what may interrupt an answer; auto measures the echo again. Raises SpeakerError."""
        self.choices.choose("duplex", one_of_words(mode, DUPLEX))
        if self.choices.duplex == "auto":
            self.test()
        else:
            self._machine.duplex = self.choices.duplex
        self._ports.show()

    def set_endpoint(self, name: str) -> None:
        """Choose who answers, from the next conversation on. Raises SpeakerError."""
        self._ports.reachable(one_of_words(name, ENDPOINTS))
        self.choices.choose("endpoint", name)
        self._ports.show()

    def mute(self, wanted: bool) -> None:
        """Close the microphone or open it again."""
        self.choices.choose("muted", "ON" if wanted else "OFF")
        self._ports.post(events.Muted() if wanted else events.Unmuted())

    def test(self) -> None:
        """Play the test sound and measure the echo, when nobody needs the room. Raises SpeakerError when muted."""
        if self.choices.muted:
            raise SpeakerError("the microphone is muted; unmute it first")
        self._ports.start(self._ports.measure_echo())

    def _set_limits(self) -> None:
        self._machine.limits = replace(self._machine.limits, follow_up_s=self.choices.follow_up_s)
