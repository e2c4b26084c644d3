"""The speaker itself, as tools see it."""

from collections.abc import Callable
from typing import Final

from speaker.conversation.events import Goodbye
from speaker.conversation.inbox import Post
from speaker.conversation.loudness import Loudness
from speaker.conversation.state_machine import StateMachine

AUDIBLE: Final = 50
"""As loud as a speaker becomes, in percent, that was never louder than nothing."""


class SpeakerVoice:
    """The Voice that is injected into tools."""

    def __init__(
        self, machine: StateMachine, post: Post, loudness: Loudness, choose_volume: Callable[[int], None]
    ) -> None:
        """``choose_volume`` sets the control of that name, so that it is remembered and shown."""
        self._machine = machine
        self._post = post
        self._loudness = loudness
        self._choose_volume = choose_volume
        self._before_mute = loudness.settings.audio.volume or AUDIBLE

    @property
    def volume(self) -> int:
        """Loudness of answers, 0-100 percent, as chosen."""
        return self._loudness.chosen

    def set_volume(self, percent: int) -> int:
        """Choose the loudness, 0-100 percent; it survives a restart. What it is now."""
        self._choose_volume(max(0, min(100, percent)))
        return self._loudness.chosen

    @property
    def muted(self) -> bool:
        """Whether nothing is heard of answers, as chosen."""
        return self._loudness.chosen == 0

    def mute(self, muted: bool) -> int:
        """Make it silent, or as loud as before, after a restart as configured. What it is now, in percent."""
        if muted and not self.muted:
            self._before_mute = self._loudness.chosen
        if muted is self.muted:
            return self._loudness.chosen
        return self.set_volume(0 if muted else self._before_mute)

    def goodbye(self) -> None:
        """End the conversation when the present answer has been spoken."""
        self._post(Goodbye(self._machine.session))
