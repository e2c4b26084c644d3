"""The package's intents and the session's tools: which tool carries out which intent, for which kinds of devices."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.home_intents import (
    alarm_plans,
    device_plans,
    light_climate_plans,
    media_list_plans,
    question_plans,
    timer_plans,
)
from speaker.offline.understanding.home_intents.home_match import HomeMatch
from speaker.offline.understanding.tool_schema import Reply, ToolSchema

HomePlan = Callable[[HomeMatch, Mapping[str, ToolSchema], Household], Reply | None]


@dataclass(frozen=True, slots=True)
class Served:
    """How an intent is carried out."""

    plan: HomePlan
    tools: Mapping[str, Collection[str]]
    """The tools that can, each with the kinds of devices that it is for; any of them is enough."""


_SWITCHED: Final = {
    "set_light": ("light", "switch"), "set_switch": ("switch", "siren"), "set_fan": ("fan",),
    "set_humidifier": ("humidifier",), "control_player": ("media_player",),
    "set_temperature": ("climate", "water_heater"), "set_cover": ("cover", "valve"), "set_lock": ("lock",),
    "activate_scene": ("scene",), "press_button": ("button", "input_button"),
}  # fmt: skip


def _of(plan: HomePlan, *tools: str, kinds: Collection[str] = ()) -> Served:
    return Served(plan, dict.fromkeys(tools, kinds))


_MEDIA: Final = ("media_player",)
_COVERS: Final = ("cover", "valve")

INTENTS: Final[Mapping[str, Served]] = {
    "HassTurnOn": Served(device_plans.switched, _SWITCHED),
    "HassTurnOff": Served(device_plans.switched, _SWITCHED),
    "HassSetPosition": _of(device_plans.positioned, "set_cover", kinds=_COVERS),
    "HassOpenCover": _of(device_plans.switched, "set_cover", kinds=_COVERS),
    "HassStopMoving": _of(device_plans.stopped, "set_cover", kinds=_COVERS),
    "HassFanSetSpeed": _of(device_plans.fanned, "set_fan", kinds=("fan",)),
    "HassHumidifierSetpoint": _of(device_plans.humidified, "set_humidifier", kinds=("humidifier",)),
    "HassLightSet": _of(light_climate_plans.lit, "set_light", kinds=("light",)),
    "HassClimateSetTemperature": _of(light_climate_plans.heated, "set_temperature"),
    "HassClimateSetFanMode": _of(light_climate_plans.fan_mode, "set_temperature"),
    "HassClimateGetTemperature": _of(light_climate_plans.warmth_read, "get_temperature", "read_device"),
    "HassGetState": _of(question_plans.state_of, "find_devices", "read_device"),
    "HassGetCurrentTime": _of(question_plans.told("get_time"), "get_time"),
    "HassGetCurrentDate": _of(question_plans.told("get_time"), "get_time"),
    "HassGetWeather": _of(question_plans.told("get_weather"), "get_weather"),
    "HassNevermind": _of(question_plans.told("end_conversation"), "end_conversation"),
    "SpeakerAlarm": _of(alarm_plans.alarm_set, "set_alarm"),
    "SpeakerReminder": _of(alarm_plans.alarm_set, "set_alarm"),
    "SpeakerReminderIn": _of(alarm_plans.reminder_in, "set_timer"),
    "SpeakerGoodbye": _of(question_plans.told("end_conversation"), "end_conversation"),
    "HassStartTimer": _of(timer_plans.timer_set, "set_timer"),
    "HassIncreaseTimer": _of(timer_plans.timer_changed("add"), "change_timer"),
    "HassDecreaseTimer": _of(timer_plans.timer_changed("subtract"), "change_timer"),
    "HassPauseTimer": _of(timer_plans.timer_changed("pause"), "change_timer"),
    "HassUnpauseTimer": _of(timer_plans.timer_changed("resume"), "change_timer"),
    "HassCancelTimer": _of(timer_plans.timer_cancelled, "cancel_timer"),
    "HassCancelAllTimers": _of(timer_plans.timer_cancelled, "cancel_timer"),
    "HassTimerStatus": _of(timer_plans.timers_told, "list_timers"),
    "HassMediaNext": _of(media_list_plans.played("next"), "control_player", kinds=_MEDIA),
    "HassMediaPrevious": _of(media_list_plans.played("previous"), "control_player", kinds=_MEDIA),
    "HassMediaPause": _of(media_list_plans.played("pause"), "control_player", kinds=_MEDIA),
    "HassMediaUnpause": _of(media_list_plans.played("resume", "play"), "control_player", kinds=_MEDIA),
    "HassMediaPlayerMute": _of(media_list_plans.muted("mute"), "control_player", "set_volume"),
    "HassMediaPlayerUnmute": _of(media_list_plans.muted("unmute"), "control_player", "set_volume"),
    "HassSetVolume": _of(media_list_plans.loud, "set_volume", "control_player"),
    "HassSetVolumeRelative": _of(media_list_plans.louder, "set_volume", "control_player"),
    "HassShoppingListAddItem": _of(media_list_plans.listed("add_to_list"), "add_to_list"),
    "HassShoppingListCompleteItem": _of(media_list_plans.listed("remove_from_list"), "remove_from_list"),
    "HassListAddItem": _of(media_list_plans.listed("add_to_list"), "add_to_list"),
    "HassListCompleteItem": _of(media_list_plans.listed("remove_from_list"), "remove_from_list"),
    "HassListRemoveItem": _of(media_list_plans.listed("remove_from_list"), "remove_from_list"),
    "HassBroadcast": _of(media_list_plans.told_everywhere, "announce"),
    "HassVacuumStart": _of(device_plans.sent("start", "vacuum"), "control_vacuum", kinds=("vacuum",)),
    "HassVacuumReturnToBase": _of(device_plans.sent("return", "vacuum"), "control_vacuum", kinds=("vacuum",)),
    "HassLawnMowerStartMowing": _of(device_plans.sent("start", "lawn_mower"), "control_vacuum"),
    "HassLawnMowerDock": _of(device_plans.sent("return", "lawn_mower"), "control_vacuum"),
}
"""Intents that the speaker's tools can carry out; all others of the package are left aside."""

KNOWN_TOOLS: Final = frozenset(tool for served in INTENTS.values() for tool in served.tools)
"""Tools that sentences of the package are for."""


def served_intents(tools: Collection[str]) -> dict[str, frozenset[str]]:
    """The intents that these tools can carry out, with the kinds of devices that they can do it for; none: all."""
    found: dict[str, frozenset[str]] = {}
    for intent, served in INTENTS.items():
        able = [kinds for tool, kinds in served.tools.items() if tool in tools]
        if able:
            found[intent] = frozenset(kind for kinds in able for kind in kinds)
    return found


def planned(match: HomeMatch, tools: Mapping[str, ToolSchema], household: Household) -> Reply | None:
    """What to do about a sentence that was recognised; None when the tools' parameters cannot say it."""
    served = INTENTS.get(match.intent)
    return served.plan(match, tools, household) if served is not None else None
