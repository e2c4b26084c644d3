"""A session with services that misbehave: everything that can go wrong in an answer, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from speaker.audio.playback_queue import PlayedItem
from speaker.conversation import events
from speaker.conversation.session import ConversationSession
from speaker.offline.server.scripted import Close, Delay, Drop, EmitStep, Expect, Raw, ScriptStep
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Failure, Item, Response, StatusDetails
from tests.support.scripted_session import OPEN, WANTED, Witness, error, played
from tests.support.session_world import SessionWorld

TEN_MB = 10_000_000
SOUND = b"\x01\x00" * 2_400
"""A tenth of a second."""

Json = dict[str, Any]


@asynccontextmanager
async def talking(
    engines: OfflineEngines, *scene: ScriptStep, stalled_s: float = 15, world: SessionWorld | None = None
) -> AsyncIterator[tuple[ConversationSession, SessionWorld, Witness]]:
    """A session with a cloud that plays a scene in the first session, and only opens the next ones."""
    world = world or SessionWorld()
    async with played(engines, *OPEN, *scene, then=OPEN) as (witness, url):
        endpoints = [Endpoint("cloud", Target(url, "offline"))]
        session = ConversationSession(1, WANTED, endpoints, world.needs(stalled_s))
        life = asyncio.create_task(session.run())
        try:
            await world.until(lambda: bool(world.of(events.SessionOpened)))
            yield session, world, witness
        finally:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
            await world.tasks.close()


def began(response: str = "resp_1") -> ScriptStep:
    return EmitStep(ev.ResponseCreated(event_id="c", response=Response(id=response, status="in_progress")))


def done(response: str = "resp_1", status: str = "completed", *items: Item, why: Failure | None = None) -> ScriptStep:
    details = StatusDetails(type=status, error=why) if why else None
    made = Response(id=response, status=status, output=list(items), status_details=details)
    return EmitStep(ev.ResponseDone(event_id="d", response=made))


def sound(item: str, response: str = "resp_1", data: bytes = SOUND) -> ScriptStep:
    return EmitStep(ev.AudioDelta(event_id="s", response_id=response, item_id=item, delta=data))


def call(call_id: str, arguments: str = "{}", name: str = "set_light") -> Item:
    return Item(id=f"item_{call_id}", type="function_call", call_id=call_id, name=name, arguments=arguments)


def sent(witness: Witness, kind: str) -> Sequence[Json]:
    return [one for one in witness.seen if one["type"] == kind]


async def test_several_items_of_one_response_are_played_in_order_and_called_once(engines: OfflineEngines) -> None:
    """A commentary, two calls and a final message: one response, and nothing of it is mixed up."""
    scene = [
        began(),
        sound("item_a"),
        sound("item_b"),
        sound("item_a"),
        done("resp_1", "completed", call("c1"), call("c2")),
    ]
    async with talking(engines, *scene) as (_, world, witness):
        await world.until(lambda: len(world.of(events.ToolAnswered)) == 2)
        await world.until(lambda: len(sent(witness, "conversation.item.create")) == 2)
    assert [item for item, _ in world.played] == ["item_a", "item_b", "item_a"]
    outputs = [one["item"] for one in sent(witness, "conversation.item.create")]
    assert {one["call_id"] for one in outputs} == {"c1", "c2"}
    assert sent(witness, "response.create") == [], "only the conversation may ask for a response"


async def test_calls_of_one_response_run_together(engines: OfflineEngines) -> None:
    calls = [call(f"c{number}") for number in range(4)]
    slow = SessionWorld(tool_s=0.5)
    async with talking(engines, began(), done("resp_1", "completed", *calls), world=slow) as (_, world, _w):
        await world.until(lambda: len(world.calls) == 4)
        assert world.of(events.ToolAnswered) == [], "the last one begins before the first one has answered"
        await world.until(lambda: len(world.of(events.ToolAnswered)) == 4)


async def test_a_call_that_comes_twice_runs_once(engines: OfflineEngines) -> None:
    """In one response, and when its end comes twice; in a later response the same id is another call."""
    twice = done("resp_1", "completed", call("c1"), call("c1"))
    later = done("resp_2", "completed", call("c1", '{"again":1}'))
    async with talking(engines, began(), twice, twice, began("resp_2"), later) as (_, world, _w):
        await world.until(lambda: len(world.of(events.ToolAnswered)) == 2)
        await asyncio.sleep(0.1)
    assert world.calls == [("set_light", "{}"), ("set_light", '{"again":1}')]
    assert len({one.call for one in world.of(events.ToolAnswered) if isinstance(one, events.ToolAnswered)}) == 2


@pytest.mark.parametrize("status", ["cancelled", "incomplete", "failed"])
async def test_a_call_of_a_response_that_was_not_completed_does_not_run(engines: OfflineEngines, status: str) -> None:
    """Its arguments may be cut short in the middle of a word, and still be JSON."""
    cut = call("c1", '{"brightness":1')
    async with talking(engines, began(), done("resp_1", status, cut)) as (_, world, _w):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
        await asyncio.sleep(0.1)
    assert world.calls == []


async def test_late_sound_of_an_interrupted_response_is_dropped(engines: OfflineEngines) -> None:
    scene = [
        began(), sound("item_a"), sound("item_later"), Expect("response.cancel"), sound("item_a"),
        done("resp_1", "cancelled"),
    ]  # fmt: skip
    async with talking(engines, *scene, began("resp_2"), sound("item_b", "resp_2")) as (session, world, witness):
        await world.until(lambda: len(world.played) == 2)
        session.hush([PlayedItem("item_a", 40, 100), PlayedItem("item_later", 0, 100)])
        await world.until(lambda: world.played[-1][0] == "item_b")
    assert [item for item, _ in world.played] == ["item_a", "item_later", "item_b"]
    assert [one["audio_end_ms"] for one in sent(witness, "conversation.item.truncate")] == [40]
    assert [one["item_id"] for one in sent(witness, "conversation.item.delete")] == ["item_later"]


async def test_an_answer_that_is_complete_is_not_cancelled_but_cut(engines: OfflineEngines) -> None:
    """Sound comes faster than it is heard: the response is mostly over when somebody interrupts it."""
    async with talking(engines, began(), sound("item_a"), done()) as (session, world, witness):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
        session.hush([PlayedItem("item_a", 60, 100)])
        await world.until(lambda: bool(sent(witness, "conversation.item.truncate")))
    assert sent(witness, "response.cancel") == []


async def test_a_response_that_is_not_wanted_any_more_is_cancelled_as_it_begins(engines: OfflineEngines) -> None:
    """It was asked for, and the user went on before it began: it is neither heard nor waited for."""
    scene: list[ScriptStep] = [
        Expect("response.create"),
        Delay(0.2),
        began(),
        sound("item_a"),
        Expect("response.cancel"),
    ]
    async with talking(engines, *scene, done("resp_1", "cancelled"), began("resp_2"), sound("item_b", "resp_2")) as (
        session,
        world,
        _w,
    ):
        session.reply()
        session.hush([])
        await world.until(lambda: bool(world.played))
    assert [item for item, _ in world.played] == ["item_b"]
    assert world.of(events.ResponseBegan) == [events.ResponseBegan(1, "resp_2")]


async def test_a_refused_wish_does_not_silence_the_next_answer(engines: OfflineEngines) -> None:
    scene: list[ScriptStep] = [Expect("response.create"), EmitStep(error("invalid_value")), began(), sound("item_a")]
    async with talking(engines, *scene) as (session, world, _w):
        session.reply()
        await world.until(lambda: bool(world.troubles))
        session.hush([])
        await world.until(lambda: bool(world.played))


@pytest.mark.parametrize(
    "code",
    [
        "response_cancel_not_active", "item_truncate_invalid_item_id", "item_delete_invalid_item_id",
        "input_audio_buffer_commit_empty",
    ],
)  # fmt: skip
async def test_messages_that_crossed_on_the_way_trouble_nobody(engines: OfflineEngines, code: str) -> None:
    async with talking(engines, EmitStep(error(code)), began()) as (_, world, _w):
        await world.until(lambda: bool(world.of(events.ResponseBegan)))
    assert world.troubles == []


async def test_a_wish_that_met_another_response_is_told(engines: OfflineEngines) -> None:
    met: list[ScriptStep] = [Expect("response.create"), EmitStep(error("conversation_already_has_active_response"))]
    async with talking(engines, *met) as (session, world, _w):
        session.reply()
        await world.until(lambda: bool(world.of(events.ReplyFree)))
    assert [one.held for one in world.of(events.ReplyRefused) if isinstance(one, events.ReplyRefused)] == [True]
    assert world.troubles == []


async def test_nonsense_between_the_lines_costs_nothing(engines: OfflineEngines) -> None:
    """Broken JSON, unknown events, a frame of 10 MB, an end without a beginning: the answer goes on."""
    noise: list[ScriptStep] = [
        Raw("{"), Raw('{"type":"response.from.the.future","x":[1,2]}'), Raw("[]"), Raw(b"\x00\xff"),
        Raw('{"type":"response.output_audio.delta","delta":17}'),
        Raw('{"type":"response.huge","pad":"' + "x" * TEN_MB + '"}'),
        EmitStep(ev.AudioDone(event_id="x", response_id="resp_0", item_id="item_0")),
        done("resp_0"),
    ]  # fmt: skip
    async with talking(engines, began(), *noise, sound("item_a"), done()) as (_, world, _w):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
    assert [item for item, _ in world.played] == ["item_a"]
    assert world.troubles == []


async def test_sound_in_a_frame_of_ten_megabytes_is_played(engines: OfflineEngines) -> None:
    data = b"\x01\x00" * (TEN_MB // 2)
    async with talking(engines, began(), sound("item_a", data=data), done()) as (_, world, _w):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
    assert world.played == [("item_a", TEN_MB // 2)]


async def test_a_response_without_a_sound_ends_all_the_same(engines: OfflineEngines) -> None:
    async with talking(engines, began(), done()) as (_, world, _w):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
    assert world.played == []


async def test_written_answers_are_spoken_in_the_own_voice(engines: OfflineEngines) -> None:
    text = EmitStep(ev.TextDone(event_id="t", response_id="resp_1", item_id="item_a", text="It is noon."))
    async with talking(engines, began(), text, done()) as (_, world, _w):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
    assert world.spoken == ["It is noon."]
    assert world.words == [("assistant", "It is noon.")]


async def test_a_stalled_answer_is_given_up(engines: OfflineEngines) -> None:
    scene = [began(), sound("item_a"), Delay(5), sound("item_a")]
    async with talking(engines, *scene, stalled_s=0.3) as (session, world, witness):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
        await world.until(lambda: bool(sent(witness, "response.cancel")))
        assert session.problem is not None
        assert session.problem.code == "stalled"
    (ended,) = world.of(events.ResponseEnded)
    assert isinstance(ended, events.ResponseEnded)
    assert ended.failed
    assert "sent nothing more for 0.3 s" in world.troubles[0]


async def test_every_sign_of_life_keeps_an_answer_alive(engines: OfflineEngines) -> None:
    steps = [step for number in range(5) for step in (Delay(0.2), sound(f"item_{number}"))]
    async with talking(engines, began(), *steps, done(), stalled_s=0.6) as (_, world, witness):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
        assert sent(witness, "response.cancel") == []
    assert len(world.played) == 5


async def test_a_failed_response_says_why(engines: OfflineEngines) -> None:
    why = Failure(type="rate_limit_error", code="rate_limit_exceeded", message="Try again in 20 s.")
    async with talking(engines, began(), done("resp_1", "failed", why=why)) as (session, world, _w):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
        assert session.problem is not None
        assert (session.problem.code, session.problem.fatal) == ("rate_limit_exceeded", False)
    assert "Try again in 20 s." in world.troubles[0]


async def test_no_credit_left_is_told_as_a_refusal(engines: OfflineEngines) -> None:
    why = Failure(type="insufficient_quota", code="insufficient_quota", message="You exceeded your quota.")
    async with talking(engines, began(), done("resp_1", "failed", why=why)) as (_, world, _w):
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
    assert [one.code for one in world.refusals] == ["insufficient_quota"]


@pytest.mark.parametrize("end", [Drop(), Close(1001), Close(1011), Close(1012), Close(1013)])
async def test_what_a_tool_answers_after_the_session_broke_is_told_to_the_next(
    engines: OfflineEngines, end: ScriptStep
) -> None:
    scene = [began(), done("resp_1", "completed", call("c1")), Delay(0.1), end]
    async with talking(engines, *scene, world=SessionWorld(tool_s=1.5)) as (_, world, witness):
        await world.until(lambda: len(world.of(events.SessionOpened)) >= 2)
        await world.until(lambda: bool(world.of(events.ToolAnswered)))
        await world.until(lambda: any("answers now" in str(one) for seen in witness.script.seen[1:] for one in seen))
    assert len(world.calls) == 1
    assert sent(witness, "conversation.item.create") == []


async def test_a_renewed_session_knows_what_was_said(engines: OfflineEngines) -> None:
    world = SessionWorld(known="You said: it is noon.")
    async with talking(engines, world=world) as (session, _, witness):
        session.renew()
        await world.until(lambda: len(world.of(events.SessionOpened)) == 2)
        await world.until(lambda: any(one["type"] == "conversation.item.create" for one in witness.script.seen[1]))
    (item,) = [one["item"] for one in witness.script.seen[1] if one["type"] == "conversation.item.create"]
    assert (item["role"], item["content"][0]["text"]) == ("system", "You said: it is noon.")
    assert world.of(events.SessionLost) == [], "nobody was kept waiting"
