"""Sockets and everything else that is on or off."""

from speaker.tools import Annotated, Home, Meta, ToolResult, Wish, carry_out, tool


@tool(rehearsable=True, kinds=["switch", "fan", "humidifier", "siren"])
async def set_switch(
    home: Home,
    name: Annotated[str, Meta(description="Name of a socket or appliance")],
    on: bool,
    room: str = "",
) -> ToolResult:
    """Switch one socket or appliance on or off."""
    # Never all of them at once: a fridge may hang on one.
    device = home.find(name, "switch", "light", "fan", "humidifier", "siren", room=room)
    return await carry_out(home, [device], Wish(on=on))
