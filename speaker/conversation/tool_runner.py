"""Runs tools for the conversation, and excuses one that takes its time."""

import asyncio
from typing import Final

from speaker.conversation.events import Event
from speaker.conversation.observers import Observer, ToolCall
from speaker.conversation.sound import SoundPart
from speaker.conversation.states import State
from speaker.language.phrasebook import ENGLISH_PHRASES, OwnWords
from speaker.tools.registry import ToolRegistry
from speaker.tools.result import ToolResult

SLOW_TOOL_S: Final = 1.0
"""A tool that takes longer is excused, once a turn."""


class ToolRunner(Observer):
    """The registry, what it injects, and the excuse."""

    def __init__(
        self, registry: ToolRegistry, sound: SoundPart, observers: Observer, *, slow_tool_s: float = SLOW_TOOL_S,
        words: OwnWords = ENGLISH_PHRASES.own,
    ) -> None:  # fmt: skip
        self.registry = registry
        self._providers: dict[type, object] = {}
        self._sound = sound
        self._observers = observers
        self._slow_tool_s = slow_tool_s
        self._words = words
        self._state = State.ASLEEP
        self._excused = False
        """Whether somebody was told in this turn that it takes a moment."""

    def provide(self, kind: type, thing: object) -> None:
        """Give this to every tool that has a parameter of that type (Home, Voice, Clock, Lists, Intercom)."""
        self._providers[kind] = thing

    async def run(self, name: str, arguments: str) -> ToolResult:
        """Run a call; whatever goes wrong becomes a result that says so."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        excuse = loop.call_later(self._slow_tool_s, self._excuse)
        try:
            result = await self.registry.run(name, arguments, self._providers)
        finally:
            excuse.cancel()
        self._observers.tool_ran(ToolCall(name, arguments), result, loop.time() - began)
        return result

    def state_changed(self, before: State, after: State, event: Event) -> None:  # noqa: ARG002 - as observers are told
        """Note whose turn it is."""
        self._state = after
        if after is State.LISTENING or before is State.FOLLOW_UP:
            self._excused = False
        if after is State.SPEAKING:
            self._excused = True  # the model has said something already, perhaps that it takes a moment

    def _excuse(self) -> None:
        """Whoever waits for the tool is told, once."""
        if self._state is State.THINKING and not self._excused and not self._sound.audible:
            self._excused = True
            self._sound.speak(self._words.one_moment)
