"""Timers, alarms and reminders, and what is done later."""

import json

from speaker.tools import Annotated, Any, Clock, Meta, Repeat, TimerChange, ToolError, ToolResult, listing, tool

Amount = Annotated[float, Meta(ge=0, le=1440)]


@tool
async def set_timer(
    clock: Clock, *, minutes: Amount = 0, seconds: Amount = 0, hours: Amount = 0, name: str = "", message: str = ""
) -> ToolResult:
    """Start a timer; with a message it is a reminder, and says that. Several may run."""
    return ToolResult("confirmed", f"{clock.set_timer(hours, minutes, seconds, name, message)}.")


@tool
async def change_timer(
    clock: Clock,
    action: TimerChange,
    name: str = "",
    *,
    minutes: Amount = 0,
    seconds: Amount = 0,
    hours: Amount = 0,
) -> ToolResult:
    """Make a timer longer or shorter, pause or resume it."""
    length_s = 3600 * hours + 60 * minutes + seconds
    if action in {"add", "subtract"} and not length_s:
        raise ToolError("Say how much longer or shorter the timer is to be.")
    if action in {"pause", "resume"} and length_s:
        raise ToolError("A timer is paused until somebody resumes it, not for a time.")
    return ToolResult("confirmed", f"{clock.change(action, name, length_s)}.")


@tool
async def set_alarm(
    clock: Clock,
    time: Annotated[str, Meta(description="HH:MM, 24 hours")] = "",
    *,
    day: Annotated[str, Meta(description="today, tomorrow, a weekday or YYYY-MM-DD")] = "",
    repeat: Repeat = "once",
    name: str = "",
    message: str = "",
    minutes: Annotated[Amount, Meta(description="Instead of time: from now")] = 0,
) -> ToolResult:
    """Set an alarm; with a message it is a reminder, and says that."""
    return ToolResult(
        "confirmed", f"{clock.set_alarm(time, day, repeat, name=name, message=message, minutes=minutes)}."
    )


@tool
async def snooze(clock: Clock, minutes: Annotated[float, Meta(gt=0, le=120)] = 9) -> ToolResult:
    """Let what rings, or rang last, ring again later."""
    return ToolResult("confirmed", f"{clock.snooze(minutes)}.")


@tool
async def cancel_timer(
    clock: Clock,
    name: Annotated[str, Meta(description="Or an alarm's time, or 'all'; empty for the only one")] = "",
    but: Annotated[str, Meta(description="With all: the one that stays")] = "",
) -> ToolResult:
    """Cancel a timer, alarm or reminder."""
    gone = clock.cancel(name, but)
    if not gone:
        raise ToolError("There was nothing to cancel.")
    return ToolResult("confirmed", f"cancelled the {' and the '.join(gone)}.")


@tool(reads=True)
async def list_timers(clock: Clock, name: Annotated[str, Meta(description="For one alone")] = "") -> ToolResult:
    """Tell which timers, alarms and reminders are set, and how long they still take."""
    listed = clock.listed(name)
    if not listed:
        return ToolResult("answer", "No timer or alarm is set.")
    return ToolResult("answer", f"{listing(listed, limit=4)}.", f"{'; '.join(listed)}.")


@tool
async def do_later(
    clock: Clock,
    tool: str,
    arguments: Annotated[dict[str, Any], Meta(description="The tool's own")],
    *,
    minutes: Amount = 0,
    seconds: Amount = 0,
    hours: Amount = 0,
) -> ToolResult:
    """Call another tool after a time: a timer that does something. For a time of day, count how long until then."""
    return ToolResult("confirmed", f"{await clock.do_later(tool, json.dumps(arguments), hours, minutes, seconds)}.")


@tool(reads=True)
async def get_time(clock: Clock) -> ToolResult:
    """Tell time and date."""
    now = clock.now()
    return ToolResult("answer", f"It is {now:%H:%M} on {now:%A}, {now.day} {now:%B %Y}.")
