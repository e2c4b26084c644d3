"""Lights, and sockets that are switched like lights."""

from speaker.tools import Annotated, Home, Meta, ToolError, ToolResult, Wish, carry_out, chosen, tool, understood_colour


@tool
async def set_light(
    home: Home,
    *,
    light: Annotated[str, Meta(description="Name of a light or socket; 'all' for every light")] = "",
    room: Annotated[str, Meta(description="Room, when it was named")] = "",
    on: bool | None = None,
    brightness: Annotated[int, Meta(ge=0, le=100, description="Percent; implies on, 0 is off")] | None = None,
    change: Annotated[int, Meta(ge=-100, le=100, description="Percent brighter; negative: dimmer")] | None = None,
    color: Annotated[str, Meta(description="red, warm white, #ff8800, 2700 K, or an effect")] = "",
) -> ToolResult:
    """Switch, dim or colour lights, or switch sockets.

    One by name, or all lights of a room; without both, those here.
    """
    if not light.strip() and not room.strip() and not home.nearby("light"):
        raise ToolError("Say which light, which room, or 'all'.")
    if on is None and brightness is None and change is None and not color:
        raise ToolError("Say whether the light is to be on or off, or how bright.")
    lights = chosen(home, light, room, "light", "switch")
    effects = any("mode" in one.shape.takes() for one in lights)
    wish = _wish(on, brightness, change, color, effects=effects)
    return await carry_out(home, lights, wish, _state(wish, color))


def _wish(on: bool | None, brightness: int | None, change: int | None, color: str, *, effects: bool) -> Wish:
    shade = understood_colour(color) if color else None
    if color and shade is None and not effects:
        raise ToolError("There is no such colour; say one like red, warm white or #ff8800.")
    return Wish(
        on=on,
        brightness_percent=brightness,
        step=change,
        colour=shade if isinstance(shade, tuple) else None,
        kelvin=shade if isinstance(shade, int) else None,
        mode=color if color and shade is None else None,
    )


def _state(wish: Wish, color: str) -> str:
    """What several lights are then."""
    if wish.step is not None:
        return "brighter" if wish.step > 0 else "dimmer"
    if wish.wants_on is False:
        return "off"
    lit = "on" if wish.brightness_percent is None else f"on at {wish.brightness_percent} percent"
    return f"{lit}, {color}" if color else lit
