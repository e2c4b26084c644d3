"""Lights, and sockets that are switched like lights."""

from dataclasses import replace

from speaker.tools import Annotated, Home, Meta, ToolError, ToolResult, Wish, carry_out, chosen, tool, understood_colour


@tool(rehearsable=True)
async def set_light(
    home: Home,
    *,
    light: Annotated[str, Meta(description="A light or socket; 'all' for every one of room or house")] = "",
    room: str = "",
    on: bool | None = None,
    brightness: Annotated[int, Meta(ge=0, le=100, description="Percent; implies on, 0 is off")] | None = None,
    change: Annotated[int, Meta(ge=-100, le=100, description="Percent brighter; negative: dimmer")] | None = None,
    color: Annotated[str, Meta(description="red, warm white, #ff8800")] = "",
    kelvin: Annotated[int, Meta(ge=1000, le=12000)] | None = None,
    effect: Annotated[str, Meta(description="One of its own")] = "",
    but: Annotated[str, Meta(description="Device or room left out of all")] = "",
) -> ToolResult:
    """Switch, dim or colour lights, or switch sockets; without light and room, those here."""
    if not (light.strip() or room.strip() or but.strip() or home.places.near(home.devices("light"))):
        raise ToolError("Say which light, which room, or all of them.")
    if on is None and brightness is None and change is None and not color and kelvin is None and not effect:
        raise ToolError("Say whether the light is to be on or off, or how bright.")
    lights = chosen(home, light, room, "light", "switch", but=but)
    effects = any("mode" in one.shape.takes() for one in lights)
    wish = _wish(on, brightness, change, color, effects=effects)
    wish = replace(wish, kelvin=kelvin or wish.kelvin, mode=effect or wish.mode)
    return await carry_out(home, lights, wish, _state(wish, color or effect))


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
