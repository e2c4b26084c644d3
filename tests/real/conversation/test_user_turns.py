"""Turns whose ends are found here: committed and answered by the service, or understood and done on this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.config.settings import ToolSettings
from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.conversation.local_intents import LocalIntents
from speaker.conversation.session import ConversationSession
from speaker.conversation.user_turns import UserTurns
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint
from speaker.realtime.protocol.objects import Session
from speaker.tools.registry import ToolRegistry, bundled, find
from tests.offline.test_intent_engine import INSTRUCTIONS
from tests.real.conversation.test_session import sent
from tests.support.real_parts import Speech
from tests.support.scripted_session import OPEN, Witness, played
from tests.support.session_world import SPOKEN_MS, SessionWorld


@dataclass(slots=True)
class Scene:
    """Turns of one session, and all that they led to."""

    turns: UserTurns
    session: ConversationSession
    world: SessionWorld
    witness: Witness

    def say(self, samples: Samples) -> None:
        self.turns.append(samples)
        self.session.append(samples)

    @property
    def told(self) -> list[Event]:
        kept = (events.SpeechBegan, events.TurnEnded, events.UnderstoodHere, events.AnsweredHere,
                events.ToolAnswered)  # fmt: skip
        return [one for one in self.world.events if isinstance(one, kept)]

    @property
    def wire(self) -> list[str]:
        """What the service was sent, sound left out."""
        return [one["type"] for one in self.witness.seen if one["type"] != "input_audio_buffer.append"][1:]


@asynccontextmanager
async def scene(engines: OfflineEngines, *, quiet: bool = False, tool_s: float = 0.0) -> AsyncIterator[Scene]:
    world = SessionWorld(tool_s=tool_s, quiet=quiet)
    belt = ToolRegistry(find([bundled()])[0], ToolSettings())
    wanted = Session(type="realtime", instructions=INSTRUCTIONS, tools=list(belt.definitions()))
    turns = UserTurns(
        LocalIntents(engines, belt),
        post=world.events.append, tasks=world.tasks, run_tool=world.run_tool, observers=world, playback=world,
    )  # fmt: skip
    async with played(engines, *OPEN) as (witness, url):
        session = ConversationSession(1, wanted, [Endpoint("cloud", Target(url, "offline"))], world.needs())
        life = asyncio.create_task(session.run())
        try:
            await world.until(lambda: session.is_open)
            yield Scene(turns, session, world, witness)
        finally:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
            await world.tasks.close()


@pytest.fixture(scope="module")
def lamp(speech: Speech) -> Samples:
    return pcm.resample(speech("Turn on the sofa lamp."), SESSION_HZ, WAKE_HZ)


@pytest.fixture(scope="module")
def joke(speech: Speech) -> Samples:
    return pcm.resample(speech("Tell me a joke about trains."), SESSION_HZ, WAKE_HZ)


async def test_a_turn_is_committed_to_its_last_sample(engines: OfflineEngines, joke: Samples) -> None:
    async with scene(engines) as on:
        on.turns.began(on.session)
        on.say(joke)
        on.turns.ended(on.session, local_first=False)
        await on.world.until(lambda: bool(sent(on.witness, "input_audio_buffer.commit")))
        got = pcm.bytes_to_ms(on.session.sent_bytes, SESSION_HZ)
    assert got == pytest.approx(pcm.samples_to_ms(joke.size, WAKE_HZ), abs=0.1)
    assert on.witness.seen[-1]["type"] == "input_audio_buffer.commit"
    assert on.told == [events.SpeechBegan(1), events.TurnEnded(1)]


async def test_whoever_begins_to_speak_finds_this_machine_ready_to_answer() -> None:
    engines = OfflineEngines()
    try:
        async with scene(engines) as on:
            on.turns.began(on.session)
            await asyncio.sleep(0)
            assert engines.pid is None
            on.turns.began(on.session, local_first=True)
            await on.world.until(lambda: engines.pid is not None)
    finally:
        engines.close()


async def test_a_turn_whose_beginning_was_never_told_goes_to_the_service(
    engines: OfflineEngines, lamp: Samples
) -> None:
    """As after a session was lost in the middle of it: there is nothing whole that could be understood here."""
    async with scene(engines) as on:
        on.say(lamp)
        on.turns.ended(on.session, local_first=True)
        await on.world.until(lambda: bool(sent(on.witness, "input_audio_buffer.commit")))
    assert on.told == [events.TurnEnded(1)]


async def test_what_is_clear_is_done_here_and_the_service_forgets_the_sound(
    engines: OfflineEngines, lamp: Samples
) -> None:
    async with scene(engines) as on:
        on.turns.began(on.session)
        on.say(lamp)
        on.turns.ended(on.session, local_first=True)
        await on.world.until(lambda: bool(on.world.answers))
        await on.world.until(lambda: bool(sent(on.witness, "conversation.item.create")))
    ((name, arguments),) = on.world.calls
    assert (name, "Sofa lamp" in arguments, "true" in arguments) == ("set_light", True, True)
    assert on.wire == ["input_audio_buffer.clear", "conversation.item.create"]
    (item,) = [one["item"] for one in sent(on.witness, "conversation.item.create")]
    assert item["role"] == "system"
    assert "The user said: Turn on the sofa lamp." in item["content"][0]["text"]
    ((heard_ms, said_ms),) = on.world.answers
    assert (said_ms, len(on.world.spoken)) == (SPOKEN_MS, 1)
    assert heard_ms == pytest.approx(pcm.samples_to_ms(lamp.size, WAKE_HZ))
    assert on.told[1:] == [
        events.TurnEnded(1, "turn 1"), events.UnderstoodHere(1), events.AnsweredHere(1, "turn 1"),
    ]  # fmt: skip
    assert [who for who, _ in on.world.words] == ["user", "assistant"]


async def test_where_a_sound_is_answer_enough_the_conversation_makes_it(engines: OfflineEngines, lamp: Samples) -> None:
    async with scene(engines, quiet=True) as on:
        on.turns.began(on.session)
        on.say(lamp)
        on.turns.ended(on.session, local_first=True)
        await on.world.until(lambda: bool(on.world.answers))
    assert on.world.answers[0][1] is None, "a sound was answer enough"
    assert on.world.spoken == []
    assert on.told[-1] == events.ToolAnswered(1, "turn 1", quiet=True)


async def test_what_is_not_clear_goes_to_the_service(engines: OfflineEngines, joke: Samples) -> None:
    async with scene(engines) as on:
        on.turns.began(on.session)
        on.say(joke)
        on.turns.ended(on.session, local_first=True)
        await on.world.until(lambda: events.ToolAnswered(1, "turn 1") in on.told)
        await on.world.until(lambda: bool(sent(on.witness, "input_audio_buffer.commit")))
    assert on.wire == ["input_audio_buffer.commit"]
    assert (on.world.calls, on.world.answers) == ([], [])


async def test_who_goes_on_before_they_were_understood_has_said_one_thing(
    engines: OfflineEngines, lamp: Samples
) -> None:
    """ "Turn on the sofa lamp" and a moment later "... tell me a joke": one turn of both, and nothing is done yet."""
    async with scene(engines) as on:
        on.turns.began(on.session)
        on.say(lamp)
        on.turns.ended(on.session, local_first=True)
        on.turns.began(on.session)
        on.say(lamp)
        on.turns.ended(on.session, local_first=False)
        await on.world.until(lambda: events.ToolAnswered(1, "turn 1", quiet=True) in on.told)
        await on.world.until(lambda: bool(sent(on.witness, "input_audio_buffer.commit")))
        got = pcm.bytes_to_ms(on.session.sent_bytes, SESSION_HZ)
    assert got == pytest.approx(2 * pcm.samples_to_ms(lamp.size, WAKE_HZ), abs=0.1)
    assert on.wire == ["input_audio_buffer.commit"]
    assert on.world.calls == []


async def test_sound_that_never_became_a_turn_is_not_in_the_next_one(engines: OfflineEngines, joke: Samples) -> None:
    async with scene(engines) as on:
        on.turns.began(on.session)
        on.say(joke)
        on.turns.began(on.session)
        on.say(joke)
        on.turns.ended(on.session, local_first=False)
        await on.world.until(lambda: bool(sent(on.witness, "input_audio_buffer.commit")))
    assert on.wire == ["input_audio_buffer.clear", "input_audio_buffer.commit"]


async def test_nobody_is_answered_who_said_stop_meanwhile(engines: OfflineEngines, lamp: Samples) -> None:
    """What has begun is done, the session learns of it, and nobody is talked to."""
    async with scene(engines, tool_s=0.3) as on:
        on.turns.began(on.session)
        on.say(lamp)
        on.turns.ended(on.session, local_first=True)
        await on.world.until(lambda: bool(on.world.calls))
        on.turns.forget_answer()
        await on.world.until(lambda: events.ToolAnswered(1, "turn 1", quiet=True) in on.told)
    assert on.world.answers == []


async def test_words_of_a_lost_session_are_not_done_twice(engines: OfflineEngines, lamp: Samples) -> None:
    """The next session gets them again, and they are weighed there."""
    async with scene(engines) as on:
        on.turns.began(on.session)
        on.say(lamp)
        on.turns.ended(on.session, local_first=True)
        on.turns.forget()
        await on.world.until(lambda: events.ToolAnswered(1, "turn 1", quiet=True) in on.told)
        assert on.world.calls == []
        on.turns.began(on.session)
        on.say(lamp)
        on.turns.ended(on.session, local_first=True)
        await on.world.until(lambda: bool(on.world.answers))
    assert len(on.world.calls) == 1
