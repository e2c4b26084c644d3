"""Sockets and everything else that is on or off."""

from speaker.core.toolbox import Annotated, Home, Meta, Wish, carry_out, chosen, tool


@tool(kinds=["switch", "fan", "humidifier"])
async def set_switch(
    home: Home,
    on: bool,
    name: Annotated[str, Meta(description="Name of a socket or appliance")] = "",
    room: str = "",
) -> str:
    """Switch a socket or an appliance on or off."""
    devices = chosen(home, name, room, "switch", "light", "fan", "humidifier")
    return await carry_out(home, devices, Wish(on=on), "on" if on else "off")
