"""A whole conversation part in milliseconds: the product's own assembly, a scripted Realtime server, stand-in sound."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from speaker.audio import pcm
from speaker.config.loading import load_settings
from speaker.config.settings import Settings
from speaker.conversation import events
from speaker.conversation.assembly import Conversation, Surrounds, assemble
from speaker.conversation.observers import Observer, ToolCall
from speaker.conversation.states import State
from speaker.cost.cost_tracker import CostTracker
from speaker.cost.tokens import Paid
from speaker.errors import About, SessionError
from speaker.language.phrasebook import phrasebook
from speaker.offline.server.scripted import EmitStep, Expect, Scripted, ScriptStep
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint, Failover
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import (
    CachedTokens,
    Failure,
    InputTokens,
    Item,
    OutputTokens,
    Response,
    SessionHead,
    StatusDetails,
    Usage,
)
from speaker.store.store import Ledger
from speaker.tools.api import AnyTool
from speaker.tools.registry import ToolRegistry, approve_no_call
from speaker.tools.result import ToolResult
from speaker.wake.arbitration import Claim
from tests.support.scripted_session import beside_surroundings
from tests.support.stand_in_sound import StandInSound

Json = dict[str, Any]

USAGE = Usage(
    total_tokens=300, input_tokens=200, output_tokens=100,
    input_token_details=InputTokens(
        text_tokens=150, audio_tokens=50, cached_tokens=0, cached_tokens_details=CachedTokens()
    ),
    output_token_details=OutputTokens(text_tokens=20, audio_tokens=80),
)  # fmt: skip

OPENING: list[ScriptStep] = [
    EmitStep(ev.SessionCreated(event_id="e1", session=SessionHead(id="sess_1"))),
    Expect("session.update"),
    EmitStep(ev.SessionUpdated(event_id="e2", session=SessionHead(id="sess_1"))),
    Expect("conversation.item.create"),  # when and where it is
]


def user_speaks(ends: bool = True) -> list[ScriptStep]:
    """The service hears a turn of the user."""
    steps: list[ScriptStep] = [
        Expect("input_audio_buffer.append"),
        EmitStep(ev.SpeechStarted(event_id="e3", audio_start_ms=0, item_id="item_1")),
    ]
    return [*steps, EmitStep(ev.SpeechStopped(event_id="e4", audio_end_ms=900, item_id="item_1"))] if ends else steps


def begins(response: str = "resp_1") -> ScriptStep:
    return EmitStep(ev.ResponseCreated(event_id="e5", response=Response(id=response, status="in_progress")))


def sound(ms: int, response: str = "resp_1", item: str = "item_2") -> ScriptStep:
    data = b"\x10\x20" * pcm.ms_to_samples(ms, pcm.SESSION_HZ)
    return EmitStep(ev.AudioDelta(event_id="e6", response_id=response, item_id=item, delta=data))


def words(text: str, response: str = "resp_1", item: str = "item_2") -> ScriptStep:
    return EmitStep(ev.TranscriptDone(event_id="e7", response_id=response, item_id=item, transcript=text))


def call(name: str, call_id: str = "call_1", arguments: str = "{}") -> Item:
    return Item(type="function_call", id=f"item_{call_id}", call_id=call_id, name=name, arguments=arguments)


def ends(
    *items: Item, response: str = "resp_1", status: str = "completed", code: str | None = None, usage: Usage = USAGE
) -> ScriptStep:
    details = StatusDetails(error=Failure(code=code, message="no")) if code else None
    output = list(items) or [Item(type="message", id="item_2", role="assistant")]
    done = Response(id=response, status=status, output=output, usage=usage, status_details=details)
    return EmitStep(ev.ResponseDone(event_id="e8", response=done))


def answer(ms: int = 1_000, text: str = "It is noon.") -> list[ScriptStep]:
    """A turn of the user, and a spoken answer."""
    return [*OPENING, *user_speaks(), begins(), sound(ms), words(text), ends()]


class Notes(Observer):
    """Writes down what the observers are told."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self.tools: list[tuple[str, ToolResult]] = []
        self.troubles: list[str] = []
        self.refusals: list[str] = []
        self.duplex: list[tuple[str, str]] = []
        self.sent_asleep_ms = 0.0
        self.charged = 0

    def state_changed(self, before: State, after: State, event: events.Event) -> None:
        self.states.append(after)

    def tool_ran(self, call: ToolCall, result: ToolResult, took_s: float) -> None:
        self.tools.append((call.name, result))

    def paid(self, paid: Paid) -> None:
        self.charged += 1

    def refused(self, endpoint: str, why: SessionError) -> None:
        self.refusals.append(why.code)

    def duplex_chosen(self, mode: str, reason: str) -> None:
        self.duplex.append((mode, reason))

    def sound_sent(self, ms: float, *, awake: bool) -> None:
        self.sent_asleep_ms += 0 if awake else ms

    def trouble(self, problem: str, about: About = "conversation") -> None:
        self.troubles.append(problem)


def _tells_time(event: Json) -> bool:
    """Whether this is the item that tells a session date, time and place."""
    item = event.get("item", {})
    return item.get("role") == "system" and str(item["content"][0]["text"]).startswith("It is ")


class TalkingSpeaker:
    """The part, and the world that it talks to."""

    def __init__(self, conversation: Conversation, stand_in: StandInSound, script: Scripted, ledger: Ledger) -> None:
        self.conversation = conversation
        self.sound = stand_in
        self.script = script
        self.ledger = ledger
        self.notes = Notes()
        self.url = ""
        """Where its scripted service is."""
        self.told: list[Json] = []
        """Events as they are published."""
        self.life: asyncio.Future[None]
        """The part as it runs."""
        self.failures: list[BaseException] = []
        """What was handed to the event loop; a test that wants such failures takes them out."""
        self.claims: list[tuple[str, Claim]] = []
        self.not_for_me = 0

    @property
    def state(self) -> State:
        return self.conversation.machine.state

    def sent(self, kind: str, connection: int = -1) -> list[Json]:
        """What the service was sent of a kind, in the last connection, but for what every session is told."""
        seen = self.script.seen[connection] if self.script.seen else []
        return [one for one in beside_surroundings(seen) if one["type"] == kind]

    def events(self, kind: str) -> list[Json]:
        """What was published of a kind."""
        return [one for one in self.told if one["type"] == kind]

    async def until(self, true: Callable[[], bool], within_s: float = 10) -> None:
        async with asyncio.timeout(within_s):
            while not true():
                await asyncio.sleep(0.001)

    async def is_in(self, state: State) -> None:
        await self.until(lambda: self.state is state)

    async def wake(self) -> None:
        """Somebody says the wake word, as soon as it is listened for."""
        await self.until(self.sound.hear_wake_word)

    async def wake_and_speak(self) -> None:
        """Somebody says the wake word and goes on in one breath."""
        await self.wake()
        self.sound.hear(800)

    async def converse(self) -> Json:
        """One conversation from the wake word to its end; its trace."""
        turns = len(self.events("turn"))
        await self.wake_and_speak()
        await self.until(lambda: len(self.events("turn")) > turns)
        await self.is_in(State.ASLEEP)
        return self.events("turn")[-1]


BRISK = {"limits": {"listen_s": 1, "think_s": 2, "follow_up_s": 0.05, "connect_s": 2, "stalled_s": 1}}
"""Limits under which a conversation ends soon."""


def brisk(**sections: Json) -> Settings:
    """Settings of a fast test; ``sections`` are added to them."""
    document: Json = {"id": "kitchen", "session": {"endpoint": "cloud"}, "tools": {"paths": []}, **BRISK}
    for section, keys in sections.items():
        document[section] = document.get(section, {}) | keys
    return load_settings(document, "kitchen")


@asynccontextmanager
async def talking(
    folder: Path,
    *scenes: Sequence[ScriptStep],
    settings: Settings | None = None,
    tools: Sequence[AnyTool] = (),
    approve: Callable[[str], Awaitable[bool]] = approve_no_call,
    others: Sequence[Endpoint] = (),
    cloud_url: str | None = None,
    slow_tool_s: float = 1.0,
    faster: float = 10.0,
    describe_house: Callable[[], str] = lambda: "- hall: Lamp (light)",
) -> AsyncIterator[TalkingSpeaker]:
    """A speaker whose service plays scenes, one for each connection; ``others`` answer if the service does not.

    With ``cloud_url`` the service is there, and nobody plays the scenes. ``faster``: how many times as fast as real
    time sound is played.
    """
    settings = settings or brisk()
    script, engines = Scripted([list(one) for one in scenes]), OfflineEngines()
    ledger = Ledger(folder / "ledger.sqlite")
    made: list[TalkingSpeaker] = []

    def tell(event: Json) -> None:
        made[0].told.append(event)

    async with RealtimeServer(ServerSettings(port=0), engines, script) as server:
        cost = CostTracker(settings, ledger, tell)
        cloud = [Endpoint("cloud", Target(cloud_url or server.url, settings.session.model)), *others]
        registry = ToolRegistry(
            {one.name: one for one in tools}, settings.tools, settings.cost.quiet_tools, approve=approve
        )
        stand_ins: list[StandInSound] = []

        def make_sound(*wires: Any) -> StandInSound:
            stand_ins.append(StandInSound(*wires, faster=faster))
            return stand_ins[0]

        conversation = assemble(
            Surrounds(
                settings=settings, make_sound=make_sound, registry=registry, engines=engines, cost=cost,
                failover=Failover(lambda: cost.budget_guard.endpoints(cloud, cloud[-1]), cost.budget_guard.refusal),
                describe_house=describe_house, tell=tell,
                claim=lambda word, claim: made[0].claims.append((word, claim)),
                not_for_me=lambda: _count(made[0]), slow_tool_s=slow_tool_s, book=phrasebook(settings.session.language),
            )
        )  # fmt: skip
        one = TalkingSpeaker(conversation, stand_ins[0], script, ledger)
        made.append(one)
        one.url = server.url
        conversation.observers.add(one.notes)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, failed: one.failures.append(failed.get("exception", RuntimeError(failed))))
        one.life = life = asyncio.create_task(conversation.run())
        try:
            yield one
        finally:
            await conversation.close()
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
            loop.set_exception_handler(None)
            assert one.failures == []
            assert one.notes.sent_asleep_ms == 0, "asleep, no sound leaves the house"
    engines.close()
    ledger.close()


def _count(one: TalkingSpeaker) -> None:
    one.not_for_me += 1
