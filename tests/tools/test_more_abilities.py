"""What a voice asks of newer kinds of devices, through the tools that there are."""

from typing import Any

import pytest

from speaker.errors import ToolError
from tests.support.announced_homes import home_of
from tests.support.answering_devices import live
from tests.tools.test_bundled_tools import use

HOME = home_of(
    (
        "light/strip",
        {"name": "Strip", "cmd_t": "l", "fx_cmd_t": "fx", "fx_list": ["Rainbow", "Fire"], "dev": {"sa": "Den"}},
    ),
    ("light/lamp", {"name": "Lamp", "cmd_t": "lamp", "dev": {"sa": "Den"}}),
    (
        "climate/ac",
        {
            "name": "AC",
            "temp_cmd_t": "t",
            "mode_cmd_t": "m",
            "pr_mode_cmd_t": "p",
            "pr_modes": ["eco"],
            "hum_cmd_t": "h",
        },
    ),
    ("water_heater/b", {"name": "Boiler", "temp_cmd_t": "bt"}),
    ("valve/v", {"name": "Garden valve", "cmd_t": "v"}),
    ("cover/b", {"name": "Blind", "cmd_t": "b", "tilt_cmd_t": "bt"}),
    ("lawn_mower/m", {"name": "Mower", "dock_cmd_t": "dock"}),
    ("vacuum/r", {"name": "Robot", "cmd_t": "r", "set_fan_spd_t": "rs", "fanspd_lst": ["quiet", "turbo"]}),
    ("fan/f", {"name": "Fan", "cmd_t": "f", "osc_cmd_t": "o"}),
    ("siren/s", {"name": "Horn", "cmd_t": "horn"}),
    ("text/d", {"name": "Display", "cmd_t": "d"}),
)


@pytest.mark.parametrize(
    ("tool", "arguments", "sent"),
    [
        ("set_light", {"light": "strip", "color": "rainbow"}, [("fx", "Rainbow"), ("l", "ON")]),
        ("set_temperature", {"thermostat": "AC", "mode": "eco"}, [("p", "eco")]),
        ("set_temperature", {"thermostat": "AC", "mode": "cool", "degrees": 22}, [("m", "cool"), ("t", "22")]),
        ("set_temperature", {"thermostat": "AC", "humidity": 50}, [("h", "50")]),
        ("set_temperature", {"thermostat": "boiler", "degrees": 55}, [("bt", "55")]),
        ("set_cover", {"cover": "garden valve", "action": "close"}, [("v", "CLOSE")]),
        ("set_cover", {"cover": "blind", "action": "tilt", "position": 30}, [("bt", "30")]),
        ("control_vacuum", {"vacuum": "mower", "action": "return"}, [("dock", "dock")]),
        ("control_vacuum", {"vacuum": "robot", "speed": "turbo"}, [("rs", "turbo")]),
        ("control_vacuum", {"vacuum": "robot", "action": "spot"}, [("r", "clean_spot")]),
        ("set_fan", {"fan": "fan", "mode": "oscillating"}, [("o", "oscillate_on")]),
        ("set_switch", {"name": "horn", "on": True}, [("horn", '{"state":"ON"}')]),
        ("set_value", {"name": "display", "option": "Dinner is ready"}, [("d", "Dinner is ready")]),
    ],
)
async def test_what_is_sent(tool: str, arguments: dict[str, Any], sent: list[tuple[str, str]]) -> None:
    home, street = live(HOME, timeout_s=0.01)
    await use(tool, home, **arguments)
    assert [one[:2] for one in street.sent] == sent


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("set_light", {"light": "lamp", "color": "rainbow"}, "There is no such colour"),
        ("set_light", {"light": "strip", "color": "disco"}, "It knows Rainbow or Fire"),
        ("set_cover", {"cover": "blind", "action": "tilt"}, "Say how far"),
        ("set_cover", {"cover": "garden valve", "action": "tilt", "position": 5}, "has no slats to tilt"),
        ("control_vacuum", {"vacuum": "robot"}, "Say what the vacuum is to do"),
        ("set_temperature", {"thermostat": "boiler", "degrees": 75}, "takes 43.3 degrees to 60 degrees"),
    ],
)
async def test_what_cannot_be_done(tool: str, arguments: dict[str, Any], sentence: str) -> None:
    home, street = live(HOME, timeout_s=0.01)
    with pytest.raises(ToolError, match=sentence):
        await use(tool, home, **arguments)
    assert street.sent == []


BATTERY = {"dev_cla": "battery", "ent_cat": "diagnostic", "unit_of_meas": "%"}
WORN = home_of(
    ("sensor/0x1/battery", BATTERY | {"stat_t": "a", "uniq_id": "a", "dev": {"name": "Hall window"}}),
    ("sensor/0x2/battery", BATTERY | {"stat_t": "b", "uniq_id": "b", "dev": {"name": "Cellar door"}}),
    (
        "binary_sensor/0x3/low",
        {"dev_cla": "battery", "ent_cat": "diagnostic", "stat_t": "c", "dev": {"name": "Remote"}},
    ),
    ("sensor/0x1/linkquality", {"name": "Linkquality", "ent_cat": "diagnostic", "stat_t": "a"}),
    ("update/0x1/update", {"name": None, "ent_cat": "config", "stat_t": "u", "dev": {"name": "Desk lamp"}}),
    ("light/lamp", {"name": "Lamp", "cmd_t": "l"}),
)


async def test_which_batteries_are_low() -> None:
    home, _ = live(WORN)
    home.hear("a", b"12")
    home.hear("b", b"95")
    home.hear("c", b"ON")
    said = await use("find_devices", home, kind="battery", state="low")
    assert said.startswith("2 of 3")
    assert "the hall window battery is 12 percent, low; the remote is low" in said
    assert await use("read_device", home, name="hall window battery") == "The hall window battery is 12 percent, low."


async def test_which_devices_have_an_update() -> None:
    home, _ = live(WORN)
    home.hear("u", b'{"installed_version":"1.0","latest_version":"1.2"}')
    said = await use("find_devices", home, kind="update", state="available")
    assert said == "1 of 1 devices: the desk lamp is out of date, an update is available."


async def test_batteries_and_updates_are_not_listed_with_the_rest() -> None:
    home, _ = live(WORN)
    assert WORN.describe() == "Devices, by room:\n- elsewhere: Lamp (light)"
    assert (await use("find_devices", home)).startswith("1 of 1 devices: Lamp")


async def test_when_a_button_was_pressed_last() -> None:
    home, _ = live(home_of(("event/e", {"name": "Doorbell", "stat_t": "s", "evt_typ": ["press"]})))
    home.hear("s", b'{"event_type":"press"}', retained=True)
    assert await use("read_device", home, name="doorbell") == 'The doorbell is "press".'
    home.hear("s", b'{"event_type":"press"}')
    assert await use("read_device", home, name="doorbell") == 'The doorbell is "press, just now".'
