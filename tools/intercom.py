"""Other speakers in the house."""

from speaker.tools import Annotated, Intercom, Meta, ToolResult, listing, tool


@tool
async def announce(
    intercom: Intercom,
    message: Annotated[str, Meta(min_length=1, max_length=500)],
    where: Annotated[str, Meta(description="Room or name of a speaker; empty for all")] = "",
) -> ToolResult:
    """Say something to people elsewhere in the house, over the other speakers."""
    return await intercom.announce(message, where)


@tool(reads=True)
async def list_speakers(intercom: Intercom) -> ToolResult:
    """Tell which other speakers listen in the house."""
    there = intercom.placed()
    if not there:
        return ToolResult("answer", "No other speaker is there.")
    text = f"{len(there)} other speaker{'s are' if len(there) > 1 else ' is'} there"
    return ToolResult("answer", f"{text}: {listing(there, limit=4)}.", f"{text}: {', '.join(there)}.")
