"""Nobody is charged for nothing: whatever a service does, requests, tool rounds and connections have an end."""

from pathlib import Path

import pytest

from speaker.language.phrasebook import ENGLISH_PHRASES
from speaker.offline.server.scripted import Close, Delay, Drop, Expect, ScriptStep
from tests.support.service_frames import (
    ASKED,
    GREETING,
    SPEECH,
    TURN,
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
from tests.support.talking_speaker import brisk

pytestmark = pytest.mark.usefixtures("impatient")


BUSY = "Conversation already has an active response in progress: resp_C. Wait until it is finished."
REFUSALS: list[ScriptStep] = [
    error(BUSY, code="conversation_already_has_active_response", event_id=None),
    error("Conversation already has an active response", code=None),
    frame("error", error={"type": "conversation_already_has_active_response", "code": None, "message": "Not now."}),
    frame("error", error={"type": "x", "message": "Cannot create response while another response is in progress."}),
    frame("error", error={"type": "function_call_output_pending", "message": "Outputs are pending."}),
    frame("error", message=BUSY),
]
IDS = ["code", "code null", "code in type", "words", "outputs pending", "flat"]
WITH_TOOL: list[ScriptStep] = [*TURN, created(), done(call())]


@pytest.mark.parametrize("refusal", REFUSALS, ids=IDS)
async def test_a_request_that_is_refused_again_and_again_is_made_a_few_times(
    tmp_path: Path, refusal: ScriptStep
) -> None:
    """No response was ever announced that could end."""
    again = [step for _ in range(200) for step in (*ASKED, refusal)]
    heard = await hear(tmp_path, [*WITH_TOOL, *again], settings=brisk(limits={"think_s": 0.8}))
    assert 2 <= len(heard.events("response.create")) <= 8
    assert heard.said == [ENGLISH_PHRASES.failures.no_answer]


@pytest.mark.parametrize("refusal", REFUSALS, ids=IDS)
async def test_a_refused_request_is_made_once_more_and_answered(tmp_path: Path, refusal: ScriptStep) -> None:
    heard = await hear(tmp_path, [*WITH_TOOL, *ASKED, refusal, *ASKED, *answer("r2")])
    assert len(heard.events("response.create")) == 2
    assert (heard.said, heard.ms) == ([], 1_000)


async def test_a_request_waits_for_the_end_of_a_response_that_is_under_way(tmp_path: Path) -> None:
    """Announced or not: the service is asked again when that is over, and not before."""
    late: list[ScriptStep] = [Delay(0.3), done(response="x")]
    for under_way in ([created("x"), *late], late):
        scene = [*WITH_TOOL, *ASKED, REFUSALS[0], *under_way, *ASKED, *answer("r2")]
        heard = await hear(tmp_path, scene)
        assert heard.ms == 1_000
        assert len(heard.events("response.create")) <= 4


async def test_tools_without_end_have_one(tmp_path: Path) -> None:
    """After eight rounds the model is told, and asked once for an answer without tools."""
    rounds = [
        step for number in range(50) for step in (*ASKED, created(f"r{number}"), done(call(), response=f"r{number}"))
    ]
    heard = await hear(tmp_path, [*TURN, created(), done(call()), *rounds])
    wishes = heard.events("response.create")
    assert len(heard.calls) == 8
    assert len(wishes) == 8
    assert [wish.get("response", {}).get("tool_choice") for wish in wishes] == [None] * 7 + ["none"]
    told = [item["item"] for item in heard.events("conversation.item.create")]
    assert "too often" in [item for item in told if item["type"] == "message"][-1]["content"][0]["text"]
    assert [item["output"].partition(":")[0] for item in told if item["type"] == "function_call_output"] == [
        "Confirmed"
    ] * 8 + ["Refused"]
    assert not heard.silent


async def test_an_answer_without_tools_ends_the_rounds(tmp_path: Path) -> None:
    settings = brisk(limits={"tool_rounds": 2})
    rounds = [
        step for number in range(1) for step in (*ASKED, created(f"r{number}"), done(call(), response=f"r{number}"))
    ]
    heard = await hear(tmp_path, [*TURN, created(), done(call()), *rounds, *ASKED, *answer("last")], settings=settings)
    assert len(heard.calls) == 2
    assert heard.ms == 1_000
    assert heard.said == []


async def test_sessions_that_die_after_a_harmless_end_are_not_opened_without_end(tmp_path: Path) -> None:
    heard = await hear(tmp_path, [*GREETING, Expect("input_audio_buffer.append"), done(response="x"), Drop()])
    assert len(heard.sent) <= 4
    assert heard.said == [ENGLISH_PHRASES.failures.broken]


async def test_sessions_that_die_after_each_tool_call_are_not_opened_without_end(tmp_path: Path) -> None:
    again = [*GREETING, *ASKED, created(), done(call()), Delay(0.05), Drop()]
    heard = await hear(tmp_path, [*TURN, created(), done(call()), Delay(0.05), Drop()], again)
    assert len(heard.sent) <= 4
    assert not heard.silent


async def test_an_answer_forgives_what_was_lost_before(tmp_path: Path) -> None:
    lost = [*TURN, Drop()]
    more = [*GREETING, *SPEECH, *answer(), Delay(0.02), *[frame("ping") for _ in range(3)]]
    heard = await hear(tmp_path, lost, lost, lost, more)
    assert (heard.ms, heard.said, len(heard.sent)) == (1_000, [], 4)


@pytest.mark.parametrize("name", ["r", ""])
async def test_an_end_that_comes_twice_is_booked_once(tmp_path: Path, name: str) -> None:
    end = done(response=name)
    heard = await hear(tmp_path, [*TURN, created(name), sound(response=name), end, end, end])
    assert heard.booked == 1


async def test_an_end_that_nobody_announced_is_booked_once(tmp_path: Path) -> None:
    heard = await hear(tmp_path, [*TURN, done(call()), done(call()), *ASKED, *answer("r2")])
    assert heard.booked == 2
    assert len(heard.calls) == 1


LIMIT = "Rate limit reached for this model. Please try again in {}. Visit the page for more."


@pytest.mark.parametrize("span", ["120ms", "0.1s", "0.1 seconds", "80 milliseconds"])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_rate_limit_is_waited_for_once(tmp_path: Path, span: str, announced: bool) -> None:
    message = LIMIT.format(span)
    refused = (
        [created(), failed("rate_limit_exceeded", message)]
        if announced
        else [error(message, code="rate_limit_exceeded")]
    )
    heard = await hear(tmp_path, [*TURN, *refused, *ASKED, *answer("r2")])
    assert (heard.said, heard.ms, len(heard.events("response.create"))) == ([], 1_000, 1)


async def test_a_rate_limit_that_lasts_is_told(tmp_path: Path) -> None:
    limit = failed("rate_limit_exceeded", LIMIT.format("0.1s"))
    again = failed("rate_limit_exceeded", LIMIT.format("0.1s"), response="r2")
    heard = await hear(tmp_path, [*TURN, created(), limit, *ASKED, created("r2"), again, Delay(0.4)])
    assert len(heard.events("response.create")) == 1
    assert "too busy" in heard.said[0]
    assert len(heard.said) == 1


@pytest.mark.parametrize(
    "message", [LIMIT.format("1m26.4s"), LIMIT.format("20s"), "We are processing too many requests."]
)
@pytest.mark.parametrize("code", ["rate_limit_exceeded", "inference_rate_limit_exceeded"])
async def test_a_rate_limit_that_is_too_long_is_told_at_once(tmp_path: Path, message: str, code: str) -> None:
    heard = await hear(tmp_path, [*TURN, created(), failed(code, message)])
    assert heard.events("response.create") == []
    assert "too busy" in heard.said[0]


async def test_no_credit_is_told_and_no_session_opened_anew(tmp_path: Path) -> None:
    heard = await hear(tmp_path, [*TURN, error("You exceeded your quota.", code="insufficient_quota"), Close(1011)])
    assert len(heard.sent) == 1
    assert "no credit" in heard.said[0]
    assert len(heard.said) == 1
