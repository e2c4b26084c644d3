"""Stock Tasmota firmware announces itself in a form of its own: what becomes of it, in whatever order it comes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.errors import SpeakerError
from speaker.home.device_registry import DeviceRegistry, Wish
from speaker.home.tasmota import tasmota_place

MAC = "00D1E2AABBCC"
CONFIG: dict[str, Any] = {
    "ip": "192.168.0.9",
    "dn": "Desk",
    "fn": ["Desk", "Reading lamp", None, None],
    "hn": "tasmota-AABBCC-1234",
    "mac": MAC,
    "md": "Sonoff Basic",
    "ty": 0,
    "if": 0,
    "ofln": "Offline",
    "onln": "Online",
    "state": ["OFF", "ON", "TOGGLE", "HOLD"],
    "sw": "14.2.0",
    "t": "tasmota_AABBCC",
    "ft": "%prefix%/%topic%/",
    "tp": ["cmnd", "stat", "tele"],
    "rl": [1, 0, 0, 0],
    "swc": [-1, -1],
    "swn": [None, None],
    "btn": [0, 0],
    "so": {"4": 0, "11": 0, "13": 0, "17": 1, "20": 0, "30": 0, "68": 0, "73": 0, "82": 0, "114": 0, "117": 0},
    "lk": 1,
    "lt_st": 0,
    "sho": [0, 0, 0, 0],
    "ver": 1,
}
CMND, STAT, TELE = (f"{prefix}/tasmota_AABBCC/" for prefix in ("cmnd", "stat", "tele"))
SENSORS = {
    "sn": {
        "Time": "2026-01-01T00:00:00",
        "AM2301": {"Temperature": 21.5, "Humidity": 47, "DewPoint": 9.6},
        "ENERGY": {"TotalStartTime": "2026-01-01T00:00:00", "Total": 1.2, "Power": [10, 20], "Factor": 0.9},
        "TempUnit": "C",
    },
    "ver": 1,
}


def say(house: DeviceRegistry, part: str, message: object) -> bool:
    payload = b"" if message is None else json.dumps(message).encode()
    return house.hear_discovery(f"tasmota/discovery/{MAC}/{part}", payload)


def of(**config: Any) -> DeviceRegistry:
    house = DeviceRegistry()
    assert say(house, "config", CONFIG | config)
    return house


def told(house: DeviceRegistry, name: str, wish: Wish) -> list[tuple[str, str]]:
    return [(message.topic, message.payload) for message in house.order(house.find(name), wish)]


def test_a_relay() -> None:
    house = of()
    assert [(device.kind, device.name) for device in house.devices()] == [("switch", "Desk")]
    assert told(house, "desk", Wish(on=True)) == [(f"{CMND}Power1", "ON")]
    desk = house.find("desk")
    for report, state in (
        ('{"POWER":"ON"}', "on"),
        ('{"POWER1":"OFF","Wifi":{"RSSI":9}}', "off"),
        ('{"Uptime":1}', "off"),
    ):
        for topic in (f"{STAT}RESULT", f"{TELE}STATE"):
            house.hear(topic, report.encode())
            assert house.condition(desk) == state
    house.hear(f"{TELE}LWT", b"Offline")
    assert not house.available(desk)


def test_several_relays_and_their_names() -> None:
    house = of(rl=[1, 1, 1])
    assert [device.name for device in house.devices()] == ["Desk", "Desk relay 3", "Reading lamp"]
    house.hear(f"{STAT}RESULT", b'{"POWER2":"ON"}')
    assert [house.condition(device) for device in house.devices()] == [None, None, "on"]


def test_relays_that_are_lamps_by_their_owners_word() -> None:
    assert [device.kind for device in of(so=CONFIG["so"] | {"30": 1}).devices()] == ["light"]


@pytest.mark.parametrize(
    ("light", "wish", "sent"),
    [
        (1, Wish(brightness_percent=40), [("Dimmer", "40"), ("Power1", "ON")]),
        (2, Wish(kelvin=2700), [("CT", "370"), ("Power1", "ON")]),
        (3, Wish(colour=(255, 0, 0)), [("Color2", "255,0,0"), ("Power1", "ON")]),
        (4, Wish(mode="cycle up"), [("Scheme", "2"), ("Power1", "ON")]),
        (5, Wish(kelvin=4000, brightness_percent=10), [("CT", "250"), ("Dimmer", "10"), ("Power1", "ON")]),
    ],
)
def test_lamps(light: int, wish: Wish, sent: list[tuple[str, str]]) -> None:
    house = of(rl=[2], lt_st=light)
    assert told(house, "desk", wish) == [(f"{CMND}{what}", value) for what, value in sent]


def test_what_lamps_report() -> None:
    house = of(rl=[2], lt_st=5)
    lamp = house.find("desk")
    house.hear(f"{STAT}RESULT", b'{"POWER":"ON","Dimmer":40,"HSBColor":"240,100,40","White":0,"CT":153,"Scheme":0}')
    assert house.condition(lamp) == "on at 40 percent, blue"
    house.hear(f"{TELE}STATE", b'{"POWER":"ON","Dimmer":60,"HSBColor":"0,0,0","White":60,"CT":400,"Scheme":2}')
    assert house.condition(lamp) == "on at 60 percent, Cycle up"


def test_a_lamp_in_two_parts() -> None:
    house = of(rl=[2, 2], lt_st=5, lk=0)
    assert told(house, "desk", Wish(colour=(0, 255, 0))) == [(f"{CMND}Color2", "0,255,0="), (f"{CMND}Power1", "ON")]
    assert told(house, "reading lamp", Wish(brightness_percent=20)) == [
        (f"{CMND}Dimmer2", "20"),
        (f"{CMND}Power2", "ON"),
    ]


def test_channels_by_themselves() -> None:
    house = of(rl=[2, 2], lt_st=2, so=CONFIG["so"] | {"68": 1})
    assert told(house, "reading lamp", Wish(brightness_percent=20))[0] == (f"{CMND}Channel2", "20")


@pytest.mark.parametrize(("turned", "position", "direction"), [(0, 30, 1), (1, 70, -1)])
def test_shutters(turned: int, position: int, direction: int) -> None:
    house = of(rl=[3, 3], sho=[turned], sht=[[-90, 90, 10]])
    (shutter,) = house.devices()
    assert (shutter.kind, shutter.name) == ("cover", "Desk")
    assert told(house, "desk", Wish(action="open")) == [(f"{CMND}ShutterOpen1", "")]
    assert told(house, "desk", Wish(action="stop")) == [(f"{CMND}ShutterStop1", "")]
    assert told(house, "desk", Wish(percent=30)) == [(f"{CMND}ShutterPosition1", str(position))]
    assert told(house, "desk", Wish(tilt=75)) == [(f"{CMND}ShutterTilt1", "45")]
    report = {"Shutter1": {"Position": position, "Direction": direction, "Target": 0, "Tilt": 45}}
    house.hear(f"{STAT}RESULT", json.dumps(report).encode())
    assert house.condition(shutter) == "opening"
    report["Shutter1"]["Direction"] = 0
    house.hear(f"{TELE}SENSOR", json.dumps(report).encode())
    assert house.condition(shutter) == "30 percent open"
    assert house.fulfils(shutter.id, Wish(tilt=75)) is True


def test_a_ceiling_fan_with_its_lamp() -> None:
    house = of(rl=[1, 0], **{"if": 1})
    assert [device.kind for device in house.devices()] == ["fan", "light"]
    assert told(house, "fan", Wish(percent=60)) == [(f"{CMND}FanSpeed", "2")]
    assert told(house, "fan", Wish(on=False)) == [(f"{CMND}FanSpeed", "0")]
    house.hear(f"{STAT}RESULT", b'{"FanSpeed":3}')
    assert house.condition(house.find("fan")) == "on at 100 percent"


def test_contacts_and_buttons() -> None:
    house = of(swc=[1, 0, 13], swn=["Window", None, "Motion"], btn=[1, 0], so=CONFIG["so"] | {"73": 1})
    assert [device.name for device in house.devices("binary_sensor", "event")] == [
        "button 1",
        "Desk motion",
        "Desk window",
    ]
    house.hear(f"{STAT}RESULT", b'{"Window":{"Action":"ON"}}')
    house.hear(f"{STAT}RESULT", b'{"Button1":{"Action":"DOUBLE"}}')
    assert house.condition(house.find("window")) == "on"
    assert house.condition(house.find("button 1")) == "DOUBLE"
    house.hear(f"{TELE}SENSOR", b'{"Time":"x","Window":"OFF"}')
    assert house.condition(house.find("window")) == "off"


def test_sensors_before_and_after_the_device() -> None:
    houses = [DeviceRegistry(), DeviceRegistry()]
    for house, order in zip(houses, (("config", "sensors"), ("sensors", "config")), strict=True):
        for part in order:
            say(house, part, CONFIG if part == "config" else SENSORS)
    assert houses[0].devices() == houses[1].devices()
    house = houses[0]
    house.hear(f"{TELE}SENSOR", json.dumps(SENSORS["sn"]).encode())
    readings = {device.name: house.reading(device) for device in house.devices("sensor")}
    assert readings == {
        "Desk temperature": "21.5 degrees",
        "Desk humidity": "47 percent",
        "dew point": "9.6 degrees",
        "energy total": "1.2 kilowatt hours",
        "ENERGY power 1": "10 watts",
        "ENERGY power 2": "20 watts",
        "Desk power factor": "0.9",
    }
    assert say(house, "sensors", None)
    assert [device.kind for device in house.devices()] == ["switch"]
    assert say(house, "config", None)
    assert (house.devices(), house.topics()) == ([], set())


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"ver": 2}, "ver"),
        ({"t": 7.5, "ft": 3, "tp": "x"}, "tp"),
        ({"rl": ["x"]}, "rl"),
        ({"dn": {}}, "dn"),
        ({"tp": ["a"]}, "tp"),
    ],
)
def test_a_malformed_message_names_its_field(config: dict[str, Any], field: str) -> None:
    with pytest.raises(SpeakerError, match=f"tasmota/discovery/{MAC}/config: .*{field}"):
        say(DeviceRegistry(), "config", CONFIG | config)


def test_a_topic_that_nobody_may_publish_to() -> None:
    with pytest.raises(SpeakerError, match="not allowed there"):
        say(DeviceRegistry(), "config", CONFIG | {"t": "a/#"})


@pytest.mark.parametrize("topic", ["tasmota/discovery/x", "tasmota/discovery/a/b/config", "tasmota/discovery//config"])
def test_other_topics_are_not_its_own(topic: str) -> None:
    assert tasmota_place(topic) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=20,
)


@given(
    st.dictionaries(st.sampled_from(sorted(CONFIG)), JSON, max_size=4),
    st.dictionaries(st.text(max_size=9), JSON, max_size=4),
)
def test_whatever_comes_is_taken_or_refused_with_a_sentence(config: dict[str, Any], told: dict[str, Any]) -> None:
    house = DeviceRegistry()
    for part, message in (("config", CONFIG | config), ("sensors", {"sn": told}), ("sensors", {"sn": {"X": told}})):
        try:
            say(house, part, message)
        except SpeakerError as error:
            assert f"tasmota/discovery/{MAC}/{part}" in str(error)
    for topic in house.topics():
        assert not set(topic) & set("+#")
        house.hear(topic, json.dumps(told).encode())
    house.describe()
