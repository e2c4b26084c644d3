"""Written requests: what somebody could have said, to be answered aloud."""

from collections import deque
from typing import Final, Protocol

from speaker.conversation.events import Prompted
from speaker.conversation.inbox import Post
from speaker.errors import SpeakerError

MOST_PROMPT_CHARACTERS: Final = 2_000
"""Longest written request."""


class PromptedSession(Protocol):
    """Whoever answers them."""

    def prompt(self, text: str) -> None:
        """Take a written request."""


class Prompts:
    """Requests that no session has got yet."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._waiting: deque[str] = deque()

    def ask(self, text: str) -> None:
        """Let the model answer a text aloud. Raises SpeakerError when it cannot be taken."""
        if not text.strip():
            raise SpeakerError("there is nothing to answer")
        if len(text) > MOST_PROMPT_CHARACTERS:
            raise SpeakerError(f"the text has {len(text)} characters; at most {MOST_PROMPT_CHARACTERS} are answered")
        self._waiting.append(text.strip())
        self._post(Prompted())

    def hand_over(self, session: PromptedSession) -> None:
        """Give all that wait to a session."""
        while self._waiting:
            session.prompt(self._waiting.popleft())
