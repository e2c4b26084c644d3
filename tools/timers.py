"""Timers, alarms and reminders."""

from speaker.tools import Annotated, Clock, Meta, Repeat, ToolError, tool

Amount = Annotated[float, Meta(ge=0, le=1440)]


@tool
async def set_timer(
    clock: Clock, *, minutes: Amount = 0, seconds: Amount = 0, hours: Amount = 0, name: str = "", message: str = ""
) -> str:
    """Start a timer; with a message it is a reminder, and says that. Several may run."""
    return f"Confirmed: {clock.set_timer(hours, minutes, seconds, name, message)}."


@tool
async def set_alarm(
    clock: Clock,
    time: Annotated[str, Meta(description="HH:MM, 24 hours")],
    *,
    day: Annotated[str, Meta(description="today, tomorrow or YYYY-MM-DD; empty = the next time")] = "",
    repeat: Repeat = "once",
    name: str = "",
    message: str = "",
) -> str:
    """Set an alarm for a time of day; with a message it is a reminder, and says that."""
    return f"Confirmed: {clock.set_alarm(time, day, repeat, name, message)}."


@tool
async def cancel_timer(
    clock: Clock, name: Annotated[str, Meta(description="Empty for the only one, or 'all'")] = ""
) -> str:
    """Cancel a timer, alarm or reminder."""
    gone = clock.cancel(name)
    if not gone:
        raise ToolError("There was nothing to cancel.")
    return f"Confirmed: cancelled the {' and the '.join(gone)}."


@tool(reads=True)
async def list_timers(clock: Clock) -> str:
    """Tell which timers, alarms and reminders are set, and how long they still take."""
    listed = clock.listed()
    return f"{'; '.join(listed)}." if listed else "No timer or alarm is set."
