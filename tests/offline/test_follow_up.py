"""Sentences that only make sense after another one, as the offline rules take them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speaker.offline.understanding.intent_engine import Call, IntentEngine
from speaker.offline.understanding.past_turn import PastTurn
from tests.offline.test_intent_engine import FOREIGN, each
from tests.support.tool_definitions import BUNDLED_TOOLS

HOUSE = """Devices, by room:
- kitchen: Ceiling, Counter (light); Kettle (switch); Thermostat (climate)
- living room: Sofa lamp, Desk lamp (light); TV (media_player); Heater (climate)
- bedroom: Bedside lamp (light); Blinds (cover); Ceiling fan (fan)
- hall: Front door, Back door (lock); Ceiling, Lamp (light)
- elsewhere: Movie night (scene)"""

ENGINE = IntentEngine(HOUSE, BUNDLED_TOOLS)


def call(tool: str, /, **arguments: object) -> Call:
    return Call(tool, arguments)  # type: ignore[arg-type]


def talk(engine: IntentEngine, sentences: str) -> tuple[list[Call], str]:
    """What the last of several sentences leads to; one after an @ is what the speaker answered."""
    turns: list[PastTurn] = []
    for sentence in sentences.split(" / "):
        if sentence.startswith("@"):
            turns[-1] = replace(turns[-1], said=sentence[1:])
            continue
        reply = engine.reply(sentence, turns)
        turns.append(PastTurn(sentence, reply.calls, reply.text or "Okay."))
    return list(turns[-1].calls), turns[-1].said


WHICH = "@Say which light, which room, or all of them."


@pytest.mark.parametrize(
    ("sentences", "calls"),
    [
        # The answer to a question.
        (f"lights off / {WHICH} / the kitchen", [call("set_light", room="kitchen", on=False)]),
        (f"lights off / {WHICH} / in the living room please", [call("set_light", room="living room", on=False)]),
        ("turn on the ceiling / the kitchen one", [call("set_light", light="Ceiling", room="kitchen", on=True)]),
        ("set a timer for 15 to 20 minutes / twenty", [call("set_timer", minutes=20)]),
        ("set a timer for 15 to 20 minutes / 15 minutes", [call("set_timer", minutes=15)]),
        # The same with something else.
        ("turn on the sofa lamp / and the desk lamp", [call("set_light", light="Desk lamp", on=True)]),
        ("turn on the sofa lamp / the desk lamp too", [call("set_light", light="Desk lamp", on=True)]),
        ("turn on the sofa lamp / and the kitchen", [call("set_light", room="kitchen", on=True)]),
        ("turn on the sofa lamp / and the fan", [call("set_fan", fan="Ceiling fan", on=True)]),
        (
            "turn on the sofa lamp / and the desk lamp / and the bedside lamp as well",
            [call("set_light", light="Bedside lamp", on=True)],
        ),
        ("turn on the sofa lamp / the other one", [call("set_light", light="Desk lamp", on=True)]),
        ("lock the front door / and the other one", [call("set_lock", lock="Back door", action="lock")]),
        (
            "add milk to the shopping list / and butter",
            [call("add_to_list", items=["butter"], list="shopping")],
        ),
        # A bit more, and back.
        ("make it warmer / a bit more", [call("set_temperature", change=1)]),
        ("make it warmer / a bit less", [call("set_temperature", change=-1)]),
        ("make the sofa lamp less bright / a bit more", [call("set_light", light="Sofa lamp", change=-10)]),
        ("set the sofa lamp to 40 percent / more", [call("set_light", light="Sofa lamp", change=10)]),
        ("turn the volume up / a bit more", [call("set_volume", change=10)]),
        # What "it" is.
        ("turn on the sofa lamp / turn it off again", [call("set_light", light="Sofa lamp", on=False)]),
        ("turn on the sofa lamp / make it red", [call("set_light", light="Sofa lamp", color="red")]),
        ("turn off the kitchen lights / turn them on again", [call("set_light", room="kitchen", on=True)]),
        ("open the blinds / and close them again", [call("set_cover", cover="Blinds", action="close")]),
        # Taken back.
        ("turn on the sofa lamp / undo that", [call("set_light", light="Sofa lamp", on=False)]),
        ("make the sofa lamp less bright / undo", [call("set_light", light="Sofa lamp", change=20)]),
        ("set a timer for five minutes / undo", [call("cancel_timer", name="5 minute timer")]),
        ("add milk to the shopping list / undo", [call("remove_from_list", items=["milk"], list="shopping")]),
        # Corrected.
        ("turn off the kitchen lights / no, the hall", [call("set_light", room="hall", on=False)]),
        ("turn on the sofa lamp / I meant the desk lamp", [call("set_light", light="Desk lamp", on=True)]),
        (
            "set the living room heating to 21 degrees / no, 22",
            [call("set_temperature", room="living room", degrees=22)],
        ),
        (
            "set a timer for five minutes / no, ten minutes",
            [call("cancel_timer", name="5 minute timer"), call("set_timer", minutes=10)],
        ),
        (
            "add milk to the shopping list / no, butter",
            [
                call("remove_from_list", items=["milk"], list="shopping"),
                call("add_to_list", items=["butter"], list="shopping"),
            ],
        ),
    ],
)
def test_a_sentence_refers_to_the_one_before(sentences: str, calls: list[Call]) -> None:
    assert talk(ENGINE, sentences)[0] == calls


@pytest.mark.parametrize(
    ("sentences", "said"),
    [
        ("turn on the sofa lamp / @The sofa lamp is on. / say that again", "The sofa lamp is on."),
        ("lock the front door / undo", "I can't undo that, since I don't know how it was before."),
        ("set the sofa lamp to 40 percent / undo", "I can't undo that, since I don't know how it was before."),
        ("turn on the bedside lamp / and the other one", "Which one do you mean?"),
    ],
)
def test_what_nobody_can_know_is_said(sentences: str, said: str) -> None:
    assert talk(ENGINE, sentences) == ([], said)


@pytest.mark.parametrize(
    "sentences",
    [
        "turn on the sofa lamp / and the weather was nice",
        "turn on the sofa lamp / no, not really",
        "turn on the sofa lamp / and my mother called",
        "lock the front door / no",
        f"lights off / {WHICH} / I am not sure",
        f"lights off / {WHICH} / the garden",
        "what time is it / and the desk lamp",
        "undo",
        "the other one",
        "a bit more",
        "and the desk lamp / and the sofa lamp",
    ],
)
def test_nothing_is_guessed(sentences: str) -> None:
    assert talk(ENGINE, sentences)[0] == []


FIRST = ["turn on the sofa lamp", "set a timer for five minutes", "make it warmer", "lights off"]


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("words", each(FOREIGN))
def test_other_talk_stays_other_talk(first: str, words: str) -> None:
    alone = ENGINE.reply(words).calls
    assert ENGINE.reply(words, [PastTurn(first, ENGINE.reply(first).calls, "Okay.")]).calls == alone


def test_a_sentence_for_all_to_hear_is_not_about_the_lamp() -> None:
    assert talk(ENGINE, "turn on the sofa lamp / broadcast that dinner is ready")[0] == [
        call("announce", message="dinner is ready")
    ]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(FIRST), st.text(max_size=60))
def test_no_text_breaks_it(first: str, words: str) -> None:
    ENGINE.reply(words, [PastTurn(first, ENGINE.reply(first).calls, "?")])
