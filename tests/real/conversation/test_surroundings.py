"""Time and place on a real socket: told first in every session, again at midnight, and never taken for talk."""

import asyncio
from typing import Any

import pytest

from speaker.conversation import events
from speaker.conversation.session import ConversationSession
from speaker.offline.server.scripted import EmitStep
from speaker.offline.server.server import RealtimeServer
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Problem
from tests.real.conversation.test_session import sent, talking
from tests.support.scripted_session import WANTED
from tests.support.session_world import SessionWorld
from tests.support.strict_client import HOUSE, LIGHT, peer

Json = dict[str, Any]
TOLD = "It was Tuesday, 24 November 2026, 18:05 (CET, UTC+01:00) when you were told this. Units: metric."


def texts(witness_items: list[Json]) -> list[str]:
    return [one["item"]["content"][0]["text"] for one in witness_items]


async def test_every_session_is_told_first_and_the_instructions_stay_as_they_are(engines: OfflineEngines) -> None:
    world = SessionWorld(known="You said: it is noon.")
    world.surroundings = TOLD
    async with talking(engines, world=world) as (session, _, witness):
        await world.until(lambda: len(sent(witness, "conversation.item.create")) == 2)
        session.renew()
        await world.until(lambda: len(witness.script.seen) == 2 and len(witness.script.seen[1]) >= 3)
    assert texts(list(sent(witness, "conversation.item.create"))) == [TOLD, "You said: it is noon."]
    (update,), (again,) = ([one for one in seen if one["type"] == "session.update"] for seen in witness.script.seen)
    assert update["session"]["instructions"] == again["session"]["instructions"] == WANTED.instructions
    assert witness.script.seen[1][1]["item"]["content"] == [{"type": "input_text", "text": TOLD}]
    assert witness.script.seen[1][1]["item"]["role"] == "system"


async def test_a_session_that_lives_over_midnight_is_told_again_without_an_answer(engines: OfflineEngines) -> None:
    world = SessionWorld()
    world.surroundings, world.day_left_s = TOLD, 0.1
    async with talking(engines, world=world) as (_, _w, witness):
        world.surroundings = "It was Wednesday."
        world.day_left_s = 3600
        await world.until(lambda: len(sent(witness, "conversation.item.create")) == 2)
    assert texts(list(sent(witness, "conversation.item.create"))) == [TOLD, "It was Wednesday."]
    assert sent(witness, "response.create") == []


async def test_a_service_that_refuses_the_item_answers_all_the_same(engines: OfflineEngines) -> None:
    world = SessionWorld()
    world.surroundings = TOLD
    refusal = Problem(
        type="invalid_request_error", code="invalid_value", message="No such role.", event_id="aside_surroundings"
    )
    scene = [
        EmitStep(ev.Error(event_id="e5", error=refusal)),
        EmitStep(ev.SpeechStarted(audio_start_ms=0, item_id="i")),
    ]
    async with talking(engines, *scene, world=world) as (_, _w, _witness):
        await world.until(lambda: bool(world.of(events.SpeechBegan)))
    assert world.of(events.ServiceComplained) == []
    assert world.troubles == []


@pytest.mark.parametrize("dialect", ["ga", "beta"])
async def test_the_embedded_server_takes_it_for_no_talk(
    engines: OfflineEngines, cloud: RealtimeServer, dialect: Any
) -> None:
    world = SessionWorld()
    world.surroundings = "Turn on the sofa lamp."
    endpoints = [Endpoint("offline", Target(cloud.url, "offline", dialect))]
    session = ConversationSession(1, WANTED, endpoints, world.needs())
    life = asyncio.create_task(session.run())
    try:
        await world.until(lambda: bool(world.of(events.SessionOpened)))
        session.reply()
        await world.until(lambda: bool(world.of(events.ResponseEnded)))
        assert world.calls == []
        assert world.troubles == []
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        await world.tasks.close()


async def test_midnight_between_a_call_and_its_answer_hides_nothing(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(instructions=HOUSE, tools=[LIGHT])
        await client.write("Turn on the sofa lamp.")
        call = next(one for one in (await client.respond())[-1]["response"]["output"] if one["type"] == "function_call")
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Confirmed: it is lit."}
        await client.send("conversation.item.create", item=output)
        content = [{"type": "input_text", "text": TOLD}]
        await client.send("conversation.item.create", item={"type": "message", "role": "system", "content": content})
        said = (await client.respond())[-1]["response"]["output"][0]
        assert "it is lit" in said["content"][0]["transcript"].lower()
