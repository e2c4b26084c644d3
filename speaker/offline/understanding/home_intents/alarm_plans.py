"""Alarms and reminders, which Home Assistant's package has no intents for: ours, with a time of day."""

from typing import Final

from speaker.offline.understanding.call_builders import Arguments, every
from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.home_intents.device_plans import Tools
from speaker.offline.understanding.home_intents.home_match import HomeMatch
from speaker.offline.understanding.tool_schema import Reply

_MINUTES: Final = {"hour": 0, "half_to": -30, "half_past": 30, "quarter_past": 15, "quarter_to": -15}
"""Slots that hold an hour, and how far from it the time is: "halb sieben" is half an hour before seven."""

_NOON: Final = 12
_DAY_MINUTES: Final = 24 * 60


def alarm_set(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
    """SpeakerAlarm and SpeakerReminder."""
    tool, at = tools.get("set_alarm"), _time_of(match)
    if tool is None or not at:
        return None
    wanted: dict[str, str] = {name: match.text(name) for name in ("day", "repeat", "message")}
    arguments: Arguments = {"time": at, **{name: value for name, value in wanted.items() if value}}
    return every([tool.call(**arguments)])


def reminder_in(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
    """SpeakerReminderIn: after so long."""
    tool, message = tools.get("set_timer"), match.text("message")
    lengths = {unit: value for unit in ("hours", "minutes") if (value := match.number(unit))}
    return every([tool.call(**lengths, message=message)]) if tool is not None and lengths and message else None


def _time_of(match: HomeMatch) -> str:
    """HH:MM; empty when no such time exists."""
    slot = next((name for name in _MINUTES if name in match.slots), "")
    hour, minute = match.number(slot), match.number("minute") or 0
    if hour is None or hour > 24 or not 0 <= minute < 60:
        return ""
    part = match.text("part")
    if (part and hour == _NOON) or (part == "morning" and hour > _NOON):
        return ""  # "twelve at night" may be either end of the day
    if part == "evening" and hour < _NOON:
        hour += _NOON
    total = int(hour * 60 + minute + _MINUTES[slot]) % _DAY_MINUTES
    return f"{total // 60:02}:{total % 60:02}"
