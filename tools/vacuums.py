"""Robot vacuums."""

from speaker.tools import Annotated, Home, Literal, Meta, ToolError, ToolResult, Wish, carry_out, chosen, tool


@tool(rehearsable=True, kinds=["vacuum", "lawn_mower"])
async def control_vacuum(
    home: Home,
    action: Literal["start", "stop", "pause", "return", "locate", "spot"] | None = None,
    vacuum: str = "",
    speed: Annotated[str, Meta(description="One of its own: quiet, turbo")] = "",
) -> ToolResult:
    """Start, stop or pause a robot vacuum or mower, send it to its dock, let it clean a spot, or make it heard."""
    if action is None and not speed:
        raise ToolError("Say what the vacuum is to do, or how hard it is to work.")
    wish = Wish(action=action, mode=speed or None)
    return await carry_out(home, chosen(home, vacuum, "", "vacuum", "lawn_mower"), wish)
