"""What tools return, said in a language that they do not speak."""

import pytest

from speaker.language.phrasebook import phrase_files, phrasebook
from speaker.offline.understanding.intent_engine import IntentEngine
from speaker.offline.understanding.told_results import told_in
from tests.support.tool_definitions import BUNDLED_TOOLS

GERMAN = [
    ("Confirmed: the Lampe is on.", "Okay."),
    ("No answer: the Lampe did not report back.", "Da kam keine Antwort, ich weiß nicht, ob es geklappt hat."),
    ("Refused: there is no such device.", "Das hat nicht geklappt."),
    ("Refused: Say which light, which room, or all of them.", "Welches Gerät, oder in welchem Raum?"),
    (
        'Refused: "decke" may mean the Decke in the bad or the Decke in the flur.',
        "Welches meinst du: Decke bad, Decke flur?",
    ),
    ("The Haustür is locked.", "Haustür: abgeschlossen."),
    ("The Decke is on at 40 percent.", "Decke: an, 40 Prozent."),
    ("The Außentemperatur is minus 7.5 degrees.", "Außentemperatur: minus 7,5 Grad."),
    ("It is 18:30 on Tuesday, 24 November 2026.", "Es ist 18 Uhr 30, Dienstag."),
    ("12 of 14 lights are on: the A, the B and 9 more.", "12 von 14: an, A und B und 9 weitere."),
    ("Both windows are open.", "Alle 2: offen."),
    ("None of 3 windows is open.", "Keins von 3: offen."),
    ("It is not raining.", "Es regnet nicht."),
    ('{"temperature": 3}', "Ich habe eine Antwort, kann sie aber offline nicht in dieser Sprache sagen."),
]


@pytest.mark.parametrize(("output", "said"), GERMAN)
def test_results_in_german(output: str, said: str) -> None:
    assert told_in([output], phrasebook("de")) == said


@pytest.mark.parametrize("language", sorted(set(phrase_files()) - {"en"}))
@pytest.mark.parametrize("output", [output for output, _ in GERMAN])
def test_no_language_speaks_english_by_the_way(language: str, output: str) -> None:
    said = f" {told_in([output], phrasebook(language)).lower()} "
    assert not [word for word in (" the ", " are ", "locked", "raining", "degrees", "percent") if word in said]


def test_what_was_said_twice_is_said_once() -> None:
    assert told_in(["Confirmed: a.", "Confirmed: b."], phrasebook("fr")) == "D'accord."


def test_which_of_several_is_asked_in_the_language() -> None:
    house = "Devices, by room:\n- bad: Decke (light)\n- flur: Decke (light)"
    reply = IntentEngine(house, BUNDLED_TOOLS, "de").reply("schalte die Decke ein")
    assert (reply.calls, reply.text) == ((), "Welches meinst du: bad Decke, flur Decke?")


def test_what_is_not_understood_is_said_in_the_language() -> None:
    assert IntentEngine("", BUNDLED_TOOLS, "pl").reply("bla bla bla").text
    assert "Sorry" not in IntentEngine("", BUNDLED_TOOLS, "pl").reply("bla bla bla").text
