"""How the speaker announces itself to Home Assistant, as data: one message for the device, or one for each control.

Every component here works: a control without effect would be a lie in the hub's own words. Templates take a state that
lacks what they show, since the broker may still hold the state of an older speaker: Home Assistant would log each one.
"""

from collections.abc import Sequence
from typing import Any, Final, get_args

from speaker.config.settings import Settings
from speaker.cost.budget import BudgetStep
from speaker.hub.commands import COMMANDS, LONGEST_TEXT
from speaker.hub.controls import CONTROLS
from speaker.hub.device_triggers import triggers

Json = dict[str, Any]

ORIGIN: Final = "speaker"

EVENTS: Final = ("wake", "not_for_me", "turn", "tool", "announced", "timer", "confirm", "error", "budget")
"""Types of events; Home Assistant warns of one that it was not told of."""

STATES: Final = ("idle", "listening", "processing", "responding")

_EVENT: Final = """\
{% if value_json.type | default(none) in types %}{{ dict(value_json, event_type=value_json.type) | to_json }}\
{% endif %}"""

_NEXT_DUE: Final = """\
{{ value_json.timers | default([]) | selectattr('due', 'defined') | map(attribute='due') | first | default(none) }}"""
"""What is paused is due at no time."""

_TIMERS: Final = "{{ {'timers': value_json.timers | default([])} | tojson }}"


def discovery_topic(settings: Settings) -> str:
    """Where the announcement of the device is retained."""
    return f"{settings.mqtt.discovery_prefix}/device/speaker_{settings.id}/config"


_VERSIONS: Final = """\
{% if value_json.version is defined %}{{ {'installed_version': value_json.version, \
'latest_version': value_json.newest_version | default(value_json.version)} | tojson }}{% endif %}"""
"""What Home Assistant's update entity reads: the newest version is that of the newest speaker in the house."""


def announcements(settings: Settings, version: str) -> dict[str, Json]:
    """Topic → message, in the form of the configuration."""
    match settings.mqtt.discovery:
        case "device":
            return {discovery_topic(settings): announcement(settings, version)}
        case "components":
            return _one_by_one(settings, version)
        case "off":
            return {}


def announcement(settings: Settings, version: str) -> Json:
    """The device, its origin and its components. Needs Home Assistant 2024.11 or newer."""
    return _common(settings, version) | {"cmps": _components(settings)}


def _one_by_one(settings: Settings, version: str) -> dict[str, Json]:
    """Each component with the device in its own message, as every version understands it."""
    common = _common(settings, version)
    prefix = settings.mqtt.discovery_prefix
    found: dict[str, Json] = {}
    for key, component in _components(settings).items():
        platform = component.pop("p")
        found[f"{prefix}/{platform}/speaker_{settings.id}/{key}/config"] = component | common
    return found


def _common(settings: Settings, version: str) -> Json:
    return {
        "dev": {
            "ids": [f"speaker_{settings.id}"], "name": settings.name, "mdl": "Speaker", "mf": "speaker",
            "sw": version, **({"sa": settings.room} if settings.room else {}),
            **({"cu": settings.web.address} if settings.web.address else {}),
        },
        "o": {"name": ORIGIN, "sw": version},
        "availability_topic": f"{settings.topic}/availability",
    }  # fmt: skip


def _components(settings: Settings) -> dict[str, Json]:
    components = _shown(settings.topic) | _turned(settings) | _pressed(settings.topic)
    for key, component in components.items():
        component["unique_id"] = f"speaker_{settings.id}_{key}"
        # The same in every version of Home Assistant, and whatever name and room are: newer ones put the room first.
        component["default_entity_id"] = f"{component['p']}.speaker_{str(settings.id).replace('-', '_')}_{key}"
    return components | triggers(settings.topic)


def _shown(base: str) -> dict[str, Json]:
    """What can only be looked at."""
    state = f"{base}/state"
    return {
        "conversation": _sensor("Conversation", state, "state", icon="mdi:account-voice", **_one_of(STATES)),
        "wake_word": _sensor("Last wake word", state, "wake_word", icon="mdi:ear-hearing", **_DIAGNOSTIC),
        "last_error": _sensor(
            "Last error", state, "last_error", icon="mdi:alert-circle-outline", **_DIAGNOSTIC,
            value_template=f"{{{{ (value_json.last_error | default(none) | string)[:{LONGEST_TEXT}] }}}}",
        ),
        "cost_today": _sensor("Cost today", state, "cost_today_usd", **_usd("today_began", digits=3)),
        "cost_month": _sensor("Cost this month", state, "cost_month_usd", **_usd("month_began", digits=2)),
        "budget_step": _sensor("Budget step", state, "budget_step", icon="mdi:stairs", **_one_of(get_args(BudgetStep))),
        "next_timer": _sensor(
            "Next timer", state, "timers", icon="mdi:timer-outline", device_class="timestamp", value_template=_NEXT_DUE,
            json_attributes_topic=state, json_attributes_template=_TIMERS,
        ),
        "ringing": _binary("Ringing", state, "value_json.ringing | default(false)", icon="mdi:alarm-bell"),
        "sessions": _sensor("Conversations today", state, "sessions_today", icon="mdi:counter", **_COUNTED),
        "not_for_me": _sensor("Woken for nothing today", state, "not_for_me_today", icon="mdi:sleep-off", **_COUNTED),
        "audio_asleep": _sensor(
            "Audio sent asleep", state, "audio_sent_asleep_bytes", icon="mdi:upload-off",
            device_class="data_size", unit_of_measurement="B", **_COUNTED,
        ),
        "answering": _sensor("Answered by", state, "endpoint", icon="mdi:cloud-outline", **_DIAGNOSTIC),
        "update": {
            "p": "update", "name": "Update", "icon": "mdi:package-up", "state_topic": state, "device_class": "firmware",
            "entity_category": "diagnostic", "value_template": _VERSIONS,
        },
        "version": _sensor("Version", state, "version", icon="mdi:package-variant", **_DIAGNOSTIC),
        "duplex_reason": _sensor(
            "Echo test", state, "duplex_reason", icon="mdi:waveform", **_DIAGNOSTIC,
            value_template=f"{{{{ (value_json.duplex_reason | default(none) | string)[:{LONGEST_TEXT}] }}}}",
        ),
        "in_conversation": _binary(
            "In conversation", state, "value_json.state | default('idle') != 'idle'", icon="mdi:forum"
        ),
        "event": {
            "p": "event", "name": "Event", "icon": "mdi:flash", "state_topic": f"{base}/event",
            "event_types": list(EVENTS),
            "value_template": _EVENT.replace("in types", f"in {list(EVENTS)}"),
        },
    }  # fmt: skip


def _turned(settings: Settings) -> dict[str, Json]:
    """What can be set, and shows how it is set."""
    return {
        one.component_key: {
            "p": one.kind.platform, "name": one.title, **one.kind.fields(settings), **one.more,
            "command_topic": f"{settings.topic}/command/{one.name}", "state_topic": f"{settings.topic}/state",
            "value_template": f"{{{{ {one.kind.expression(one.state_key)} }}}}",
        }
        for one in CONTROLS
    }  # fmt: skip


def _pressed(base: str) -> dict[str, Json]:
    """What is done once."""
    return {
        key: {**component, "command_topic": f"{base}/command/{command.name}", **_emptied(component["p"], base)}
        for command in COMMANDS
        for key, component in command.components.items()
    }


_DIAGNOSTIC: Final[Json] = {"entity_category": "diagnostic"}

_COUNTED: Final[Json] = {"state_class": "total_increasing", **_DIAGNOSTIC}
"""Only grows, and begins again at 0: Home Assistant takes less than before as a new beginning."""


def _emptied(platform: str, base: str) -> Json:
    """A box to type in is empty again once that was taken; else Home Assistant shows "unknown" in it at first."""
    return {"state_topic": f"{base}/state", "value_template": "{{ '' }}"} if platform == "text" else {}


def _usd(since: str, *, digits: int) -> Json:
    """A sum of money that begins again when the state's key ``since`` changes; it may be corrected, so no counter."""
    return {
        "device_class": "monetary", "unit_of_measurement": "USD", "icon": "mdi:cash", "state_class": "total",
        "last_reset_value_template": f"{{{{ value_json.{since} | default('') }}}}",
        "suggested_display_precision": digits,
    }  # fmt: skip


def _one_of(options: Sequence[str]) -> Json:
    return {"device_class": "enum", "options": list(options)}


def _sensor(name: str, topic: str, key: str, **more: object) -> Json:
    template = f"{{{{ value_json.{key} | default(none) }}}}"
    return {"p": "sensor", "name": name, "state_topic": topic, "value_template": template} | more


def _binary(name: str, topic: str, expression: str, **more: object) -> Json:
    template = f"{{{{ 'ON' if {expression} else 'OFF' }}}}"
    return {"p": "binary_sensor", "name": name, "state_topic": topic, "value_template": template} | more
