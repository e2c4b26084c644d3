"""Puts the parts of a conversation together: around one inbox, one state machine and one list of observers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from speaker.config.settings import Settings
from speaker.conversation.controller import Controller
from speaker.conversation.cost_observer import CostObserver
from speaker.conversation.duplex_chooser import DuplexChooser
from speaker.conversation.effects import Effects
from speaker.conversation.failover_observer import FailoverObserver
from speaker.conversation.inbox import Inbox, Post
from speaker.conversation.local_intents import LocalIntents
from speaker.conversation.loudness import Loudness, local_time
from speaker.conversation.observers import Observers
from speaker.conversation.prompts import Prompts
from speaker.conversation.session_needs import SessionNeeds, SessionPatience
from speaker.conversation.sessions import Sessions
from speaker.conversation.short_memory import MemoryObserver, ShortMemory
from speaker.conversation.sound import SoundPart
from speaker.conversation.state_machine import StateMachine
from speaker.conversation.surroundings import day_left_s, surroundings
from speaker.conversation.tasks import TaskSet
from speaker.conversation.tool_runner import SLOW_TOOL_S, ToolRunner
from speaker.conversation.trace_recorder import TraceRecorder
from speaker.conversation.uplink import Uplink
from speaker.conversation.user_turns import UserTurns
from speaker.conversation.wake_responder import WakeResponder
from speaker.cost.cost_tracker import CostTracker, now_here
from speaker.errors import Trouble
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.failover import Failover
from speaker.tools.registry import ToolRegistry
from speaker.wake.arbitration import Claim
from speaker.wake.detector import Detection

PATIENCE: Final = 0.4
"""Share of limits.connect_s that the cloud has to answer before the offline server does."""

MakeSound = Callable[[Post, Callable[[Detection], None], Trouble], SoundPart]
"""Makes the sound part: it posts its events, tells of wake words, and of what is wrong with a device."""


@dataclass(frozen=True, slots=True)
class Surrounds:
    """What a conversation is put together from, and whom it tells."""

    settings: Settings
    make_sound: MakeSound
    registry: ToolRegistry
    engines: OfflineEngines
    cost: CostTracker
    failover: Failover
    describe_house: Callable[[], str]
    tell: Callable[[dict[str, Any]], None]
    """Publishes an event."""
    claim: Callable[[str, Claim], None]
    """Tells the other speakers that this one heard a wake word."""
    not_for_me: Callable[[], None]
    """Counts a wake word behind which nobody spoke."""
    settled: Callable[[], bool] = lambda: True
    """Whether nothing goes on that would hold a measurement up, such as models being loaded."""
    slow_tool_s: float = SLOW_TOOL_S
    book: Phrasebook = ENGLISH_PHRASES
    """What the speaker says by itself."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The parts that others have to do with."""

    inbox: Inbox
    machine: StateMachine
    observers: Observers
    sound: SoundPart
    loudness: Loudness
    controller: Controller
    sessions: Sessions
    uplink: Uplink
    prompts: Prompts
    tools: ToolRunner
    duplex: DuplexChooser
    wake: WakeResponder
    tasks: TaskSet

    async def run(self) -> None:
        """Listen and answer, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sound.run())
            group.create_task(self.controller.run())

    async def close(self) -> None:
        """End what is under way, politely and soon."""
        self.sound.close()
        await self.tasks.close()


def assemble(around: Surrounds) -> Conversation:
    """One conversation part, asleep. Must be called on the event loop."""
    settings, loop = around.settings, asyncio.get_running_loop()
    clock = loop.time

    def failed(error: Exception) -> None:
        loop.call_exception_handler({"message": "a conversation failed", "exception": error})

    inbox, machine, observers = Inbox(), StateMachine(settings.limits), Observers(failed)
    tasks, memory = TaskSet("conversation"), ShortMemory(settings.limits.remember_s)
    loudness = Loudness(settings, settings.audio.volume, settings.audio.announcement_volume)
    wake = WakeResponder(
        str(settings.id), machine, inbox.post, observers,
        publish=around.claim, clock=clock, wall=lambda: now_here().timestamp(),
    )  # fmt: skip
    sound = around.make_sound(inbox.post, wake.woken, observers.trouble)
    prompts = Prompts(inbox.post)
    tools = ToolRunner(around.registry, sound, observers, slow_tool_s=around.slow_tool_s, words=around.book.own)
    needs = SessionNeeds(
        inbox.post, observers, sound, tasks, tools.run,
        lambda: surroundings(settings, local_time()), lambda: day_left_s(local_time()), lambda: memory.summary(clock()),
        SessionPatience(PATIENCE * settings.limits.connect_s, settings.limits.stalled_s), clock,
        around.book.answers.mean_stop if settings.wake.stop_word else lambda _words: False,
    )  # fmt: skip
    turns = UserTurns(
        LocalIntents(around.engines, around.registry),
        post=inbox.post, tasks=tasks, run_tool=tools.run, observers=observers, playback=sound,
    )  # fmt: skip
    here_first = settings.session.local_first == "confident"
    uplink = Uplink(turns, observers, awake=lambda: machine.awake, answer_here_first=here_first)
    sessions = Sessions(
        needs, cost=around.cost, failover=around.failover, registry=around.registry,
        describe_house=around.describe_house, prompts=prompts, turns=turns, uplink=uplink, clock=clock,
    )  # fmt: skip
    effects = Effects(sound, sessions, turns, observers, lambda: loudness.chimes, book=around.book)
    controller = Controller(
        inbox, machine, sound, sessions, uplink=uplink, effects=effects, prompts=prompts, observers=observers,
        percent=lambda: loudness.answers, clock=clock, stop_word=settings.wake.stop_word, failed=failed,
    )  # fmt: skip
    duplex = DuplexChooser(
        machine, sound, observers, hears=lambda: controller.hears, percent=lambda: loudness.answers,
        settled=around.settled, tasks=tasks,
    )  # fmt: skip
    # Cost stands before the trace: what it books, the trace is told.
    for observer in (
        CostObserver(around.cost, inbox.post, observers, session=lambda: machine.session, clock=clock),
        TraceRecorder(
            around.tell,
            clock=clock,
            turn_number=lambda: around.cost.turn,
            not_for_me=around.not_for_me,
            with_words=settings.privacy.publish_transcripts,
        ),
        MemoryObserver(memory, clock),
        FailoverObserver(around.failover, sound, clock, around.book),
        tools,
        duplex,
    ):
        observers.add(observer)
    return Conversation(
        inbox, machine, observers, sound, loudness, controller, sessions, uplink, prompts, tools, duplex, wake, tasks
    )
