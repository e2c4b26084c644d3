"""What a session does to the world around it, written down: its inbox, its observer, its loudspeaker, its tools."""

import asyncio
from collections.abc import Callable
from typing import Final

from speaker.audio.pcm import Samples
from speaker.conversation.events import Event
from speaker.conversation.observers import Observer
from speaker.conversation.session_needs import SessionNeeds, SessionPatience
from speaker.conversation.sound import OWN, Spoke
from speaker.conversation.tasks import TaskSet
from speaker.errors import About, SessionError
from speaker.tools.result import ToolResult

SPOKEN_MS: Final = 900.0


class SessionWorld(Observer):
    """Takes everything down. ``known``: what the short memory tells; ``tool_s``: how long a tool takes."""

    def __init__(self, *, known: str = "", tool_s: float = 0.0, quiet: bool = False) -> None:
        self.known = known
        self.surroundings = ""
        self.day_left_s = 3600.0
        self.tool_s = tool_s
        self.quiet = quiet
        self.events: list[Event] = []
        self.played: list[tuple[str, int]] = []
        """Item and samples of every piece of sound."""
        self.spoken: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self.troubles: list[str] = []
        self.refusals: list[SessionError] = []
        self.words: list[tuple[str, str]] = []
        self.answers: list[tuple[float, float | None]] = []
        """Turns that were answered here: ms heard, and ms said (SPOKEN_MS for each sentence), None for a sound."""
        self.tasks = TaskSet("test")

    def needs(self, stalled_s: float = 15) -> SessionNeeds:
        """What a session of this world works with."""
        return SessionNeeds(
            post=self.events.append, observers=self, playback=self, tasks=self.tasks, run_tool=self.run_tool,
            surroundings=lambda: self.surroundings, day_left_s=lambda: self.day_left_s,
            recall=lambda: self.known, patience=SessionPatience(5, stalled_s),
            clock=asyncio.get_running_loop().time,
        )  # fmt: skip

    def play(self, samples: Samples, item: str, percent: int | None = None) -> None:
        self.played.append((item, samples.size))

    def speak(self, text: str, item: str = OWN, spoke: Spoke | None = None) -> None:
        self.spoken.append(text)
        if spoke is not None:
            spoke(SPOKEN_MS, False)

    async def run_tool(self, name: str, arguments: str) -> ToolResult:
        self.calls.append((name, arguments))
        await asyncio.sleep(self.tool_s)
        return ToolResult("confirmed", arguments, quiet=self.quiet)

    def refused(self, endpoint: str, why: SessionError) -> None:
        self.refusals.append(why)

    def said(self, who: str, words: str) -> None:
        self.words.append((who, words))

    def answered_here(self, heard_ms: float, said_ms: float | None) -> None:
        self.answers.append((heard_ms, said_ms))

    def trouble(self, problem: str, about: About = "conversation") -> None:
        self.troubles.append(problem)

    def of(self, kind: type[Event]) -> list[Event]:
        """The events of a kind, in order."""
        return [one for one in self.events if isinstance(one, kind)]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for something. Raises TimeoutError."""
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0.005)
