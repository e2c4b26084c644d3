"""What the speaker adds to Home Assistant's sentences in other languages: alarms, reminders, goodbye, follow-ups."""

import pytest

from speaker.offline.understanding.home_intents.language_file import read_additions
from speaker.offline.understanding.intent_engine import Call, IntentEngine
from speaker.offline.understanding.past_turn import PastTurn
from tests.support.tool_definitions import BUNDLED_TOOLS

LANGUAGES = ("en", "de", "fr", "es", "nl", "it", "zh-CN")


def call(tool: str, /, **arguments: object) -> Call:
    return Call(tool, arguments)  # type: ignore[arg-type]


ALARMS = [
    ("de", "weck mich um halb sieben", call("set_alarm", time="06:30")),
    ("de", "Stell den Wecker auf 7:30 Uhr", call("set_alarm", time="07:30")),
    ("de", "stell mir einen Wecker für morgen um 8 Uhr", call("set_alarm", time="08:00", day="tomorrow")),
    ("de", "stell den Wecker um acht Uhr abends", call("set_alarm", time="20:00")),
    ("de", "weck mich jeden Tag um sieben Uhr 15", call("set_alarm", time="07:15", repeat="daily")),
    ("de", "erinnere mich um 18 Uhr an den Müll", call("set_alarm", time="18:00", message="den müll")),
    ("de", "erinnere mich in 10 Minuten an die Pizza", call("set_timer", minutes=10, message="die pizza")),
    ("de", "tschüss", call("end_conversation")),
    ("fr", "réveille-moi à sept heures et demie", call("set_alarm", time="07:30")),
    ("fr", "mets un réveil à 7h30", call("set_alarm", time="07:30")),
    ("fr", "au revoir", call("end_conversation")),
    ("es", "despiértame a las siete y media", call("set_alarm", time="07:30")),
    ("es", "pon una alarma a las ocho de la tarde", call("set_alarm", time="20:00")),
    ("es", "hasta luego", call("end_conversation")),
    ("nl", "maak me wakker om half zeven", call("set_alarm", time="06:30")),
    ("nl", "herinner me om 18 uur aan de was", call("set_alarm", time="18:00", message="de was")),
    ("nl", "dank je wel", call("end_conversation")),
    ("it", "svegliami alle sette e mezza", call("set_alarm", time="07:30")),
    ("it", "ricordami di comprare il pane alle 18", call("set_alarm", time="18:00", message="comprare il pane")),
    ("it", "buonanotte", call("end_conversation")),
    ("zh-CN", "明天早上七点叫醒我", call("set_alarm", time="07:00", day="tomorrow")),
    ("zh-CN", "设一个七点半的闹钟", call("set_alarm", time="07:30")),
    ("zh-CN", "晚上八点提醒我吃药", call("set_alarm", time="20:00", message="吃药")),
    ("zh-CN", "再见", call("end_conversation")),
]  # fmt: skip


@pytest.mark.parametrize(("language", "words", "meant"), ALARMS)
def test_alarms_and_reminders(language: str, words: str, meant: Call) -> None:
    assert IntentEngine("", BUNDLED_TOOLS, language).reply(words).calls == (meant,)


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", "weck mich um 25 Uhr"), ("de", "weck mich um zwölf Uhr abends"), ("fr", "réveille-moi"), ("nl", "wekker")],
)
def test_no_time_is_made_up(language: str, words: str) -> None:
    assert IntentEngine("", BUNDLED_TOOLS, language).reply(words).calls == ()


HOUSES = {
    "de": "- wohnzimmer: Stehlampe, Leselampe (light)\n- küche: Deckenlicht (light)",
    "fr": "- salon: Lampadaire, Liseuse (light)\n- cuisine: Plafonnier (light)",
    "es": "- salón: Lámpara, Flexo (light)\n- cocina: Techo (light)",
    "nl": "- woonkamer: Staande lamp, Leeslamp (light)\n- keuken: Plafond (light)",
    "it": "- salotto: Piantana, Faretto (light)\n- cucina: Plafoniera (light)",
    "zh-CN": "- 客厅: 落地灯, 台灯 (light)\n- 厨房: 吊灯 (light)",
}
FOLLOWED = [
    ("de", "schalte die Stehlampe ein", "und die Leselampe", call("set_light", light="Leselampe", on=True)),
    ("de", "schalte die Stehlampe ein", "die andere", call("set_light", light="Leselampe", on=True)),
    ("de", "schalte die Stehlampe ein", "mach das rückgängig", call("set_light", light="Stehlampe", on=False)),
    ("fr", "allume le lampadaire", "et la liseuse", call("set_light", light="Liseuse", on=True)),
    ("es", "enciende la lámpara", "y el flexo", call("set_light", light="Flexo", on=True)),
    ("nl", "zet de staande lamp aan", "en de leeslamp", call("set_light", light="Leeslamp", on=True)),
    ("it", "accendi la piantana", "anche il faretto", call("set_light", light="Faretto", on=True)),
    ("zh-CN", "打开落地灯", "还有台灯", call("set_light", light="台灯", on=True)),
]


@pytest.mark.parametrize(("language", "first", "second", "meant"), FOLLOWED)
def test_a_sentence_refers_to_the_one_before(language: str, first: str, second: str, meant: Call) -> None:
    engine = IntentEngine(f"Devices, by room:\n{HOUSES[language]}", BUNDLED_TOOLS, language)
    turn = PastTurn(first, engine.reply(first).calls, "ok")
    assert turn.calls
    assert engine.reply(second, [turn]).calls == (meant,)
    assert engine.reply(second).calls == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_all_words(language: str) -> None:
    words = read_additions(language).follow_up
    assert all(getattr(words, name) for name in words.__struct_fields__ if name != "times")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_means_two_things(language: str) -> None:
    words = read_additions(language).follow_up
    kinds = [words.more, words.less, words.other, words.undo, words.repeat]
    spoken = [one for kind in kinds for one in kind]
    assert len(spoken) == len(set(spoken))


def test_a_question_is_answered_by_a_room() -> None:
    engine = IntentEngine(f"Devices, by room:\n{HOUSES['de']}", BUNDLED_TOOLS, "de")
    first = "schalte das Licht aus"
    asked = engine.answer(["Refused: Say which light, which room, or all of them."])
    turn = PastTurn(first, engine.reply(first).calls, asked)
    assert engine.reply("in der Küche", [turn]).calls == (call("set_light", room="küche", on=False),)
