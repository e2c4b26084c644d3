"""What a model cannot know by itself: when it is, where it stands, and how people here count.

Every session is told so in an item of its own, behind the instructions and the tools: these stay the same from session
to session, so that the service finds them in its cache. Each word is paid for with every response.
"""

from datetime import datetime, timedelta
from typing import Final

from speaker.config.settings import Settings

_CERTAIN_S: Final = 1.0
"""A sleep may end a little early by the clock of the house."""


def surroundings(settings: Settings, now: datetime) -> str:
    """A few sentences for a system item; ``now`` is aware of the house's time zone."""
    offset = f"{now:%z}"
    zone = f"{now:%Z}, UTC{offset[:3]}:{offset[3:5]}"
    where = f" and you stand in the {settings.room}" if settings.room else ""
    units = "metric" if settings.house.units == "metric" else "imperial; tools take degrees Celsius, so convert"
    return (
        f"It was {now:%A}, {now.day} {now:%B %Y}, {now:%H:%M} ({zone}) when you were told this. "
        f"Your name is {settings.name or settings.id}{where}. Units: {units}."
    )


def day_left_s(now: datetime) -> float:
    """Seconds until the date has changed for certain; a day may have 23 or 25 hours."""
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time())
    return max(0.0, tomorrow.astimezone().timestamp() - now.timestamp()) + _CERTAIN_S
