"""Fans and humidifiers."""

from speaker.tools import Annotated, Home, Meta, ToolError, ToolResult, Wish, carry_out, chosen, tool

Mode = Annotated[str, Meta(description="One of its own modes")]
Percent = Annotated[int, Meta(ge=0, le=100)]


@tool(rehearsable=True, kinds=["fan"])
async def set_fan(
    home: Home,
    *,
    fan: str = "",
    room: str = "",
    on: bool | None = None,
    speed: Percent | None = None,
    change: Annotated[int, Meta(ge=-100, le=100, description="Percent faster; negative: slower")] | None = None,
    mode: Annotated[str, Meta(description="One of its own modes, oscillating, still, forward or reverse")] = "",
) -> ToolResult:
    """Switch a fan, or set its speed in percent; without fan and room, the one here."""
    wish = Wish(on=on, percent=speed, step=change, mode=mode or None)
    if wish == Wish():
        raise ToolError("Say whether the fan is to be on or off, or how fast.")
    return await carry_out(home, chosen(home, fan, room, "fan"), wish, "off" if on is False else "on")


@tool(rehearsable=True, kinds=["humidifier"])
async def set_humidifier(
    home: Home,
    *,
    humidifier: str = "",
    room: str = "",
    on: bool | None = None,
    humidity: Percent | None = None,
    mode: Mode = "",
) -> ToolResult:
    """Switch a humidifier or set the humidity it is to reach, in percent."""
    wish = Wish(on=on, percent=humidity, mode=mode or None)
    if wish == Wish():
        raise ToolError("Say whether the humidifier is to be on or off, or how humid it is to be.")
    return await carry_out(home, chosen(home, humidifier, room, "humidifier"), wish, "off" if on is False else "on")
