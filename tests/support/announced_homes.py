"""A small home, announced the way Zigbee2MQTT, Tasmota and ESPHome announce devices."""

import json
from typing import Any

from speaker.demo.virtual_house import VirtualDevice
from speaker.home.device_registry import DeviceRegistry

Announcement = tuple[str, dict[str, Any]]


def topic(path: str) -> str:
    return f"homeassistant/{path}/config"


def hear(house: DeviceRegistry, announcement: Announcement) -> bool:
    path, config = announcement
    return house.hear_discovery(topic(path), json.dumps(config).encode())


def announce(devices: list[VirtualDevice], house: DeviceRegistry) -> None:
    """The virtual devices' announcements, without a broker."""
    for one in devices:
        hear(house, (f"{one.component}/{one.key}", one.announced))


def home_of(*announcements: Announcement) -> DeviceRegistry:
    house = DeviceRegistry(["homeassistant"])
    for announcement in announcements:
        hear(house, announcement)
    return house


def zigbee(name: str, room: str | None = None) -> dict[str, Any]:
    """What Zigbee2MQTT puts into every announcement."""
    return {
        "availability": [
            {"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"},
            {"topic": f"zigbee2mqtt/{name}/availability", "value_template": "{{ value_json.state }}"},
        ],
        "availability_mode": "all",
        "device": {"identifiers": [f"zigbee2mqtt_{name}"], "name": name} | ({"suggested_area": room} if room else {}),
        "object_id": name,
        "origin": {"name": "Zigbee2MQTT", "sw": "2.1.0", "url": "https://www.zigbee2mqtt.io"},
        "state_topic": f"zigbee2mqtt/{name}",
        "unique_id": f"{name}_zigbee2mqtt",
    }


SOFA_LAMP: Announcement = (
    "light/0x0017880104e45517/light",
    zigbee("sofa_lamp", "Living room")
    | {
        "name": None,
        "schema": "json",
        "brightness": True,
        "brightness_scale": 254,
        "supported_color_modes": ["color_temp"],
        "command_topic": "zigbee2mqtt/sofa_lamp/set",
    },
)
COFFEE: Announcement = (
    "switch/0x00158d0003e7a5f1/switch",
    zigbee("coffee_machine", "Kitchen")
    | {
        "name": None,
        "command_topic": "zigbee2mqtt/coffee_machine/set",
        "payload_on": "ON",
        "payload_off": "OFF",
        "value_template": "{{ value_json.state }}",
    },
)
WINDOW: Announcement = (
    "binary_sensor/0x00158d0001/contact",
    zigbee("bedroom_window", "Bedroom")
    | {
        "device_class": "window",
        "payload_on": False,
        "payload_off": True,
        "value_template": "{{ value_json.contact }}",
    },
)
CLIMATE_SENSOR: Announcement = (
    "sensor/0x00158d0002/temperature",
    zigbee("living_room_sensor", "Living room")
    | {
        "device_class": "temperature",
        "state_class": "measurement",
        "unit_of_measurement": "°C",
        "value_template": "{{ value_json.temperature }}",
    },
)
RADIATOR: Announcement = (
    "climate/0x00158d0004/climate",
    {key: value for key, value in zigbee("bedroom_radiator", "Bedroom").items() if key != "state_topic"}
    | {
        "name": None,
        "current_temperature_topic": "zigbee2mqtt/bedroom_radiator",
        "current_temperature_template": "{{ value_json.local_temperature }}",
        "temperature_command_topic": "zigbee2mqtt/bedroom_radiator/set/occupied_heating_setpoint",
        "temperature_state_topic": "zigbee2mqtt/bedroom_radiator",
        "temperature_state_template": "{{ value_json.occupied_heating_setpoint }}",
        "mode_state_topic": "zigbee2mqtt/bedroom_radiator",
        "mode_state_template": "{{ value_json.system_mode }}",
        "min_temp": "5",
        "max_temp": "30",
        "temp_step": 0.5,
        "temperature_unit": "C",
    },
)
MOVIE_NIGHT: Announcement = (
    "scene/zigbee2mqtt_1_2/scene_2",
    {
        "name": "Movie night",
        "command_topic": "zigbee2mqtt/living_room/set",
        "payload_on": '{"scene_recall":2}',
        "device": {"name": "living_room", "suggested_area": "Living room"},
    },
)
CEILING: Announcement = (
    "light/5CCF7F_LI_1",
    {
        "name": "Ceiling",
        "~": "kitchen_dimmer/",
        "cmd_t": "~cmnd/POWER",
        "stat_t": "~tele/STATE",
        "stat_val_tpl": "{{ value_json.POWER }}",
        "pl_on": "ON",
        "pl_off": "OFF",
        "bri_cmd_t": "~cmnd/Dimmer",
        "bri_stat_t": "~tele/STATE",
        "bri_val_tpl": "{{ value_json.Dimmer }}",
        "bri_scl": 100,
        "avty_t": "~tele/LWT",
        "pl_avail": "Online",
        "pl_not_avail": "Offline",
        "uniq_id": "5CCF7F_LI_1",
        "dev": {"ids": ["5CCF7F"], "name": "Tasmota dimmer", "mf": "Tasmota", "sa": "Kitchen"},
    },
)
OUTDOOR: Announcement = (
    "device/weather-pole",
    {
        "dev": {"ids": "a4cf1299", "name": "Outdoor", "mf": "Espressif"},
        "o": {"name": "esphome", "sw": "2026.2.0"},
        "~": "weather-pole",
        "avty_t": "~/status",
        "cmps": {
            "temp": {
                "p": "sensor",
                "name": "Temperature",
                "dev_cla": "temperature",
                "unit_of_meas": "°C",
                "stat_t": "~/sensor/temperature/state",
            },
            "wind": {
                "p": "sensor",
                "name": "Wind speed",
                "dev_cla": "wind_speed",
                "unit_of_meas": "km/h",
                "stat_t": "~/sensor/wind/state",
            },
            "signal": {
                "p": "sensor",
                "name": "WiFi signal",
                "ent_cat": "diagnostic",
                "stat_t": "~/sensor/wifi/state",
            },
            "restart": {"p": "button", "ent_cat": "config", "cmd_t": "~/restart"},
            "gone": {"p": "switch"},
        },
    },
)

EVERYTHING = (SOFA_LAMP, COFFEE, WINDOW, CLIMATE_SENSOR, RADIATOR, MOVIE_NIGHT, CEILING, OUTDOOR)
