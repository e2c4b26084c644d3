"""What a session works with, whichever conversation it is for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from speaker.conversation.inbox import MonotonicClock, Post
from speaker.conversation.observers import Observer
from speaker.conversation.sound import Playback
from speaker.conversation.tasks import TaskSet
from speaker.errors import SessionError
from speaker.tools.result import ToolResult

RunTool = Callable[[str, str], Awaitable[ToolResult]]
"""Runs a call: the tool's name and its arguments as JSON."""


@dataclass(frozen=True, slots=True)
class SessionPatience:
    """How long a session waits, in seconds."""

    open_s: float
    """For an endpoint to open a session, if another could answer instead."""
    stalled_s: float
    """For the next event of an answer."""


@dataclass(frozen=True, slots=True)
class SessionNeeds:
    """Its way to the inbox, to the observers, to the loudspeaker and to the tools."""

    post: Post
    observers: Observer
    playback: Playback
    tasks: TaskSet
    run_tool: RunTool
    surroundings: Callable[[], str]
    """Time, place and units, for every session: as they are now."""
    day_left_s: Callable[[], float]
    """Until the date changes, in seconds: then a session has to be told its surroundings again."""
    recall: Callable[[], str]
    """What was said before, for a session that does not know it; may be empty."""
    patience: SessionPatience
    clock: MonotonicClock
    means_stop: Callable[[str], bool] = lambda _words: False
    """Whether words that the service wrote down are an order to be silent."""
    barred: SessionError | None = None
    """Why somebody who could answer is not asked, if so."""
