"""Who spoke hears something: an answer, a sound that means done, or the reason in one sentence. And nothing twice."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from speaker.errors import SessionError
from speaker.language.phrasebook import ENGLISH_PHRASES
from speaker.offline.server.scripted import Close, Delay, Drop, Expect, ScriptStep
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint
from speaker.speech import phrases
from tests.support.service_frames import (
    ASKED,
    GREETING,
    SPEECH,
    TURN,
    answer,
    b64,
    call,
    created,
    done,
    error,
    failed,
    frame,
    hear,
    sound,
)
from tests.support.talking_speaker import answer as whole_answer
from tests.support.talking_speaker import brisk, talking

SAID = ENGLISH_PHRASES.failures

pytestmark = pytest.mark.usefixtures("impatient")


def incomplete(reason: str | None, **more: Any) -> ScriptStep:
    return done(
        status="incomplete", status_details={"type": "incomplete", "reason": reason} if reason else None, **more
    )


def cancelled(reason: str | None) -> ScriptStep:
    return done(status="cancelled", status_details={"type": "cancelled", "reason": reason} if reason else None)


PATIENT = brisk(limits={"think_s": 8, "stalled_s": 6, "follow_up_s": 0.1})
"""Limits that a fault must not wait for."""

ENDS: dict[str, tuple[Sequence[ScriptStep], str]] = {
    "content filter": ([created(), incomplete("content_filter")], SAID.withheld),
    "too long": ([created(), incomplete("max_output_tokens")], SAID.too_long),
    "too long, with sound": ([created(), sound(), incomplete("max_output_tokens")], SAID.too_long),
    "incomplete without a reason": ([created(), incomplete(None)], SAID.broken_off),
    "cancelled by the service": ([created(), cancelled(None)], SAID.broken_off),
    "cancelled for a new reason": (
        [created(), sound(100), cancelled("maintenance")],
        SAID.broken_off,
    ),
    "completed with nothing": ([created(), done()], SAID.no_content),
    "completed, output null": ([created(), done(output=None)], SAID.no_content),
    "completed, an empty message": (
        [created(), done({"type": "message", "id": "a", "role": "assistant", "content": []})],
        SAID.no_content,
    ),
    "completed, never announced": ([done()], SAID.no_content),
    "empty sound": ([created(), sound(0), done()], SAID.no_content),
    "failed, server error": ([created(), failed("server_error")], SAID.troubled),
    "failed, a code of its own": ([created(), failed("prediction_failed")], SAID.troubled),
    "failed, no code": ([created(), failed(None)], SAID.troubled),
    "failed, no details": ([created(), done(status="failed")], SAID.troubled),
    "failed, details a text": (
        [created(), done(status="failed", status_details="unimplemented")],
        SAID.troubled,
    ),
    "failed, never announced": ([failed("server_error")], SAID.troubled),
    "failed as it began": ([created(status="failed"), failed("no_match")], SAID.troubled),
    "failed, no model": (
        [created(), failed("model_not_found")],
        phrases.apology(SessionError("", code="model_not_found"), connected=True),
    ),
    "failed, after sound": ([created(), sound(), failed("server_error")], SAID.troubled),
}


@pytest.mark.parametrize("case", ENDS)
async def test_each_way_to_end_without_an_answer_has_its_sentence(tmp_path: Path, case: str) -> None:
    steps, sentence = ENDS[case]
    heard = await hear(tmp_path, [*TURN, *steps], settings=PATIENT)
    assert heard.said == [sentence]
    assert heard.trace["ended_by"] == "follow_up_timeout", "at once, and the conversation goes on"


ERRORS: dict[str, ScriptStep] = {
    "server error": error(code="server_error"),
    "a code of its own": error(code="tts_error"),
    "no code": error(code=None),
    "flat": frame("error", message="Something broke."),
    "flat, with a code": frame("error", code="internal", message="Something broke."),
    "a text": frame("error", error="Unknown event type"),
    "nothing": frame("error"),
    "a list": frame("error", error=["x"]),
    "numbers": frame("error", error={"type": 5, "code": 500, "message": 7}),
    "unknown event id": error(code="inference_failed", event_id="event_TODO"),
}


@pytest.mark.parametrize("case", ERRORS)
async def test_an_error_in_place_of_an_answer_is_told_at_once(tmp_path: Path, case: str) -> None:
    heard = await hear(tmp_path, [*TURN, ERRORS[case]], settings=PATIENT)
    assert heard.said == [SAID.troubled]
    assert heard.trace["ended_by"] == "follow_up_timeout"


@pytest.mark.parametrize("case", ERRORS)
async def test_an_error_in_an_answer_of_which_no_more_comes_is_told(tmp_path: Path, case: str) -> None:
    """Some services end no response that failed."""
    heard = await hear(tmp_path, [*TURN, created(), ERRORS[case]], settings=PATIENT)
    assert heard.said == [SAID.troubled]
    assert heard.trace["ended_by"] == "follow_up_timeout"


@pytest.mark.parametrize(
    "steps",
    [
        [created(), error(code="response_failed"), failed("response_failed")],
        [error(code="response_failed"), failed("response_failed")],
        [error(code="response_failed"), created(), failed("response_failed")],
        [created(), failed("response_failed"), error(code="response_failed")],
    ],
    ids=["error, then end", "never announced", "announced late", "end, then error"],
)
async def test_a_fault_that_is_told_twice_is_said_once(tmp_path: Path, steps: Sequence[ScriptStep]) -> None:
    heard = await hear(tmp_path, [*TURN, *steps, Delay(0.1)], settings=PATIENT)
    assert heard.said == [SAID.troubled]


async def test_an_error_that_matters_to_nobody_does_not_hide_the_answer(tmp_path: Path) -> None:
    for harmless in (
        error("Cancellation failed: no active response found"),
        error("Audio content of 3700ms is already shorter than 3760ms", code="invalid_value"),
        error("Only model output audio messages can be truncated"),
        error("Handling of the 'response.cancel' event is not implemented.", code=None),
        error("x", code="input_audio_buffer_commit_empty"),
    ):
        heard = await hear(tmp_path, [*TURN, harmless, Delay(0.05), *answer()], settings=PATIENT)
        assert (heard.said, heard.ms) == ([], 1_000)


# Lines that are cut.


@pytest.mark.parametrize("end", [Close(1000), Close(1000, "bye"), Close(1001), Close(1011), Drop()], ids=str)
@pytest.mark.parametrize("steps", [[], [created()], [created(), done(call())]], ids=["heard", "begun", "tools"])
async def test_the_offline_server_goes_on_in_the_middle_of_a_turn(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, end: ScriptStep, steps: Sequence[ScriptStep]
) -> None:
    # Words whose tools ran are not said again: who goes on is told what came of them, and asked for the answer.
    helps = [*GREETING, *ASKED, *answer()] if len(steps) == 2 else whole_answer()
    async with talking(tmp_path_factory.mktemp("helper"), helps) as helper:
        others = [Endpoint("offline", Target(helper.url, "offline"))]
        heard = await hear(tmp_path, [*TURN, *steps, end], [*GREETING, end], others=others)
    assert (heard.ms, heard.said) == (1_000, [])
    assert heard.trace["endpoint"] == "offline"
    assert len(heard.calls) == len(steps) // 2, "what was done is not done again"


@pytest.mark.parametrize("end", [Close(1000), Close(1008), Drop()], ids=str)
@pytest.mark.parametrize(
    "scene", [TURN, [*TURN, created()], [*GREETING, Expect("input_audio_buffer.append")], GREETING],
    ids=["heard", "begun", "said", "opened"],
)  # fmt: skip
async def test_who_spoke_to_sessions_that_die_is_told(
    tmp_path: Path, scene: Sequence[ScriptStep], end: ScriptStep
) -> None:
    heard = await hear(tmp_path, [*scene, end])
    assert not heard.silent
    assert heard.trace["ended_by"] == "error"


async def test_a_close_after_the_answer_is_the_end_and_no_fault(tmp_path: Path) -> None:
    heard = await hear(
        tmp_path, [*TURN, *answer(), Delay(0.02), Close(1000)], settings=brisk(limits={"follow_up_s": 1})
    )
    assert (heard.ms, heard.said, len(heard.sent)) == (1_000, [], 1)


# Names.

NAMELESS: dict[str, Sequence[ScriptStep]] = {
    "response without an id": [created(""), sound(response=""), done(response="")],
    "response id missing": [
        frame("response.created", response={}), frame("response.output_audio.delta", item_id="a", delta=b64(1_000)),
        frame("response.done", response={"status": "completed"}),
    ],
    "response null": [
        frame("response.created", response=None), sound(response=""), frame("response.done", response=None),
    ],
    "item without an id": [created(), sound(item=""), done()],
    "item id missing": [created(), frame("response.output_audio.delta", response_id="r", delta=b64(1_000)), done()],
    "never announced": [sound(), done()],
    "never announced nor named": [sound(response="", item=""), done(response="")],
    "announced under another name": [created("x"), sound(response="x"), done(response="y")],
    "named late": [created(""), sound(response="r"), done(response="r")],
    "ids are numbers": [
        frame("response.created", response={"id": 5}),
        frame("response.output_audio.delta", response_id=5, item_id=6, delta=b64(1_000)),
        frame("response.done", response={"id": 5}),
    ],
    "end without a response": [created(), sound(), frame("response.done")],
    "announced twice": [created(), created(), sound(), done()],
    "sound after the end": [created(), sound(500), done(), sound(500)],
}  # fmt: skip


@pytest.mark.parametrize("case", NAMELESS)
async def test_sound_is_played_whatever_it_is_called(tmp_path: Path, case: str) -> None:
    heard = await hear(tmp_path, [*TURN, *NAMELESS[case]], settings=brisk(limits={"follow_up_s": 0.2}))
    assert (heard.ms, heard.said) == (1_000, [])


async def test_of_two_responses_at_once_one_is_heard(tmp_path: Path) -> None:
    both = [
        created("r"), sound(500, "r", "a"), created("x"), sound(900, "x", "b"), sound(500, "r", "a"),
        sound(900, "x", "b"), done(response="x"), done(response="r"),
    ]  # fmt: skip
    heard = await hear(tmp_path, [*TURN, *both])
    assert (heard.ms, heard.said) == (1_000, [])
    assert [cancel["response_id"] for cancel in heard.events("response.cancel")] == ["x"]


async def test_a_second_response_need_not_be_announced_to_be_cancelled(tmp_path: Path) -> None:
    heard = await hear(tmp_path, [*TURN, created("r"), sound(500), sound(900, "x", "b"), sound(500), done()])
    assert heard.ms == 1_000
    assert [cancel["response_id"] for cancel in heard.events("response.cancel")] == ["x"]


# Sound.


@pytest.mark.parametrize("cut", [1, 3, 959, 4_801])
async def test_a_sample_that_is_cut_in_two_is_put_together(tmp_path: Path, cut: int) -> None:
    data = base64.b64decode(b64(1_000))
    pieces = [base64.b64encode(data[start : start + cut]).decode() for start in range(0, len(data), cut)][:400]
    whole = min(len(data), 400 * cut) // 2
    steps = [frame("response.output_audio.delta", response_id="r", item_id="a", delta=piece) for piece in pieces]
    heard = await hear(tmp_path, [*TURN, created(), *steps, done()])
    assert heard.ms == pytest.approx(whole / 24)


async def test_half_a_sample_is_not_carried_over_to_another_item(tmp_path: Path) -> None:
    odd = base64.b64encode(bytes(range(101))).decode()
    steps = [frame("response.output_audio.delta", response_id="r", item_id=item, delta=odd) for item in "abab"]
    heard = await hear(tmp_path, [*TURN, created(), *steps, done()])
    assert heard.ms == pytest.approx(2 * 101 / 24)


# Words in place of sound.

NOON = "It is noon."
WORDS: dict[str, Sequence[ScriptStep]] = {
    "written": [created(), frame("response.output_text.done", response_id="r", item_id="a", text=NOON), done()],
    "written in parts": [
        created(), *[frame("response.output_text.delta", response_id="r", item_id="a", delta=part) for part in
                     ("It is ", "noon.")], done(),
    ],
    "transcript alone": [
        created(), frame("response.output_audio_transcript.done", response_id="r", item_id="a", transcript=NOON),
        done(),
    ],
    "at the end alone": [
        created(), done({"type": "message", "id": "a", "role": "assistant",
                         "content": [{"type": "output_text", "text": "It is noon."}]}),
    ],
    "under two names": [
        created(), frame("response.output_audio_transcript.done", response_id="r", transcript="It is noon."),
        done({"type": "message", "id": "b", "content": [{"type": "audio", "transcript": "It is noon."}]}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", WORDS)
async def test_words_without_sound_are_said_once_by_the_own_voice(tmp_path: Path, case: str) -> None:
    heard = await hear(tmp_path, [*TURN, *WORDS[case]])
    assert heard.said == ["It is noon."]


async def test_words_that_come_with_sound_are_not_said_again(tmp_path: Path) -> None:
    steps = [
        created(), frame("response.output_audio_transcript.done", response_id="r", item_id="a", transcript=NOON),
        sound(), frame("response.output_text.done", response_id="r", item_id="a", text=NOON),
        done({"type": "message", "id": "z", "content": [{"type": "output_audio", "transcript": "It is noon."}]}),
    ]  # fmt: skip
    heard = await hear(tmp_path, [*TURN, *steps])
    assert (heard.ms, heard.said) == (1_000, [])


# The user's turn.


async def test_a_response_that_ends_before_speech_is_told_is_no_fault(tmp_path: Path) -> None:
    """Services tell that they heard somebody before or after they end what they were saying."""
    again = [
        frame("input_audio_buffer.speech_started", item_id="v"),
        frame("input_audio_buffer.speech_stopped", item_id="v"),
    ]
    scene = [*TURN, created(), cancelled("turn_detected"), Delay(0.05), *again, *answer("r2", "b")]
    heard = await hear(tmp_path, scene, settings=brisk(limits={"follow_up_s": 0.4}))
    assert (heard.ms, heard.said) == (1_000, [])


async def test_a_turn_that_was_detected_and_never_came_is_told_of(tmp_path: Path) -> None:
    heard = await hear(tmp_path, [*TURN, created(), cancelled("turn_detected")])
    assert len(heard.said) == 1


@pytest.mark.parametrize(
    "extra",
    [
        frame("conversation.item.input_audio_transcription.failed", item_id="u", error={"code": "DeploymentNotFound"}),
        frame("conversation.item.input_audio_transcription.completed", item_id="u", transcript=None),
        frame("ping", timestamp=5), frame("session.updated", session={}), frame("conversation.created"),
        frame("rate_limits.updated", rate_limits=None), frame("rate_limits.updated", rate_limits=[{"name": None}]),
        frame("conversation.item.added", item=None), frame("conversation.item.deleted", item_id=""),
        frame("response.output_item.added", response_id="r"), frame("response.content_part.added", part="x"),
        frame("response.output_audio.done"), frame("response.output_audio.done", response_id="old"),
        frame("input_audio_buffer.committed"), frame("response.cancelled"), frame("response.created.v2"),
    ],
    ids=str,
)  # fmt: skip
async def test_events_that_say_nothing_of_the_answer_change_nothing(tmp_path: Path, extra: ScriptStep) -> None:
    scene = [*GREETING, *SPEECH, extra, created(), extra, sound(500), extra, sound(500), extra, done(), extra]
    heard = await hear(tmp_path, scene)
    assert (heard.ms, heard.said, heard.booked) == (1_000, [], 1)


async def test_an_answer_to_tools_that_says_nothing_means_done(tmp_path: Path) -> None:
    heard = await hear(tmp_path, [*TURN, created(), done(call()), *ASKED, created("r2"), done(response="r2")])
    assert (heard.said, heard.chimes) == ([], ["done"])


async def test_an_answer_to_tools_that_did_nothing_is_told(tmp_path: Path) -> None:
    heard = await hear(
        tmp_path, [*TURN, created(), done(call("no_such_tool")), *ASKED, created("r2"), done(response="r2")]
    )
    assert heard.said == [SAID.no_content]
