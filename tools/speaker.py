"""The speaker itself."""

from speaker.tools import Annotated, Meta, ToolError, ToolResult, Voice, tool


@tool
async def set_volume(
    voice: Voice,
    percent: Annotated[int, Meta(ge=0, le=100)] | None = None,
    change: Annotated[int, Meta(ge=-100, le=100, description="Points louder; negative: quieter")] | None = None,
    muted: bool | None = None,
) -> ToolResult:
    """Set how loud the speaker talks: one of the three."""
    if [percent, change, muted].count(None) != 2:
        raise ToolError("Say one thing: how loud, louder or quieter, or muted or not.")
    if muted is not None:
        if muted is voice.muted:
            return ToolResult("confirmed", f"I was {'muted' if muted else 'not muted'}.")
        loud = voice.mute(muted)
        return ToolResult("confirmed", "I am muted." if muted else f"the volume is {loud} percent again.")
    if change is not None:
        before = voice.volume
        percent = max(0, min(100, before + change))
        if percent == before:
            end = "silent" if before == 0 else "as loud as I can be"
            raise ToolError(f"I am {end} already." if change else "Say how much louder or quieter.")
    return ToolResult("confirmed", f"the volume is {voice.set_volume(percent or 0)} percent.")


@tool
async def end_conversation(voice: Voice) -> ToolResult:
    """End the conversation, when the user says goodbye, thanks you or wants nothing more."""
    voice.goodbye()
    order = "the conversation ends after your answer. Say goodbye in a word or two."
    return ToolResult("confirmed", "Goodbye.", order)
