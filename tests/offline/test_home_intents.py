"""Sentences by Home Assistant's templates and ours, in a house that has one of nearly everything."""

import re

import pytest

from speaker.offline.understanding.home_intents.language_file import known_language, read_additions
from speaker.offline.understanding.intent_engine import Call, IntentEngine
from tests.support.tool_definitions import BUNDLED_TOOLS, definition

HOUSE = """Devices, by room:
- kitchen: Ceiling, Counter (light); Kettle (switch); Oven (sensor); Router (binary_sensor)
- living room: Sofa lamp, Desk lamp (light); TV (media_player); Thermostat (climate); Humidifier (humidifier)
- bedroom: Bedside lamp (light); Blinds (cover); Ceiling fan (fan)
- hall: Front door, Back door (lock); Rosie (vacuum)
- elsewhere: Movie night (scene); Garage door (cover); Water main (valve); Door bell (button)
Floors: upstairs (bedroom)"""

ENGINE = IntentEngine(HOUSE, BUNDLED_TOOLS)


def call(tool: str, /, **arguments: object) -> Call:
    return Call(tool, arguments)  # type: ignore[arg-type]


def each(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"[|\n]", text) if sentence]


UNDERSTOOD: list[tuple[list[Call], str]] = [
    (
        [call("set_light", light="Sofa lamp", on=True, brightness=50)],
        "set the sofa lamp to half|set the sofa lamp to half brightness|sofa lamp to half power",
    ),
    (
        [call("set_light", light="Sofa lamp", on=True, brightness=100)],
        "set the sofa lamp to full|sofa lamp full brightness|set the sofa lamp to maximum brightness",
    ),
    ([call("set_light", light="Sofa lamp", change=20)], "make the sofa lamp a bit brighter"),
    ([call("set_light", light="Sofa lamp", kelvin=2700)], "set the sofa lamp to 2700 kelvin|make the sofa lamp 2700 k"),
    ([call("set_light", light="Sofa lamp", effect="rainbow")], "set the sofa lamp to the rainbow effect"),
    ([call("set_light", room="kitchen", on=False)], "turn off everything in the kitchen"),
    (
        [call("set_light", room="bedroom", on=False), call("set_fan", fan="Ceiling fan", on=False)],
        "turn everything off in the bedroom|everything off in the bedroom",
    ),
    ([call("set_cover", cover="Blinds", position=50)], "open the blinds half way|open the blinds halfway"),
    ([call("list_speakers")], "who else is listening|which other speakers are there"),
    ([call("check_list", item="milk", list="shopping")], "is milk on the shopping list|is milk on my shopping list"),
    (
        [call("remove_from_list", items=["milk"], list="shopping")],
        "mark milk as done on the shopping list|check off milk on the shopping list",
    ),
    ([call("set_volume", muted=True)], "mute yourself|be quiet|turn off your sound"),
    ([call("set_volume", muted=False)], "unmute yourself|turn on your sound"),
    ([call("set_volume", percent=50)], "turn the volume to half|set the volume to half"),
    ([call("set_volume", change=-20)], "lower the volume|speak softer|turn the sound down"),
    ([call("set_alarm", time="07:00", repeat="weekdays")], "wake me every weekday at 7"),
    ([call("list_timers")], "show me my alarms|do i have any alarms|is my alarm set|list my timers"),
    ([call("set_light", light="Desk lamp", on=True)], "switch the desk lamp on|desk lamp on please"),
    ([call("set_light", room="kitchen", on=False)], "could you switch off the kitchen lights|kitchen lights out"),
    ([call("set_light", room="upstairs", on=False)], "turn off all the lights upstairs"),
    ([call("set_light", light="all", on=True)], "switch on all the lights in the house|light up the whole house"),
    ([call("set_light", light="all", on=False)], "all lights off|turn every single light off"),
    ([call("set_light", on=False)], "turn off the lights|lights off|turn the lights off in here"),
    ([call("set_light", light="all", on=False, but="bedroom")], "turn all lights off except the bedroom"),
    ([call("set_light", light="Sofa lamp", on=True, brightness=30)], "change the sofa lamp to 30 percent"),
    ([call("set_light", light="Sofa lamp", change=-20)], "make the sofa lamp less bright"),
    ([call("set_light", light="Sofa lamp", change=-15)], "make the sofa lamp 15 percent less bright"),
    ([call("set_light", light="Sofa lamp", change=25)], "brighten the sofa lamp 25 percent"),
    ([call("set_light", light="Sofa lamp", color="blue")], "make the sofa lamp blue"),
    ([call("set_light", light="Sofa lamp", kelvin=2700)], "set the sofa lamp temperature to 2700 kelvin"),
    ([call("set_cover", cover="Water main", action="close")], "close the water main"),
    ([call("set_cover", cover="Blinds", position=40)], "set the blinds to 40 percent"),
    ([call("set_lock", lock="Back door", action="lock")], "lock the back door"),
    ([call("set_fan", fan="Ceiling fan", speed=60)], "set the ceiling fan speed to 60 percent"),
    ([call("set_temperature", room="living room", change=-2)], "turn down the heating in the living room 2 degrees"),
    ([call("set_temperature", room="living room", degrees=20.5)], "set the living room temperature to 20.5 degrees"),
    ([call("set_volume", change=15)], "turn the volume up by 15 percent"),
    ([call("set_volume", change=-15)], "turn the volume down by fifteen percent|turn the volume down by 15 percent"),
    ([call("set_volume", percent=35)], "set the volume to 35 percent"),
    ([call("control_player", player="TV", action="resume")], "unpause the TV|resume the TV"),
    ([call("control_player", player="TV", action="mute")], "mute the TV"),
    ([call("control_player", player="TV", action="off")], "turn off the TV"),
    ([call("control_vacuum", vacuum="Rosie", action="return")], "return Rosie to base"),
    ([call("press_button", button="Door bell")], "press the door bell"),
    ([call("find_devices", kind="lock", state="locked")], "are all the doors locked"),
    ([call("find_devices", kind="battery", state="low")], "which batteries are low"),
    ([call("find_devices", kind="connectivity", state="connected")], "are any devices connected"),
    ([call("read_device", name="Oven", room="kitchen")], "what is the core heat measured by the oven"),
    ([call("get_time")], "what time is it|what's the date today"),
    ([call("set_timer", hours=1, minutes=30)], "set a timer for 1 hour 30|set a timer for one and a half hours"),
    ([call("set_timer", minutes=5), call("set_timer", minutes=12)], "start two timers for five and twelve minutes"),
    ([call("set_timer", minutes=7, name="tea")], "start a 7 minute timer called tea"),
    ([call("change_timer", action="add", name="tea", minutes=3)], "add three minutes to the tea timer"),
    ([call("change_timer", action="subtract", name="tea", minutes=3)], "take 3 minutes off the tea timer"),
    ([call("change_timer", action="pause", name="tea")], "pause the tea timer"),
    ([call("change_timer", action="resume", name="tea")], "resume the tea timer"),
    ([call("list_timers", name="tea")], "how much time is left on the tea timer"),
    ([call("cancel_timer", name="all", but="tea")], "cancel all timers except the tea timer"),
    ([call("set_alarm", minutes=25)], "wake me up in 25 minutes"),
    ([call("set_alarm", time="06:45", repeat="daily")], "set a daily alarm for 6:45 am"),
    (
        [call("set_alarm", time="17:30", day="monday", message="put out bins")],
        "remind me to put out the bins on monday at 5:30 pm",
    ),
    ([call("snooze", minutes=5)], "snooze for 5 minutes"),
    ([call("add_to_list", items=["rice", "tea"], list="shopping")], "put rice and tea on the shopping list"),
    ([call("add_to_list", items=["phone grandma"], list="to do")], "add phone grandma to my to do list"),
    ([call("remove_from_list", items=["rice"], list="shopping")], "take rice out from the shopping list"),
    ([call("read_list")], "read out the list"),
    ([call("announce", message="supper is ready")], "announce that supper is ready"),
    (
        [call("do_later", tool="set_light", arguments={"room": "kitchen", "on": False}, minutes=10)],
        "turn off the kitchen lights in 10 minutes",
    ),
]

NOTHING = """deactivate movie night|unstop Rosie|undim the sofa lamp|turn on the dehumidifier|re-lock nothing
turn on the sofa lamp for 10|turn on the sofa lamp in 10|turn on the sofa lamp 2|turn on sofa lamp number 2
don't cancel the tea timer|stop, don't cancel the tea timer|never unlock the back door|unlock all the doors
turn on everything except|all lights off except the moon|set the living room to 21|sofa lamp|the kitchen
turn off the sofa lamp unless I am home|set the ceiling to blue cheese|what is love|play jazz in the kitchen
turn on the bathroom lights|close the kitchen blinds by the window of my neighbour|increase my pension by 20 percent"""


@pytest.mark.parametrize(("words", "calls"), [(words, calls) for calls, text in UNDERSTOOD for words in each(text)])
def test_what_is_understood(words: str, calls: list[Call]) -> None:
    assert list(ENGINE.reply(words).calls) == calls


@pytest.mark.parametrize("words", each(NOTHING))
def test_what_leads_to_nothing(words: str) -> None:
    assert ENGINE.reply(words).calls == ()
    assert ENGINE.confident(words) == ()


def test_of_two_lengths_one_is_asked_for() -> None:
    assert ENGINE.reply("set a timer for ten to fifteen minutes").text == "Do you mean 10 or 15 minutes?"


def test_a_direction_is_kept_whatever_was_said_before() -> None:
    for words, change in (("up", 30), ("down", -30), ("up", 30)):
        assert ENGINE.reply(f"turn {words} the volume by thirty percent").calls == (call("set_volume", change=change),)


def test_tools_that_cannot_say_it_are_not_called() -> None:
    strange = [definition("set_light", "", "code", code={"type": "string"}), definition("set_volume", shout="x")]
    engine = IntentEngine(HOUSE, strange)
    for words in ("turn on the desk lamp", "set the volume to 35 percent", "turn off the lights"):
        assert engine.reply(words).calls == ()


def test_five_hundred_words_are_no_order() -> None:
    assert ENGINE.reply("turn on the desk lamp and " * 100).calls == ()


def test_an_unknown_language_is_said_once_and_understands_nothing(caplog: pytest.LogCaptureFixture) -> None:
    engine = IntentEngine(HOUSE, BUNDLED_TOOLS, "xx")
    assert engine.reply("turn on the desk lamp").calls == ()
    assert engine.reply("turn on the desk lamp").text
    assert len([one for one in caplog.messages if "there are no sentences for the language 'xx'" in one]) == 1


def test_languages_have_several_names() -> None:
    assert [known_language(name) for name in ("de-AT", "zh", "EN", "tlh", "")] == ["de", "zh-CN", "en", "", ""]


def test_what_we_add_can_be_read() -> None:
    assert all(read_additions(language).doubts for language in ("en", "de", "fr", "es", "nl", "it", "zh-CN"))


def test_a_number_means_the_same_whatever_was_said_before() -> None:
    engine = IntentEngine(HOUSE, BUNDLED_TOOLS)
    assert engine.reply("turn down the volume by twenty percent").calls == (call("set_volume", change=-20),)
    assert engine.reply("set the volume to thirty percent").calls == (call("set_volume", percent=30),)
    assert engine.reply("turn up the volume by twenty percent").calls == (call("set_volume", change=20),)
    assert engine.reply("sofa lamp to forty percent").calls == (
        call("set_light", light="Sofa lamp", on=True, brightness=40),
    )
