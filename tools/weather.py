"""The weather, as the sensors of the house see it."""

import re

from speaker.tools import Annotated, Device, Home, Meta, tool

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


RAIN = "rain"


@tool(reads=True)
async def get_weather(
    home: Home, only: Annotated[str, Meta(description="temperature, humidity, wind or rain, if just that")] = ""
) -> str:
    """Tell the weather outside: temperature, humidity, wind and rain, as far as they are measured here."""
    sensors = home.devices("sensor", room="outside")
    asked = only.strip().lower()
    if asked == RAIN and (falls := _rain_falls(home)) is not None:
        return f"It is {'raining' if falls else 'not raining'}."
    if asked and not any(label == asked for label, _ in _labelled(sensors)):
        return f"Nothing measures {'rain' if asked == RAIN else 'that'} outside, so I do not know."
    if not sensors:
        return "There are no outdoor sensors in this home, so the weather is not known."
    readings: dict[str, str] = {}
    for label, sensor in _labelled(sensors):
        reading = home.reading(sensor)
        if reading and label not in readings and asked in {"", label}:
            readings[label] = reading
    if not readings:
        return "No answer: the outdoor sensors have not reported, so the weather is not known."
    parts = [f"the {label} is {reading}" for label, reading in readings.items()]
    return f"Outside, {' and '.join(part for part in [', '.join(parts[:-1]), parts[-1]] if part)}."


def _rain_falls(home: Home) -> bool | None:
    """What a rain detector says; None when there is none, or it is silent."""
    detectors = [one for one in home.devices("binary_sensor") if {"rain", "raining"} & _words(one.name)]
    told = [home.condition(one) for one in detectors]
    known = [one for one in told if one]
    return any(one in {"on", "wet", "detected", "raining"} for one in known) if known else None


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
