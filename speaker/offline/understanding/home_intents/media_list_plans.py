"""Music, the speaker's own volume, lists, and words for people elsewhere."""

from collections.abc import Callable
from typing import Final

from speaker.offline.understanding.call_builders import Arguments, every, first, merged_calls, targets
from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.home_intents.device_plans import Tools, choice, in_place
from speaker.offline.understanding.home_intents.home_match import HomeMatch
from speaker.offline.understanding.tool_schema import Reply, ToolSchema

_STEP_PERCENT: Final = 20
"""How much louder "louder" is."""


def played(*actions: str) -> Callable[[HomeMatch, Tools, Household], Reply | None]:
    """A plan for a player; the first of the actions that the tool knows is taken."""

    def plan_player(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
        tool = tools.get("control_player")
        action = next((one for one in actions if tool is not None and choice(tool, "action", one)), "")
        return _player(match, tool, household, {"action": action}) if tool is not None and action else None

    return plan_player


def muted(action: str) -> Callable[[HomeMatch, Tools, Household], Reply | None]:
    """A plan for silence: a player that was named, or else the speaker itself."""

    def plan_mute(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
        own = tools.get("set_volume")
        if match.devices or not match.is_here or not household.of("media_player"):
            found = played(action)(match, tools, household)
            if found is not None or match.devices or not match.is_here:
                return found
            return every([own.call(muted=action == "mute")]) if own is not None else None
        return played(action)(match, tools, household)

    return plan_mute


def _player(match: HomeMatch, tool: ToolSchema, household: Household, change: Arguments) -> Reply | None:
    there: list[Arguments] = [{}]
    if match.devices:
        devices = in_place(match)
        if len(devices) != 1:
            names = " or ".join(f"the {device.room} {device.name}".replace("  ", " ") for device in devices)
            return Reply(text=f"There is more than one. Say {names}.")
        there = targets("player", devices[0], household, "media_player")
    elif not match.is_here:
        there = [{"room": match.place}]
    return every([first(tool, merged_calls(there, [change]))])


def loud(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassSetVolume: of a player or a room, or else of the speaker itself."""
    percent = match.number("volume_level")
    return (
        _volume(match, tools, household, {"volume": round(percent)}, {"percent": round(percent)})
        if percent is not None
        else None
    )


def louder(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassSetVolumeRelative: a step, or so many points."""
    step = match.number("volume_step")
    way = {"up": _STEP_PERCENT, "down": -_STEP_PERCENT}.get(match.text("volume_step"))
    change = round(step) if step is not None else way
    return _volume(match, tools, household, {"change": change}, {"change": change}) if change else None


def _volume(match: HomeMatch, tools: Tools, household: Household, player: Arguments, own: Arguments) -> Reply | None:
    name = "set_volume" if not match.devices and match.is_here else "control_player"
    tool = tools.get(name)
    if tool is None:
        return None
    return every([tool.call(**own)]) if name == "set_volume" else _player(match, tool, household, player)


def listed(tool_name: str) -> Callable[[HomeMatch, Tools, Household], Reply | None]:
    """A plan for one thing that goes on a list, or off it."""

    def plan_list(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
        tool, item = tools.get(tool_name), match.text("item")
        if tool is None or not item:
            return None
        name = match.text("name")
        which: Arguments = {"list": name} if name and "list" in tool.parameters.properties else {}
        things: list[Arguments] = [{"items": [item]}, {"item": item}]
        return every([first(tool, merged_calls([which], things))])

    return plan_list


def told_everywhere(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
    """HassBroadcast: to all speakers."""
    tool, message = tools.get("announce"), match.text("message")
    return every([tool.call(message=message)]) if tool is not None and message else None


def silenced(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
    """SpeakerMute: the speaker itself, not what plays."""
    tool = tools.get("set_volume")
    return every([tool.call(muted=bool(match.slots.get("muted")))]) if tool is not None else None
