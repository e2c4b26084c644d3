"""Music and television: players in the house, not the speaker itself."""

from speaker.tools import Annotated, Home, Literal, Meta, ToolError, ToolResult, Wish, carry_out, chosen, tool


@tool(kinds=["media_player"])
async def control_player(
    home: Home,
    *,
    player: str = "",
    room: str = "",
    action: Literal["play", "pause", "stop", "next", "previous"] | None = None,
    volume: Annotated[int, Meta(ge=0, le=100)] | None = None,
    change: Annotated[int, Meta(ge=-100, le=100, description="Percent louder; negative: quieter")] | None = None,
) -> ToolResult:
    """Control a music player, radio or TV of the house; its volume, not the speaker's own."""
    wish = Wish(action=action, percent=volume, step=change)
    if wish == Wish():
        raise ToolError("Say what the player is to do, or how loud it is to be.")
    if change is not None and action is not None:
        raise ToolError("Say the one or the other: a command, or louder and quieter.")
    return await carry_out(home, chosen(home, player, room, "media_player"), wish, "set")
