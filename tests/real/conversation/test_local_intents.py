"""What is done here without asking the cloud: right, or not at all."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, ms_to_samples, resample
from speaker.config.settings import ToolSettings
from speaker.conversation.local_intents import LocalIntents, LocalPlan, without_word
from speaker.listening.uplink_gate import Lead
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.understanding.tool_schema import Call
from speaker.realtime.protocol.objects import Session
from speaker.tools.api import Tool, tool
from speaker.tools.registry import ToolRegistry, bundled, find
from speaker.tools.result import ToolResult
from tests.offline.test_intent_engine import BRAIN, COMMANDS, FOREIGN, INSTRUCTIONS, each
from tests.support.real_parts import Speech

ALL = [words for _, sentences in COMMANDS for words in each(sentences)]


@pytest.mark.parametrize(
    ("words", "calls"), [(words, calls) for calls, sentences in COMMANDS for words in each(sentences)]
)
def test_a_command_is_done_as_meant_or_left_to_others(words: str, calls: list[Call]) -> None:
    assert list(BRAIN.confident(words)) in ([], calls)


@pytest.mark.parametrize("words", each(FOREIGN))
def test_what_was_not_meant_for_a_tool_is_left_to_others(words: str) -> None:
    assert BRAIN.confident(words) == ()


def test_most_commands_need_nobody_else() -> None:
    assert sum(bool(BRAIN.confident(words)) for words in ALL) >= 0.85 * len(ALL)


@pytest.mark.parametrize("words", ["", "hello", "turn on the ceiling", "louder", "what can you do", "lamp " * 100])
def test_what_needs_words_or_a_question_is_left_to_others(words: str) -> None:
    assert BRAIN.confident(words) == ()


@pytest.mark.parametrize("words", ["unlock the front door", "start the vacuum"])
def test_tools_that_no_sentence_was_written_for_are_left_to_others(words: str) -> None:
    assert BRAIN.reply(words).calls
    assert BRAIN.confident(words) == ()


@pytest.mark.parametrize(
    "words",
    [
        "fall lights off",
        "turn off alml the lighstsj",
        "dim the sofa lamp to 4f",
        "set the kitchen to 2x degrees celsius",
    ],
)
def test_a_slip_that_could_hide_another_meaning_is_left_to_others(words: str) -> None:
    assert BRAIN.confident(words) == ()


typos = st.tuples(st.integers(0, 60), st.sampled_from("abcdefghijklmnopqrstuvwxyz "), st.sampled_from([0, 1]))


@settings(deadline=None)
@given(st.sampled_from(ALL), st.lists(typos, max_size=3))
def test_to_be_sure_is_never_to_mean_something_else(words: str, slips: list[tuple[int, str, int]]) -> None:
    for at, letter, drop in slips:
        words = words[:at] + letter + words[at + drop :]
    assert BRAIN.confident(words) in ((), BRAIN.reply(words).calls)


@tool
async def set_light(light: str = "", room: str = "", on: bool = True, brightness: int = 0) -> str:
    """Switch lights."""
    return f"Confirmed: {light or room} is {'on' if on else 'off'}."


@tool(risk="confirm")
async def activate_scene(scene: str) -> str:
    """Activate a scene."""
    return f"Sent: {scene}."


def session(*tools: Tool) -> Session:
    return Session(instructions=INSTRUCTIONS, tools=[one.definition() for one in tools])


@pytest.fixture
def engines() -> Iterator[OfflineEngines]:
    engines = OfflineEngines()
    yield engines
    engines.close()


def local(engines: OfflineEngines, *, deny: list[str] | None = None) -> LocalIntents:
    belt = ToolRegistry(
        {one.name: one for one in (set_light, activate_scene)}, ToolSettings(deny=deny or []), ["set_light"]
    )
    return LocalIntents(engines, belt)


@pytest.mark.parametrize(
    ("heard", "left"),
    [
        ("Hey Jarvis, turn on the sofa lamp.", "turn on the sofa lamp."),
        ("Hey Travis turn on the lamp", "turn on the lamp"),
        ("Jarvis, turn on the lamp", "turn on the lamp"),
        ("Hey, Jar vis, turn on the lamp", "turn on the lamp"),
        ("Don't turn on the lamp", ""),
        ("This turn on the lamp", ""),
        ("Hey Jarvis.", ""),
        ("", ""),
    ],
)
def test_only_the_wake_word_is_taken_off(heard: str, left: str) -> None:
    assert without_word(heard, "hey_jarvis") == left


@pytest.mark.parametrize("cut_ms", [0, 100, 150])
async def test_the_end_of_the_wake_word_does_not_hide_a_command(
    engines: OfflineEngines, speech: Speech, cut_ms: int
) -> None:
    """In one breath, wherever the pre-roll begins."""
    sound = resample(speech("Hey Jarvis, turn on the sofa lamp."), SESSION_HZ, WAKE_HZ)
    at = ms_to_samples(720 + cut_ms, WAKE_HZ)
    plan = await local(engines).understand(sound[at:], session(set_light), Lead("hey_jarvis", sound[:at]))
    assert plan is not None
    assert [call.arguments for call in plan.calls] == [{"light": "Sofa lamp", "on": True}]


async def test_a_command_that_somebody_takes_back_is_left(engines: OfflineEngines, speech: Speech) -> None:
    sound = resample(speech("Hey Jarvis, don't turn on the sofa lamp."), SESSION_HZ, WAKE_HZ)
    at = ms_to_samples(900, WAKE_HZ)
    assert await local(engines).understand(sound[at:], session(set_light), Lead("hey_jarvis", sound[:at])) is None


async def test_from_words_to_what_is_said(engines: OfflineEngines) -> None:
    words = "turn on the sofa lamp and turn off the hall lights"
    plan = await local(engines).confident(words, session(set_light, activate_scene))
    assert plan is not None
    assert [call.arguments for call in plan.calls] == [
        {"light": "Sofa lamp", "on": True},
        {"room": "hall", "on": False},
    ]
    belt = ToolRegistry({"set_light": set_light}, ToolSettings(), ["set_light"])
    done = await LocalIntents.carry_out(plan, lambda name, arguments: belt.run(name, arguments, {}))
    assert done.text == "Sofa lamp is on. Hall is off."
    assert done.quiet


@pytest.mark.parametrize(
    "words", ["movie night", "turn on the sofa lamp and start the movie night scene", "turn on the toaster", "hello"]
)
async def test_what_needs_a_question_or_another_mind_is_left(engines: OfflineEngines, words: str) -> None:
    assert await local(engines).confident(words, session(set_light, activate_scene)) is None


async def test_a_tool_that_is_denied_is_left(engines: OfflineEngines) -> None:
    assert await local(engines, deny=["set_light"]).confident("turn on the sofa lamp", session(set_light)) is None


async def test_nothing_is_known_without_tools(engines: OfflineEngines) -> None:
    assert await local(engines).confident("turn on the sofa lamp", Session()) is None


async def test_one_failure_is_told_in_words() -> None:
    async def run(name: str, arguments: str) -> ToolResult:
        if "Sofa" in arguments:
            return ToolResult("confirmed", "it is on.", quiet=True)
        return ToolResult("no answer", "the hall lamp did not answer.", "the hall lamp did not answer: say so.")

    calls = (Call("set_light", {"light": "Sofa lamp"}), Call("set_light", {"room": "hall"}))
    done = await LocalIntents.carry_out(LocalPlan("", calls), run)
    assert not done.quiet
    assert done.text == "It is on. The hall lamp did not answer."


def test_what_may_guard_a_door_is_never_done_in_passing() -> None:
    everything, _ = find([bundled()])
    may = ToolRegistry(everything, ToolSettings())
    assert [may.allows(name) for name in ("set_light", "set_lock", "set_cover", "nothing")] == [
        True,
        False,
        False,
        False,
    ]
    trusting = ToolRegistry(everything, ToolSettings(risk={}))
    assert trusting.allows("set_cover")
