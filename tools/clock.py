"""The time of day and the date."""

from datetime import datetime

from speaker.tools import tool


@tool(reads=True)
async def get_time() -> str:
    """Tell the time, the weekday and the date."""
    now = datetime.now().astimezone()
    return f"It is {now:%H:%M} on {now:%A}, {now.day} {now:%B %Y}."
