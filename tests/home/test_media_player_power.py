"""Players that can be muted and switched, and those that cannot."""

from typing import Any

import pytest

from speaker.errors import ToolError
from speaker.home.device_registry import DeviceRegistry
from tests.support.answering_devices import live
from tests.tools.test_bundled_tools import use

FULL = {
    "name": "TV", "kind": "media_player", "room": "Den", "state_state_topic": "tv", "state_mute_topic": "tv/muted",
    "command_play_topic": "tv/play", "command_mute_topic": "tv/mute", "command_on_topic": "tv/power",
    "command_off_topic": "tv/power", "command_off_payload": "standby",
}  # fmt: skip
PLAIN = {"name": "Radio", "kind": "media_player", "room": "Den", "command_play_topic": "radio/play"}
ANSWERS = {
    ("tv/play", "play"): [("tv", "playing")], ("tv/mute", "mute"): [("tv/muted", "ON")],
    ("tv/mute", "unmute"): [("tv/muted", "OFF")], ("tv/power", "on"): [("tv", "idle")],
    ("tv/power", "standby"): [("tv", "off")],
}  # fmt: skip


def den(*players: dict[str, Any]) -> Any:
    house = DeviceRegistry()
    house.add_configured(players)
    return live(house, lambda topic, payload: ANSWERS.get((topic, payload), []), timeout_s=0.1)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("resume", "Confirmed: the TV player is playing."), ("mute", "Confirmed: the TV player is muted."),
        ("on", "Confirmed: the TV player is idle."), ("off", "Confirmed: the TV player is off."),
    ],
)  # fmt: skip
async def test_what_it_reports_is_confirmed(action: str, said: str) -> None:
    home, _ = den(FULL)
    assert (await use("control_player", home, action=action)).replace("the TV is", "the TV player is") == said


async def test_a_mute_ends() -> None:
    home, street = den(FULL)
    await use("control_player", home, action="mute")
    assert (await use("control_player", home, action="unmute")).startswith("Confirmed")
    assert [payload for _, payload, *_ in street.sent] == ["mute", "unmute"]


@pytest.mark.parametrize(
    ("action", "sentence"),
    [("mute", "cannot be muted"), ("unmute", "cannot be muted"), ("on", "switched on"), ("previous", "cannot do that")],
)
async def test_what_a_player_cannot_do_is_said(action: str, sentence: str) -> None:
    home, street = den(PLAIN)
    with pytest.raises(ToolError, match=sentence):
        await use("control_player", home, action=action)
    assert street.sent == []
