"""Finds out what may interrupt an answer: plays a test sound when nobody needs the room, and measures the echo."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Literal

from speaker.audio.echo_analysis import judge
from speaker.audio.echo_test import undisturbed
from speaker.conversation.events import Event
from speaker.conversation.observers import Observer
from speaker.conversation.sound import SoundPart
from speaker.conversation.state_machine import StateMachine
from speaker.conversation.states import Duplex, State
from speaker.conversation.tasks import TaskSet
from speaker.errors import SoundError

log = logging.getLogger(__name__)

READY_S: Final = 0.5
"""How often it is looked whether the room is free for the test."""


class DuplexChooser(Observer):
    """The echo test and its verdict."""

    def __init__(
        self,
        machine: StateMachine,
        sound: SoundPart,
        observers: Observer,
        *,
        hears: Callable[[], bool],
        percent: Callable[[], int],
        settled: Callable[[], bool],
        tasks: TaskSet,
        ready_s: float = READY_S,
    ) -> None:
        """``hears``: whether microphone frames are being worked on; ``percent``: how loud answers are now.

        ``settled``: whether nothing goes on that would hold the measurement up, such as models being loaded.
        """
        self._machine = machine
        self._sound = sound
        self._observers = observers
        self._hears = hears
        self._percent = percent
        self._settled = settled
        self._tasks = tasks
        self._ready_s = ready_s
        self._automatic = False
        """Whether the verdict counts, or somebody has chosen a mode."""
        self._due = False
        """Whether the echo is still to be measured, since the microphone was muted."""

    def choose(self, mode: Literal["auto"] | Duplex) -> None:
        """Take a mode, or with ``auto`` the one that a measurement will find."""
        self._automatic = mode == "auto"
        if mode == "auto":
            self.test()
        else:
            self._machine.duplex = mode

    def test(self) -> None:
        """Measure as soon as nobody needs the room; with the microphone muted, when it is open again."""
        self._due = True
        self._tasks.start(self.measure())

    def state_changed(self, before: State, after: State, event: Event) -> None:  # noqa: ARG002 - as observers are told
        """Make up for what could not be measured."""
        if before is State.MUTED and self._due:
            self._tasks.start(self.measure())

    async def measure(self) -> None:
        """Wait until the room is free, measure, and choose; a muted speaker measures nothing."""
        machine = self._machine
        while not (machine.state is State.ASLEEP and self._hears() and self._settled()) or self._sound.audible:
            if machine.state is State.MUTED:
                return
            await asyncio.sleep(self._ready_s)
        self._due = False
        try:
            report = await undisturbed(lambda: self._sound.test_echo(self._percent()), lambda: self._sound.slips)
        except SoundError as error:
            log.warning("%s; only the wake word interrupts an answer", error)
            self._observers.duplex_chosen(machine.duplex, str(error))
            return
        mode, reason = judge(report)
        if report.heard:
            self._sound.expect_echo(report.delay_ms)
        if self._automatic:
            machine.duplex = mode
        log.info("= duplex %s: %s", mode, reason)
        self._observers.duplex_chosen(mode, reason)
