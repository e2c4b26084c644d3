"""What announcements mean where it is easily got wrong: the judge of each value is Home Assistant's own source."""

import json
from typing import Any

import pytest

from speaker.errors import ToolError
from speaker.home.device_registry import Device, DeviceRegistry, Wish
from speaker.home.templates import render_payload
from tests.support.announced_homes import hear, home_of, topic

Report = tuple[str, str]


def one(kind: str, config: dict[str, Any]) -> tuple[DeviceRegistry, Device]:
    house = home_of((f"{kind}/x", {"name": "Thing"} | config))
    (device,) = house.devices()
    return house, device


def told(house: DeviceRegistry, device: Device, wish: Wish) -> list[Report]:
    return [(message.topic, message.payload) for message in house.order(device, wish)]


@pytest.mark.parametrize(
    ("kind", "config", "reports", "reading"),
    [
        (
            "sensor",
            {"unit_of_meas": "°C", "val_tpl": "{{ value_json.t | float }}"},
            ['{"t":20}', '{"t":"unavailable"}'],
            "20 degrees",
        ),
        (
            "sensor",
            {"unit_of_meas": "°C", "val_tpl": "{{ value_json.t | float }}"},
            ['{"t":20}', '{"t":null}'],
            "20 degrees",
        ),
        ("sensor", {"unit_of_meas": "°C", "val_tpl": "{{ value_json.t | int }}"}, ['{"t":20.7}'], "20 degrees"),
        ("sensor", {"unit_of_meas": "°C", "val_tpl": "{{ value_json.t | float(0) }}"}, ['{"t":"x"}'], "0 degrees"),
        (
            "sensor",
            {"unit_of_meas": "°C", "val_tpl": "{{ value_json.a.t }}"},
            ['{"a":{"t":5}}', '{"b":1}'],
            "5 degrees",
        ),
        ("sensor", {"unit_of_meas": "°C"}, ["21", "unavailable"], "21 degrees"),
        ("sensor", {"unit_of_meas": "°C"}, ["21", ""], "21 degrees"),
        ("sensor", {"unit_of_meas": "°C", "val_tpl": "{{ value_json.t }}"}, ['{"t":21}', '{"t":null}'], None),
        ("sensor", {"ops": ["none", "low"]}, ["none"], "none"),
        ("sensor", {"ops": ["low", "high"]}, ["low", "odd"], "low"),
        ("binary_sensor", {}, ["ON", "neither"], "on"),
        ("binary_sensor", {"val_tpl": "{{ value_json.s }}"}, ['{"s":"ON"}', '{"s":null}'], None),
        ("binary_sensor", {"pl_on": True, "pl_off": False, "val_tpl": "{{ value_json.s }}"}, ['{"s":true}'], "on"),
        ("binary_sensor", {"pl_on": 1, "pl_off": 0}, ["1"], "on"),
        ("switch", {"cmd_t": "c"}, ["ON", "pending"], "on"),
        ("lock", {"cmd_t": "c"}, ["LOCKED", "confused"], "locked"),
        ("number", {"cmd_t": "c", "min": 0, "max": 10}, ["5", "40"], "5"),
        ("number", {"cmd_t": "c", "min": 0, "max": 10}, ["5", "broken"], "5"),
        ("number", {"cmd_t": "c", "min": 0, "max": 10}, ["5", "None"], None),
        ("select", {"cmd_t": "c", "ops": ["none", "blink"]}, ["none"], "set to none"),
        ("select", {"cmd_t": "c", "ops": ["fade", "blink"]}, ["blink", "None"], None),
        ("select", {"cmd_t": "c", "ops": ["fade", "blink"]}, ["blink", "whirl"], "set to blink"),
        ("select", {"cmd_t": "c", "ops": "fade"}, ["fade"], "set to fade"),
        ("cover", {"cmd_t": "c"}, ["closing", "stopped"], "closed"),
        ("cover", {"cmd_t": "c"}, ["opening", "stopped"], "open"),
        ("cover", {"cmd_t": "c"}, ["open", "sideways"], "open"),
        ("cover", {"cmd_t": "c"}, ["open", "None"], None),
        ("cover", {"cmd_t": "c", "pos_t": "s", "stat_t": "other"}, ['{"position":30}'], "30 percent open"),
        (
            "light",
            {"cmd_t": "c", "bri_stat_t": "s", "bri_cmd_t": "b", "val_tpl": "ON"},
            ["128", "0"],
            "on at 50 percent",
        ),
        ("siren", {"cmd_t": "c"}, ['{"state":"ON"}', '{"volume_level":0.5}'], "on"),
        ("valve", {"cmd_t": "c", "pos": True}, ["opening", "70"], "opening"),
    ],
)
def test_what_reports_mean(kind: str, config: dict[str, Any], reports: list[str], reading: str | None) -> None:
    house, device = one(kind, {"stat_t": "s"} | config)
    for report in reports:
        house.hear("s", report.encode())
    assert house.condition(device) == reading


RGB = {"schema": "basic", "cmd_t": "c", "stat_t": "s", "rgb_cmd_t": "rgb", "rgb_stat_t": "rgb/s"}
DIMMER = {"cmd_t": "z", "stat_t": "s", "bri_cmd_t": "z", "bri_stat_t": "b", "bri_scl": 99, "on_cmd_type": "brightness"}
JSON_LIGHT = {"schema": "json", "cmd_t": "c", "stat_t": "s"}
TEMPLATE = {
    "schema": "template",
    "cmd_t": "c",
    "cmd_off_tpl": "off",
    "cmd_on_tpl": "on,{{ brightness | d }},{{ red | d }}-{{ green | d }}-{{ blue | d }},{{ effect | d }}",
}
PARTS = {"r_tpl": "{{ value }}", "g_tpl": "{{ value }}", "b_tpl": "{{ value }}"}
RED, PINK = (255, 0, 0), (255, 105, 180)


@pytest.mark.parametrize(
    ("kind", "config", "reports", "wish", "sent"),
    [
        ("light", DIMMER, [("b", "50")], Wish(on=True), [("z", "50")]),
        ("light", DIMMER, [], Wish(on=True), [("z", "99")]),
        ("light", DIMMER, [("b", "50"), ("s", "OFF"), ("b", "0")], Wish(on=True), [("z", "50")]),
        ("light", DIMMER, [], Wish(on=False), [("z", "OFF")]),
        ("light", DIMMER | {"rgb_cmd_t": "r"}, [("b", "50")], Wish(colour=RED), [("r", "255,0,0"), ("z", "50")]),
        ("light", RGB, [], Wish(colour=RED), [("rgb", "255,0,0"), ("c", "ON")]),
        ("light", RGB, [("rgb/s", "128,0,0")], Wish(colour=(0, 0, 255)), [("rgb", "0,0,128"), ("c", "ON")]),
        ("light", RGB, [("rgb/s", "255,0,0")], Wish(brightness_percent=50), [("rgb", "128,0,0"), ("c", "ON")]),
        ("light", RGB, [], Wish(brightness_percent=40), [("rgb", "102,102,102"), ("c", "ON")]),
        ("light", RGB, [], Wish(kelvin=2700), [("rgb", "255,167,87"), ("c", "ON")]),
        (
            "light",
            RGB | {"white_command_topic": "w", "whit_scl": 100},
            [],
            Wish(kelvin=4000),
            [("w", "100"), ("c", "ON")],
        ),
        (
            "light",
            {
                "cmd_t": "c",
                "rgbw_cmd_t": "r",
                "bri_cmd_t": "b",
                "rgbw_cmd_tpl": "{{ red }};{{ green }};{{ blue }};{{ white }}",
            },
            [],
            Wish(colour=PINK),
            [("r", "255;0;128;178"), ("c", "ON")],
        ),
        (
            "light",
            {"cmd_t": "c", "rgbww_cmd_t": "r", "bri_cmd_t": "b"},
            [],
            Wish(colour=RED),
            [("r", "255,0,0,0,0"), ("c", "ON")],
        ),
        (
            "light",
            {"cmd_t": "c", "fx_cmd_t": "f", "fx_list": ["Rainbow"]},
            [],
            Wish(mode="rainbow"),
            [("f", "Rainbow"), ("c", "ON")],
        ),
        (
            "light",
            {"cmd_t": "c", "bri_cmd_t": "b", "bri_cmd_tpl": "{{ (value / 2.55) | round(0) }}"},
            [],
            Wish(brightness_percent=40),
            [("b", "40"), ("c", "ON")],
        ),
        (
            "light",
            JSON_LIGHT | {"sup_clrm": ["rgbw"], "brightness": True},
            [],
            Wish(colour=RED),
            [("c", {"state": "ON", "color": {"r": 255, "g": 0, "b": 0, "w": 0}})],
        ),
        (
            "light",
            JSON_LIGHT | {"sup_clrm": ["rgbww"], "brightness": True},
            [],
            Wish(colour=RED, brightness_percent=20),
            [("c", {"state": "ON", "brightness": 51, "color": {"r": 255, "g": 0, "b": 0, "c": 0, "w": 0}})],
        ),
        (
            "light",
            JSON_LIGHT | {"sup_clrm": ["rgb"]},
            [],
            Wish(colour=RED, brightness_percent=40),
            [("c", {"state": "ON", "color": {"r": 102, "g": 0, "b": 0}})],
        ),
        (
            "light",
            JSON_LIGHT | {"sup_clrm": "white"},
            [],
            Wish(brightness_percent=40),
            [("c", {"state": "ON", "brightness": 102})],
        ),
        (
            "light",
            JSON_LIGHT | {"sup_clrm": ["white", "rgb"]},
            [],
            Wish(kelvin=4000),
            [("c", {"state": "ON", "white": 255})],
        ),
        (
            "light",
            JSON_LIGHT | {"sup_clrm": ["xy"], "brightness": "yes"},
            [],
            Wish(kelvin=6500),
            [("c", {"state": "ON", "color": {"x": 0.3157, "y": 0.3328}})],
        ),
        (
            "light",
            JSON_LIGHT | {"effect": True, "fx_list": ["blink"]},
            [],
            Wish(mode="Blink"),
            [("c", {"state": "ON", "effect": "blink"})],
        ),
        (
            "light",
            JSON_LIGHT | {"sup_clrm": ["color_temp"], "clr_temp_k": True},
            [],
            Wish(kelvin=3000),
            [("c", {"state": "ON", "color_temp": 3000})],
        ),
        ("light", TEMPLATE | PARTS, [], Wish(colour=RED, brightness_percent=40), [("c", "on,102,102-0-0,")]),
        (
            "light",
            TEMPLATE | PARTS | {"bri_tpl": "{{ value }}"},
            [],
            Wish(colour=RED, brightness_percent=40),
            [("c", "on,102,255-0-0,")],
        ),
        ("light", TEMPLATE | {"fx_list": ["a", "b"]}, [], Wish(mode="b"), [("c", "on,,--,b")]),
        (
            "number",
            {"cmd_t": "c", "cmd_tpl": "{{ {'seconds': value * 60} | to_json }}"},
            [],
            Wish(number=5),
            [("c", '{"seconds":300}')],
        ),
        ("number", {"cmd_t": "c", "step": 0.5, "cmd_tpl": "{{ value }}"}, [], Wish(number=5.5), [("c", "5.5")]),
        ("button", {"cmd_t": "c", "pl_prs": ""}, [], Wish(action="press"), [("c", "")]),
        ("select", {"cmd_t": "c", "ops": ["none", "x"]}, [], Wish(mode="none"), [("c", "none")]),
        ("switch", {"cmd_t": "c", "pl_on": True, "pl_off": False}, [], Wish(on=True), [("c", "True")]),
        (
            "cover",
            {"set_pos_t": "p", "pos_t": "s", "pos_open": 200, "set_pos_tpl": "{{ position }}"},
            [],
            Wish(percent=50),
            [("p", "50")],
        ),
        (
            "cover",
            {"set_pos_t": "p", "pos_t": "s", "pos_open": 200, "set_pos_tpl": "{{ value }}"},
            [],
            Wish(percent=50),
            [("p", "100")],
        ),
        (
            "cover",
            {"set_pos_t": "p", "pos_t": "s", "set_pos_tpl": "{{ position_open - position }}"},
            [],
            Wish(percent=30),
            [("p", "70")],
        ),
        ("cover", {"cmd_t": "c", "tilt_cmd_t": "t", "tilt_min": -90, "tilt_max": 90}, [], Wish(tilt=75), [("t", "45")]),
        (
            "cover",
            {"cmd_t": "c", "tilt_cmd_t": "t", "tilt_cmd_tpl": "{{ tilt_position }}"},
            [],
            Wish(tilt=75),
            [("t", "75")],
        ),
        (
            "climate",
            {"pow_cmd_t": "p", "mode_cmd_t": "m", "modes": ["heat", "cool"]},
            [],
            Wish(on=False),
            [("p", "OFF")],
        ),
        (
            "climate",
            {"pow_cmd_t": "p", "mode_cmd_t": "m", "modes": ["heat", "cool"]},
            [],
            Wish(mode="cool"),
            [("m", "cool")],
        ),
        ("climate", {"pr_mode_cmd_t": "p", "pr_modes": ["eco", "away"]}, [], Wish(mode="eco"), [("p", "eco")]),
        ("climate", {"pr_mode_cmd_t": "p", "pr_modes": ["eco", "away"]}, [], Wish(mode="preset none"), [("p", "none")]),
        ("climate", {"mode_cmd_t": "m", "fan_mode_cmd_t": "f"}, [], Wish(mode="fan low"), [("f", "low")]),
        ("climate", {"mode_cmd_t": "m", "fan_mode_cmd_t": "f"}, [], Wish(mode="auto"), [("m", "auto")]),
        ("climate", {"mode_cmd_t": "m", "swing_mode_cmd_t": "w"}, [], Wish(mode="swing on"), [("w", "on")]),
        ("climate", {"hum_cmd_t": "h"}, [], Wish(percent=50), [("h", "50")]),
        (
            "climate",
            {"temp_lo_cmd_t": "l", "temp_hi_cmd_t": "h"},
            [],
            Wish(temperature_c=21),
            [("l", "20"), ("h", "22")],
        ),
        (
            "climate",
            {
                "temp_cmd_t": "t",
                "temp_lo_cmd_t": "l",
                "temp_hi_cmd_t": "h",
                "mode_cmd_t": "m",
                "mode_stat_t": "s",
                "modes": ["heat", "heat_cool"],
            },
            [("s", "heat_cool")],
            Wish(temperature_c=21),
            [("m", "heat_cool"), ("l", "20"), ("h", "22")],
        ),
        ("fan", {"cmd_t": "c", "osc_cmd_t": "o"}, [], Wish(mode="oscillating"), [("o", "oscillate_on")]),
        ("fan", {"cmd_t": "c", "dir_cmd_t": "d"}, [], Wish(mode="reverse"), [("d", "reverse")]),
        ("fan", {"cmd_t": "c", "pr_mode_cmd_t": "p", "pr_modes": ["auto"]}, [], Wish(mode="auto"), [("p", "auto")]),
        ("vacuum", {"cmd_t": "c"}, [], Wish(action="spot"), [("c", "clean_spot")]),
        (
            "vacuum",
            {"cmd_t": "c", "set_fan_spd_t": "f", "fanspd_lst": ["min", "max"]},
            [],
            Wish(mode="max"),
            [("f", "max")],
        ),
        ("siren", {"cmd_t": "c", "cmd_tpl": "{{ state }}!"}, [], Wish(on=True), [("c", "ON!")]),
        (
            "text",
            {"cmd_t": "c", "cmd_tpl": '{"t":{{ value | to_json }}}'},
            [],
            Wish(mode='say "hi"'),
            [("c", '{"t":"say \\"hi\\""}')],
        ),
    ],
)
def test_what_a_wish_sends(
    kind: str, config: dict[str, Any], reports: list[Report], wish: Wish, sent: list[Any]
) -> None:
    house, device = one(kind, config)
    for where, report in reports:
        house.hear(where, report.encode())
    found = told(house, device, wish)
    assert [
        (where, json.loads(text) if isinstance(right, dict) else text)
        for (where, text), (_, right) in zip(found, sent, strict=True)
    ] == sent


@pytest.mark.parametrize(
    ("entries", "mode", "report", "available"),
    [
        ([("d", "a"), ("d", "b")], "all", {"b": 1}, False),
        ([("d", "b"), ("d", "a")], "all", {"b": 1}, False),
        ([("d", "a"), ("d", "b")], "all", {"a": 1, "b": 1}, True),
        ([("d", "a"), ("d", "b")], "any", {"b": 1}, True),
    ],
)
def test_several_availabilities_on_one_topic(
    entries: list[Report], mode: str, report: dict[str, int], available: bool
) -> None:
    listed = [
        {"topic": where, "value_template": f"{{{{ 'online' if value_json.{key} is defined else 'offline' }}}}"}
        for where, key in entries
    ]
    house, device = one("switch", {"cmd_t": "c", "availability_mode": mode, "availability": listed})
    house.hear("d", json.dumps(report).encode())
    assert house.available(device) is available


SINGLE = ("switch/0AFFD2/bla1", {"name": "Pump", "cmd_t": "bla1/set", "stat_t": "bla1"})
WHOLE = (
    "device/0AFFD2",
    {
        "device": {"identifiers": ["0AFFD2"], "name": "Well"},
        "origin": {"name": "foobar"},
        "components": {
            "bla1": {"platform": "switch", "name": "Pump", "command_topic": "bla1/set", "state_topic": "bla1"}
        },
    },
)
MOVES = [
    [WHOLE, SINGLE, "single away"],
    [SINGLE, WHOLE, "single away"],
    [SINGLE, "single moves", WHOLE, "single away"],
    [SINGLE, "single moves", "single away", WHOLE],
    [WHOLE, SINGLE, "single moves", "single away", WHOLE],
]


@pytest.mark.parametrize("steps", MOVES)
@pytest.mark.parametrize("unique", [{}, {"unique_id": "well_pump"}])
def test_a_device_moves_from_one_form_to_the_other_in_any_order(steps: list[Any], unique: dict[str, str]) -> None:
    house = DeviceRegistry()
    for step in steps:
        if step == "single away":
            house.hear_discovery(topic(SINGLE[0]), b"")
        elif step == "single moves":
            house.hear_discovery(topic(SINGLE[0]), b'{"migr_discvry":true}')
        elif step is SINGLE:
            hear(house, (SINGLE[0], SINGLE[1] | unique))
            house.hear("bla1", b"ON")
        else:
            config = json.loads(json.dumps(WHOLE[1]))
            config["components"]["bla1"] |= unique
            hear(house, (WHOLE[0], config))
        assert len(house.devices()) <= 1
    (pump,) = house.devices()
    house.hear("bla1", b"OFF")
    assert house.reading(pump) == "off"
    changed = json.loads(json.dumps(WHOLE[1]))
    changed["components"]["bla1"] |= {"name": "Well pump"} | unique
    assert hear(house, (WHOLE[0], changed))
    assert [device.name for device in house.devices()] == ["Well pump"]
    house.hear_discovery(topic(WHOLE[0]), b"")
    assert (house.devices(), house.topics()) == ([], set())


def test_what_was_reported_outlives_a_new_announcement() -> None:
    house, _ = one("switch", {"cmd_t": "c", "stat_t": "s"})
    house.hear("s", b"ON")
    hear(house, ("switch/x", {"name": "Other name", "cmd_t": "c", "stat_t": "s"}))
    assert house.reading(house.find("other name")) == "on"


def test_the_same_unique_id_is_the_same_entity() -> None:
    first = ("switch/a", {"name": "First", "cmd_t": "a", "uniq_id": "same"})
    second = ("switch/b", {"name": "Second", "cmd_t": "b", "uniq_id": "same"})
    house = home_of(first, second, ("light/c", {"name": "Lamp", "cmd_t": "c", "uniq_id": "same"}))
    assert [device.name for device in house.devices()] == ["First", "Lamp"]
    house.hear_discovery(topic("switch/a"), b"")
    assert [device.name for device in house.devices()] == ["Lamp", "Second"]


PRESSES = """
{% set found = namespace(pairs=[('action', value_json.action | default(''))]) %}
{% for one in [{'pattern': '^(?P<button>[0-9])_(?P<press>single|double)$', 'names': ['button', 'action']}] %}
  {% set groups = value_json.action | default('') | regex_findall(one.pattern) %}
  {% if groups[0] is undefined %}{% continue %}{% endif %}
  {% for name, text in zip(one.names, groups[0]) %}
    {% set found.pairs = found.pairs | rejectattr(0, 'eq', name) | list + [(name, text)] %}
  {% endfor %}
{% endfor %}
{% set pressed = found.pairs | selectattr(0, 'eq', 'action') | map(attribute=1) | first %}
{% set found.pairs = found.pairs + [('event_type', pressed)] %}
{{ dict.from_keys(found.pairs | reject('eq', ('event_type', ''))) | to_json }}
"""


def test_a_bridge_that_takes_presses_apart() -> None:
    house, button = one("event", {"stat_t": "s", "evt_typ": ["single", "double", "hold"], "val_tpl": PRESSES})
    for report, happened in (("2_double", "double"), ("hold", "hold"), ("", "hold"), ("3_single", "single")):
        house.hear("s", json.dumps({"action": report}).encode())
        assert house.condition(button) == happened


def test_values_that_do_not_keep() -> None:
    house, sensor = one("sensor", {"stat_t": "s", "exp_aft": 60, "unit_of_meas": "W"})
    house.hear("s", b"5")
    assert (house.reading(sensor, 59.0), house.reading(sensor, 61.0)) == ("5 watts", None)
    house, motion = one("binary_sensor", {"stat_t": "s", "off_dly": 30, "dev_cla": "motion"})
    house.hear("s", b"ON")
    assert (house.reading(motion, 29.0), house.reading(motion, 31.0)) == ("detected", "not detected")


def test_parts_of_a_device_that_are_devices_themselves() -> None:
    child = {"ids": ["c1"], "name": "Left bed", "cmps": {"wet": {"p": "sensor", "dev_cla": "moisture", "stat_t": "s"}}}
    house = home_of(("device/garden", {"dev": {"name": "Garden", "ids": ["g"]}, "o": {"name": "x"}, "cdevs": [child]}))
    assert [device.name for device in house.devices()] == ["Left bed moisture"]


def test_a_broken_command_template_is_told() -> None:
    house, device = one("switch", {"cmd_t": "c", "cmd_tpl": "{{ value | float }}"})
    with pytest.raises(ToolError, match="has a command template that fails"):
        house.order(device, Wish(on=True))


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("{{ value | bool }}", "enable", "True"),
        ("{{ value | round }}", "2.6", "3"),
        ("{{ value | float | round(1) }}", "2", "2.0"),
        ("{{ value | round(0, 'half') }}", "2.3", "2"),
        ("{{ value | truncate(8, true) }}", "abcdefghijklmnop", "abcde..."),
        ("{{ value | default('x') }}{{ nothing | default('y') }}", "v", "vy"),
        ("{{ value is match('v') }}", "v", "True"),
        ("{{ iif(value == 'v', 'yes', 'no') }}", "v", "yes"),
        ("{{ value | int(0) | bitwise_and(6) }}", "3", "2"),
        ("{{ value | is_number }} {{ 'x' | is_number }} {{ value is number }}", "3", "True False False"),
        (
            "{% if value in ['a', 'b'] and not value is none %}{{ value ~ 1 }}{% elif 0 %}x{% else %}y{% endif %}",
            "b",
            "b1",
        ),
        ("{% set t = value | int %}{{ '%02d:%02d' % (t // 60, t % 60) }}", "125", "02:05"),
        (
            "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}{{ v }}{% if not loop.last %},{% endif %}{% endfor %}",
            "",
            "a1,b2",
        ),
        (
            "{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
            "",
            "6",
        ),
        ("{{ 1 if value == 'ON' else 0 }}", "ON", "1"),
        ("{{ value[0:3] }}{{ value[-1] }}{{ value[9] }}", "abcdef", "abcf"),
        ("{{ (value | float * 9 / 5 + 32) | round(1) }}", "20", "68.0"),
        ("{{ {'1': 'one'}.get(value, 'other') }}", "2", "other"),
        ("{{ value | regex_replace('a', 'b') }}", "a", "b"),
        ("{{ value | regex_findall('[0-9]+') | first }}", "a12b3", "12"),
        ("{{ value | regex_findall_index('[0-9]{1,5}', 1) }}", "a12b3", "3"),
        ("{{ value | regex_replace('^(a+)+$', 'b') }}", "aaaa", ""),
        ("{{ value is search('b') }} {{ value is match('b') }}", "ab", "True False"),
        ("{% for i in [0, 1, 2] %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "", "02"),
        ("{% for i in range(9) %}{% if i > 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "", "012"),
        ("{% continue %}x", "", ""),
        ("x{% if 1 %}{% break %}{% endif %}", "", ""),
        ("{{ dict.from_keys(zip(['a', 'b'], [1, 2])) | to_json }}", "", '{"a":1,"b":2}'),
        ("{{ now() }}", "", ""),
        ("{{ -value | int }}", "2", ""),
        ("{{ value_json }}", "", ""),
        ("{{ '1.5' | float + value | float }}", "2", "3.5"),
        ("{{ ['x', value] | join('-') | upper | replace('X', 'z') }}", "y", "z-Y"),
    ],
)
def test_templates_as_home_assistant_renders_them(template: str, value: str, text: str) -> None:
    assert render_payload(template, value.encode()) == text
