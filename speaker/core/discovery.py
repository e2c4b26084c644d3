"""How the speaker announces itself to Home Assistant: one device message, as data.

Every component here works: a control without effect would be a lie in the hub's own words.
"""

from typing import Any, Final

from speaker.core.budget import MOST_RAISED_USD
from speaker.core.settings import Settings

Json = dict[str, Any]

ORIGIN: Final = "speaker"

LONGEST_STATE: Final = 255
"""Characters of a state that Home Assistant takes; it drops a longer one."""


def discovery_topic(settings: Settings) -> str:
    """Where the announcement is retained."""
    return f"{settings.mqtt.discovery_prefix}/device/speaker_{settings.id}/config"


def announcement(settings: Settings, version: str) -> Json:
    """The device, its origin and its components. Needs Home Assistant 2024.11 or newer."""
    base = settings.topic
    components: dict[str, Json] = {
        "conversation": _sensor("Conversation", f"{base}/state", "state", icon="mdi:account-voice"),
        "last_error": _sensor(
            "Last error", f"{base}/state", "last_error", entity_category="diagnostic",
            value_template=f"{{{{ (value_json.last_error | string)[:{LONGEST_STATE}] }}}}",
        ),
        "cost_today": _sensor("Cost today", f"{base}/state", "cost_today_usd", unit_of_measurement="USD"),
        "cost_month": _sensor("Cost this month", f"{base}/state", "cost_month_usd", unit_of_measurement="USD"),
        "budget_step": _sensor("Budget step", f"{base}/state", "budget_step", icon="mdi:stairs"),
        "budget": {
            "p": "number", "name": "More budget today", "min": 0, "max": MOST_RAISED_USD, "step": 0.1, "mode": "box",
            "unit_of_measurement": "USD", "entity_category": "config",
            "state_topic": f"{base}/state", "value_template": "{{ value_json.budget_raised_usd }}",
            "command_topic": f"{base}/command/budget",
        },
        "audio_asleep": _sensor(
            "Audio sent asleep", f"{base}/state", "audio_sent_asleep_bytes",
            unit_of_measurement="B", entity_category="diagnostic",
        ),
        "mute": {
            "p": "switch", "name": "Microphone mute", "icon": "mdi:microphone-off",
            "state_topic": f"{base}/state", "value_template": "{{ 'ON' if value_json.muted else 'OFF' }}",
            "command_topic": f"{base}/command/mute",
        },
        "volume": {
            "p": "number", "name": "Volume", "min": 0, "max": 100, "unit_of_measurement": "%",
            "state_topic": f"{base}/state", "value_template": "{{ value_json.volume }}",
            "command_topic": f"{base}/command/volume",
        },
        "threshold": {
            "p": "number", "name": "Wake word threshold", "min": 0, "max": 1, "step": 0.01,
            "entity_category": "config",
            "state_topic": f"{base}/state", "value_template": "{{ value_json.threshold }}",
            "command_topic": f"{base}/command/threshold",
        },
        "wake": {"p": "button", "name": "Wake", "command_topic": f"{base}/command/wake", "payload_press": ""},
        "stop": {"p": "button", "name": "Stop", "command_topic": f"{base}/command/stop", "payload_press": ""},
    }  # fmt: skip
    for key, component in components.items():
        component["unique_id"] = f"speaker_{settings.id}_{key}"
    return {
        "dev": {
            "ids": [f"speaker_{settings.id}"], "name": settings.name, "mdl": "Speaker", "mf": "speaker",
            "sw": version, **({"sa": settings.room} if settings.room else {}),
        },
        "o": {"name": ORIGIN, "sw": version},
        "availability_topic": f"{base}/availability",
        "cmps": components,
    }  # fmt: skip


def _sensor(name: str, topic: str, key: str, **more: str) -> Json:
    return {"p": "sensor", "name": name, "state_topic": topic, "value_template": f"{{{{ value_json.{key} }}}}"} | more
