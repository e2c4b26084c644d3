"""The rules with all bundled tools in a house of all kinds: what is understood, and what is left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speaker.offline.understanding.intent_engine import Call, IntentEngine
from tests.offline.test_intent_engine import COMMANDS, FOREIGN, each
from tests.offline.test_intent_engine import INSTRUCTIONS as SMALL
from tests.support.tool_definitions import BUNDLED_TOOLS as TOOLS
from tests.support.tool_definitions import TEXT, WHOLE, definition

INSTRUCTIONS = """Devices, by room:
- bedroom: Blinds, Curtains (cover); Window (binary_sensor)
- garage: Garage door (cover)
- hall: Ceiling (light); Front door (lock); Rosie (vacuum); Doorbell (button)
- kitchen: Ceiling, Counter lamp (light); Kettle (switch); Shutter (cover); Back door (lock); Radio (media_player)
- nursery: Humidifier (humidifier)
- office: Ceiling fan (fan); Desk lamp, +3 (light); Radiator (climate)
- elsewhere: Outdoor temperature (sensor); Movie night (scene)
+N means N more of that kind, which find_devices lists.

Never guess."""

BRAIN = IntentEngine(INSTRUCTIONS, TOOLS)


def call(tool: str, /, **arguments: str | int | bool) -> Call:
    return Call(tool, arguments)


UNDERSTOOD: list[tuple[list[Call], str]] = [
    ([call("set_cover", cover="Blinds", action="open")], "open the blinds"),
    ([call("set_cover", cover="Blinds", action="open")], "open the blinds in the bedroom|raise the blinds"),
    ([call("set_cover", cover="Blinds", action="close")], "close the bedroom blinds"),
    ([call("set_cover", cover="Blinds", action="close")], "shut the blinds|lower the blinds please"),
    ([call("set_cover", cover="Curtains", action="stop")], "stop the curtains"),
    ([call("set_cover", cover="Garage door", action="close")], "close the garage door"),
    ([call("set_cover", cover="Garage door", action="close")], "Hey Jarvis, close the garage door."),
    ([call("set_cover", cover="Garage door", action="open")], "open the garage door"),
    ([call("set_cover", cover="Blinds", position=30)], "set the blinds to thirty percent|blinds 30 percent"),
    ([call("set_cover", cover="Blinds", position=30)], "open the blinds to 30 percent"),
    ([call("set_cover", cover="Blinds", position=30)], "close the blinds to 30 percent"),
    ([call("set_cover", cover="shutters", room="kitchen", action="close")], "close the shutters in the kitchen"),
    ([call("set_cover", cover="all blinds", action="close")], "close all the blinds|close all blinds"),
    ([call("set_lock", lock="Front door", action="lock")], "lock the front door|lock the front door in the hall"),
    ([call("set_lock", lock="Front door", action="unlock")], "unlock the front door|please unlock the front door"),
    ([call("set_lock", lock="all", action="lock")], "lock all doors|lock all the doors"),
    ([call("set_fan", fan="Ceiling fan", on=True)], "turn on the ceiling fan|switch the office ceiling fan on"),
    ([call("set_fan", fan="Ceiling fan", speed=50)], "set the ceiling fan to fifty percent"),
    ([call("set_fan", fan="Ceiling fan", change=20)], "turn up the ceiling fan|make the ceiling fan faster"),
    ([call("set_humidifier", humidifier="Humidifier", on=False)], "turn off the humidifier"),
    ([call("set_humidifier", humidifier="Humidifier", humidity=55)], "set the humidifier to 55 percent"),
    ([call("control_player", player="Radio", action="play")], "play the radio|start the radio in the kitchen"),
    ([call("control_player", action="pause")], "pause the music"),
    ([call("control_player", action="stop")], "stop the music"),
    ([call("control_player", action="next")], "next song|skip this track"),
    ([call("control_player", player="Radio", volume=25)], "set the radio to 25 percent"),
    ([call("control_player", player="Radio", volume=25)], "set the volume of the radio to 25"),
    ([call("control_player", player="Radio", change=-20)], "turn down the radio|make the radio quieter"),
    ([call("control_vacuum", action="start")], "start the vacuum|start the robot vacuum|run the vacuum cleaner"),
    ([call("control_vacuum", vacuum="Rosie", action="return")], "send Rosie home|send rosie back to the dock"),
    ([call("control_vacuum", action="locate")], "where is the vacuum"),
    ([call("set_light", light="Counter lamp", change=20)], "make the counter lamp brighter"),
    ([call("set_light", light="Counter lamp", change=20)], "brighten the counter light"),
    ([call("set_light", light="Desk lamp", change=-20)], "dim the desk lamp|make the desk lamp darker"),
    ([call("set_light", light="Desk lamp", change=-30)], "dim the desk lamp by 30 percent"),
    ([call("set_light", room="kitchen", change=15)], "make the kitchen lights fifteen percent brighter"),
    ([call("set_light", room="kitchen", change=-20)], "dim the lights in the kitchen|dim the kitchen lights"),
    ([call("set_light", light="Desk lamp", color="red")], "make the desk lamp red"),
    ([call("set_light", light="Desk lamp", color="red")], "set the desk lamp to red|turn the desk lamp red"),
    ([call("set_light", room="kitchen", color="warm white")], "set the kitchen lights to warm white"),
    ([call("set_temperature", room="office", change=1)], "make it warmer in the office"),
    ([call("set_temperature", room="office", change=1)], "turn up the heating in the office"),
    ([call("set_temperature", room="office", mode="off")], "turn off the heating in the office"),
    ([call("press_button", button="Doorbell")], "press the doorbell|press the doorbell button"),
    ([call("read_device", name="Front door", room="hall")], "is the front door locked|Is the front door open?"),
    ([call("read_device", name="Garage door", room="garage")], "is the garage door closed"),
    ([call("read_device", name="Desk lamp", room="office")], "is the desk lamp on|is the desk light turned on"),
    ([call("find_devices", state="on", room="kitchen")], "what is on in the kitchen|is anything on in the kitchen"),
    ([call("find_devices", kind="window", state="open")], "are any windows open|which windows are open"),
    ([call("find_devices", kind="light", state="on")], "which lights are on|are there any lights on"),
    ([call("find_devices", kind="lock", state="locked")], "are all the doors locked"),
    ([call("find_devices", kind="battery", state="low")], "which batteries are low|are any batteries low"),
    (
        [call("set_cover", cover="Blinds", action="close"), call("set_light", light="Desk lamp", on=False)],
        "close the blinds and turn off the desk lamp",
    ),
    # What a recogniser makes of such sentences.
    ([call("set_cover", cover="Blinds", action="open")], "open the blindes"),
    ([call("set_cover", cover="Curtains", action="close")], "close the curtins"),
]  # fmt: skip

LEFT_ALONE = """look the front door|unlook the front door|unlock the front dour|unlock the frond door
on lock the front door|unlock the door|unlock the garage door|lock the kitchen|should I lock the front door
don't unlock the front door|did you lock the front door|is the front door made of wood
never open the garage door|do not open the garage door
open the window|open the door|open a bottle|open the bathroom blinds|close the shop|close your eyes|stop the press
play some jazz|play a game|pause for thought|play the radio station with jazz|next week|skip breakfast
make the desk lamp plaid|make the kettle red|set the blinds to red|set the blinds|open the blinds at seven
open the blinds tomorrow|when I come home open the blinds|why did the vacuum start|don't start the vacuum
is the vacuum expensive|what is on tonight|what is on television|which lights are the best|are any lights broken
turn up the blinds|press the button|press the doorbell twice|the blinds are open|the garage door opens slowly
send rosie flowers|find my phone|where is the remote|send the vacuum to grandma|set the fan to|turn on the fan heater"""


@pytest.mark.parametrize(
    ("words", "calls"), [(words, calls) for calls, sentences in UNDERSTOOD for words in each(sentences)]
)
def test_what_is_understood(words: str, calls: list[Call]) -> None:
    reply = BRAIN.reply(words)
    assert (list(reply.calls), reply.text) == (calls, "")


@pytest.mark.parametrize("words", each(LEFT_ALONE))
def test_what_is_left_alone(words: str) -> None:
    assert BRAIN.reply(words).calls == ()


def test_which_of_several_is_asked_back() -> None:
    reply = BRAIN.reply("turn on the ceiling")
    assert (reply.calls, "more than one Ceiling" in reply.text) == ((), True)


def test_a_tool_that_knows_no_here_needs_a_room() -> None:
    elsewhere = IntentEngine(INSTRUCTIONS, [definition("set_light", light=TEXT, room=TEXT, change=WHOLE)])
    assert elsewhere.reply("dim the lights").text == "Say in which room: hall, kitchen or office."


OLD = IntentEngine(SMALL, TOOLS)
NOW_KNOWN = {
    "make the sofa lamp red", "lock the front door", "is the sofa lamp on", "are the kitchen lights off",
    "dim the sofa lamp", "set a timer", "turn off the kitchen lights in ten minutes",
}  # fmt: skip


@pytest.mark.parametrize("words", [words for words in each(FOREIGN) if words not in NOW_KNOWN])
def test_more_tools_mean_no_more_false_calls(words: str) -> None:
    assert OLD.reply(words).calls == ()


OURS = {one["name"] for one in TOOLS}


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        (words, calls)
        for calls, sentences in COMMANDS
        for words in each(sentences)
        if {one.name for one in calls} <= OURS and not any(one.arguments.get("room") == "bedroom" for one in calls)
    ],
)
def test_more_tools_change_nothing_of_what_was_understood(words: str, calls: list[Call]) -> None:
    assert [one.name for one in OLD.reply(words).calls][:1] == [calls[0].name]


letters = st.sampled_from("abcdefghijklmnopqrstuvwxyz ")


@settings(max_examples=60)
@given(st.integers(0, 20), letters, st.sampled_from([0, 1]))
def test_a_slip_never_unlocks(at: int, letter: str, drop: int) -> None:
    words = "unlock the front door"
    slipped = words[:at] + letter + words[at + drop :]
    if " ".join(slipped.split()) != words and "the" in slipped.split():
        assert all(one.name != "set_lock" for one in BRAIN.reply(slipped).calls)


@settings(max_examples=60)
@given(st.integers(0, 100), st.sampled_from(["set the blinds to", "set the ceiling fan to", "set the radio to"]))
def test_numbers_are_taken_as_said(percent: int, words: str) -> None:
    (one,) = BRAIN.reply(f"{words} {percent} percent").calls
    assert percent in one.arguments.values()
