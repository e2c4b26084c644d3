"""The rules: what they do with hundreds of sentences, and the laws that keep them from doing harm."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from speaker.offline.understanding.intent_engine import PARTLY, UNHEARD, UNKNOWN, Call, IntentEngine

INSTRUCTIONS = """You are the voice of this home. Speak briefly.

Devices, by room:
- kitchen: Ceiling (light), Counter (light), Thermostat (climate), Kettle (switch)
- living room: Sofa lamp (light), Floor lamp (light), Temperature (sensor), Thermostat (climate)
- hall: Ceiling (light)
- bedroom: Bedside lamp 1 (light), Bedside lamp 2 (light)
- elsewhere: Outdoor temperature (sensor), Movie night (scene), Good night (scene), Front door (lock)

Never guess."""

STRING, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
PERHAPS = {"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": None}


def tool(name: str, description: str = "", required: str = "", **properties: object) -> dict[str, object]:
    parameters = {"type": "object", "properties": properties, "required": required.split()}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


SET_LIGHT = tool("set_light", light=STRING, room=STRING, on=PERHAPS, brightness=WHOLE)
OURS = [
    SET_LIGHT,
    tool("set_temperature", required="degrees", degrees=NUMBER, room=STRING, thermostat=STRING),
    tool("get_temperature", room=STRING),
    tool("activate_scene", required="scene", scene=STRING),
    tool("get_weather"),
    tool("get_time"),
    tool("set_volume", required="percent", percent=WHOLE),
    tool("end_conversation"),
]
THEIRS = [
    tool("start_vacuum", "Start the robot vacuum in a room. It cleans.", room=STRING),
    tool("open_blinds", "Open the blinds of a room", required="room percent", room=STRING, percent=WHOLE),
    tool("set_timer", "Start a timer.", required="seconds", seconds=WHOLE, label=STRING),
    tool("set_fan_mode", "Set the fan's mode", required="mode", mode={"enum": ["low", "high", "auto"]}),
    tool("unlock_door", "Unlock a door", required="door", door=STRING),
    tool("water_plants", "Water the plants", required="zone_code", zone_code=STRING),
]
BRAIN = IntentEngine(INSTRUCTIONS, OURS + THEIRS)


def light(**arguments: str | int | bool) -> Call:
    return Call("set_light", arguments)


def heating(**arguments: str | float) -> Call:
    return Call("set_temperature", arguments)


def temperature(room: str) -> Call:
    return Call("get_temperature", {"room": room})


SOFA_ON = light(light="Sofa lamp", on=True)
SOFA_40 = light(light="Sofa lamp", on=True, brightness=40)
KITCHEN_OFF, HALL_OFF = light(room="kitchen", on=False), light(room="hall", on=False)
EVERYWHERE_OFF = [light(room=room, on=False) for room in ("kitchen", "living room", "hall", "bedroom")]
MOVIE, BYE = Call("activate_scene", {"scene": "Movie night"}), Call("end_conversation")

COMMANDS: list[tuple[list[Call], str]] = [
    ([SOFA_ON], "turn on the sofa lamp|Sofa lamp on.|put the sofa light on, please|Could you turn the sofa lamp on?"),
    (
        [SOFA_ON],
        "hey jarvis, turn on the sofa lamp|vis turn on the sofa lamp|Okay, switch on the living room sofa lamp",
    ),
    ([SOFA_40], "sofa lamp to forty percent|Set the sofa lamp to 40%.|dim the sofa lamp to 40|sofa lamp 40 per cent"),
    ([SOFA_40], "turn the sofa lamp down to 40 percent|set the brightness of the sofa lamp to forty"),
    (
        [light(light="Sofa lamp", on=False)],
        "turn off the sofa lamp|dim the sofa lamp to 0 percent|turn of the sofa lamp",
    ),
    (
        [light(light="Ceiling", room="kitchen", on=False)],
        "switch the kitchen ceiling off|turn off the ceiling in the kitchen",
    ),
    ([light(light="Ceiling", room="hall", on=True)], "turn on the ceiling light in the hall|hall ceiling on"),
    ([light(light="Bedside lamp 2", on=True)], "turn on bedside lamp two|switch bedside lamp 2 on"),
    ([light(light="Kettle", on=True)], "turn on the kettle|switch the kitchen kettle on"),
    (
        [light(room="kitchen", on=True)],
        "turn on the lights in the kitchen|kitchen lights on|switch the kitchen light on",
    ),
    ([light(room="kitchen", on=True, brightness=40)], "set the lights in the kitchen to 40%|dim the kitchen to forty"),
    (EVERYWHERE_OFF, "turn off all the lights|all lights off|switch every light off"),
    ([KITCHEN_OFF, HALL_OFF], "turn off the kitchen and the hall lights|switch off the kitchen and hall lights"),
    (EVERYWHERE_OFF[:3], "turn off the kitchen, the living room and the hall lights"),
    (
        [SOFA_40, light(light="Floor lamp", on=True, brightness=40)],
        "set the sofa lamp and the floor lamp to 40 percent",
    ),
    ([SOFA_ON, heating(room="kitchen", degrees=21)], "turn on the sofa lamp and set the kitchen to 21 degrees"),
    (
        [SOFA_ON, heating(room="kitchen", degrees=21)],
        "Turn on the sofa lamp. Then set the kitchen to twenty-one degrees.",
    ),
    (
        [heating(room="living room", degrees=21)],
        "make it twenty one degrees in the living room|living room to 21 degrees",
    ),
    (
        [heating(room="kitchen", degrees=19.5)],
        "set the kitchen thermostat to 19.5|heat the kitchen to nineteen and a half degrees",
    ),
    (
        [heating(room="kitchen", degrees=22)],
        "turn up the heating in the kitchen to 22°|set the kitchen to 22 degrees celsius",
    ),
    ([temperature("living room")], "how warm is it in the living room|what's the temperature in the living room?"),
    ([temperature("outside")], "what's the temperature outside|how cold is it outside|what is the outdoor temperature"),
    ([Call("get_temperature")], "how warm is it|what's the temperature in here"),
    (
        [Call("get_time")],
        "what time is it|What's the time?|tell me the time|what's the date|what's today's date|What day is it today?"
        "|what is the current time|which day is it|whats the time|tell me the date today|whats todays date",
    ),
    ([Call("get_weather")], "what's the weather like|How's the weather today?|is it raining"),
    ([MOVIE], "movie night|activate movie night|start the movie night scene|it's time for movie night"),
    ([Call("activate_scene", {"scene": "Good night"})], "good night"),
    ([Call("set_volume", {"percent": 30})], "volume to 30 percent|set the volume to thirty|turn the volume down to 30"),
    (
        [BYE],
        "goodbye|Good-bye.|that's all|Thank you. That's all.|thank you, that's all for now|never mind|bye bye|stop",
    ),
    ([Call("start_vacuum")], "start the vacuum|Please start the robot vacuum."),
    ([Call("start_vacuum", {"room": "kitchen"})], "start the vacuum in the kitchen"),
    ([Call("open_blinds", {"room": "kitchen", "percent": 50})], "open the blinds in the kitchen to 50 percent"),
    ([Call("set_timer", {"seconds": 300})], "set a timer for five minutes|set a timer for 300 seconds"),
    ([Call("set_fan_mode", {"mode": "high"})], "set the fan mode to high"),
    ([Call("unlock_door", {"door": "Front door"})], "unlock the front door"),
    # What a recogniser makes of such sentences.
    ([SOFA_ON], "turn on the so for lamp|Turn on the sofa lamb."),
    ([light(light="Ceiling", room="kitchen", on=False)], "switch the kitchen sealing off"),
    ([KITCHEN_OFF, HALL_OFF], "turn off the kitchen and haul lights"),
    ([light(room="living room", on=True)], "turn on the leaving room lights"),
    ([heating(room="kitchen", degrees=22)], "Turn up the heating and the kitchen to 22."),
    ([MOVIE], "movies night"),
    ([Call("get_weather")], "what's the whether like"),
]

FOREIGN = """what time is it in tokyo|what time is the game|what is a good date
who won the world cup|tell me a joke|play some jazz|order a pizza
what is the capital of france|call my mother|send a message to anna|turn on the tv|turn on the oven
turn on the garage light|turn off the bathroom lights|set a timer for 1.2.3 seconds
turn on the sofa|turn on the coffee machine|is the sofa lamp on|are the kitchen lights off
did you turn off the sofa lamp|who turned on the sofa lamp|don't turn on the sofa lamp|never turn off the hall light
do not turn off the kitchen lights|turn on the sofa lamp tomorrow|turn off the kitchen lights in ten minutes
turn on the sofa lamp at seven|turn on the sofa lamp when I come home|if it rains turn off the kitchen lights
why is the sofa lamp off|I bought a new sofa lamp|the sofa lamp is broken|make the sofa lamp red|set the kitchen on fire
set the volume to eleven hundred|set an alarm for 6:30|remind me to buy milk|how old is the queen|how warm is the sun
what's the temperature in berlin|what's the weather in paris tomorrow|will it rain on friday|what movie is on tonight
I watched a movie last night|was movie night fun|say goodbye to grandma|thank you for the music|the volume of a sphere
volume two of the encyclopedia|turn left at the lights|the lights are on but nobody is home|living room furniture ideas
clean the kitchen|lock the front door|open the window|start the car|stop the vacuum|is the vacuum charged|set a timer
why did the vacuum start|don't start the vacuum|set a timer for 5 bananas|open the blinds in the kitchen|unlock my phone
should I unlock the front door|water the plants|twenty one degrees|forty percent|the kitchen|on|sofa lamp|turn on|set
blah blah blah|one two three four|do you love me|we turned the heating down to nineteen degrees last winter
unlock the door|mum said to turn off all the lights before leaving|the thermostat in the kitchen says twenty one degrees
turn up|turn off the kitchen lights not the hall|not the sofa lamp|set the bedroom up for guests|cancel my appointment
turn on bedside lamp three|set the kitchen to 21|set bedside lamp 3 to 40 percent|turn on the other
returned on the sofa lamp|turn on the sofa lamp and order a pizza|the quick brown fox jumps over the lazy dog"""


def each(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"[|\n]", text) if sentence]


@pytest.mark.parametrize(
    ("words", "calls"), [(words, calls) for calls, sentences in COMMANDS for words in each(sentences)]
)
def test_commands(words: str, calls: list[Call]) -> None:
    reply = BRAIN.reply(words)
    assert list(reply.calls) == calls
    assert reply.text == ""


@pytest.mark.parametrize("words", each(FOREIGN))
def test_what_was_not_meant_for_a_tool_calls_none(words: str) -> None:
    reply = BRAIN.reply(words)
    assert reply.calls == ()
    assert reply.text


def test_there_are_enough_examples() -> None:
    assert sum(len(each(sentences)) for _, sentences in COMMANDS) >= 60
    assert len(each(FOREIGN)) >= 60


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("turn on the ceiling", "more than one Ceiling. Say the kitchen Ceiling or the hall Ceiling."),
        ("turn on the lights", "in which room: kitchen, living room, hall or bedroom."),
        ("set the thermostat to 21 degrees", "in which room: kitchen or living room."),
        ("dim the sofa lamp", "how bright"),
        ("louder", "volume to 40 percent"),
        ("I'm cold", "how many degrees"),
        ("order a pizza", f"{UNKNOWN} You could say: turn on the Counter."),
        ("turn on the sofa lamp and order a pizza", PARTLY),
        ("what can you do", "switch and dim the lights, set the heating"),
        ("hello", "Hello."),
        ("thank you", "welcome"),
        ("  ", UNHEARD),
        ("lamp " * 100, UNKNOWN),
    ],
)
def test_what_is_said_instead(words: str, said: str) -> None:
    reply = BRAIN.reply(words)
    assert said in reply.text
    assert reply.calls == ()


NEEDY = tool("get_weather", required="town", town=STRING)
"""A tool that no sentence of ours can fill."""

BOUND = [tool("set_light", required="light scene_code", light=STRING, scene_code=STRING, on=PERHAPS), OURS[1]]


@pytest.mark.parametrize(
    ("tools", "words", "hint"),
    [
        ([NEEDY], "what's the weather like", ""),
        ([NEEDY], "How is the weather today?", ""),
        ([NEEDY, OURS[5]], "what's the weather like?", "what time is it"),
        (BOUND, "turn on the counter", "set the kitchen to 21 degrees"),
        (BOUND, "turn on the sofa lamp", "set the kitchen to 21 degrees"),
        ([OURS[0], OURS[1]], "turn on the counter " * 12, "set the kitchen to 21 degrees"),
        ([OURS[0], OURS[1]], "turn on the counter tomorrow", "set the kitchen to 21 degrees"),
        ([OURS[0], OURS[1]], "x" * 5_000, "turn on the Counter"),
    ],
)
def test_a_hint_works_and_is_not_what_was_just_refused(tools: list[dict[str, object]], words: str, hint: str) -> None:
    engine = IntentEngine(INSTRUCTIONS, tools)
    assert engine.reply(words).text == (f"{UNKNOWN} You could say: {hint}." if hint else UNKNOWN)
    assert not hint or engine.reply(hint).calls


@pytest.mark.parametrize("words", each(FOREIGN))
def test_no_hint_repeats_the_sentence(words: str) -> None:
    _, _, hint = BRAIN.reply(words).text.partition(" You could say: ")
    assert hint.rstrip(".").lower() not in words.lower() or not hint


def test_a_text_without_end_is_not_looked_into() -> None:
    assert BRAIN.reply("turn on the sofa lamp " + "please " * 1_000).calls == ()
    assert BRAIN.confident("turn on the sofa lamp" + " " * 1_000) == ()


def test_only_tools_of_the_session_count() -> None:
    few = IntentEngine(
        INSTRUCTIONS, [OURS[4], {"type": "mcp", "server_label": "x"}, {"name": "broken", "parameters": 3}]
    )
    assert few.reply("what's the weather like").calls == (Call("get_weather"),)
    assert few.reply("turn on the sofa lamp").text == f"{UNKNOWN} You could say: what's the weather like."
    assert few.reply("what can you do").text == "I can tell the weather."
    assert IntentEngine("", []).reply("turn on the sofa lamp").text == UNKNOWN


def test_arguments_follow_the_schema_of_the_tool() -> None:
    strict = tool("set_light", required="light room on", light=STRING, room=STRING, on={"type": "boolean"})
    engine = IntentEngine(INSTRUCTIONS, [strict])
    assert engine.reply("sofa lamp on").calls == (light(light="Sofa lamp", room="living room", on=True),)
    assert [call.arguments["light"] for call in engine.reply("bedroom lights off").calls] == [
        "Bedside lamp 1",
        "Bedside lamp 2",
    ]
    assert engine.reply("sofa lamp to 40 percent").calls == ()
    described = {**STRING, "description": "Name, or 'all' for every light"}
    engine = IntentEngine(INSTRUCTIONS, [tool("set_light", light=described, room=STRING, on=PERHAPS)])
    assert engine.reply("turn off all the lights").calls == (light(light="all", on=False),)


def test_two_tools_that_fit_alike_are_not_guessed_between() -> None:
    engine = IntentEngine("", [tool("start_vacuum", "Start the vacuum"), tool("vacuum_start", "Start the vacuum")])
    assert engine.reply("start the vacuum").calls == ()


typos = st.tuples(st.integers(0, 30), st.sampled_from("abcdefghijklmnopqrstuvwxyz "), st.sampled_from([0, 1]))


@settings(deadline=None)
@given(st.integers(1, 100), st.lists(typos, max_size=3))
def test_a_slip_never_changes_a_number(percent: int, slips: list[tuple[int, str, int]]) -> None:
    words = "set the living room lights to "
    for at, letter, drop in slips:
        words = words[:at] + letter + words[at + drop :]
    for call in BRAIN.reply(f"{words} {percent} percent").calls:
        assert call.arguments["brightness" if call.name == "set_light" else "percent"] == percent


@settings(deadline=None)
@given(st.sampled_from(["on", "off"]), st.integers(0, 9), typos)
def test_a_slip_never_turns_on_into_off(state: str, start: int, slip: tuple[int, str, int]) -> None:
    name = "the sofa lamp"
    at, letter, drop = slip
    assume(at <= len(name))
    words = f"turn {state} {name[:at]}{letter}{name[at + drop :]}"
    for call in BRAIN.reply(words).calls:
        assert call == light(light="Sofa lamp", on=state == "on")


@settings(deadline=None)
@given(st.text() | st.lists(st.sampled_from(" ".join(each(FOREIGN)).split()), max_size=12).map(" ".join))
def test_there_is_always_one_kind_of_reply(words: str) -> None:
    reply = BRAIN.reply(words)
    assert bool(reply.calls) is not bool(reply.text)
    assert BRAIN.reply(words) == reply
