"""How loud what the speaker says is now: as chosen, and in quiet hours no more than theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from speaker.config.settings import Settings
from speaker.speech.phrases import loudest_percent


def local_time() -> datetime:
    """The time of day in the house."""
    return datetime.now().astimezone()


@dataclass(slots=True)
class Loudness:
    """Percent, 0-100, as the hub chose them; the properties are what counts at this hour."""

    settings: Settings
    chosen: int
    """Of answers."""
    chosen_announcements: int | None = None
    """Of announcements; None = as loud as answers."""
    now: Callable[[], datetime] = local_time

    @property
    def answers(self) -> int:
        """Of answers, now."""
        return self.quietly(self.chosen)

    @property
    def chimes(self) -> int:
        """Of chimes, now."""
        return self.quietly(self.settings.audio.chime_volume)

    @property
    def announcements_chosen(self) -> int:
        """Of announcements, at any hour."""
        return self.chosen if self.chosen_announcements is None else self.chosen_announcements

    def quietly(self, percent: int) -> int:
        """A loudness as it counts at this hour."""
        return loudest_percent(percent, self.settings.quiet_hours, self.now().time())
