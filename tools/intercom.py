"""Other speakers in the house."""

from speaker.tools import Annotated, Intercom, Meta, ToolResult, tool


@tool
async def announce(
    intercom: Intercom,
    message: Annotated[str, Meta(min_length=1, max_length=500)],
    where: Annotated[str, Meta(description="Room or name of a speaker; empty for all")] = "",
) -> ToolResult:
    """Say something to people elsewhere in the house, over the other speakers."""
    return await intercom.announce(message, where)
