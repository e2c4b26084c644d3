"""The weather, as the sensors of the house see it."""

import re

from speaker.tools import Device, Home, tool

QUANTITIES = {
    "temperature": "temperature",
    "humidity": "humidity",
    "wind_speed": "wind",
    "wind": "wind",
    "precipitation_intensity": "rain",
    "precipitation": "rain",
    "rain": "rain",
    "atmospheric_pressure": "air pressure",
    "pressure": "air pressure",
    "condition": "weather",
    "forecast": "forecast",
}
"""Device class, or word in a name: what it is called, in the order of the answer."""


@tool(reads=True)
async def get_weather(home: Home) -> str:
    """Tell the weather outside: temperature, humidity, wind and rain, as far as they are measured here."""
    sensors = home.devices("sensor", room="outside")
    if not sensors:
        return "There are no outdoor sensors in this home, so the weather is not known."
    readings: dict[str, str] = {}
    for label, sensor in _labelled(sensors):
        reading = home.reading(sensor)
        if reading and label not in readings:
            readings[label] = reading
    if not readings:
        return "No answer: the outdoor sensors have not reported, so the weather is not known."
    parts = [f"the {label} is {reading}" for label, reading in readings.items()]
    return f"Outside, {' and '.join(part for part in [', '.join(parts[:-1]), parts[-1]] if part)}."


def _labelled(sensors: list[Device]) -> list[tuple[str, Device]]:
    """What each sensor measures, in the order of the table; sensors of nothing in it are left out."""
    return [
        (label, sensor)
        for quantity, label in QUANTITIES.items()
        for sensor in sensors
        if sensor.device_class == quantity or (not sensor.device_class and quantity in _words(sensor.name))
    ]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
