"""What Home Assistant offers as the beginning of an automation, on the page of the device: each follows an event."""

from typing import Any, Final

Json = dict[str, Any]

TRIGGERS: Final[dict[str, tuple[str, str, str]]] = {
    "woken": ("wake word", "heard", "wake"),
    "turn_ended": ("conversation", "ended", "turn"),
    "woken_for_nothing": ("wake word", "heard in vain", "not_for_me"),
    "announced": ("announcement", "ended", "announced"),
    "tool_ran": ("tool", "ran", "tool"),
    "asks": ("something risky", "is asked about", "confirm asked"),
    "answered": ("something risky", "was answered", "confirm answered"),
    "timer_set": ("timer", "set", "timer set"),
    "timer_rings": ("timer", "rings", "timer rings"),
    "timer_stopped": ("timer", "stopped by somebody", "timer stopped"),
    "timer_cancelled": ("timer", "cancelled", "timer cancelled"),
    "budget": ("budget", "reached a share", "budget"),
    "trouble": ("speaker", "has an error", "error"),
}
"""Key → of what (Home Assistant's subtype), what happens to it (its type), and what the template below makes of the
event. Home Assistant shows `"timer" rings`, and an automation keeps type and subtype: they never change."""

_HAPPENED: Final = """\
{{ value_json.type | default('') }}\
{{ ' ' ~ value_json.what if value_json.what is defined else '' }}\
{% if value_json.type | default('') == 'confirm' %}\
{{ ' answered' if value_json.answer is defined else ' asked' }}{% endif %}"""


def triggers(base: str) -> dict[str, Json]:
    """Key → the announcement of one, for a speaker whose topics begin with ``base``."""
    return {
        f"on_{key}": {
            "p": "device_automation", "automation_type": "trigger", "type": what, "subtype": of,
            "topic": f"{base}/event", "value_template": _HAPPENED, "payload": happened,
        }
        for key, (of, what, happened) in TRIGGERS.items()
    }  # fmt: skip
