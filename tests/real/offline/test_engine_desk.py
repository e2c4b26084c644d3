"""The process of the engines, inside: requests in, results out, in turns, and nothing for nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from speaker.errors import ModelError
from speaker.offline.speech import engine_messages as msg
from speaker.offline.speech.engine_desk import EngineDesk
from speaker.offline.speech.engine_messages import EngineResult
from speaker.offline.speech.recogniser import RecognisedSpeech, Recogniser
from speaker.offline.speech.speech_models import HOUSES, SpeechModels
from speaker.offline.speech.steps import Steps
from speaker.offline.understanding.past_turn import PastTurn
from speaker.offline.understanding.tool_schema import Call
from tests.support.strict_client import HOUSE, LIGHT


class Ears(Recogniser):
    """Takes three steps for each sound, and notes them."""

    def __init__(self, made: list[str]) -> None:
        self._made = made

    def hear_in_steps(self, samples: object) -> Steps[RecognisedSpeech]:
        name = str(getattr(samples, "size", 0))
        for step in range(3):
            self._made.append(f"{name}-{step}")
            yield
        return RecognisedSpeech(name, 0.0)


class Models(SpeechModels):
    """Those ears, or whatever a test raises in their place."""

    def __init__(self, ears: Callable[[], Recogniser | None]) -> None:
        super().__init__(None)
        self._ears = ears

    def recogniser(self, language: str) -> Recogniser | None:
        return self._ears() if language == "en" else None


Results = dict[int, EngineResult]


class Desk:
    """A desk and its results by number."""

    def __init__(self, models: SpeechModels) -> None:
        self.results: Results = {}
        self._came = asyncio.Event()
        self.models = models
        self.desk = EngineDesk(models, self._take)

    def _take(self, outcome: EngineResult) -> None:
        self.results[outcome.id] = outcome
        self._came.set()

    async def until(self, *numbers: int) -> list[EngineResult]:
        while not set(numbers) <= set(self.results):
            self._came.clear()
            await self._came.wait()
        return [self.results[number] for number in numbers]


made: list[str] = []


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made.clear()
    one = Desk(Models(lambda: Ears(made)))
    yield one
    one.desk.close()


def hear(number: int, samples: int, language: str = "en") -> msg.Hear:
    return msg.Hear(number, bytes(2 * samples), 16_000, language)


async def test_requests_are_served_in_turns(desk: Desk) -> None:
    for number in (1, 2):
        desk.desk.take(hear(number, number))
    assert await desk.until(1, 2) == [msg.Heard(1, "1", 0.0), msg.Heard(2, "2", 0.0)]
    assert made == ["1-0", "2-0", "1-1", "2-1", "1-2", "2-2"]


async def test_what_nobody_waits_for_is_taken_out(desk: Desk) -> None:
    desk.desk.take(hear(1, 1))
    desk.desk.take(hear(2, 2))
    desk.desk.take(msg.Forget(1))
    await desk.until(2)
    assert 1 not in desk.results
    assert [one for one in made if one.startswith("1-")] in ([], ["1-0"])


async def test_no_ears_hear_nothing(desk: Desk) -> None:
    desk.desk.take(hear(1, 1, "xx"))
    (heard,) = await desk.until(1)
    assert isinstance(heard, msg.Heard)
    assert heard.text == ""


@pytest.mark.parametrize(("error", "explained"), [(ModelError("it is damaged"), True), (ValueError("odd"), False)])
async def test_what_goes_wrong_is_told_to_who_waits_and_the_rest_goes_on(error: Exception, explained: bool) -> None:
    def broken() -> None:
        raise error

    one = Desk(Models(broken))
    try:
        one.desk.take(hear(1, 1))
        one.desk.take(hear(2, 1, "xx"))
        failed, heard = await one.until(1, 2)
        assert isinstance(failed, msg.Failed)
        assert failed.explained is explained
        assert str(error) in failed.why
        assert isinstance(heard, msg.Heard)
    finally:
        one.desk.close()


async def test_a_text_is_spoken_phrase_by_phrase_as_it_is_asked_for(desk: Desk) -> None:
    desk.desk.take(msg.Speak(1, "Yes. No.", 1.0))
    sounds = []
    while True:
        (sounded,) = await desk.until(1)
        assert isinstance(sounded, msg.Sounded)
        if not sounded.sound:
            break
        sounds.append(sounded.sound)
        del desk.results[1]
        desk.desk.take(msg.SpeakOn(1))
    assert len(sounds) == 2


async def test_the_rules_are_asked_for_a_house(desk: Desk) -> None:
    house = msg.encoded_house(HOUSE, [LIGHT], "en")
    desk.desk.take(msg.Understand(1, house, "Turn on the sofa lamp.", []))
    desk.desk.take(msg.BeSure(2, house, "Turn on the sofa lamp."))
    desk.desk.take(msg.Summarise(3, house, ["The sofa lamp is on."], "Turn on the sofa lamp."))
    reply, sure, sentence = await desk.until(1, 2, 3)
    assert isinstance(reply, msg.Understood)
    assert isinstance(sure, msg.Understood)
    assert isinstance(sentence, msg.Understood)
    assert [call.name for call in reply.calls] == [call.name for call in sure.calls] == ["set_light"]
    assert "sofa lamp" in sentence.text


@pytest.mark.parametrize("voice", [True, False])
async def test_only_what_is_wanted_is_loaded(desk: Desk, voice: bool) -> None:
    house = msg.encoded_house(HOUSE, [LIGHT], "en")
    desk.desk.take(msg.LoadAll(1, "en", voice=voice, house=house))
    assert await desk.until(1) == [msg.Ready(1)]
    assert ("voice" in vars(desk.models)) is voice
    assert list(desk.models.houses) == [house]


async def test_the_rules_of_few_houses_are_kept(desk: Desk) -> None:
    houses = [msg.encoded_house(f"House {number}.", [LIGHT], "en") for number in range(HOUSES + 1)]
    for number, house in enumerate([*houses, houses[1]]):
        desk.desk.take(msg.BeSure(number, house, "Turn on the sofa lamp."))
        await desk.until(number)
    assert list(desk.models.houses) == [*houses[2:], houses[1]]


def test_every_message_arrives_as_it_was_sent() -> None:
    turns = [
        PastTurn("on", (Call("set_light", {"light": "Lamp", "more": {"on": ["x"], "to": 1.5, "now": True}}),), "Done.")
    ]
    request = msg.Understand(7, msg.encoded_house("here", [LIGHT], "de"), "and now", msg.sent_turns(turns))
    frame = msg.framed(request)
    assert int.from_bytes(frame[: msg.LENGTH_BYTES], "little") == len(frame) - msg.LENGTH_BYTES
    arrived = msg.request_in(frame[msg.LENGTH_BYTES :])
    assert arrived == request
    assert isinstance(arrived, msg.Understand)
    assert msg.received_turns(arrived.before) == turns
    assert msg.decoded_house(arrived.house).language == "de"
    nothing = msg.Heard(1, "", float("-inf"))
    assert msg.outcome_in(msg.framed(nothing)[msg.LENGTH_BYTES :]) == nothing
