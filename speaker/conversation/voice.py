"""The speaker itself, as tools see it."""

from collections.abc import Callable

from speaker.conversation.events import Goodbye
from speaker.conversation.inbox import Post
from speaker.conversation.loudness import Loudness
from speaker.conversation.state_machine import StateMachine


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

    @property
    def volume(self) -> int:
        """Loudness of answers, 0-100 percent, as chosen."""
        return self._loudness.chosen

    def set_volume(self, percent: int) -> int:
        """Choose the loudness, 0-100 percent; it survives a restart. What it is now."""
        self._choose_volume(max(0, min(100, percent)))
        return self._loudness.chosen

    def goodbye(self) -> None:
        """End the conversation when the present answer has been spoken."""
        self._post(Goodbye(self._machine.session))
