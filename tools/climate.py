"""Heating and temperatures."""

from speaker.tools import Annotated, Device, Home, Meta, ToolError, ToolResult, Wish, carry_out, chosen, tool

MOST = 8
"""How many temperatures are worth hearing in one answer."""


@tool(rehearsable=True, kinds=["climate", "water_heater"])
async def set_temperature(
    home: Home,
    *,
    degrees: Annotated[float, Meta(ge=5, le=80, description="Degrees Celsius")] | None = None,
    room: str = "",
    thermostat: Annotated[str, Meta(description="Its name, when one was named")] = "",
    change: Annotated[float, Meta(ge=-10, le=10, description="Degrees warmer; negative: colder")] | None = None,
    mode: Annotated[str, Meta(description="off, heat, cool, auto, dry; a preset; fan low; swing on")] = "",
    humidity: Annotated[int, Meta(ge=0, le=100)] | None = None,
) -> ToolResult:
    """Set heating or cooling of a room, here, a thermostat or a boiler: degrees, warmer, colder, a mode or off."""
    if degrees is None and change is None and humidity is None and not mode.strip():
        raise ToolError("Say how many degrees, warmer or colder, or a mode.")
    off = mode.strip().lower() == "off"
    wish = Wish(on=False) if off else Wish(temperature_c=degrees, step=change, mode=mode or None, percent=humidity)
    state = f"set to {degrees:g} degrees" if degrees is not None else "set"
    return await carry_out(home, chosen(home, thermostat, room, "climate", "water_heater"), wish, state)


@tool(reads=True)
async def get_temperature(home: Home, room: Annotated[str, Meta(description="Empty for the whole home")] = "") -> str:
    """Tell the temperature of a room, of the whole home, or outside."""
    sources = _thermometers(home, room)
    if not sources:
        raise ToolError(f"Nothing measures the temperature{_place(home, room)}.")
    readings = [(device, home.reading(device)) for device in sources]
    known = [_sentence(home, device, reading) for device, reading in readings if reading]
    if not known:
        return f"No answer: nothing has reported the temperature{_place(home, room)}, so it is not known."
    return " ".join(known[:MOST])


def _thermometers(home: Home, room: str) -> list[Device]:
    """What measures the air of each room; what measures something else only when a room has nothing better.

    "Temperature" in a room is the room's, then comes its thermostat, then "Fridge temperature".
    """
    ranks: dict[str, dict[int, list[Device]]] = {}
    for device in home.devices("sensor", "climate", room=room):
        if device.kind == "climate" or _is_thermometer(device):
            rank = 1 if device.kind == "climate" else 0 if _is_of_room(device) else 2
            # Those without a room are in different places, as far as one knows.
            ranks.setdefault(device.room or device.id, {}).setdefault(rank, []).append(device)
    return [device for found in ranks.values() for device in found[min(found)]]


def _is_thermometer(sensor: Device) -> bool:
    """By its class, or by its name when it was announced without one."""
    return (sensor.device_class or sensor.name.lower().rpartition(" ")[2]) == "temperature"


def _is_of_room(device: Device) -> bool:
    return device.name.lower() in {"temperature", f"{device.room} temperature"}


def _sentence(home: Home, device: Device, reading: str) -> str:
    if device.kind == "climate" or _is_of_room(device):
        return f"The temperature{_place(home, device.room)} is {reading}."
    return f"{device.spoken[0].upper()}{device.spoken[1:]} is {reading}."


def _place(home: Home, room: str) -> str:
    place = room.lower().removeprefix("the ")
    return " outside" if place == "outdoor" else home.places.spoken(place if place != "outdoors" else "outside")
