"""Finds out what may interrupt an answer: plays a test sound when nobody needs the room, and measures the echo.

A room changes, and devices with it. So every interruption is looked at: if it was the speaker's own voice, only the
wake word interrupts from then on, until another test has shown that the echo can be removed.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Literal

from speaker.audio.echo_analysis import judge
from speaker.audio.echo_test import undisturbed
from speaker.conversation.events import Event, Expired, SpeechBegan, SpokenOver
from speaker.conversation.observers import Observer
from speaker.conversation.sound import SoundPart
from speaker.conversation.state_machine import StateMachine
from speaker.conversation.states import Duplex, State
from speaker.conversation.tasks import TaskSet
from speaker.errors import About, SoundError

log = logging.getLogger(__name__)

READY_S: Final = 0.5
"""How often it is looked whether the room is free for the test."""

CALM_S: Final = 30.0
"""How long the volume has to stay as it is until the echo is measured with it."""

LOUDER_PERCENT: Final = 10
"""A volume that differs by so much from the one that was measured with says something else of the echo."""

AGAIN_S: Final = 600.0
"""How long after the speaker has interrupted itself the echo is measured again, once the room is free."""

MOST_SUSPECTED: Final = 3
"""So many interruptions in a row after which nobody said anything are the speaker's own."""

OWN_VOICE: Final = "the speaker heard its own voice as an interruption; the echo is measured again in 10 minutes"


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
        self._measured_percent: int | None = None
        """How loud the last measurement was, of this life."""
        self._waiting: asyncio.TimerHandle | None = None
        """A measurement that waits until nobody changes anything any more."""
        self._interrupted = False
        """Whether somebody seems to have talked over the answer, of whom nothing was heard yet."""
        self._suspected = 0
        """Interruptions in a row after which nobody said anything."""

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

    def trouble(self, problem: str, about: About = "conversation") -> None:
        """A device that is back may be another one, and stand elsewhere."""
        if not problem and about in {"microphone", "loudspeaker"} and self._automatic:
            self._test_when_calm(self._ready_s)

    def volume_changed(self) -> None:
        """A louder answer comes back louder: what was measured holds no more."""
        before = self._measured_percent
        if self._automatic and before is not None and abs(self._percent() - before) >= LOUDER_PERCENT:
            self._test_when_calm(CALM_S)

    def _test_when_calm(self, calm_s: float) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.get_running_loop().call_later(calm_s, self.test)

    def state_changed(self, before: State, after: State, event: Event) -> None:
        """Make up for what could not be measured, and look at who interrupts."""
        if before is State.MUTED and self._due:
            self._tasks.start(self.measure())
        if after is State.ASLEEP:
            self.volume_changed()  # the quiet hours may be over
        if before is State.SPEAKING and self._machine.duplex == "full" and isinstance(event, SpokenOver | SpeechBegan):
            self._interrupted = True
            if self._sound.heard_itself():
                self._fall_back()
        elif before is State.LISTENING and after is not State.LISTENING and self._interrupted:
            self._interrupted = False
            self._suspected = self._suspected + 1 if isinstance(event, Expired) else 0
            if self._suspected >= MOST_SUSPECTED:
                self._fall_back()

    def _fall_back(self) -> None:
        """The speaker has interrupted itself."""
        self._suspected, self._interrupted = 0, False
        if not self._automatic or self._machine.duplex != "full":
            return  # a mode that somebody has chosen is theirs
        self._machine.duplex = "wake"
        log.warning("%s", OWN_VOICE)
        self._observers.duplex_chosen("wake", OWN_VOICE)
        self._tasks.start(self._test_again())

    async def _test_again(self) -> None:
        await asyncio.sleep(AGAIN_S)
        if self._automatic:
            self.test()

    async def measure(self) -> None:
        """Wait until the room is free, measure, and choose; a muted speaker measures nothing."""
        machine = self._machine
        while not (machine.state is State.ASLEEP and self._hears() and self._settled()) or self._sound.audible:
            if machine.state is State.MUTED:
                return
            await asyncio.sleep(self._ready_s)
        self._due = False
        self._measured_percent = self._percent()
        try:
            report = await undisturbed(lambda: self._sound.test_echo(self._percent()), lambda: self._sound.slips)
        except SoundError as error:
            log.warning("%s; only the wake word interrupts an answer", error)
            self._observers.duplex_chosen(machine.duplex, str(error))
            return
        mode, reason = judge(report)
        if report.heard:
            self._sound.expect_echo(report.delay_ms, report.clock_ratio)
        if self._automatic:
            machine.duplex = mode
        log.info("= duplex %s: %s", mode, reason)
        self._observers.duplex_chosen(mode, reason)
