"""A standard day of a household: what is said to its speaker, and what the speaker is to do about it.

40 commands of mixed kinds, each with the wake word in one breath; 5 false wakes; 3 conversations of five turns.
Nothing here is drawn at random, so that every way of saving is measured on the same words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

from speaker.demo import virtual_devices
from speaker.demo.virtual_house import VirtualDevice

WAKE: Final = "Hey Jarvis"


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence into the room."""

    text: str
    tools: tuple[str, ...] = ()
    """The tools that are to run for it, in any order; none for what the rules of the server cannot answer."""
    answered: bool = True
    """Whether an answer is due when the speaker slept before; a wake word alone is due none."""


Moment = tuple[Said, ...]
"""What is said from one wake word to the next."""


def _command(text: str, *tools: str) -> Moment:
    return (Said(f"{WAKE}, {text}", tools),)


def more_devices() -> list[VirtualDevice]:
    """What the house of the day has beside the demo's own devices."""
    return [
        virtual_devices.lamp("Counter light", "Kitchen"),
        virtual_devices.lamp("Bedside lamp", "Bedroom"),
        virtual_devices.socket("Coffee machine", "Kitchen"),
        virtual_devices.cover("Blinds", "Living room"),
        virtual_devices.cover("Shutter", "Bedroom", "shutter"),
        virtual_devices.heating("Radiator", "Bedroom"),
        virtual_devices.contact("Window", "Kitchen"),
        virtual_devices.lock("Front door", "Hall"),
        virtual_devices.fan("Fan", "Bedroom"),
        virtual_devices.player("Radio", "Kitchen"),
        virtual_devices.vacuum("Robot vacuum", "Hall"),
        virtual_devices.scene("Movie night", "Living room"),
        virtual_devices.scene("Good night", "Bedroom"),
    ]


COMMANDS: Final = (
    # Morning.
    _command("turn on the bedside lamp.", "set_light"),
    _command("open the bedroom shutter.", "set_cover"),
    _command("what's the weather like?", "get_weather"),
    _command("turn on the coffee machine.", "set_light"),
    _command("set the counter light to eighty percent.", "set_light"),
    _command("what's the temperature outside?", "get_weather"),
    _command("set the living room to twenty one degrees.", "set_temperature"),
    _command("open the blinds and turn off the bedside lamp.", "set_cover", "set_light"),
    _command("please play the radio.", "control_player"),
    _command("is the kitchen window open?", "read_device"),
    _command("what is on my calendar today?"),
    _command("turn off the coffee machine.", "set_light"),
    _command("stop the radio.", "control_player"),
    _command("start the robot vacuum.", "control_vacuum"),
    # The working day.
    _command("turn on the desk lamp.", "set_light"),
    _command("set the desk lamp to sixty percent.", "set_light"),
    _command("how warm is it in the bedroom?", "get_temperature"),
    _command("set a timer for ninety minutes.", "set_timer"),
    _command("who wrote Faust?"),
    _command("set the bedroom to eighteen degrees.", "set_temperature"),
    _command("turn off the desk lamp and the counter light.", "set_light", "set_light"),
    _command("is the front door locked?", "read_device"),
    _command("what's the temperature outside?", "get_weather"),
    _command("turn on the hall light.", "set_light"),
    _command("turn off the hall light.", "set_light"),
    # Evening.
    _command("turn on the sofa lamp.", "set_light"),
    _command("set the sofa lamp to forty percent.", "set_light"),
    _command("please close the blinds.", "set_cover"),
    _command("turn on the sofa lamp, the desk lamp and the hall light.", "set_light", "set_light", "set_light"),
    _command("make the counter light red.", "set_light"),
    _command("which lights are on?", "find_devices"),
    _command("how do I poach an egg?"),
    _command("turn off the sofa lamp and close the blinds.", "set_light", "set_cover"),
    _command("set the living room to nineteen degrees.", "set_temperature"),
    _command("activate movie night.", "activate_scene"),
    _command("set the volume to fifty percent.", "set_volume"),
    _command("turn on the fan.", "set_fan"),
    _command("close the bedroom shutter and turn on the bedside lamp.", "set_cover", "set_light"),
    _command("turn off all the lights.", "set_light"),
    _command("start the good night scene.", "activate_scene"),
)

FALSE_WAKES: Final[Sequence[Moment]] = (
    *((Said(f"{WAKE}.", answered=False),),) * 3,
    (Said(f"{WAKE}, is what he is called, I think."),),
    (Said(f"{WAKE}, have you fed the cat this morning?"),),
)

CONVERSATIONS: Final[Sequence[Moment]] = (
    (
        Said(f"{WAKE}, what's the weather like?", ("get_weather",)),
        Said("How warm is it in the living room?", ("get_temperature",)),
        Said("Set the living room to twenty two degrees.", ("set_temperature",)),
        Said("Turn on the sofa lamp.", ("set_light",)),
        Said("Set the sofa lamp to thirty percent.", ("set_light",)),
    ),
    (
        Said(f"{WAKE}, which lights are on?", ("find_devices",)),
        Said("Turn off the sofa lamp.", ("set_light",)),
        Said("Turn on the counter light.", ("set_light",)),
        Said("What can I cook with leeks?"),
        Said("Set a timer for three hours.", ("set_timer",)),
    ),
    (
        Said(f"{WAKE}, is the front door locked?", ("read_device",)),
        Said("Close the blinds.", ("set_cover",)),
        Said("Set the bedroom to seventeen degrees.", ("set_temperature",)),
        Said("How warm is it in the bedroom?", ("get_temperature",)),
        Said("Turn off all the lights.", ("set_light",)),
    ),
)


TALK: Final = (
    "I'll be home a little later tonight.", "Did you see the game yesterday?", "We are out of milk again.",
    "Put your shoes on, please.", "That was a good film.", "My train was late this morning.",
    "Can you pass me the salt?", "They say it will rain at the weekend.",
)  # fmt: skip
"""What people say to each other."""


def with_talk(day: Sequence[Moment]) -> list[Moment]:
    """The day with one sentence of talk after each moment: few, beside what is said in a home and by its radio."""
    talk = ((Said(text),) for text in cycle(TALK))
    return [one for moment in day for one in (moment, next(talk))]


def moments(*, short: bool = False) -> list[Moment]:
    """The day in order: conversations and false wakes lie evenly among the commands. ``short``: about a tenth."""
    if short:
        return [COMMANDS[0], FALSE_WAKES[0], COMMANDS[7], CONVERSATIONS[0][:2], COMMANDS[18], COMMANDS[26]]
    day = list(COMMANDS)
    # From the end on, so that what was put in does not shift the places of what is still to come.
    others = {37: CONVERSATIONS[2], 33: FALSE_WAKES[4], 27: FALSE_WAKES[2], 23: CONVERSATIONS[1], 19: FALSE_WAKES[3],
              12: CONVERSATIONS[0], 8: FALSE_WAKES[1], 3: FALSE_WAKES[0]}  # fmt: skip
    for place, moment in others.items():
        day.insert(place, moment)
    return day
