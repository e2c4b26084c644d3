"""Music and television: players in the house, not the speaker itself."""

from dataclasses import replace

from speaker.tools import Annotated, Home, Literal, Meta, ToolError, ToolResult, Wish, carry_out, chosen, tool

COMMANDS = {
    "play": Wish(action="play"),
    "resume": Wish(action="play"),
    "pause": Wish(action="pause"),
    "stop": Wish(action="stop"),
    "next": Wish(action="next"),
    "previous": Wish(action="previous"),
    "mute": Wish(action="mute"),
    "unmute": Wish(action="unmute"),
    "on": Wish(on=True),
    "off": Wish(on=False),
}
STATES = {"play": "playing", "resume": "playing", "pause": "paused", "stop": "stopped", "mute": "muted"}
STATES |= {"on": "on", "off": "off", "unmute": "audible"}
"""What several are then."""


@tool(rehearsable=True, kinds=["media_player"])
async def control_player(
    home: Home,
    *,
    player: str = "",
    room: str = "",
    action: Literal["play", "pause", "resume", "stop", "next", "previous", "mute", "unmute", "on", "off"] | None = None,
    volume: Annotated[int, Meta(ge=0, le=100)] | None = None,
    change: Annotated[int, Meta(ge=-100, le=100, description="Percent louder; negative: quieter")] | None = None,
) -> ToolResult:
    """Control a music player, radio or TV of the house; its volume, not the speaker's own."""
    if action is None and volume is None and change is None:
        raise ToolError("Say what the player is to do, or how loud it is to be.")
    if change is not None and action is not None:
        raise ToolError("Say the one or the other: a command, or louder and quieter.")
    wish = replace(COMMANDS.get(action or "", Wish()), percent=volume, step=change)
    state = STATES.get(action or "", "set") if volume is None else "set"
    return await carry_out(home, chosen(home, player, room, "media_player"), wish, state)
