"""Timers: set, changed, asked about; named, or told apart by how long they run."""

from collections.abc import Callable
from typing import Final

from speaker.offline.understanding.call_builders import every, first
from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.home_intents.device_plans import Tools
from speaker.offline.understanding.home_intents.home_match import HomeMatch
from speaker.offline.understanding.tool_schema import ArgumentValue, Reply

_UNITS: Final = ("hours", "minutes", "seconds")


def timer_set(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
    """HassStartTimer. One that is to do something when it ends is nothing that a timer can do."""
    tool, length = tools.get("set_timer"), _length(match)
    if tool is None or not length or "conversation_command" in match.slots:
        return None
    name = match.text("name")
    named: dict[str, ArgumentValue] = {"name": name} if name else {}
    return every([first(tool, [{**length, **named}, *_in_one_unit(length, name)])])


def _in_one_unit(length: dict[str, ArgumentValue], name: str) -> list[dict[str, ArgumentValue]]:
    """The same for a tool that counts in one unit alone."""
    factors = {"hours": 3600, "minutes": 60, "seconds": 1}
    seconds = sum(factors[unit] * float(str(value)) for unit, value in length.items())
    named: list[dict[str, ArgumentValue]] = [{"name": name}, {"label": name}] if name else [{}]
    return [{"seconds": round(seconds), **extra} for extra in named]


def timer_changed(action: str) -> Callable[[HomeMatch, Tools, Household], Reply | None]:
    """A plan for more and less time, and for pause and resume."""

    def plan_change(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
        tool, length = tools.get("change_timer"), _length(match)
        if tool is None or (action in {"add", "subtract"} and not length):
            return None
        return every([tool.call(action=action, **_which(match), **length)])

    return plan_change


def timer_cancelled(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
    """HassCancelTimer and HassCancelAllTimers."""
    tool = tools.get("cancel_timer")
    if tool is None:
        return None
    if match.intent == "HassCancelAllTimers":
        return every([tool.call(name="all timers")]) if match.is_here else None
    which = _which(match)
    name = str(which.get("name", "")).removesuffix(" timer")
    return every([first(tool, [{"name": f"{name} timer".strip()}, which])])


def timers_told(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
    """HassTimerStatus: of one that was named, or of all."""
    tool = tools.get("list_timers")
    if tool is None:
        return None
    which = _which(match)
    return every([tool.call(**which)])


def _length(match: HomeMatch) -> dict[str, ArgumentValue]:
    found = {unit: match.number(unit) for unit in _UNITS}
    seconds = (found["hours"] or 0) * 3600 + (found["minutes"] or 0) * 60 + (found["seconds"] or 0)
    hours, rest = divmod(round(seconds), 3600)
    lengths = {"hours": hours, "minutes": rest // 60, "seconds": rest % 60}
    return {unit: value for unit, value in lengths.items() if value}


def _which(match: HomeMatch) -> dict[str, ArgumentValue]:
    """The timer's name, or else how long it was set for: "10 minute timer"; nothing for the only one."""
    if name := match.text("name") or ("" if match.is_here else match.place):
        return {"name": name}
    parts = [f"{value} {unit[:-1]}" for unit in _UNITS if (value := match.number(f"start_{unit}"))]
    return {"name": f"{' '.join(parts)} timer"} if parts else {}
