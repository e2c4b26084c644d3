import asyncio

import pytest

from speaker.errors import ToolError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import DeviceRegistry, Wish
from speaker.tools.device_selection import Home
from tests.support.announced_homes import CEILING, EVERYTHING, MOVIE_NIGHT, OUTDOOR, RADIATOR, SOFA_LAMP, home_of
from tests.support.answering_devices import Reports, Street, echo, live, silent

ON, OFF = Wish(on=True), Wish(on=False)
STATE = "zigbee2mqtt/sofa_lamp"


async def test_a_lamp_that_obeys_is_confirmed() -> None:
    home, street = live(home_of(SOFA_LAMP))
    outcome = await home.act(home.find("sofa lamp"), Wish(brightness_percent=40))
    assert (outcome.status, outcome.text) == ("confirmed", "the sofa lamp is on at 40 percent.")
    assert street.sent == [("zigbee2mqtt/sofa_lamp/set", '{"state":"ON","brightness":102}', False, 1)]


async def test_two_messages_are_awaited_together() -> None:
    home, street = live(home_of(CEILING))
    outcome = await home.act(home.find("ceiling"), Wish(brightness_percent=30))
    assert outcome.text == "the ceiling light is on at 30 percent."
    assert len(street.sent) == 2


async def test_a_lamp_that_stays_silent_is_not_called_done() -> None:
    home, _ = live(home_of(SOFA_LAMP), silent, timeout_s=0.05)
    outcome = await home.act(home.find("sofa lamp"), ON)
    assert outcome.status == "no answer"
    words = "the sofa lamp did not report back within 0.05 seconds"
    assert outcome.for_model == f"{words}, so do not say it was done."
    assert outcome.text == f"{words}, so I don't know whether it worked.", "an order to the model is not spoken"


async def test_a_lamp_that_does_something_else_is_quoted() -> None:
    def stubborn(topic: str, payload: str) -> Reports:
        return [(STATE, '{"state":"OFF","brightness":10}')]

    home, _ = live(home_of(SOFA_LAMP), stubborn, timeout_s=0.05)
    outcome = await home.act(home.find("sofa lamp"), ON)
    assert (outcome.status, outcome.text) == ("refused", "the sofa lamp did not do it, it is off.")


async def test_a_lamp_that_comes_up_slowly_is_waited_for() -> None:
    def fading(topic: str, payload: str) -> Reports:
        return [(STATE, '{"state":"ON","brightness":20}'), (STATE, '{"state":"ON","brightness":127}')]

    home, _ = live(home_of(SOFA_LAMP), fading)
    outcome = await home.act(home.find("sofa lamp"), Wish(brightness_percent=50))
    assert (outcome.status, outcome.text) == ("confirmed", "the sofa lamp is on at 50 percent.")


async def test_an_old_state_confirms_nothing() -> None:
    home, _ = live(home_of(SOFA_LAMP), silent, timeout_s=0.05)
    home.hear(STATE, b'{"state":"ON"}', retained=True)
    outcome = await home.act(home.find("sofa lamp"), ON)
    assert outcome.status == "no answer", "the retained state may be years old"


async def test_a_retained_message_during_the_wait_confirms_nothing() -> None:
    home, _ = live(home_of(SOFA_LAMP), silent, timeout_s=0.1)
    acting = asyncio.create_task(home.act(home.find("sofa lamp"), ON))
    await asyncio.sleep(0.01)
    home.hear(STATE, b'{"state":"ON"}', retained=True)
    assert (await acting).status == "no answer"


async def test_what_was_so_already_and_is_not_reported_again() -> None:
    home, street = live(home_of(SOFA_LAMP), silent, timeout_s=0.05)
    home.hear(STATE, b'{"state":"ON","brightness":254}')
    outcome = await home.act(home.find("sofa lamp"), ON)
    assert (outcome.status, outcome.text) == ("confirmed", "the sofa lamp was already on at 100 percent.")
    assert street.sent, "it is told all the same"


async def test_a_device_that_says_it_is_there_is_believed() -> None:
    home, _ = live(home_of(SOFA_LAMP), silent, timeout_s=0.05)
    home.hear("zigbee2mqtt/bridge/state", b'{"state":"online"}', retained=True)
    home.hear("zigbee2mqtt/sofa_lamp/availability", b'{"state":"online"}', retained=True)
    home.hear(STATE, b'{"state":"OFF"}', retained=True)
    assert (await home.act(home.find("sofa lamp"), OFF)).text == "the sofa lamp was already off."


async def test_an_offline_device_is_not_even_told() -> None:
    home, street = live(home_of(SOFA_LAMP))
    home.hear(STATE, b'{"state":"ON"}')
    home.hear("zigbee2mqtt/sofa_lamp/availability", b'{"state":"offline"}')
    outcome = await home.act(home.find("sofa lamp"), ON)
    assert (outcome.status, outcome.text) == ("refused", "the sofa lamp is offline.")
    assert not street.sent
    assert home.reading(home.find("sofa lamp")) is None


async def test_a_device_that_goes_offline_meanwhile() -> None:
    def dying(topic: str, payload: str) -> Reports:
        return [("zigbee2mqtt/bridge/state", '{"state":"offline"}')]

    home, _ = live(home_of(SOFA_LAMP), dying, timeout_s=0.05)
    outcome = await home.act(home.find("sofa lamp"), ON)
    assert (outcome.status, outcome.text) == ("refused", "the sofa lamp has gone offline.")


async def test_without_a_broker_nothing_is_promised() -> None:
    home, street = live(home_of(SOFA_LAMP))
    street.connected = False
    outcome = await home.act(home.find("sofa lamp"), ON)
    assert outcome.status == "refused"
    assert "could not be sent. The broker at localhost is not connected" in outcome.text


async def test_a_broker_that_hangs_is_not_waited_for_forever() -> None:
    class Hanging(Street):
        async def publish(self, topic: str, payload: str, *, retain: bool = False, qos: int = 1) -> None:
            await asyncio.Event().wait()

    home = DeviceController(home_of(SOFA_LAMP), Hanging(silent), 0.05)
    assert (await home.act(home.find("sofa lamp"), ON)).status == "no answer"


async def test_scenes_and_mute_devices_are_sent_and_not_confirmed() -> None:
    house = home_of(MOVIE_NIGHT)
    house.add_configured([{"name": "Fan heater", "kind": "switch", "command_topic": "plug/set", "retain": True}])
    home, street = live(house, silent, timeout_s=5)
    scene = await home.act(home.find("movie night"), ON)
    assert (scene.status, scene.text) == (
        "sent",
        "the scene movie night was sent; scenes give no confirmation.",
    )
    plug = await home.act(home.find("fan heater"), ON)
    assert (plug.status, plug.text) == (
        "no answer",
        "the command was sent, but the fan heater never reports whether it obeyed.",
    )
    assert [sent[1:] for sent in street.sent] == [('{"scene_recall":2}', False, 1), ("ON", True, 1)]


async def test_a_thermostat() -> None:
    home, _ = live(home_of(RADIATOR))
    outcome = await home.act(home.find("radiator"), Wish(temperature_c=21.3))
    assert (outcome.status, outcome.text) == ("confirmed", "the bedroom radiator is set to 21.5 degrees.")


async def test_what_a_device_cannot_do_is_raised_before_anything_is_sent() -> None:
    home, street = live(home_of(*EVERYTHING))
    with pytest.raises(ToolError, match="cannot be dimmed"):
        await home.act(home.find("coffee machine"), Wish(brightness_percent=10))
    assert not street.sent


async def test_many_acts_at_once_each_get_their_own_answer() -> None:
    def half_deaf(topic: str, payload: str) -> Reports:
        return [] if "lamp_3" in topic else echo(topic, payload)

    house = DeviceRegistry()
    house.add_configured(
        {"name": f"Lamp {n}", "kind": "switch", "command_topic": f"lamp_{n}/set", "state_topic": f"lamp_{n}",
         "value_template": "{{ value_json.state }}"}
        for n in range(6)
    )  # fmt: skip
    home, _ = live(house, half_deaf, timeout_s=0.2)
    outcomes = await asyncio.gather(*(home.act(device, ON) for device in home.devices("switch")))
    assert [outcome.status for outcome in outcomes] == ["confirmed"] * 3 + ["no answer"] + ["confirmed"] * 2
    assert outcomes[5].text == "the lamp 5 is on."


async def test_two_acts_on_one_lamp_do_not_disturb_each_other() -> None:
    home, _ = live(home_of(SOFA_LAMP))
    lamp = home.find("sofa lamp")
    outcomes = await asyncio.gather(home.act(lamp, ON), home.act(lamp, Wish(brightness_percent=20)))
    assert [outcome.status for outcome in outcomes] == ["confirmed", "confirmed"]


async def test_an_act_that_is_given_up_leaves_nothing_behind() -> None:
    home, _ = live(home_of(SOFA_LAMP), silent, timeout_s=30)
    acting = asyncio.create_task(home.act(home.find("sofa lamp"), ON))
    await asyncio.sleep(0.01)
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await acting
    assert home.hear(STATE, b'{"state":"ON"}') == [home.find("sofa lamp").id]
    assert home._pending == {}


async def test_a_device_that_disappears_while_it_is_waited_for() -> None:
    house = home_of(SOFA_LAMP)
    home, _ = live(house, silent, timeout_s=0.05)
    acting = asyncio.create_task(home.act(home.find("sofa lamp"), ON))
    await asyncio.sleep(0.01)
    house.hear_discovery(f"homeassistant/{SOFA_LAMP[0]}/config", b"")
    assert (await acting).status == "no answer"


def test_what_tools_see_is_the_home_of_the_toolbox() -> None:
    home: Home
    home, _ = live(home_of(OUTDOOR))
    assert [device.name for device in home.devices("sensor")] == ["Outdoor temperature", "Outdoor wind speed"]
    assert home.reading(home.find("outdoor temperature")) is None


async def test_a_slow_cover_is_confirmed_when_it_comes_nearer() -> None:
    def creeping(topic: str, payload: str) -> Reports:
        return [("blinds/position", "96")]

    house = DeviceRegistry()
    house.add_configured(
        [{"name": "Blinds", "kind": "cover", "command_topic": "blinds/set", "position_topic": "blinds/position"}]
    )
    home, _ = live(house, creeping, timeout_s=0.2)
    home.hear("blinds/position", b"100")
    outcome = await home.act(home.find("blinds"), Wish(action="close"))
    assert (outcome.status, outcome.text) == ("confirmed", "the blinds are on the way, now 96 percent open.")
    stuck = await home.act(home.find("blinds"), Wish(action="close"))
    assert (stuck.status, stuck.text) == ("refused", "the blinds did not do it, they are 96 percent open.")


async def test_more_and_less_go_from_what_was_reported() -> None:
    home, street = live(home_of(SOFA_LAMP))
    with pytest.raises(ToolError, match="The sofa lamp has not said where it stands"):
        await home.act(home.find("sofa lamp"), Wish(step=20))
    home.hear(STATE, b'{"state":"ON","brightness":127}')
    outcome = await home.act(home.find("sofa lamp"), Wish(step=20))
    assert outcome.text == "the sofa lamp is on at 70 percent."
    assert len(street.sent) == 1
