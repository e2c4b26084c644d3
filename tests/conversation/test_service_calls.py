"""Tool calls as services tell of them: from wherever they stand, each once, and none that nobody wants any more."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from speaker.conversation import events
from speaker.conversation.states import State
from speaker.offline.server.scripted import Delay, Drop, Expect, ScriptStep
from speaker.tools import ToolResult, tool
from tests.support.service_frames import (
    ASKED,
    GREETING,
    SPEECH,
    TURN,
    Json,
    answer,
    call,
    created,
    done,
    error,
    failed,
    frame,
    hear,
    sound,
)
from tests.support.talking_speaker import TalkingSpeaker, brisk, talking

pytestmark = pytest.mark.usefixtures("impatient")


DIM = '{"percent":40}'


def item_added(arguments: str = "", **more: Any) -> ScriptStep:
    return frame("response.output_item.added", response_id="r", item=call(arguments=arguments, **more))


def item_done(arguments: object = DIM, **more: Any) -> ScriptStep:
    return frame("response.output_item.done", response_id="r", item=call(arguments=arguments, **more))


def arguments_done(arguments: object = DIM, **more: Any) -> ScriptStep:
    fields = {"response_id": "r", "item_id": "i1", "call_id": "c1", "name": "light", "arguments": arguments} | more
    return frame(
        "response.function_call_arguments.done", **{key: one for key, one in fields.items() if one is not None}
    )


PLACES: dict[str, Sequence[ScriptStep]] = {
    "the item's end": [item_done(), done()],
    "the arguments' end": [arguments_done(), done()],
    "the response's end": [done(call(arguments=DIM))],
    "everywhere": [item_added(), arguments_done(), item_done(), done(call(arguments=DIM))],
    "output null": [item_done(), done(output=None)],
    "output a text": [item_done(), done(output="none")],
    "output missing": [item_done(), frame("response.done", response={"id": "r", "status": "completed"})],
    "the name only as it begins": [item_added(), arguments_done(name=None), done()],
    "the name only at the end": [arguments_done(name=None), done(call(arguments=DIM))],
    "no call id at its arguments": [item_added(), arguments_done(call_id=None), done()],
    "no call id at all": [item_done(call_id=""), done()],
    "no item id": [arguments_done(item_id=None), item_done(item=""), done()],
    "no response id": [
        frame("response.function_call_arguments.done", call_id="c1", name="light", arguments=DIM),
        done(),
    ],
    "an object": [done(call(arguments={"percent": 40}))],
    "an object in each": [
        arguments_done({"percent": 40}),
        item_done({"percent": 40}),
        done(call(arguments={"percent": 40})),
    ],
    "lines and spaces": [done(call(arguments='{  \n  "percent": 40 \n} \n'))],
    "a float": [done(call(arguments='{"percent": 40.0}'))],
    "a float with an exponent": [done(call(arguments='{"percent": 4e1}'))],
    "two items": [item_done(), item_done("{}", item="i2"), done(call(arguments="{}", item="i2"))],
    "an empty copy first": [item_added("{}"), item_done(), done(call(arguments=""))],
    "in progress": [done(call(arguments=DIM, status="in_progress"))],
    "with a message": [sound(300), done({"type": "message", "id": "a", "content": []}, call(arguments=DIM))],
    "never announced": [done(call(arguments=DIM))],
}


@pytest.mark.parametrize("case", PLACES)
async def test_a_call_is_carried_out_once_wherever_it_is_told(tmp_path: Path, case: str) -> None:
    begin = [] if case == "never announced" else [created()]
    heard = await hear(tmp_path, [*TURN, *begin, *PLACES[case], *ASKED, *answer("r2", "b")])
    assert heard.calls == [{"percent": 40, "room": "hall"}]
    assert heard.said == []
    outputs = [one["item"] for one in heard.events("conversation.item.create")]
    assert [(one["type"], bool(one["call_id"])) for one in outputs] == [("function_call_output", True)]
    assert len(heard.events("response.create")) == 1


@pytest.mark.parametrize("arguments", ["", "{}", None, "  "])
async def test_a_call_without_arguments_has_the_usual_ones(tmp_path: Path, arguments: object) -> None:
    heard = await hear(tmp_path, [*TURN, created(), done(call(arguments=arguments)), *ASKED, *answer("r2")])
    assert heard.calls == [{"percent": 100, "room": "hall"}]


@pytest.mark.parametrize("arguments", ['{"percent": 40.5}', '{"percent": "half"}', '{"percent', "[]", 5])
async def test_arguments_that_do_not_fit_are_told_to_the_model(tmp_path: Path, arguments: object) -> None:
    heard = await hear(tmp_path, [*TURN, created(), done(call(arguments=arguments)), *ASKED, *answer("r2")])
    assert heard.calls == []
    (output,) = [one["item"]["output"] for one in heard.events("conversation.item.create")]
    assert output.startswith("Refused: light: the arguments do not fit")


UNWANTED: dict[str, ScriptStep] = {
    "cancelled": done(call(arguments=DIM), status="cancelled", status_details={"reason": "turn_detected"}),
    "incomplete": done(call(arguments=DIM), status="incomplete", status_details={"reason": "max_output_tokens"}),
    "failed": failed("server_error", output=[call(arguments=DIM)]),
    "item cut short": done(call(arguments='{"percent":4', status="incomplete")),
    "carried out by the service": done(
        call(arguments=DIM), {"type": "function_call_output", "call_id": "c1", "output": "done"}
    ),
}


@pytest.mark.parametrize("case", UNWANTED)
async def test_calls_that_are_cut_short_or_done_are_not_carried_out(tmp_path: Path, case: str) -> None:
    heard = await hear(tmp_path, [*TURN, created(), item_done(), UNWANTED[case], Delay(0.05)])
    assert heard.calls == []
    assert heard.said, "the user is told that nothing came of it"


async def test_a_call_id_that_is_used_again_is_another_call(tmp_path: Path) -> None:
    scene = [
        *TURN, created(), done(call(arguments=DIM)), *ASKED,
        created("r2"), done(call(arguments='{"percent":50}'), response="r2"), *ASKED, *answer("r3", "b"),
    ]  # fmt: skip
    heard = await hear(tmp_path, scene)
    assert [one["percent"] for one in heard.calls] == [40, 50]
    assert len(heard.events("response.create")) == 2


async def test_a_call_id_of_a_lost_session_is_another_call_in_the_next(tmp_path: Path) -> None:
    again = [*GREETING, *ASKED, created(), done(call(arguments='{"percent":50}')), *ASKED, *answer("r2", "b")]
    heard = await hear(tmp_path, [*TURN, created(), done(call(arguments=DIM)), Delay(0.05), Drop()], again)
    assert [one["percent"] for one in heard.calls] == [40, 50]
    assert (heard.ms, heard.said) == (1_000, [])


async def test_several_calls_are_answered_together(tmp_path: Path) -> None:
    calls: list[Json] = [call(arguments=f'{{"percent":{n}}}', call_id=f"c{n}", item=f"i{n}") for n in (10, 20, 30)]
    heard = await hear(tmp_path, [*TURN, created(), done(*calls), *ASKED, *answer("r2", "b")])
    assert sorted(one["percent"] for one in heard.calls) == [10, 20, 30]
    kinds = [one["type"] for one in heard.sent[0] if one["type"] != "session.update"]
    assert kinds == ["conversation.item.create"] * 3 + ["response.create"]


async def test_a_refused_output_does_not_begin_a_loop(tmp_path: Path) -> None:
    refused = error(
        "No function_call with call_id 'c1' found in conversation history.", code="invalid_conversation_item"
    )
    output = Expect("conversation.item.create")
    heard = await hear(tmp_path, [*TURN, created(), done(call()), output, refused, *ASKED, *answer("r2", "b")])
    assert len(heard.events("response.create")) <= 2


# Interruptions: a request that nobody waits for is that request's matter, and nobody else's.


async def interrupted(one: TalkingSpeaker) -> None:
    """The user presses the button while an answer sounds or is waited for, and speaks."""
    listened = one.notes.states.count(State.LISTENING)
    one.conversation.inbox.post(events.Pressed())
    await one.until(lambda: one.notes.states.count(State.LISTENING) > listened)
    one.sound.hear(400)


AGAIN: list[ScriptStep] = [
    frame("input_audio_buffer.speech_started", item_id="v"), frame("input_audio_buffer.speech_stopped", item_id="v"),
]  # fmt: skip
LATER: dict[str, Sequence[ScriptStep]] = {
    "nothing": [],
    "a refused truncate": [error("Audio content of 5ms is already shorter than 90ms", code="invalid_value")],
    "a refused truncate without a code": [error("Only model output audio messages can be truncated")],
    "a refused truncate that names its field": [error("Invalid value.", code="invalid_value", param="audio_end_ms")],
    "a refused cancel": [error("Cancellation failed: no active response found")],
    "a refused cancel by name": [error("No.", code="strange", event_id="aside_1")],
    "the end of the old one": [done(status="cancelled", status_details={"reason": "client_cancelled"})],
    "the old one, completed": [sound(900), done()],
}


@pytest.mark.parametrize("case", LATER)
async def test_what_comes_of_an_interrupted_answer_does_not_touch_the_next(tmp_path: Path, case: str) -> None:
    scene = [*TURN, created(), sound(60_000), Expect("response.cancel"), *LATER[case], *AGAIN, *answer("r2", "b")]
    async with talking(tmp_path, scene, settings=brisk(limits={"follow_up_s": 0.2})) as one:
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        await asyncio.sleep(0.05)
        await interrupted(one)
        await one.until(lambda: bool(one.events("turn")))
        assert one.sound.played[1:] == [("b", 1_000)]
        assert one.sound.said == []
        assert not [cancel for cancel in one.sent("response.cancel") if cancel.get("response_id") == "r2"]


@pytest.mark.parametrize(
    "dropped",
    [[], [error("No.", code="server_error", event_id="ask_1")], [error("No.", code="server_error")]],
    ids=["without a word", "by its name", "without a name"],
)
async def test_a_request_that_the_service_drops_does_not_cost_the_next_answer(
    tmp_path: Path, dropped: Sequence[ScriptStep]
) -> None:
    """It was interrupted before its response began, and that response never comes."""
    scene = [*TURN, created(), done(call("quick")), *ASKED, Delay(0.2), *dropped, *AGAIN, *answer("r2", "b")]
    async with talking(tmp_path, scene, tools=[quick], settings=brisk(limits={"follow_up_s": 0.2})) as one:
        await one.wake_and_speak()
        await one.until(lambda: bool(one.sent("response.create")))
        await interrupted(one)
        await one.until(lambda: bool(one.events("turn")))
        assert one.sound.played == [("b", 1_000)]
        assert one.sound.said == []


async def test_a_response_that_begins_after_it_was_interrupted_is_silenced(tmp_path: Path) -> None:
    scene = [
        *TURN, created(), done(call("quick")), *ASKED, Delay(0.2), created("late"), sound(900, "late", "z"),
        Expect("response.cancel"), *AGAIN, *answer("r2", "b"),
    ]  # fmt: skip
    async with talking(tmp_path, scene, tools=[quick], settings=brisk(limits={"follow_up_s": 0.2})) as one:
        await one.wake_and_speak()
        await one.until(lambda: bool(one.sent("response.create")))
        await interrupted(one)
        await one.until(lambda: bool(one.events("turn")))
        assert [cancel["response_id"] for cancel in one.sent("response.cancel")] == ["late"]
        assert one.sound.played == [("b", 1_000)]


async def test_a_call_that_completes_after_its_turn_was_interrupted_is_not_carried_out(tmp_path: Path) -> None:
    """The model is told so; it is not done behind the back of who said stop."""
    late = [item_done(), done({"type": "message", "id": "a"}, call(arguments=DIM))]
    scene = [*TURN, created(), sound(60_000), Expect("response.cancel"), *late, *AGAIN, *answer("r2", "b")]
    async with talking(tmp_path, scene, tools=[quick], settings=brisk(limits={"follow_up_s": 0.2})) as one:
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        await interrupted(one)
        await one.until(lambda: bool(one.events("turn")))
        assert one.notes.tools == []
        (output,) = [sent["item"] for sent in one.sent("conversation.item.create")]
        assert (output["call_id"], output["output"].partition(":")[0]) == ("c1", "Refused")


async def test_a_tool_that_runs_when_its_turn_is_interrupted_finishes_and_tells_the_model(tmp_path: Path) -> None:
    scene = [*TURN, created(), done(call("slow")), *SPEECH[1:], *answer("r2", "b")]
    async with talking(tmp_path, scene, tools=[slow], settings=brisk(limits={"follow_up_s": 0.3})) as one:
        await one.wake_and_speak()
        await one.until(lambda: bool(one.events("turn")))
        assert [name for name, _ in one.notes.tools] == ["slow"]
        (output,) = [sent["item"] for sent in one.sent("conversation.item.create")]
        assert output["output"] == "Confirmed: done at last."
        assert one.sent("response.create") == [], "nobody asked to hear of it"
        assert one.sound.played == [("b", 1_000)]


@tool
async def quick() -> str:
    """Do something."""
    return "Confirmed: it is done."


@tool
async def slow() -> ToolResult:
    """Take a while."""
    await asyncio.sleep(0.1)
    return ToolResult("confirmed", "done at last.")
