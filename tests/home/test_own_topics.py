"""A device may not speak for others: whatever it announces, some topics are told nothing."""

import json
from typing import Any

import pytest

from speaker.config.loading import load_settings
from speaker.daemon.loading import configured_house
from speaker.errors import SpeakerError
from speaker.home.device_registry import DeviceRegistry
from speaker.home.own_topics import forbidden_topics
from tests.support.announced_homes import hear, topic

OTHERS = [
    ("speaker/kitchen/command/mute", "one of the speakers"),
    ("speaker/kitchen/command/say", "one of the speakers"),
    ("speaker/tools/open_door", "one of the speakers"),
    ("speaker/claim/hey_jarvis", "one of the speakers"),
    ("speaker/kitchen/answer/0a1b", "one of the speakers"),
    ("speaker/kitchen/state", "one of the speakers"),
    ("$SYS/broker/uptime", "of the broker itself"),
    ("$CONTROL/dynamic-security/v1", "of the broker itself"),
    ("homeassistant/light/trap/config", "on which devices are announced"),
    ("homeassistant/device/speaker_kitchen/config", "on which devices are announced"),
    ("homeassistant/status", "on which devices are announced"),
    ("tasmota/discovery/00112233AABB/config", "on which devices are announced"),
    ("zigbee2mqtt/bridge/request/permit_join", "on which a bridge is administered"),
    ("my/zigbee/bridge/request/device/remove", "on which a bridge is administered"),
    ("zigbee2mqtt/bridge/config/reset", "on which a bridge is administered"),
    ("zwave/_CLIENTS/ZWAVE_GATEWAY-home/api/removeFailedNode/set", "on which a bridge is administered"),
]
DEVICES = [
    "zigbee2mqtt/lamp/set",
    "homeassistant/switch/irrigation/set",
    "speaker/radio/set",
    "cmnd/tasmota_AABBCC/POWER",
    "speakers/kitchen/command/mute",
    "hue/bridge/lamp/set",
    "devices/bridge",
]


def house() -> DeviceRegistry:
    return DeviceRegistry(forbidden=forbidden_topics("speaker", ["homeassistant"]))


@pytest.mark.parametrize(("theirs", "why"), OTHERS)
def test_a_command_topic_of_others_is_refused_with_a_sentence(theirs: str, why: str) -> None:
    known = house()
    with pytest.raises(SpeakerError, match=f"homeassistant/switch/x/config: command_topic: this topic is .*{why}"):
        hear(known, ("switch/x", {"name": "Trap", "cmd_t": theirs}))
    assert known.devices() == []


@pytest.mark.parametrize("own", DEVICES)
def test_a_topic_of_its_own_is_taken(own: str) -> None:
    assert hear(house(), ("switch/x", {"name": "Pump", "cmd_t": own}))


@pytest.mark.parametrize(
    ("kind", "key", "more"),
    [
        ("light", "brightness_command_topic", {"cmd_t": "c"}),
        ("light", "effect_command_topic", {"cmd_t": "c"}),
        ("light", "rgbww_command_topic", {"cmd_t": "c"}),
        ("cover", "set_position_topic", {}),
        ("cover", "tilt_command_topic", {"cmd_t": "c"}),
        ("climate", "preset_mode_command_topic", {}),
        ("climate", "power_command_topic", {}),
        ("fan", "oscillation_command_topic", {"cmd_t": "c"}),
        ("vacuum", "set_fan_speed_topic", {"cmd_t": "c"}),
        ("vacuum", "send_command_topic", {"cmd_t": "c"}),
        ("media_player", "command_volume_topic", {"cmd_t": "c"}),
    ],
)
def test_every_way_of_being_told_something_counts(kind: str, key: str, more: dict[str, Any]) -> None:
    with pytest.raises(SpeakerError, match=f"{key}: this topic is one of the speakers"):
        hear(house(), (f"{kind}/x", {"name": "Trap", key: "speaker/kitchen/command/say"} | more))


def test_the_base_topic_does_not_hide_it() -> None:
    with pytest.raises(SpeakerError, match="one of the speakers"):
        hear(house(), ("switch/x", {"~": "speaker/kitchen", "name": "Trap", "cmd_t": "~/command/say"}))


def test_the_other_components_of_the_device_are_taken() -> None:
    known = house()
    parts = {"good": {"p": "switch", "name": "Pump", "cmd_t": "pump/set"}, "bad": {"p": "switch", "cmd_t": "$SYS/x"}}
    with pytest.raises(SpeakerError, match="of the broker itself"):
        known.hear_discovery(topic("device/well"), json.dumps({"dev": {"name": "Well"}, "cmps": parts}).encode())
    assert [device.name for device in known.devices()] == ["Pump"]


def test_a_speaker_knows_its_own_base_and_prefix() -> None:
    settings = load_settings({"mqtt": {"base": "box", "discovery_prefix": "ha"}}, "pi")
    known = configured_house(settings)
    for theirs in ("box/kitchen/command/mute", "ha/light/x/config"):
        with pytest.raises(SpeakerError, match="no device is told anything there"):
            known.hear_discovery("ha/switch/x/config", json.dumps({"name": "Trap", "cmd_t": theirs}).encode())
    assert known.hear_discovery("ha/switch/x/config", b'{"name":"Pump","cmd_t":"speaker/kitchen/command/mute"}')


def test_every_prefix_that_is_read_is_read_and_kept_from_devices() -> None:
    settings = load_settings({"mqtt": {"discovery_prefixes": ["ha", "ha/more", "hub"]}}, "pi")
    known = configured_house(settings)
    assert known.hear_discovery("ha/switch/a/config", b'{"name":"Pump","cmd_t":"pump/set"}')
    assert known.hear_discovery("ha/more/switch/b/config", b'{"name":"Fountain","cmd_t":"fountain/set"}')
    assert known.hear_discovery("hub/switch/input_boolean/c/config", b'{"name":"Guests","cmd_t":"hub/cmd/c"}')
    assert not known.hear_discovery("homeassistant/switch/d/config", b'{"name":"Other","cmd_t":"other/set"}')
    assert [device.name for device in known.devices()] == ["Fountain", "Guests", "Pump"]
    for theirs in ("ha/light/x/config", "hub/status", "hub/index/config"):
        with pytest.raises(SpeakerError, match="on which devices are announced"):
            known.hear_discovery("hub/switch/x/config", json.dumps({"name": "Trap", "cmd_t": theirs}).encode())
