"""Blinds, shutters, curtains, garage doors."""

from speaker.tools import Annotated, Home, Literal, Meta, ToolError, ToolResult, Wish, carry_out, chosen, tool


@tool(rehearsable=True, kinds=["cover", "valve"])
async def set_cover(
    home: Home,
    *,
    cover: Annotated[str, Meta(description="Its name, or 'all'")] = "",
    room: str = "",
    action: Literal["open", "close", "stop", "tilt"] | None = None,
    position: Annotated[int, Meta(ge=0, le=100, description="Percent open; 0 is closed; with tilt, of its slats")]
    | None = None,
    but: Annotated[str, Meta(description="Left out of all")] = "",
) -> ToolResult:
    """Open, close, stop or set blinds, shutters, curtains, garage doors, valves: one, all of a room, or those here."""
    if action is None and position is None:
        raise ToolError("Say whether to open, close or stop, or a position in percent.")
    if action == "tilt":
        if position is None:
            raise ToolError("Say how far to tilt it, in percent.")
        wish = Wish(tilt=position)
    else:
        wish = Wish(percent=position) if position is not None else Wish(action=action)
    state = {"open": "opening or open", "close": "closing or closed", "stop": "stopped"}
    said = state.get(action or "", "moving or there") if position is None else "moving or there"
    return await carry_out(home, chosen(home, cover, room, "cover", "valve", but=but), wish, said)
