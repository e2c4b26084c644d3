"""The sensors of a Tasmota device, found in an example of what it tells of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from speaker.home.discovery_fields import Config

MOST_SENSORS: Final = 100

_IGNORED: Final = frozenset({"Time", "PN532", "RDM6300"})
_AIR: Final = "µg/m³"

_MEASURED: Final[dict[str, tuple[str, str]]] = {
    "Ambient": ("illuminance", "lx"),
    "Illuminance": ("illuminance", "lx"),
    "Battery": ("battery", "%"),
    "Humidity": ("humidity", "%"),
    "Moisture": ("moisture", "%"),
    "CarbonDioxide": ("carbon_dioxide", "ppm"),
    "eCO2": ("carbon_dioxide", "ppm"),
    "Current": ("current", "A"),
    "Voltage": ("voltage", "V"),
    "Frequency": ("frequency", "Hz"),
    "Power": ("power", "W"),
    "ActivePower": ("power", "W"),
    "ApparentPower": ("apparent_power", "VA"),
    "ReactivePower": ("reactive_power", "var"),
    "Factor": ("power_factor", ""),
    "Total": ("energy", "kWh"),
    "Today": ("energy", "kWh"),
    "Yesterday": ("energy", "kWh"),
    "ExportActive": ("energy", "kWh"),
    "ImportActive": ("energy", "kWh"),
    "Energy": ("energy", "kWh"),
    "Distance": ("distance", "cm"),
    "Weight": ("weight", "kg"),
    "PM1": ("pm1", _AIR),
    "PM2.5": ("pm25", _AIR),
    "PM10": ("pm10", _AIR),
    "TVOC": ("volatile_organic_compounds_parts", "ppb"),
}
"""Quantity: its device class and unit."""

_BY_UNIT: Final[dict[str, tuple[str, str]]] = {
    "Temperature": ("temperature", "TempUnit"),
    "DewPoint": ("temperature", "TempUnit"),
    "Pressure": ("pressure", "PressureUnit"),
    "SeaPressure": ("pressure", "PressureUnit"),
    "Speed": ("wind_speed", "SpeedUnit"),
}
"""Quantity whose unit the device tells: its device class, and the key of the unit."""

_CALLED: Final = {
    "DewPoint": "dew point", "SeaPressure": "pressure at sea level", "CarbonDioxide": "carbon dioxide",
    "Total": "energy total", "Today": "energy today", "Yesterday": "energy yesterday", "Factor": "power factor",
    "ApparentPower": "apparent power", "ReactivePower": "reactive power", "ExportActive": "energy exported",
    "ImportActive": "energy imported",
}  # fmt: skip


def value_at(path: Sequence[str | int]) -> str:
    """How a template finds what stands there in a message."""
    return "value_json" + "".join(f"[{msgspec.json.encode(step).decode()}]" for step in path)


def sensors(told: Config, topic: str) -> Iterator[tuple[str, Config]]:
    """An object id and an announcement for each value in the example ``told``, which is reported on ``topic``."""
    found = list(_values(told))[:MOST_SENSORS]
    several = Counter(path[-1] for path in found)
    for path in found:
        quantity = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
        plain = _CALLED.get(quantity, quantity.lower() if quantity.istitle() else quantity)
        twice = several[path[-1]] > 1 or isinstance(path[-1], int)
        before = [str(step) for step in path[:-1] if step != quantity] if twice or len(path) > 2 else []
        number = [str(path[-1] + 1)] if isinstance(path[-1], int) else []
        name = " ".join([*before, plain, *number])
        device_class, unit = _kind(path[0], quantity, told)
        config: Config = {"name": name, "state_topic": topic, "value_template": f"{{{{ {value_at(path)} }}}}"}
        config |= {"device_class": device_class} if device_class else {}
        config |= {"unit_of_measurement": unit} if unit else {}
        yield "sensor_" + "_".join(map(str, path)), config


def _kind(sensor: str | int, quantity: str, told: Config) -> tuple[str, str]:
    if quantity in _BY_UNIT:
        device_class, key = _BY_UNIT[quantity]
        unit = str(told.get(key, ""))[:10]
        return device_class, f"°{unit}" if unit in {"C", "F"} else unit
    if sensor in {"AS3935", "LD2410"} and quantity == "Energy":
        return "", ""  # of lightning or of a radar, and no electricity
    return _MEASURED.get(quantity, ("", ""))


def _values(told: Config) -> Iterator[list[Any]]:
    """The paths of all values: ``SENSOR/Quantity``, and one level deeper in objects and lists."""
    for sensor, quantities in told.items():
        if sensor in _IGNORED or not isinstance(quantities, dict) or not _plain_key(sensor):
            continue
        for quantity, value in quantities.items():
            if not _plain_key(quantity) or quantity in {"Id", "TotalStartTime"}:
                continue
            if isinstance(value, dict):
                yield from ([sensor, quantity, inner] for inner in value if _plain_key(inner))
            elif isinstance(value, list):
                yield from ([sensor, quantity, at] for at in range(len(value[:8])))
            else:
                yield [sensor, quantity]


def _plain_key(key: str) -> bool:
    """Whether a key may stand in a template."""
    return 0 < len(key) <= 40 and key.isprintable() and not set(key) & set("\"'\\{}%#")
