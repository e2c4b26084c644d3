"""The conversation by itself, in milliseconds: every rule of its parts, against a scripted service."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from speaker.audio.echo_analysis import EchoReport
from speaker.conversation import duplex_chooser, events
from speaker.conversation.duplex_chooser import OWN_VOICE
from speaker.conversation.states import State
from speaker.conversation.voice import SpeakerVoice
from speaker.cost.cost_tracker import now_here
from speaker.errors import About, SessionError, SpeakerError
from speaker.language.phrasebook import ENGLISH_PHRASES
from speaker.listening.route import MicrophoneRoute
from speaker.offline.server.scripted import Close, Delay, Drop, EmitStep, Expect, ScriptStep
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Problem
from speaker.speech import phrases
from speaker.store.store import Ledger
from speaker.tools import ToolResult, Voice, tool
from speaker.wake.arbitration import Claim
from tests.support.daemon_scenes import black_hole, nobody
from tests.support.talking_speaker import (
    OPENING,
    TalkingSpeaker,
    answer,
    begins,
    brisk,
    call,
    ends,
    sound,
    talking,
    user_speaks,
    words,
)

pytestmark = pytest.mark.usefixtures("impatient")


COST_USD = (150 * 0.6 + 50 * 10 + 20 * 2.4 + 80 * 20) / 1e6
"""What one response of the scripted service costs with the default model."""


@tool
async def light() -> ToolResult:
    """Switch the light on."""
    return ToolResult("confirmed", "the light is on.")


@tool(quiet=True)
async def quiet_light() -> ToolResult:
    """Switch the light on, without a word."""
    return ToolResult("confirmed", "the light is on.")


@tool
async def slow() -> ToolResult:
    """Take a while."""
    await asyncio.sleep(0.15)
    return ToolResult("confirmed", "done at last.")


@tool
async def leave(voice: Voice) -> str:
    """End the conversation."""
    voice.goodbye()
    return "Confirmed: the conversation ends."


def refusal(code: str) -> ev.Error:
    return ev.Error(event_id="e0", error=Problem(type="invalid_request_error", code=code, message="No."))


# The trace.


async def test_a_conversation_leaves_one_trace(tmp_path: Path) -> None:
    async with talking(tmp_path, answer()) as one:
        trace = await one.converse()
        assert one.notes.states == [
            State.WAKING, State.LISTENING, State.THINKING, State.SPEAKING, State.FOLLOW_UP, State.ASLEEP,
        ]  # fmt: skip
        assert one.sound.chimes == ["wake"]
    assert (trace["wake_word"], trace["score"], trace["endpoint"]) == ("hey_jarvis", 0.9, "cloud")
    assert (trace["ended_by"], trace["tools"]) == ("follow_up_timeout", [])
    times = trace["ms"]
    assert 0 <= times["wake_to_open"] <= times["wake_to_sent"] <= times["total"]
    assert times["speech_end_to_first_sound"] >= 0
    assert trace["audio"]["sent_ms"] == pytest.approx(800, abs=80), (
        "each word once, but for what the resampler still holds"
    )
    assert "words" not in trace


async def test_words_stand_in_the_trace_only_where_that_is_wanted(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(), settings=brisk(privacy={"publish_transcripts": True})) as one:
        trace = await one.converse()
    assert trace["words"] == [{"who": "assistant", "text": "It is noon."}]


async def test_a_wake_word_behind_which_nobody_speaks_is_counted_and_no_turn(tmp_path: Path) -> None:
    settings = brisk(limits={"listen_s": 0.05})
    async with talking(tmp_path, OPENING, settings=settings) as one:
        await one.wake()
        await one.until(lambda: bool(one.events("not_for_me")))
        assert one.not_for_me == 1
        assert one.events("turn") == []
    assert one.events("not_for_me") == [{"type": "not_for_me", "wake_word": "hey_jarvis", "score": 0.9}]


@pytest.mark.parametrize(("event", "why"), [(events.Stopped(), "stop"), (events.Muted(), "mute")], ids=["stop", "mute"])
async def test_the_trace_says_why_it_ended(tmp_path: Path, event: events.Event, why: str) -> None:
    async with talking(tmp_path, answer(ms=60_000)) as one:
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        one.conversation.inbox.post(event)
        await one.until(lambda: bool(one.events("turn")))
        assert one.events("turn")[0]["ended_by"] == why


async def test_a_goodbye_is_spoken_to_its_end(tmp_path: Path) -> None:
    scene = [
        *OPENING, *user_speaks(), begins(), ends(call("leave")), Expect("response.create"),
        begins("resp_2"), sound(1_000, "resp_2"), ends(response="resp_2"),
    ]  # fmt: skip
    async with talking(tmp_path, scene, tools=[leave]) as one:
        conversation = one.conversation
        conversation.tools.provide(
            Voice, SpeakerVoice(conversation.machine, conversation.inbox.post, conversation.loudness, lambda _: None)
        )
        trace = await one.converse()
        assert State.FOLLOW_UP not in one.notes.states
    assert trace["ended_by"] == "goodbye"


# Cost.


async def test_every_response_is_booked_once(tmp_path: Path) -> None:
    scene = [
        *OPENING, *user_speaks(), begins(), ends(call("light")), Expect("response.create"),
        begins("resp_2"), sound(1_000, "resp_2"), ends(response="resp_2"),
    ]  # fmt: skip
    async with talking(tmp_path, scene, tools=[light]) as one:
        trace = await one.converse()
    assert trace["cost_usd"] == pytest.approx(2 * COST_USD)
    assert trace["tools"] == [{"name": "light", "ok": True, "confirmed": True}]
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        assert ledger.spent_usd(now_here().date())[0] == pytest.approx(2 * COST_USD)


async def test_a_used_up_budget_ends_the_conversation_with_this_answer(tmp_path: Path) -> None:
    settings = brisk(cost={"daily_usd": COST_USD / 2, "ladder": ["refuse"]})
    async with talking(tmp_path, answer(), settings=settings) as one:
        trace = await one.converse()
        assert one.events("budget")
        assert trace["ended_by"] == "budget"
        await one.wake_and_speak()
        await one.until(lambda: len(one.events("turn")) == 2)
        assert one.events("turn")[1]["ended_by"] == "budget"
        assert any("budget for today" in text for text in one.sound.said)
        assert len(one.script.seen) == 1, "nobody is asked who may not be paid"


async def test_a_conversation_that_was_only_waited_for_costs_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path, OPENING, settings=brisk(limits={"listen_s": 0.05})) as one:
        await one.wake()
        await one.until(lambda: bool(one.events("not_for_me")))
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        assert ledger.lines(date.today()) == []  # noqa: DTZ011 - whichever month


# Hush: an answer is cut where it was heard.


async def test_a_barge_in_cuts_the_answer_where_it_was_heard(tmp_path: Path) -> None:
    scene = [*OPENING, *user_speaks(), begins(), sound(60_000), Expect("response.cancel"), Delay(0.2)]
    async with talking(tmp_path, scene) as one:
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        await asyncio.sleep(0.05)
        assert one.sound.hear_wake_word(), "in mode wake, the wake word interrupts"
        await one.is_in(State.LISTENING)
        await one.until(lambda: bool(one.sent("conversation.item.truncate")))
        (cut,) = one.sent("conversation.item.truncate")
        assert cut["item_id"] == "item_2"
        assert 0 < cut["audio_end_ms"] < 60_000
        assert one.sent("response.cancel")
        assert not one.sound.playing


async def test_in_full_duplex_anything_said_interrupts(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(ms=60_000)) as one:
        one.conversation.duplex.choose("full")
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        await one.until(lambda: one.sound.routed.mode is MicrophoneRoute.OVER)
        one.sound.hear_talk()
        await one.is_in(State.LISTENING)
        assert not one.sound.playing


async def test_in_half_duplex_nothing_said_interrupts(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(ms=60_000)) as one:
        one.conversation.duplex.choose("half")
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        assert not one.sound.hear_wake_word()
        one.sound.hear_talk()
        await asyncio.sleep(0.02)
        assert one.state is State.SPEAKING


async def test_an_answer_nobody_heard_is_deleted(tmp_path: Path) -> None:
    scene = [*OPENING, *user_speaks(), begins(), sound(1_000), sound(60_000, item="item_3")]
    async with talking(tmp_path, scene) as one:
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        await one.until(lambda: "item_3" in one.sound.queued)
        one.conversation.inbox.post(events.Pressed())
        await one.until(lambda: bool(one.sent("conversation.item.delete")))
        assert [cut["item_id"] for cut in one.sent("conversation.item.delete")] == ["item_3"]


# Apologies: who speaks is answered, or told why not.


async def test_a_service_that_breaks_is_tried_again_with_the_same_words(tmp_path: Path) -> None:
    broken = [*OPENING, *user_speaks(), Drop()]
    async with talking(tmp_path, broken, answer()) as one:
        trace = await one.converse()
        assert (trace["endpoint"], trace["ended_by"]) == ("cloud", "follow_up_timeout")
        assert len(one.script.seen) == 2
        assert one.sent("input_audio_buffer.append"), "the second session hears what the first one lost"
        assert one.sound.said == []


@pytest.mark.parametrize("end", [Drop(), Close(1001, "going away"), Close(1011)], ids=["drop", "1001", "1011"])
async def test_a_service_that_is_gone_in_the_middle_of_an_answer_is_said(tmp_path: Path, end: ScriptStep) -> None:
    scene = [*OPENING, *user_speaks(), begins(), sound(3_000), Delay(0.05), end]
    async with talking(tmp_path, scene, OPENING, settings=brisk(limits={"follow_up_s": 0.6})) as one:
        await one.wake_and_speak()
        await one.until(lambda: len(one.script.seen) == 2)
        await one.until(lambda: bool(one.events("turn")))
        (trace,) = one.events("turn")
        assert one.sound.said == [ENGLISH_PHRASES.failures.broken]
        assert trace["ended_by"] == "follow_up_timeout"
        assert "opened anew" in one.notes.troubles[0]


@pytest.mark.parametrize("cloud", [nobody, black_hole], ids=["nobody", "black hole"])
async def test_without_internet_the_next_one_answers(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, cloud: Callable[[], AbstractAsyncContextManager[str]]
) -> None:
    settings = brisk(limits={"connect_s": 3})
    async with cloud() as url, talking(tmp_path_factory.mktemp("helper"), answer()) as helper:
        others = [Endpoint("offline", Target(helper.url, "offline"))]
        async with talking(tmp_path, settings=settings, others=others, cloud_url=url) as one:
            trace = await one.converse()
            assert (trace["endpoint"], trace["ended_by"], trace["cost_usd"]) == ("offline", "follow_up_timeout", 0)
            assert one.notes.troubles, "somebody may want to know"


async def test_an_old_session_is_renewed_and_knows_what_was_said(tmp_path: Path) -> None:
    settings = brisk(limits={"session_s": 0.1, "follow_up_s": 0.5})
    async with talking(tmp_path, answer(), OPENING, settings=settings) as one:
        trace = await one.converse()
        assert len(one.script.seen) == 2
        (item,) = [sent["item"] for sent in one.sent("conversation.item.create")]
        assert "You said: It is noon." in item["content"][0]["text"]
        assert (trace["ended_by"], one.notes.troubles) == ("follow_up_timeout", [])


async def test_the_next_conversation_knows_what_was_said_in_the_last(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(), answer()) as one:
        await one.converse()
        assert one.sent("conversation.item.create") == []
        await one.converse()
        (item,) = [sent["item"] for sent in one.sent("conversation.item.create")]
        assert item["role"] == "system"
        assert "You said: It is noon." in item["content"][0]["text"]


async def test_a_failed_response_is_apologised_for(tmp_path: Path) -> None:
    scene = [*OPENING, *user_speaks(), begins(), ends(status="failed", code="rate_limit_exceeded")]
    async with talking(tmp_path, scene) as one:
        await one.converse()
        assert one.sound.chimes == ["wake", "error"]
        assert one.sound.said == [phrases.apology(SessionError("", code="rate_limit_exceeded"), connected=True)]


async def test_an_answer_that_stalls_is_given_up_aloud(tmp_path: Path) -> None:
    settings = brisk(limits={"stalled_s": 0.1})
    async with talking(tmp_path, [*OPENING, *user_speaks(), begins()], settings=settings) as one:
        await one.converse()
        assert one.sound.said == [ENGLISH_PHRASES.failures.no_answer]


async def test_silence_after_a_turn_is_no_answer(tmp_path: Path) -> None:
    settings = brisk(limits={"think_s": 0.1})
    async with talking(tmp_path, [*OPENING, *user_speaks()], settings=settings) as one:
        await one.wake_and_speak()
        await one.until(lambda: bool(one.sound.said))
        assert one.sound.said == [ENGLISH_PHRASES.failures.no_answer]
        assert one.state is State.ASLEEP


async def test_a_refused_key_is_said_once_and_not_asked_again(tmp_path: Path) -> None:
    refused: list[ScriptStep] = [EmitStep(refusal("invalid_api_key")), Close(1008, "no")]
    async with talking(tmp_path, refused) as one:
        await one.wake_and_speak()
        await one.until(lambda: bool(one.sound.said))
        await one.is_in(State.ASLEEP)
        first = list(one.sound.said)
        assert "not accepted" in first[0]
        await one.wake_and_speak()
        await one.until(lambda: len(one.sound.said) > len(first))
        assert len(one.script.seen) == 1, "a key that was refused is refused the next time, too"
        assert one.notes.refusals == ["invalid_api_key"]


async def test_who_helps_out_is_named(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    refused: list[ScriptStep] = [EmitStep(refusal("invalid_api_key")), Close(1008, "no")]
    async with talking(tmp_path_factory.mktemp("helper"), answer()) as helper:
        others = [Endpoint("offline", Target(helper.url, "offline"))]
        async with talking(tmp_path, refused, others=others) as one:
            await one.wake_and_speak()
            await one.until(lambda: ENGLISH_PHRASES.own.helped_out in one.sound.said)
            await one.until(lambda: bool(one.events("turn")))
            assert one.events("turn")[0]["endpoint"] == "offline"
            assert one.events("turn")[0]["cost_usd"] == 0


# Written requests.


async def test_a_written_request_is_answered_without_a_chime(tmp_path: Path) -> None:
    scene = [
        *OPENING, Expect("conversation.item.create"), Expect("response.create"),
        begins(), sound(1_000), words("Soup."), ends(),
    ]  # fmt: skip
    async with talking(tmp_path, scene) as one:
        one.conversation.prompts.ask("  What is for dinner?  ")
        await one.until(lambda: bool(one.events("turn")))
        (item,) = [sent["item"] for sent in one.sent("conversation.item.create")]
        assert item["content"] == [{"type": "input_text", "text": "What is for dinner?"}]
        assert one.sound.chimes == []
        assert one.events("turn")[0]["wake_word"] == "button"


async def test_a_written_request_survives_a_lost_session(tmp_path: Path) -> None:
    broken = [*OPENING, Expect("conversation.item.create"), Drop()]
    scene = [
        *OPENING,
        Expect("conversation.item.create"),
        Expect("response.create"),
        begins(),
        sound(1_000),
        ends(),
    ]
    async with talking(tmp_path, broken, scene) as one:
        one.conversation.prompts.ask("What is for dinner?")
        await one.until(lambda: bool(one.events("turn")))
        texts = [sent["item"]["content"][0]["text"] for sent in one.sent("conversation.item.create")]
        assert "What is for dinner?" in texts


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2_001])
async def test_what_cannot_be_asked_is_refused(tmp_path: Path, text: str) -> None:
    async with talking(tmp_path, OPENING) as one:
        with pytest.raises(SpeakerError):
            one.conversation.prompts.ask(text)
        assert one.state is State.ASLEEP


# Claims: one of several speakers answers.


async def test_a_wake_word_is_claimed_and_answered(tmp_path: Path) -> None:
    async with talking(tmp_path, answer()) as one:
        await one.converse()
        [(word, claimed)] = one.claims
        assert (word, claimed) == ("hey_jarvis", Claim(speaker="kitchen", score=0.9, busy=False, at=claimed.at))
        assert abs(claimed.at - time.time()) < 600, "seconds since 1970"


async def test_who_was_second_falls_silent_and_tells_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path, [*OPENING, *user_speaks(ends=False)]) as one:
        one.conversation.wake.claimed("hey_jarvis", Claim(speaker="attic", score=0.8))
        await one.wake()
        await asyncio.sleep(0.02)
        assert one.state is State.ASLEEP, "it was claimed before it was heard here"
        await one.until(lambda: one.sound.routed.mode is MicrophoneRoute.WAKE)
        assert one.claims == []


async def test_who_hears_of_an_earlier_claim_gives_up(tmp_path: Path) -> None:
    async with talking(tmp_path, OPENING) as one:
        await one.wake()
        await one.is_in(State.LISTENING)
        one.conversation.wake.claimed("hey_jarvis", Claim(speaker="attic", score=0.8))
        await one.is_in(State.ASLEEP)
        assert one.told == [], "the other speaker holds the conversation"


# Tools.


async def test_a_slow_tool_is_excused_once(tmp_path: Path) -> None:
    scene = [
        *OPENING, *user_speaks(), begins(), ends(call("slow", "c1"), call("slow", "c2")), Expect("response.create"),
        begins("resp_2"), sound(1_000, "resp_2"), ends(response="resp_2"),
    ]  # fmt: skip
    async with talking(tmp_path, scene, tools=[slow], slow_tool_s=0.03) as one:
        await one.converse()
        assert one.sound.said == [ENGLISH_PHRASES.own.one_moment]
        assert [name for name, _ in one.notes.tools] == ["slow", "slow"]


async def test_a_tool_in_time_needs_no_excuse(tmp_path: Path) -> None:
    scene = [
        *OPENING, *user_speaks(), begins(), ends(call("slow")), Expect("response.create"),
        begins("resp_2"), sound(1_000, "resp_2"), ends(response="resp_2"),
    ]  # fmt: skip
    async with talking(tmp_path, scene, tools=[slow]) as one:
        await one.converse()
        assert one.sound.said == []


async def test_a_quiet_confirmation_is_a_sound_and_no_response(tmp_path: Path) -> None:
    scene = [*OPENING, *user_speaks(), begins(), ends(call("quiet_light")), Delay(0.2)]
    async with talking(tmp_path, scene, tools=[quiet_light]) as one:
        await one.converse()
        assert one.sound.chimes == ["wake", "done"]
        assert one.sent("response.create") == []
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        assert [saved.what for saved in ledger.savings(now_here().date())] == ["quiet"]


async def test_a_risky_tool_asks_and_does_nothing_without_a_yes(tmp_path: Path) -> None:
    asked: list[str] = []

    async def no(sentence: str) -> bool:
        asked.append(sentence)
        return False

    settings = brisk(tools={"risk": {"light": "confirm"}})
    scene = [
        *OPENING, *user_speaks(), begins(), ends(call("light")), Expect("response.create"),
        begins("resp_2"), sound(1_000, "resp_2"), ends(response="resp_2"),
    ]  # fmt: skip
    async with talking(tmp_path, scene, settings=settings, tools=[light], approve=no) as one:
        await one.converse()
        assert asked == ["run light"]
        assert [result.status for _, result in one.notes.tools] == ["refused"]
        (output,) = [sent["item"] for sent in one.sent("conversation.item.create")]
        assert output["output"] == "Refused: nobody confirmed light, so it was not done."


# The choice of what may interrupt an answer.


async def test_the_echo_test_chooses_when_it_may(tmp_path: Path) -> None:
    async with talking(tmp_path, OPENING) as one:
        one.sound.echo = EchoReport(heard=True, delay_ms=90, loss_db=10, removed_db=30, clock_ratio=1.0, frame_ms=1)
        one.conversation.duplex.choose("auto")
        await one.until(lambda: bool(one.notes.duplex))
        assert one.notes.duplex[0][0] == one.conversation.machine.duplex == "full"
        assert one.sound.echo_delay_ms == 90


async def test_a_chosen_mode_is_not_overruled_by_a_test(tmp_path: Path) -> None:
    async with talking(tmp_path, OPENING) as one:
        one.sound.echo = EchoReport(heard=True, delay_ms=90, loss_db=10, removed_db=30, clock_ratio=1.0, frame_ms=1)
        one.conversation.duplex.choose("half")
        one.conversation.duplex.test()
        await one.until(lambda: bool(one.notes.duplex))
        assert one.conversation.machine.duplex == "half"


async def test_without_a_microphone_the_wake_word_interrupts(tmp_path: Path) -> None:
    async with talking(tmp_path, OPENING) as one:
        one.conversation.duplex.choose("auto")
        await one.until(lambda: bool(one.notes.duplex))
        assert one.notes.duplex == [("wake", "no microphone delivers anything")]


async def test_a_muted_speaker_measures_when_it_hears_again(tmp_path: Path) -> None:
    async with talking(tmp_path, OPENING) as one:
        one.conversation.inbox.post(events.Muted())
        await one.is_in(State.MUTED)
        one.sound.echo = EchoReport(heard=True, delay_ms=90, loss_db=10, removed_db=30, clock_ratio=1.0, frame_ms=1)
        one.conversation.duplex.choose("auto")
        await asyncio.sleep(0.02)
        assert one.notes.duplex == []
        one.conversation.inbox.post(events.Unmuted())
        await one.until(lambda: bool(one.notes.duplex))
        assert one.conversation.machine.duplex == "full"


async def interrupted(one: TalkingSpeaker, *, own: bool) -> None:
    """An answer over which talk is noticed, in the mode that the echo test has found."""
    one.sound.echo = EchoReport(heard=True, delay_ms=90, removed_db=30, clock_ratio=1.0)
    one.conversation.duplex.choose("auto")
    await one.until(lambda: bool(one.notes.duplex))
    one.sound.own_voice = own
    await one.wake_and_speak()
    await one.is_in(State.SPEAKING)
    one.sound.hear_talk()
    await one.is_in(State.LISTENING)


async def test_who_interrupts_with_its_own_voice_falls_back_to_the_wake_word(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(ms=60_000)) as one:
        await interrupted(one, own=True)
        assert one.conversation.machine.duplex == "wake"
        assert one.notes.duplex[1:] == [("wake", OWN_VOICE)]


async def test_who_talks_over_an_answer_changes_no_mode(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(ms=60_000)) as one:
        await interrupted(one, own=False)
        assert one.conversation.machine.duplex == "full"
        assert len(one.notes.duplex) == 1


async def test_the_echo_is_measured_again_once_the_room_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplex_chooser, "AGAIN_S", 0.01)
    async with talking(tmp_path, answer(ms=60_000)) as one:
        await interrupted(one, own=True)
        await asyncio.sleep(0.05)
        assert len(one.notes.duplex) == 2, "not while somebody is awake"
        one.conversation.inbox.post(events.Stopped())
        await one.until(lambda: len(one.notes.duplex) == 3)
        assert one.conversation.machine.duplex == "full"


@pytest.mark.parametrize(("silent", "mode"), [(2, "full"), (3, "wake")])
async def test_interruptions_by_nobody_are_suspected_until_the_third(tmp_path: Path, silent: int, mode: str) -> None:
    async with talking(tmp_path, OPENING) as one:
        one.sound.echo = EchoReport(heard=True, removed_db=30, clock_ratio=1.0)
        chooser = one.conversation.duplex
        chooser.choose("auto")
        await one.until(lambda: bool(one.notes.duplex))
        for event in [events.Expired(), events.SpeechEnded(0)] + [events.Expired()] * silent:
            chooser.state_changed(State.SPEAKING, State.LISTENING, events.SpokenOver())
            chooser.state_changed(State.LISTENING, State.ASLEEP, event)
        assert one.conversation.machine.duplex == mode


async def measured(one: TalkingSpeaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The echo has been measured, with a volume of 60 percent."""
    monkeypatch.setattr(duplex_chooser, "CALM_S", 0.01)
    one.conversation.loudness.now = lambda: datetime(2026, 6, 1, 12, 0, tzinfo=UTC)  # no quiet hours
    one.conversation.loudness.chosen = 60
    one.sound.echo = EchoReport(heard=True, removed_db=30, clock_ratio=1.0)
    one.conversation.duplex.choose("auto")
    await one.until(lambda: len(one.notes.duplex) == 1)


@pytest.mark.parametrize("about", ["microphone", "loudspeaker"])
async def test_the_echo_is_measured_again_when_a_device_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, about: About
) -> None:
    async with talking(tmp_path, OPENING) as one:
        await measured(one, monkeypatch)
        one.conversation.observers.trouble("it is gone", about)
        one.conversation.observers.trouble("", about)
        await one.until(lambda: len(one.notes.duplex) == 2)


async def test_the_echo_is_measured_again_when_answers_are_louder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, OPENING) as one:
        await measured(one, monkeypatch)
        for percent in (62, 70, 80):
            one.conversation.loudness.chosen = percent
            one.conversation.duplex.volume_changed()
        await one.until(lambda: len(one.notes.duplex) == 2)
        await asyncio.sleep(0.05)
        assert len(one.notes.duplex) == 2, "once for all turns of the knob"


async def test_nothing_else_is_a_reason_to_measure_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with talking(tmp_path, OPENING) as one:
        await measured(one, monkeypatch)
        one.conversation.loudness.chosen = 65
        one.conversation.duplex.volume_changed()
        one.conversation.observers.trouble("", "silence")
        one.conversation.observers.trouble("", "conversation")
        one.conversation.duplex.choose("full")
        one.conversation.loudness.chosen = 90
        one.conversation.duplex.volume_changed()
        one.conversation.observers.trouble("", "loudspeaker")
        await asyncio.sleep(0.05)
        assert len(one.notes.duplex) == 1


async def test_a_chosen_mode_stays_whoever_interrupts(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(ms=60_000)) as one:
        one.conversation.duplex.choose("full")
        one.sound.own_voice = True
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        one.sound.hear_talk()
        await one.is_in(State.LISTENING)
        assert one.conversation.machine.duplex == "full"


# The world matches the posture.


async def test_a_muted_speaker_has_no_microphone_and_no_session(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(ms=60_000)) as one:
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        one.conversation.inbox.post(events.Muted())
        await one.is_in(State.MUTED)
        assert not one.sound.open
        assert one.conversation.sessions.present is None
        assert one.conversation.uplink.session is None
        assert not one.sound.playing
        assert "muted" in one.sound.chimes


async def test_stop_is_listened_for_while_something_can_be_stopped(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(ms=60_000)) as one:
        assert not one.sound.routed.talk
        one.conversation.inbox.post(events.RingingBegan())
        await one.until(lambda: one.sound.routed.talk)
        one.conversation.inbox.post(events.RingingEnded())
        await one.until(lambda: not one.sound.routed.talk)
        await one.wake_and_speak()
        await one.is_in(State.SPEAKING)
        one.sound.hear_stop()
        await one.is_in(State.ASLEEP)
        assert not one.sound.playing


async def test_the_loudspeaker_is_held_open_only_while_awake(tmp_path: Path) -> None:
    async with talking(tmp_path, answer()) as one:
        held: list[bool] = [one.sound.held_open]
        await one.wake_and_speak()
        await one.is_in(State.LISTENING)
        held.append(one.sound.held_open)
        await one.is_in(State.ASLEEP)
        assert [*held, one.sound.held_open] == [False, True, False]


async def test_a_speaker_that_hears_nothing_does_not_count_as_hearing(tmp_path: Path) -> None:
    async with talking(tmp_path, OPENING) as one:
        hears = [one.conversation.controller.hears]
        one.sound.deaf = True
        hears.append(one.conversation.controller.hears)
        one.conversation.inbox.post(events.Muted())
        await one.is_in(State.MUTED)
        hears.append(one.conversation.controller.hears)
    assert hears == [True, False, True], "nobody wants frames of a muted microphone"


async def test_a_follow_up_needs_no_wake_word(tmp_path: Path) -> None:
    settings = brisk(limits={"follow_up_s": 2})
    scene = [
        *answer(ms=1_000), Delay(0.3), EmitStep(ev.SpeechStarted(event_id="e9", audio_start_ms=0, item_id="item_5")),
        EmitStep(ev.SpeechStopped(event_id="e10", audio_end_ms=900, item_id="item_5")),
        begins("resp_2"), sound(1_000, "resp_2", "item_6"), ends(response="resp_2"),
    ]  # fmt: skip
    async with talking(tmp_path, scene, settings=settings) as one:
        await one.wake_and_speak()
        await one.until(lambda: one.notes.states.count(State.SPEAKING) == 2)
        one.conversation.inbox.post(events.Stopped())
        await one.is_in(State.ASLEEP)
        assert len(one.script.seen) == 1
        assert one.notes.states.count(State.WAKING) == 1
