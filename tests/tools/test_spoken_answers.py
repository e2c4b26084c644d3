"""What a person hears offline: a question in words, the tools that answer it, and the sentence that comes of it."""

import json
from pathlib import Path

import pytest

from speaker.config.loading import load_settings
from speaker.home.device_prompt import describe
from speaker.home.device_registry import DeviceRegistry
from speaker.home.places import Places
from speaker.offline.understanding.intent_engine import IntentEngine
from speaker.store.store import Ledger
from speaker.tools import registry
from speaker.tools.context import Clock, Voice
from speaker.tools.device_selection import Home
from tests.support.answering_devices import live
from tests.timers.test_scheduler import Room
from tests.tools.test_bundled_tools import Throat

LAMPS = (
    "Ceiling", "Counter", "Sink", "Shelf", "Table", "Hood", "Strip", "Plinth", "Cabinet", "Island", "Corner", "Spot",
)  # fmt: skip
DEVICES = [
    *(("light", name, "kitchen", "", "ON") for name in LAMPS),
    ("light", "Sofa lamp", "living room", "", "OFF"),
    ("light", "Lamp", "hall", "", "OFF"),
    ("lock", "Front door", "hall", "", "LOCKED"),
    ("lock", "Back door", "kitchen", "", "UNLOCKED"),
    ("binary_sensor", "Kitchen window", "kitchen", "window", "ON"),
    ("binary_sensor", "Bath window", "bath", "window", "OFF"),
    ("binary_sensor", "Terrace", "living room", "door", "OFF"),
    ("binary_sensor", "Garage", "garage", "garage_door", "ON"),
    ("binary_sensor", "Rain", "", "moisture", "OFF"),
    ("sensor", "Outdoor temperature", "", "temperature", "7.5"),
    ("sensor", "Heater", "bath", "temperature", "31"),
]  # fmt: skip


class Flat:
    """A house that is told of, asked and answered."""

    def __init__(self, folder: Path, without: str = "") -> None:
        house = DeviceRegistry(places=Places("kitchen"))
        states = {self._announce(house, *device[:4]): device[4] for device in DEVICES if device[1] != without}
        self.home, _ = live(house)
        for topic, state in states.items():
            self.home.hear(topic, state.encode())
        tools = registry.find([registry.bundled()])[0]
        self.belt = registry.ToolRegistry(tools, load_settings({}, "pi").tools, ())
        self.engine = IntentEngine(describe(house.devices()), self.belt.definitions())
        self.ledger = Ledger(folder / "ledger.sqlite")
        self.providers: dict[type, object] = {Home: self.home, Voice: Throat(), Clock: Room(self.ledger).scheduler()}

    def _announce(self, house: DeviceRegistry, kind: str, name: str, room: str, device_class: str) -> str:
        topic = f"{kind}/{room}/{name}".replace(" ", "_").lower()
        config: dict[str, object] = {
            "name": name, "state_topic": topic, "command_topic": f"{topic}/set", "unique_id": topic.replace("/", "_"),
            "device": {"identifiers": [topic], "suggested_area": room},
        }  # fmt: skip
        if device_class:
            config["device_class"] = device_class
        if device_class == "temperature":
            config["unit_of_measurement"] = "°C"
        path = f"homeassistant/{kind}/{topic.replace('/', '_')}/config"
        house.hear_discovery(path, json.dumps(config).encode())
        return topic

    async def answer(self, question: str) -> str:
        reply = self.engine.reply(question)
        results = [
            await self.belt.run(call.name, json.dumps(dict(call.arguments)), self.providers) for call in reply.calls
        ]
        return self.engine.answer([one.heard for one in results], question) if results else reply.text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("are all the doors locked", "No, 1 of 2 locks is locked: the front door; "
            "the back door in the kitchen is unlocked."),
        ("is the front door locked", "The front door is locked."),
        ("are any windows open", "Yes, 1 of 2 windows is open: the kitchen window; the bath window is closed."),
        ("are any doors open", "The terrace in the living room is closed."),
        ("which doors are closed", "The terrace in the living room is closed."),
        ("how many lights are on", "12 of 14 lights are on: "
            "all but the lamp in the hall and the sofa lamp in the living room."),
        ("which lights are off", "2 of 14 lights are off: the lamp and the sofa lamp."),
        ("is it raining", "It is not raining."),
        ("is it windy", "Nothing measures that outside, so I do not know."),
        ("what is the weather like", "Outside, the temperature is 7.5 degrees."),
        ("turn off the lamp", "The lamp was already off."),
        ("is the heater on", "The heater is 31 degrees."),
        ("goodbye", "Goodbye."),
    ],
)  # fmt: skip
async def test_the_answer_is_made_for_ears(tmp_path: Path, question: str, answer: str) -> None:
    flat = Flat(tmp_path)
    assert await flat.answer(question) == answer
    flat.ledger.close()


async def test_many_names_are_three_and_a_number(tmp_path: Path) -> None:
    flat = Flat(tmp_path)
    assert (await flat.answer("what is on")).endswith(" and 9 more.")
    assert (await flat.answer("what is in the kitchen")).endswith(" and 11 more.")
    flat.ledger.close()


async def test_rain_that_nothing_measures_is_not_known(tmp_path: Path) -> None:
    flat = Flat(tmp_path, without="Rain")
    assert await flat.answer("is it raining") == "Nothing measures rain outside, so I do not know."
    flat.ledger.close()


ORDERS = ("do not say", "ask for", "say goodbye", "ask which")


@pytest.mark.parametrize("question", ["set a timer for 5 minutes", "turn on the sofa lamp", "goodbye", "what is on"])
async def test_no_order_to_a_model_is_read_out(tmp_path: Path, question: str) -> None:
    flat = Flat(tmp_path)
    said = (await flat.answer(question)).lower()
    assert [one for one in ORDERS if one in said] == []
    flat.ledger.close()


PLAIN = [
    ("light", "Lamp", "", "", "OFF"),
    ("light", "Reading light", "", "", "OFF"),
    ("switch", "Heater", "", "", "ON"),
    ("climate", "Thermostat", "", "", "heat"),
    ("lock", "Door", "", "", "LOCKED"),
    ("binary_sensor", "Window", "", "window", "OFF"),
    ("sensor", "Temperature", "", "temperature", "21.5"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("is the heater on", "The heater is on."),
        ("turn off the lamp", "The lamp was already off."),
        ("turn off all lights", "2 lights are off."),
        ("make the lamp brighter", "The lamp cannot be dimmed, only switched on and off."),
        ("is the door locked", "The door is locked."),
        ("lock the door", "The door was already locked."),
        ("is the window open", "The window is closed."),
        ("how warm is it", "The temperature is 21.5 degrees."),
        ("what is the temperature", "The temperature is 21.5 degrees."),
        ("which lights are on", "None of 2 lights is on."),
    ],
)
async def test_a_house_without_rooms_works_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str, answer: str
) -> None:
    monkeypatch.setattr("tests.tools.test_spoken_answers.DEVICES", PLAIN)
    flat = Flat(tmp_path)
    assert await flat.answer(question) == answer
    flat.ledger.close()
