"""Alarm panels."""

from speaker.tools import Annotated, Home, Literal, Meta, ToolResult, Wish, carry_out, chosen, tool


@tool(rehearsable=True, kinds=["alarm_control_panel"])
async def arm_alarm(
    home: Home,
    way: Literal["home", "away", "night", "vacation"],
    panel: Annotated[str, Meta(description="Its name, when there are several")] = "",
) -> ToolResult:
    """Arm the alarm system. It cannot be disarmed by voice."""
    wish = Wish(action="arm", mode=way)
    return await carry_out(home, chosen(home, panel, "", "alarm_control_panel"), wish, f"armed {way}")
