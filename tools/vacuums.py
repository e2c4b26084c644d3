"""Robot vacuums."""

from speaker.tools import Home, Literal, ToolResult, Wish, carry_out, chosen, tool


@tool(kinds=["vacuum"])
async def control_vacuum(
    home: Home, action: Literal["start", "stop", "pause", "return", "locate"], vacuum: str = ""
) -> ToolResult:
    """Start, stop or pause a robot vacuum, send it to its dock, or make it heard."""
    return await carry_out(home, chosen(home, vacuum, "", "vacuum"), Wish(action=action))
