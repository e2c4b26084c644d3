"""The tools for covers, fans, players and the like in a house that behaves, and questions about it."""

from collections.abc import Callable

import pytest

from speaker.demo.virtual_devices import (
    button,
    contact,
    cover,
    fan,
    heating,
    humidifier,
    lamp,
    lock,
    player,
    scene,
    select,
    sensor,
    socket,
    vacuum,
    virtual_number,
)
from speaker.demo.virtual_house import VirtualDevice
from speaker.errors import ToolError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry
from tests.support.announced_homes import announce
from tests.support.answering_devices import Reports, live
from tests.tools.test_bundled_tools import use

DEVICES: list[Callable[[], VirtualDevice]] = [
    lambda: lamp("Ceiling", "Kitchen"),
    lambda: lamp("Counter", "Kitchen"),
    lambda: lamp("Ceiling", "Hall"),
    lambda: socket("Kettle", "Kitchen"),
    lambda: cover("Left blind", "Bedroom"),
    lambda: cover("Right blind", "Bedroom"),
    lambda: cover("Curtains", "Bedroom", "curtain"),
    lambda: cover("Garage door", "Garage", "garage"),
    lambda: lock("Front door", "Hall"),
    lambda: lock("Back door", "Kitchen"),
    lambda: fan("Fan", "Office"),
    lambda: player("Radio", "Kitchen"),
    lambda: vacuum("Rosie", "Hall"),
    lambda: humidifier("Humidifier", "Nursery"),
    lambda: heating("Radiator", "Office"),
    lambda: scene("Dinner", "Kitchen"),
    lambda: button("Doorbell", "Hall"),
    lambda: virtual_number("Boost", "Attic"),
    lambda: select("Program", "Bathroom"),
    lambda: sensor("Fridge", "Kitchen"),
    lambda: contact("Window", "Kitchen"),
    lambda: contact("Window", "Office"),
]


class Flat:
    """Gadgets without a broker between them and the tools."""

    def __init__(self) -> None:
        self.devices = [make() for make in DEVICES]
        house = DeviceRegistry()
        announce(self.devices, house)
        self.home, self.street = live(house, self._answers, timeout_s=0.1)
        for one in self.devices:
            self.home.hear(one.state_topic, one.state.encode())

    def _answers(self, topic: str, payload: str) -> Reports:
        return [answer for one in self.devices if (answer := one.answer(topic, payload)) is not None]

    def device(self, key: str) -> VirtualDevice:
        return next(one for one in self.devices if one.key == key)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("set_light", {"light": "counter", "change": 25}, "Confirmed: the counter light is on at 25 percent."),
        ("set_light", {"light": "counter", "color": "red"}, "Confirmed: the counter light is on at 50 percent, red."),
        ("set_light", {"room": "kitchen", "color": "warm white"}, "Confirmed: 2 lights are on, warm white."),
        ("set_light", {"light": "all", "on": True}, "Confirmed: 3 lights are on."),
        ("set_light", {"light": "kitchen lights", "brightness": 30}, "Confirmed: 2 lights are on at 30 percent."),
        ("set_switch", {"name": "kettle", "on": True}, "Confirmed: the kettle is on."),
        ("set_switch", {"name": "office fan", "on": True}, "Confirmed: the fan is on at 50 percent."),
        ("set_cover", {"cover": "curtains", "action": "open"}, "Confirmed: the curtains are opening."),
        ("set_cover", {"cover": "blinds", "room": "bedroom", "position": 30}, "Confirmed: 2 covers are moving or"),
        ("set_cover", {"cover": "the bedroom blinds", "action": "close"}, "Confirmed: 2 covers are closing or closed."),
        ("set_cover", {"room": "bedroom", "action": "close"}, "Confirmed: 3 covers are closing or closed."),
        ("set_cover", {"cover": "garage", "action": "close"}, "Confirmed: the garage door is closing."),
        ("set_cover", {"cover": "left blind", "position": 30}, "Confirmed: the left blind is 30 percent open."),
        ("set_lock", {"lock": "front door", "action": "lock"}, "Confirmed: the front door is locked."),
        ("set_lock", {"lock": "all doors", "action": "lock"}, "Confirmed: 2 locks are locked."),
        ("set_fan", {"speed": 75}, "Confirmed: the fan is on at 75 percent."),
        ("set_fan", {"change": 25}, "Confirmed: the fan is on at 25 percent."),
        ("set_humidifier", {"humidity": 60}, "Confirmed: the humidifier is off, set to 60 percent."),
        ("control_player", {"action": "play"}, "Confirmed: the radio is playing at 40 percent."),
        ("control_player", {"player": "kitchen radio", "change": 10}, "Confirmed: the radio is idle at 50 percent."),
        ("control_player", {"action": "next"}, "Sent: the radio was told to; players do not confirm that."),
        ("control_vacuum", {"action": "start"}, "Confirmed: the rosie vacuum is cleaning."),
        ("control_vacuum", {"vacuum": "Rosie", "action": "return"}, "Confirmed: the rosie vacuum is on its way to the"),
        ("set_temperature", {"change": 1.5}, "Confirmed: the radiator is set to 21.5 degrees."),
        ("set_temperature", {"room": "office", "mode": "off"}, "Confirmed: the radiator is set to 20 degrees, but its"),
        ("press_button", {"button": "doorbell"}, "Sent: the doorbell was pressed; buttons give no confirmation."),
        ("activate_scene", {"scene": "dinner"}, "Sent: the scene dinner was sent; scenes give no confirmation."),
        ("set_value", {"name": "boost", "number": 25}, "Confirmed: the boost is 25 minutes."),
        ("set_value", {"name": "program", "option": "Fast"}, "Confirmed: the program is set to fast."),
        ("read_device", {"name": "front door"}, "The front door is locked."),
        ("read_device", {"name": "fridge"}, "The fridge is 21 degrees."),
        ("read_device", {"name": "radio"}, 'The radio is idle at 40 percent, "Radio 4".'),
        ("find_devices", {"kind": "windows", "state": "open"}, "None of 2 windows is open."),
        ("find_devices", {"kind": "doors"}, "3 of 3 devices: Garage door (cover, garage): 50 percent open; Front door"),
        ("find_devices", {"room": "kitchen", "state": "on"}, "None of 8 devices is on. 1 of them did not report."),
        ("find_devices", {"name": "ceiling"}, "2 of 2 devices: Ceiling (light, hall): off; Ceiling (light, kitchen)"),
        ("find_devices", {"kind": "temperature"}, "1 of 1 devices: Fridge (sensor, kitchen): 21 degrees."),
    ],
)  # fmt: skip
async def test_what_tools_do_and_say(tool: str, arguments: dict[str, object], said: str) -> None:
    assert (await use(tool, Flat().home, **arguments)).startswith(said)


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("set_light", {"light": "counter", "color": "plaid"}, "There is no such colour"),
        ("set_light", {"light": "kettle", "color": "red"}, "The kettle has no colours"),
        ("set_light", {"light": "kettle", "change": 10}, "The kettle cannot be turned up or down"),
        ("set_cover", {"action": "open"}, "may mean"),
        ("set_cover", {"cover": "curtains"}, "Say whether to open, close or stop"),
        ("set_cover", {"room": "attic", "action": "open"}, "There is no cover in the attic"),
        ("set_lock", {"action": "unlock"}, "may mean Front door in the hall or Back door in the kitchen"),
        ("set_lock", {"lock": "front door", "action": "open"}, "can be unlocked, but not opened"),
        ("set_fan", {}, "Say whether the fan is to be on or off"),
        ("set_fan", {"mode": "turbo"}, "The fan has no modes to choose from"),
        ("set_temperature", {"mode": "dry"}, "It knows off, heat or auto"),
        ("set_temperature", {}, "Say how many degrees"),
        ("control_player", {}, "Say what the player is to do"),
        ("control_player", {"change": 5, "action": "play"}, "Say the one or the other"),
        ("set_value", {"name": "boost", "number": 900}, "The boost takes 1 minute to 60 minutes"),
        ("set_value", {"name": "boost"}, "Give either a number or an option"),
        ("set_switch", {"name": "everything", "on": False}, 'called "everything"'),
        ("find_devices", {"kind": "submarine"}, "There are no such devices"),
        ("read_device", {"name": "submarine"}, 'There is no device called "submarine"'),
    ],
)
async def test_what_tools_refuse(tool: str, arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(ToolError, match=sentence):
        await use(tool, Flat().home, **arguments)


async def test_what_is_on_is_told_and_what_is_off_is_not() -> None:
    flat = Flat()
    await use("set_light", flat.home, light="counter", brightness=40)
    await use("set_switch", flat.home, name="kettle", on=True)
    said = await use("find_devices", flat.home, room="kitchen", state="on")
    assert said == (
        "2 of 8 devices: the counter light in the kitchen is on at 40 percent; the kettle in the kitchen is on."
    )


async def test_those_that_refuse_or_stay_silent_are_named() -> None:
    flat = Flat()
    flat.device("bedroom_left_blind_cover").plugged_in = False
    flat.device("bedroom_right_blind_cover").obeys = False
    said = await use("set_cover", flat.home, room="bedroom", action="close")
    assert said == (
        "Refused: the right blind did not do it, it is 50 percent open; "
        "no answer: the left blind did not report back within 0.1 seconds, so do not say it was done; "
        "confirmed: 1 cover is closing or closed."
    )


async def test_a_long_answer_says_how_to_ask_for_less() -> None:
    home: DeviceController
    house = DeviceRegistry()
    announce([lamp(f"Lamp {n}", "Hall") for n in range(50)], house)
    home, _ = live(house)
    said = await use("find_devices", home, kind="light")
    assert said.startswith("50 of 50 devices: Lamp 0 (light, hall): not known; ")
    assert said.endswith("; and 20 more, ask for a room or a kind.")
