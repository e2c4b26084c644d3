"""Questions of the speaker's own: one at a time, answered in words or by a press, and never by themselves."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from speaker.announce.confirmation import Questions
from speaker.audio.pcm import FRAME_SAMPLES, Samples
from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.errors import SpeakerError
from speaker.language.phrasebook import phrasebook
from speaker.listening.front_end import SensedFrame

FRAME = np.zeros(FRAME_SAMPLES, np.int16)


class World:
    """A conversation that lets a question begin at once, a voice, and a recogniser that hears what it is told."""

    def __init__(self, words: str = "", *, busy: bool = False) -> None:
        self.events: list[Event] = []
        self.said: list[str] = []
        self.words = words
        self.busy = busy
        self.heard = 0
        self.questions = Questions(self._post, self._say, self._recognise)

    def _post(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, events.QuestionAsked) and not self.busy:
            asyncio.get_running_loop().call_soon(self.questions.begin)

    async def _say(self, text: str) -> None:
        await asyncio.sleep(0.02)
        self.said.append(text)

    async def _recognise(self, _sound: Samples) -> str:
        self.heard += 1
        return self.words

    def speak(self) -> None:
        """Somebody says something."""
        self.questions.hear(SensedFrame(FRAME, FRAME, talk="begins"))
        for _ in range(5):
            self.questions.hear(SensedFrame(FRAME, FRAME))
        self.questions.hear(SensedFrame(FRAME, FRAME, talk="ends"))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def test_spoken_answer() -> None:
    world = World("Yes please.")
    asking = asyncio.create_task(world.questions.ask("Shall I?", ["yes", "no"], 2))
    await until(lambda: bool(world.said))
    await asyncio.sleep(0.02)
    world.speak()
    assert await asking == "yes"
    assert [type(one) for one in world.events] == [events.QuestionAsked, events.QuestionSettled]


async def test_its_own_question_is_no_answer() -> None:
    """The microphone hears the speaker ask "yes or no"; what is heard meanwhile does not count."""
    world = World("Yes.")
    asking = asyncio.create_task(world.questions.ask("Shall I? Say yes or no.", ["yes", "no"], 0.2))
    await until(lambda: bool(world.events))
    world.speak()
    assert await asking is None
    assert world.heard == 0


async def test_other_words_are_passed_over_until_the_time_is_up() -> None:
    world = World("What did you say?")
    asking = asyncio.create_task(world.questions.ask("Shall I?", ["yes", "no"], 0.3))
    await until(lambda: bool(world.said))
    await asyncio.sleep(0.02)
    world.speak()
    await asyncio.sleep(0.05)
    world.words = "No."
    world.speak()
    assert await asking == "no"


async def test_press_answers_and_a_wrong_one_is_refused() -> None:
    world = World()
    with pytest.raises(SpeakerError, match="nothing is being asked"):
        world.questions.press("yes")
    asking = asyncio.create_task(world.questions.ask("Shall I?", ["yes", "no"], 2))
    await until(lambda: bool(world.said))
    with pytest.raises(SpeakerError, match="one of yes, no"):
        world.questions.press("perhaps")
    world.questions.press("yes")
    assert await asking == "yes"
    with pytest.raises(SpeakerError, match="nothing is being asked"):
        world.questions.press("yes")


async def test_stop_gives_up() -> None:
    world = World()
    asking = asyncio.create_task(world.questions.ask("Shall I?", ["yes", "no"], 5))
    await until(lambda: bool(world.said))
    world.questions.give_up()
    assert await asking is None


async def test_busy_speaker_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speaker.announce.confirmation.BEGIN_S", 0.1)
    world = World(busy=True)
    assert await world.questions.ask("Shall I?", ["yes", "no"], 5) is None
    assert world.said == []


async def test_questions_wait_for_each_other() -> None:
    world = World()
    first = asyncio.create_task(world.questions.ask("First?", ["yes"], 0.1))
    second = asyncio.create_task(world.questions.ask("Second?", ["yes"], 2))
    await until(lambda: world.said == ["First?", "Second?"])
    world.questions.press("yes")
    assert (await first, await second) == (None, "yes")


async def test_an_answer_in_time_that_is_made_out_late_counts() -> None:
    world = World("Yes.")
    slow = asyncio.Event()

    async def recognise(_sound: Samples) -> str:
        await slow.wait()
        return "Yes."

    world.questions = Questions(world._post, world._say, recognise)
    asking = asyncio.create_task(world.questions.ask("Shall I?", ["yes", "no"], 0.1))
    await until(lambda: bool(world.said))
    await asyncio.sleep(0.02)
    world.speak()
    await asyncio.sleep(0.2)
    slow.set()
    assert await asking == "yes"


@pytest.mark.parametrize(("words", "answer"), [("Ja, bitte.", "yes"), ("Nein.", "no"), ("Yes.", None), ("Na ja", None)])
async def test_it_is_answered_in_the_language_in_which_it_was_asked(words: str, answer: str | None) -> None:
    world = World(words)
    world.questions = Questions(world._post, world._say, world._recognise, phrasebook("de").answers)
    asking = asyncio.create_task(world.questions.ask("Soll ich?", ["yes", "no"], 0.2))
    await until(lambda: bool(world.said))
    await asyncio.sleep(0.02)
    world.speak()
    assert await asking == answer
