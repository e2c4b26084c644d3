"""How the speaker announces itself to Home Assistant, as data: one message for the device, or one for each control.

Every component here works: a control without effect would be a lie in the hub's own words. Templates take a state that
lacks what they show, since the broker may still hold the state of an older speaker: Home Assistant would log each one.
"""

from collections.abc import Sequence
from typing import Any, Final, get_args

from speaker.config.settings import Settings
from speaker.cost.budget import MOST_RAISED_USD, BudgetStep

Json = dict[str, Any]

ORIGIN: Final = "speaker"

LONGEST_STATE: Final = 255
"""Characters of a state that Home Assistant takes; it drops a longer one."""

EVENTS: Final = ("wake", "not_for_me", "turn", "tool", "announced", "timer", "confirm", "error", "budget")
"""Types of events; Home Assistant warns of one that it was not told of."""

DUPLEX: Final = ("auto", "full", "wake", "half")
ENDPOINTS: Final = ("auto", "cloud", "offline")

STATES: Final = ("idle", "listening", "processing", "responding")

_EVENT: Final = """\
{% if value_json.type | default(none) in types %}{{ dict(value_json, event_type=value_json.type) | to_json }}\
{% endif %}"""


def discovery_topic(settings: Settings) -> str:
    """Where the announcement of the device is retained."""
    return f"{settings.mqtt.discovery_prefix}/device/speaker_{settings.id}/config"


def announcements(settings: Settings, version: str, words: Sequence[str]) -> dict[str, Json]:
    """Topic → message, in the form of the configuration; ``words``: the wake words to choose from."""
    match settings.mqtt.discovery:
        case "device":
            return {discovery_topic(settings): announcement(settings, version, words)}
        case "components":
            return _one_by_one(settings, version, words)
        case "off":
            return {}


def announcement(settings: Settings, version: str, words: Sequence[str]) -> Json:
    """The device, its origin and its components. Needs Home Assistant 2024.11 or newer."""
    return _common(settings, version) | {"cmps": _components(settings, words)}


def _one_by_one(settings: Settings, version: str, words: Sequence[str]) -> dict[str, Json]:
    """Each component with the device in its own message, as every version understands it."""
    common = _common(settings, version)
    prefix = settings.mqtt.discovery_prefix
    found: dict[str, Json] = {}
    for key, component in _components(settings, words).items():
        platform = component.pop("p")
        found[f"{prefix}/{platform}/speaker_{settings.id}/{key}/config"] = component | common
    return found


def _common(settings: Settings, version: str) -> Json:
    return {
        "dev": {
            "ids": [f"speaker_{settings.id}"], "name": settings.name, "mdl": "Speaker", "mf": "speaker",
            "sw": version, **({"sa": settings.room} if settings.room else {}),
        },
        "o": {"name": ORIGIN, "sw": version},
        "availability_topic": f"{settings.topic}/availability",
    }  # fmt: skip


def _components(settings: Settings, words: Sequence[str]) -> dict[str, Json]:
    components = _shown(settings.topic) | _turned(settings.topic, words) | _pressed(settings.topic)
    for key, component in components.items():
        component["unique_id"] = f"speaker_{settings.id}_{key}"
        # The same in every version of Home Assistant, and whatever name and room are: newer ones put the room first.
        component["default_entity_id"] = f"{component['p']}.speaker_{str(settings.id).replace('-', '_')}_{key}"
    return components


def _shown(base: str) -> dict[str, Json]:
    """What can only be looked at."""
    state = f"{base}/state"
    return {
        "conversation": _sensor("Conversation", state, "state", icon="mdi:account-voice", **_one_of(STATES)),
        "wake_word": _sensor("Last wake word", state, "wake_word", icon="mdi:ear-hearing"),
        "last_error": _sensor(
            "Last error", state, "last_error", entity_category="diagnostic",
            value_template=f"{{{{ (value_json.last_error | default(none) | string)[:{LONGEST_STATE}] }}}}",
        ),
        "cost_today": _sensor("Cost today", state, "cost_today_usd", **_USD),
        "cost_month": _sensor("Cost this month", state, "cost_month_usd", **_USD),
        "budget_step": _sensor("Budget step", state, "budget_step", icon="mdi:stairs", **_one_of(get_args(BudgetStep))),
        "audio_asleep": _sensor(
            "Audio sent asleep", state, "audio_sent_asleep_bytes",
            device_class="data_size", unit_of_measurement="B", entity_category="diagnostic",
        ),
        "answering": _sensor("Answered by", state, "endpoint", entity_category="diagnostic"),
        "duplex_reason": _sensor(
            "Echo test", state, "duplex_reason", entity_category="diagnostic",
            value_template=f"{{{{ (value_json.duplex_reason | default(none) | string)[:{LONGEST_STATE}] }}}}",
        ),
        "in_conversation": {
            "p": "binary_sensor", "name": "In conversation", "icon": "mdi:forum",
            "state_topic": state,
            "value_template": "{{ 'OFF' if value_json.state | default('idle') == 'idle' else 'ON' }}",
        },
        "event": {
            "p": "event", "name": "Event", "state_topic": f"{base}/event", "event_types": list(EVENTS),
            "value_template": _EVENT.replace("in types", f"in {list(EVENTS)}"),
        },
    }  # fmt: skip


def _turned(base: str, words: Sequence[str]) -> dict[str, Json]:
    """What can be set, and shows how it is set."""
    return {
        "mute": {
            "p": "switch", "name": "Microphone mute", "icon": "mdi:microphone-off",
            **_both(base, "mute", "'ON' if value_json.muted | default(false) else 'OFF'"),
        },
        "volume": _number("Volume", base, "volume", "volume", most=100, unit="%"),
        "announcement_volume": _number(
            "Announcement volume", base, "announcement_volume", "announcement_volume", most=100, unit="%"
        ),
        "threshold": _number("Wake word threshold", base, "threshold", "threshold", most=1, step=0.01, config=True),
        "follow_up": _number("Follow-up", base, "follow_up", "follow_up_s", least=1, most=60, unit="s", config=True),
        "budget": _number(
            "More budget today", base, "budget", "budget_raised_usd", most=MOST_RAISED_USD, step=0.1, unit="USD",
            config=True,
        ) | {"mode": "box"},
        "choose_wake_word": _select("Wake word", base, "wake_word", words),
        "choose_duplex": _select("Interruption", base, "duplex", DUPLEX),
        "choose_endpoint": _select("Who answers", base, "endpoint", ENDPOINTS),
    }  # fmt: skip


def _pressed(base: str) -> dict[str, Json]:
    """What is done once."""
    buttons = {
        "wake": ("Wake", "wake", ""), "stop": ("Stop", "stop", ""), "test": ("Test", "test", ""),
        "yes": ("Yes", "confirm", "yes"), "no": ("No", "confirm", "no"),
    }  # fmt: skip
    found: dict[str, Json] = {
        key: {"p": "button", "name": name, "command_topic": f"{base}/command/{verb}", "payload_press": payload}
        for key, (name, verb, payload) in buttons.items()
    }
    found["test"]["entity_category"] = "diagnostic"
    found["say"] = {"p": "notify", "name": "Say", "command_topic": f"{base}/command/say"}
    found["ask"] = {
        "p": "text", "name": "Ask", "command_topic": f"{base}/command/ask", "min": 1, "max": LONGEST_STATE,
        "icon": "mdi:message-question",
    }  # fmt: skip
    return found


_USD: Final[Json] = {
    "device_class": "monetary", "unit_of_measurement": "USD", "icon": "mdi:cash", "suggested_display_precision": 4,
}  # fmt: skip


def _one_of(options: Sequence[str]) -> Json:
    return {"device_class": "enum", "options": list(options)}


def _sensor(name: str, topic: str, key: str, **more: object) -> Json:
    template = f"{{{{ value_json.{key} | default(none) }}}}"
    return {"p": "sensor", "name": name, "state_topic": topic, "value_template": template} | more


def _both(base: str, verb: str, expression: str) -> Json:
    """Where a control is set, and where it shows how it is set."""
    return {
        "command_topic": f"{base}/command/{verb}", "state_topic": f"{base}/state",
        "value_template": f"{{{{ {expression} }}}}",
    }  # fmt: skip


def _number(
    name: str, base: str, verb: str, key: str, *, most: float, least: float = 0, step: float = 1, unit: str = "",
    config: bool = False,
) -> Json:  # fmt: skip
    return {
        "p": "number", "name": name, "min": least, "max": most, "step": step,
        **_both(base, verb, f"value_json.{key} | default(none)"),
        **({"unit_of_measurement": unit} if unit else {}), **({"entity_category": "config"} if config else {}),
    }  # fmt: skip


def _select(name: str, base: str, verb: str, options: Sequence[str]) -> Json:
    return {
        "p": "select", "name": name, "options": list(options), "entity_category": "config",
        **_both(base, verb, f"(value_json.chosen | default({{}})).{verb} | default(none)"),
    }  # fmt: skip
