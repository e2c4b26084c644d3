"""The package for Home Assistant: plain YAML that announces on MQTT what has a label, and carries out commands.

The text stands in ``home_assistant_package.yaml`` beside this file; here its names are filled in.
"""

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Final, Literal

from speaker.errors import ConfigError

HUB_LABEL: Final = "speaker"
"""What an entity, a device or an area is labelled with in Home Assistant."""

HUB_PREFIX: Final = "speaker_hub"
"""Where it is announced: a prefix of its own, so that Home Assistant does not take its own devices for new ones."""

ASSIST_TOOL: Final = "ask_home_assistant"
"""The tool that hands a sentence to Assist."""

AssistRisk = Literal["confirm", "allow"]

_TOPIC: Final = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")

_ENTITY: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")

_KINDS: Final = {
    "light": "light", "switch": "switch", "input_boolean": "switch", "siren": "siren", "fan": "fan", "cover": "cover",
    "valve": "valve", "lock": "lock", "climate": "climate", "water_heater": "water_heater",
    "humidifier": "humidifier", "media_player": "media_player", "vacuum": "vacuum", "lawn_mower": "lawn_mower",
    "alarm_control_panel": "alarm_control_panel", "number": "number", "input_number": "number", "select": "select",
    "input_select": "select", "scene": "scene", "script": "scene", "button": "button", "input_button": "button",
    "sensor": "sensor", "binary_sensor": "binary_sensor", "person": "sensor", "device_tracker": "sensor",
    "weather": "sensor", "input_text": "sensor", "input_datetime": "sensor", "timer": "sensor", "counter": "sensor",
}  # fmt: skip
"""Home Assistant's domain: what it is announced as."""

_ONLY_BY_NAME: Final = ("number", "select", "button")
"""What a device or an area does not bring along: these are its settings for the most part."""

_SCOPE: Final = """\
{%- set label, areas, others = @LABEL@, @AREAS@, @ENTITIES@ -%}
{%- set kinds = @KINDS@ -%}
{%- set known = label_id(label) or label -%}
{%- macro mine(e) -%}
{%- set d = e.split('.')[0] -%}
{%- if d in kinds and states[e] is not none and (e in others or known in labels(e) or (d not in @ONLY_BY_NAME@
  and not is_hidden_entity(e) and (d not in ['sensor', 'binary_sensor'] or state_attr(e, 'device_class'))
  and ((device_id(e) and known in labels(device_id(e))) or (area_id(e) and known in labels(area_id(e))))))
  and (not areas or area_name(e) in areas or area_id(e) in areas)
  and state_attr(e, 'mode') != 'password' and e not in integration_entities('mqtt') -%}1{%- endif -%}
{%- endmacro -%}"""

_OFFER: Final = """
  - id: @ID@_assist
    alias: "@NAME@: Assist"
    description: @DESCRIPTION@
    mode: parallel
    triggers:
      - {trigger: homeassistant, event: start, id: offer}
      - {trigger: mqtt, topic: "@BIRTH@", payload: online, id: offer}
      - {trigger: event, event_type: automation_reloaded, id: offer}
@ASKED@    actions:
      - if: "{{ trigger.id == 'offer' }}"
        then:
          - action: mqtt.publish
            data:
              topic: "@BASE@/tools/@TOOL@"
              retain: true
              payload: @DEFINITION@
"""

_ASKED: Final = '      - {trigger: mqtt, topic: "@PREFIX@/assist"}\n'

_ANSWER: Final = """\
        else:
          - variables: {speaker: "{{ trigger.payload_json.speaker }}", call: "{{ trigger.payload_json.call_id }}"}
          - condition: template
            value_template: "{{ (speaker ~ call) is match('^[A-Za-z0-9_-]+$') }}"
          - action: conversation.process
            data: {text: "{{ trigger.payload_json.arguments.sentence }}"}
            response_variable: answer
            continue_on_error: true
          - action: mqtt.publish
            data:
              topic: "@BASE@/{{ speaker }}/answer/{{ call }}"
              payload: "{{ answer.response.speech.plain.speech | default('Assist did not answer.') }}"
"""


def home_assistant_package(
    prefix: str = HUB_PREFIX,
    label: str = HUB_LABEL,
    areas: Sequence[str] = (),
    *,
    entities: Sequence[str] = (),
    base: str = "speaker",
    hub: str = "homeassistant",
    assist: AssistRisk | None = None,
) -> str:
    """The package as YAML.

    ``areas``: only what is in these; none: everywhere. ``entities`` come along without a label, since those without an
    id of their own take none. ``base`` is that of the speakers' topics, ``hub`` the prefix under which Home Assistant
    itself says that it is there. ``assist``: the risk of the tool that asks Assist; None: there is no such tool.
    Raises ConfigError for a prefix that is no plain topic or is Home Assistant's own.
    """
    if not _TOPIC.fullmatch(prefix):
        raise ConfigError([f"--prefix: {prefix!r} is no plain topic; use letters, digits, _, - and /"])
    if prefix in {hub, base}:
        raise ConfigError([f"--prefix: {prefix!r} is in use already; what this file announces needs one of its own"])
    if not label.strip():
        raise ConfigError(["--label: empty; name the label that marks what the speakers may use"])
    if strange := [one for one in entities if not _ENTITY.fullmatch(one)]:
        raise ConfigError([f"--entity: {one!r} is no entity; one looks like media_player.radio" for one in strange])
    identity = prefix.replace("/", "_").replace("-", "_").lower()
    template = files("speaker.hub").joinpath("home_assistant_package.yaml").read_text(encoding="utf-8")
    names = {
        "SCOPE": _SCOPE, "ASSIST": _assist(assist), "LABEL": _jinja(label.strip()),
        "AREAS": _jinja([one.strip() for one in areas if one.strip()]), "ENTITIES": _jinja(list(entities)),
        "KINDS": _jinja(_KINDS), "ONLY_BY_NAME": _jinja(_ONLY_BY_NAME),
        "PREFIX": prefix, "BASE": base, "BIRTH": f"{hub}/status",
        "ID": identity, "NAME": identity.replace("_", " ").capitalize(), "TOOL": ASSIST_TOOL,
    }  # fmt: skip
    for name, value in names.items():
        template = _filled(template, f"@{name}@", value)
    return template


def _jinja(value: object) -> str:
    """A value as a literal of a template: JSON's is one but for what it cannot hold here."""
    return json.dumps(value, ensure_ascii=True)


def _filled(text: str, mark: str, value: str) -> str:
    """The text with the value in place of a mark; lines after its first are indented as the mark is."""
    lines = []
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        lines.append(line.replace(mark, value.replace("\n", f"\n{indent}") if line.strip() == mark else value))
    return "\n".join(lines)


def _assist(risk: AssistRisk | None) -> str:
    """The automation that offers the tool and answers its calls; without a risk, one that takes the tool away."""
    if risk is None:
        offer = _OFFER.replace(
            "@DESCRIPTION@", "The speakers do not ask Assist; a tool that was offered is taken back."
        )
        return offer.replace("@ASKED@", "").replace("@DEFINITION@", '""')
    definition = {
        "description": "Hand a request about the house to Home Assistant, in one whole sentence, when no other tool "
        "can do it. It returns Home Assistant's answer.",
        "parameters": {
            "type": "object",
            "properties": {"sentence": {"type": "string", "description": "The request, as a person says it"}},
            "required": ["sentence"],
        },
        "command_topic": "@PREFIX@/assist",
        "respond": True,
        "timeout_s": 15,
        "risk": risk,
    }
    offer = _OFFER.replace("@DESCRIPTION@", "Offers the speakers a tool that hands a sentence to Assist.")
    payload = "'" + json.dumps(definition).replace("'", "''") + "'"
    return offer.replace("@ASKED@", _ASKED).replace("@DEFINITION@", payload) + _ANSWER
