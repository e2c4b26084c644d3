"""The speaker itself."""

from speaker.tools import Annotated, Meta, ToolResult, Voice, tool


@tool
async def set_volume(voice: Voice, percent: Annotated[int, Meta(ge=0, le=100)]) -> str:
    """Set how loud the speaker talks."""
    return f"Confirmed: the volume is {voice.set_volume(percent)} percent."


@tool
async def end_conversation(voice: Voice) -> ToolResult:
    """End the conversation, when the user says goodbye, thanks you or wants nothing more."""
    voice.goodbye()
    order = "the conversation ends after your answer. Say goodbye in a word or two."
    return ToolResult("confirmed", "Goodbye.", order)
