"""Publishes what happens in conversations as events."""

from collections.abc import Callable
from typing import Any

from speaker.conversation.observers import Observer, ToolCall
from speaker.errors import About
from speaker.tools.result import ToolResult
from speaker.wake.detector import Detection


class EventPublisher(Observer):
    """Wake words, tools and errors; the trace of a turn is told by the trace recorder."""

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        """``tell`` publishes an event."""
        self._tell = tell

    def woken(self, detection: Detection) -> None:
        """A wake word that this speaker answers."""
        self._tell({"type": "wake", "wake_word": detection.word, "score": round(detection.score, 3)})

    def tool_ran(self, call: ToolCall, result: ToolResult, took_s: float) -> None:  # noqa: ARG002 - as observers are told
        """A tool, and whether a device confirmed what it did."""
        self._tell({"type": "tool", "name": call.name, "ok": result.ok, "confirmed": result.confirmed})

    def trouble(self, problem: str, about: About = "conversation") -> None:  # noqa: ARG002 - as observers are told
        """What is wrong."""
        if problem:
            self._tell({"type": "error", "message": problem})
