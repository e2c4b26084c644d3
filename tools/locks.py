"""Locks."""

from speaker.tools import Annotated, Home, Literal, Meta, ToolResult, Wish, carry_out, chosen, tool


@tool(rehearsable=True, kinds=["lock"])
async def set_lock(
    home: Home,
    action: Literal["lock", "unlock", "open"],
    lock: Annotated[str, Meta(description="Its name; 'all' to lock all")] = "",
    but: Annotated[str, Meta(description="Left out of all")] = "",
) -> ToolResult:
    """Lock or unlock a door, or open its latch."""
    state = "locked" if action == "lock" else "unlocked"
    return await carry_out(home, chosen(home, lock, "", "lock", but=but), Wish(action=action), state)
