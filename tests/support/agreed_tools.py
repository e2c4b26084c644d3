"""The schemas of the tools that understanding is written for, as far as it fills them."""

from collections.abc import Sequence
from typing import Any, Final

TEXT, WHOLE, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}


def words(*choices: str) -> dict[str, object]:
    """A parameter that is one of these words."""
    return {"enum": list(choices)}


def definition(name: str, description: str = "", required: str = "", /, **properties: object) -> dict[str, Any]:
    """An entry of ``session.tools``."""
    parameters = {"type": "object", "properties": properties, "required": required.split()}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


_ALL: Final = {"type": "string", "description": "Its name, or 'all'"}
_PLAYER_ACTIONS: Final = ("play", "pause", "resume", "stop", "next", "previous", "mute", "unmute", "on", "off")

AGREED_TOOLS: Final[Sequence[dict[str, Any]]] = (
    definition(
        "set_light", "Switch, dim or colour lights; without light and room, those here.",
        light=_ALL, room=TEXT, on=FLAG, brightness=WHOLE, change=WHOLE, color=TEXT, kelvin=WHOLE, effect=TEXT, but=TEXT,
    ),
    definition("set_switch", "Switch one socket.", "name on", name=TEXT, on=FLAG, room=TEXT, but=TEXT),
    definition(
        "set_cover", "Open or close covers; without cover and room, those here.",
        cover=_ALL, room=TEXT, action=words("open", "close", "stop", "tilt"), position=WHOLE, but=TEXT,
    ),
    definition("set_lock", "", "action", action=words("lock", "unlock", "open"), lock=_ALL, but=TEXT),
    definition("set_fan", "", fan=TEXT, room=TEXT, on=FLAG, speed=WHOLE, change=WHOLE, mode=TEXT),
    definition("set_humidifier", "", humidifier=TEXT, room=TEXT, on=FLAG, humidity=WHOLE, mode=TEXT),
    definition(
        "set_temperature", "Set the heating of a room, or here.",
        degrees=NUMBER, room=TEXT, thermostat=TEXT, change=NUMBER, mode=TEXT, humidity=WHOLE,
    ),
    definition("get_temperature", "", room=TEXT),
    definition("find_devices", "", room=TEXT, kind=TEXT, name=TEXT, state=TEXT),
    definition("read_device", "", "name", name=TEXT, room=TEXT),
    definition("activate_scene", "", "scene", scene=TEXT),
    definition("press_button", "", "button", button=TEXT, room=TEXT),
    definition("control_vacuum", "", action=words("start", "stop", "pause", "return", "locate", "spot"), vacuum=TEXT),
    definition(
        "control_player", "", player=TEXT, room=TEXT, action=words(*_PLAYER_ACTIONS), volume=WHOLE, change=WHOLE
    ),
    definition("set_volume", "", percent=WHOLE, change=WHOLE, muted=FLAG),
    definition("get_weather"),
    definition("get_time"),
    definition("set_timer", "", minutes=NUMBER, seconds=NUMBER, hours=NUMBER, name=TEXT, message=TEXT),
    definition(
        "change_timer", "", "action",
        action=words("add", "subtract", "pause", "resume"), name=TEXT, minutes=NUMBER, seconds=NUMBER, hours=NUMBER,
    ),
    definition("list_timers", "", name=TEXT),
    definition("cancel_timer", "", name=TEXT, but=TEXT),
    definition("set_alarm", "", time=TEXT, day=TEXT, repeat=TEXT, name=TEXT, message=TEXT, minutes=NUMBER),
    definition("snooze", "", minutes=NUMBER),
    definition("add_to_list", "", "items", items=TEXTS, list=TEXT),
    definition("remove_from_list", "", "items", items=TEXTS, list=TEXT),
    definition("check_list", "", "item", item=TEXT, list=TEXT),
    definition("read_list", "", list=TEXT),
    definition("announce", "", "message", message=TEXT, where=TEXT),
    definition("list_speakers"),
    definition(
        "do_later", "", "tool arguments",
        tool=TEXT, arguments={"type": "object"}, minutes=NUMBER, seconds=NUMBER, hours=NUMBER,
    ),
    definition("end_conversation"),
)  # fmt: skip
