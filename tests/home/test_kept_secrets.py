"""PINs, passwords and codes are never read out or sent to a model."""

import json
from typing import Any

import pytest

from speaker.errors import ToolError
from speaker.home.device_registry import DeviceRegistry, Wish
from tests.support.announced_homes import hear, home_of
from tests.support.answering_devices import live
from tests.tools.test_bundled_tools import use

SECRETS: list[tuple[str, dict[str, Any]]] = [
    ("text/lock/pin", {"name": "PIN"}),
    ("text/lock/pin_code", {}),
    ("text/wifi/x", {"name": "Guest network", "mode": "password"}),
    ("text/lock/code", {"name": "Code"}),
    ("sensor/lock/last", {"name": "Last user code"}),
    ("sensor/lock/x", {"name": None, "uniq_id": "0x1_keypad_code_zigbee2mqtt"}),
    ("sensor/router/x", {"name": "WiFi password"}),
    ("sensor/car/x", {"name": "API token"}),
    ("number/lock/x", {"name": "Pincode"}),
    ("select/alarm/x", {"name": "Alarm code"}),
    ("event/keypad/x", {"name": "Keypad code"}),
]
NONE = [
    ("sensor/washer/x", {"name": "Error code"}),
    ("sensor/weather/x", {"name": "Condition code"}),
    ("sensor/x/pinned", {"name": "Pinned items"}),
    ("text/x/message", {"name": "Message"}),
    ("sensor/door/x", {"name": "Door state"}),
]


def announced(path: str, config: dict[str, Any]) -> DeviceRegistry:
    return home_of((path, {"stat_t": "s", "cmd_t": "c", "ops": ["1234"], "dev": {"name": "Front"}} | config))


@pytest.mark.parametrize(("path", "config"), SECRETS)
async def test_what_holds_a_secret_is_no_device(path: str, config: dict[str, Any]) -> None:
    house = announced(path, config)
    assert (house.devices(), house.topics()) == ([], set())
    hear(house, ("light/lamp", {"name": "Lamp", "cmd_t": "l"}))
    home, _ = live(house)
    home.hear("s", b"1234")
    for tool, arguments in (("find_devices", {}), ("find_devices", {"kind": path.split("/", maxsplit=1)[0]})):
        try:
            said = await use(tool, home, **arguments)
        except ToolError as error:
            said = str(error)
        assert "1234" not in said + house.describe()


@pytest.mark.parametrize(("path", "config"), NONE)
def test_what_only_sounds_like_one_is_a_device(path: str, config: dict[str, Any]) -> None:
    assert len(announced(path, config).devices()) == 1


def alarm(**more: Any) -> DeviceRegistry:
    config = {"name": "Alarm", "cmd_t": "c", "stat_t": "s", "code": "4711", "cmd_tpl": "{{ action }}:{{ code }}"}
    return home_of(("alarm_control_panel/a", config | more))


def test_the_code_of_an_alarm_panel_is_not_even_kept() -> None:
    house = alarm()
    (panel,) = house.devices()
    assert "4711" not in repr(panel)
    with pytest.raises(ToolError, match="wants a code, which is not given by voice") as caught:
        house.order(panel, Wish(action="arm", mode="home"))
    assert "4711" not in str(caught.value)


def test_an_alarm_panel_is_armed_and_never_disarmed() -> None:
    house = alarm(code_arm_required=False)
    (panel,) = house.devices()
    assert [one.payload for one in house.order(panel, Wish(action="arm", mode="night"))] == ["ARM_NIGHT:"]
    for wish in (Wish(action="disarm"), Wish(on=False), Wish(mode="disarm"), Wish(action="open")):
        with pytest.raises(ToolError):
            house.order(panel, wish)


async def test_the_tool_arms() -> None:
    house = home_of(("alarm_control_panel/a", {"name": None, "cmd_t": "c", "stat_t": "s", "dev": {"name": "Alarm"}}))
    home, street = live(
        house, lambda topic, payload: [("s", json.dumps(payload.lower().replace("arm", "armed")).strip('"'))]
    )
    assert await use("arm_alarm", home, way="away") == "Confirmed: the alarm is armed away."
    assert [sent[:2] for sent in street.sent] == [("c", "ARM_AWAY")]
