"""Blinds, shutters, curtains, garage doors."""

from speaker.tools import Annotated, Home, Literal, Meta, ToolError, ToolResult, Wish, carry_out, chosen, tool


@tool(kinds=["cover"])
async def set_cover(
    home: Home,
    cover: Annotated[str, Meta(description="Its name, or 'all'")] = "",
    room: str = "",
    action: Literal["open", "close", "stop"] | None = None,
    position: Annotated[int, Meta(ge=0, le=100, description="Percent open; 0 is closed")] | None = None,
) -> ToolResult:
    """Open, close, stop or set blinds, shutters, curtains and garage doors: one, or all of a room."""
    if action is None and position is None:
        raise ToolError("Say whether to open, close or stop, or a position in percent.")
    wish = Wish(percent=position) if position is not None else Wish(action=action)
    state = {"open": "opening or open", "close": "closing or closed", "stop": "stopped", None: "moving or there"}
    said = state[None if position is not None else action]
    return await carry_out(home, chosen(home, cover, room, "cover"), wish, said)
