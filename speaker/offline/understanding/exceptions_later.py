"""A wish with something left out of it ("all lights off except the bedroom"), and one for later ("in five minutes")."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.home_intents.home_match import HomeMatch
from speaker.offline.understanding.normalise import spoken_name
from speaker.offline.understanding.tool_schema import ArgumentValue, Call, Reply, ToolSchema

_EXCEPT: Final = re.compile(
    r"(?P<wish>.+?) (?:except|except for|but|but not|apart from|other than|without) (?:in |those in |of )?(?P<but>.+)"
)
_UNITS: Final = ("hours", "minutes", "seconds")

MOST_LATER: Final = 3
"""Calls that one sentence may put off."""


def with_exception(
    text: str, understood: Callable[[str], Reply | None], tools: Mapping[str, ToolSchema], household: Household
) -> Reply | None:
    """What plain words mean that leave something out; None unless the tool can, and the house has what is left out."""
    found = _EXCEPT.fullmatch(text)
    kept = _known(found["but"], household) if found is not None else ""
    reply = understood(found["wish"]) if found is not None and kept else None
    if reply is None or len(reply.calls) != 1:
        return None
    call = reply.calls[0]
    everything = any(str(value).startswith("all") for value in call.arguments.values()) or "room" in call.arguments
    made = tools[call.name].call(**call.arguments, but=kept) if everything and call.name in tools else None
    return Reply((made,)) if made is not None else None


def _known(words: str, household: Household) -> str:
    """The room, floor or device that words name, with or without what it is; empty when there is none, or several."""
    words = re.sub(r" (?:lights?|lamps?|ones?|room)$", "", words)
    names = [*household.rooms, *household.floors, *(device.name for device in household.devices)]
    found = [name for name in dict.fromkeys(names) if spoken_name(name) in {words, f"{words} room", f"{words} lamp"}]
    return found[0] if len(found) == 1 else ""


def put_off(match: HomeMatch, reply: Reply | None, tools: Mapping[str, ToolSchema]) -> Reply | None:
    """Calls for later: each as a timer that runs a tool; None when the session has none, or the wish is a question."""
    tool = tools.get("do_later")
    length: dict[str, ArgumentValue] = {unit: value for unit in _UNITS if (value := match.number(unit))}
    if tool is None or reply is None or not 0 < len(reply.calls) <= MOST_LATER or not length:
        return None
    later = [tool.call(tool=call.name, arguments=dict(call.arguments), **length) for call in reply.calls]
    calls = tuple(call for call in later if isinstance(call, Call))
    return Reply(calls) if len(calls) == len(later) else None
