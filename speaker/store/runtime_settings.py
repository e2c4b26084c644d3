"""What the hub may choose for the speaker; it survives a restart."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeVar, get_args

from speaker.config.settings import Settings
from speaker.errors import SpeakerError
from speaker.speech.phrases import loudest_percent
from speaker.store.store import Ledger
from speaker.wake.detector import BUNDLED

DuplexChoice = Literal["auto", "full", "wake", "half"]
EndpointChoice = Literal["auto", "cloud", "offline"]

T = TypeVar("T")

DUPLEX: Final[tuple[DuplexChoice, ...]] = get_args(DuplexChoice)
ENDPOINTS: Final[tuple[EndpointChoice, ...]] = get_args(EndpointChoice)

EVERY_WORD: Final = "as configured"
"""The choice of all wake words of the configuration."""

LONGEST_FOLLOW_UP_S: Final = 60


@dataclass(slots=True)
class RuntimeSettings:
    """Each as chosen, else as configured."""

    ledger: Ledger
    settings: Settings

    @property
    def volume(self) -> int:
        """Loudness of answers, 0-100 percent."""
        return int(self.ledger.chosen("volume") or self.settings.audio.volume)

    @property
    def announcement_volume(self) -> int:
        """Loudness of announcements, 0-100 percent."""
        configured = self.settings.audio.announcement_volume
        chosen = self.ledger.chosen("announcement_volume")
        return int(chosen) if chosen else self.volume if configured is None else configured

    @property
    def threshold(self) -> float:
        """Score from which every wake word counts, 0-1."""
        return float(self.ledger.chosen("threshold") or self.settings.wake.words[0].threshold)

    @property
    def follow_up_s(self) -> float:
        """How long another request is waited for after an answer, seconds."""
        return float(self.ledger.chosen("follow_up_s") or self.settings.limits.follow_up_s)

    @property
    def wake_word(self) -> str:
        """The name of the one wake word that counts, or EVERY_WORD."""
        return self.ledger.chosen("wake_word") or EVERY_WORD

    @property
    def duplex(self) -> DuplexChoice:
        """What may interrupt an answer."""
        return _one_of(self.ledger.chosen("duplex"), DUPLEX, self.settings.audio.duplex)

    @property
    def endpoint(self) -> EndpointChoice:
        """Who answers."""
        return _one_of(self.ledger.chosen("endpoint"), ENDPOINTS, self.settings.session.endpoint)

    @property
    def muted(self) -> bool:
        """Whether the microphone is off."""
        return self.ledger.chosen("muted") == "ON"

    def choose(self, key: str, value: str) -> None:
        """Remember a choice."""
        self.ledger.choose(key, value)

    def quietly(self, percent: int) -> int:
        """A loudness in percent as it counts now: in quiet hours no more than theirs."""
        return loudest_percent(percent, self.settings.quiet_hours, datetime.now().astimezone().time())


def _one_of(chosen: str | None, choices: tuple[T, ...], configured: T) -> T:
    return next((one for one in choices if one == chosen), configured)


def as_endpoint(name: str) -> EndpointChoice:
    """A word as the choice it is. Raises SpeakerError."""
    return _one_of(one_of_words(name, ENDPOINTS), ENDPOINTS, "auto")


def one_of_words(payload: str, choices: tuple[str, ...]) -> str:
    """A payload as one of some words. Raises SpeakerError."""
    if payload not in choices:
        raise SpeakerError(f"expected one of {', '.join(choices)}, got {payload[:40]!r}")
    return payload


def wake_word_options(choices: RuntimeSettings) -> tuple[str, ...]:
    """What may be chosen: all of the configuration, one of it, or a bundled one."""
    configured = (word.model for word in choices.settings.wake.words)
    return tuple(dict.fromkeys((EVERY_WORD, *configured, *sorted(BUNDLED))))
