"""A tool that the hub defines: what stands in its retained message, and what makes a definition good."""

import re
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from speaker.config.validation import decode_section
from speaker.errors import NOT_JSON, ConfigError, SpeakerError, plain
from speaker.home import templates
from speaker.mqtt.topic_names import shown_topic, topic_fault
from speaker.tools.hub_schema import schema_faults

MOST_BYTES: Final = 8_192
"""Longest definition; its schema is paid for with every session."""

MOST_DESCRIBED: Final = 1_000
"""Characters of a description."""

_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,63}")

StateValue = str | int | float | bool


class ConfirmWhen(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the state has to be for the action to be confirmed; exactly one of equals, contains and in."""

    equals: StateValue | None = None
    contains: str | None = None
    in_: list[StateValue] | None = msgspec.field(default=None, name="in")
    value_template: Annotated[str, Meta(max_length=templates.MAX_TEMPLATE_CHARACTERS)] = ""
    """How the value is read from the state; empty = the payload as it stands."""

    @property
    def complete(self) -> bool:
        """Whether exactly one condition is given."""
        return [self.equals, self.contains, self.in_].count(None) == 2

    def met_by(self, payload: bytes) -> bool:
        """Whether a state says so."""
        said = templates.render_payload(self.value_template, payload).casefold()
        if self.contains is not None:
            return self.contains.casefold() in said
        wanted = self.in_ if self.in_ is not None else [self.equals]
        return bool(said) and said in {_word(one) for one in wanted}


class HubToolDefinition(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The retained message of ``<base>/tools/<name>``."""

    description: Annotated[str, Meta(min_length=1, max_length=MOST_DESCRIBED)]
    parameters: dict[str, Any] = msgspec.field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON Schema of the arguments."""
    command_topic: str
    payload: Annotated[str, Meta(max_length=templates.MAX_TEMPLATE_CHARACTERS)] = "{{ arguments | tojson }}"
    """Template of what is published; ``arguments`` is the object that the model gave."""
    state_topic: str | None = None
    confirm_when: ConfirmWhen | None = None
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 5.0
    risk: Literal["allow", "confirm", "never"] = "allow"
    respond: bool = False
    """Whether the call is published as an object with an MQTT 5 response topic, and the answer is the result."""


def read_definition(topic: str, payload: bytes) -> tuple[str, HubToolDefinition]:
    """Name and definition. Raises SpeakerError with every mistake, naming topic and field."""
    name = topic.rpartition("/")[2]
    problems = _problems(name, payload)
    if isinstance(problems, HubToolDefinition):
        return name, problems
    raise SpeakerError("; ".join(f"{shown_topic(topic)}: {plain(problem)}" for problem in problems[:5]))


def _problems(name: str, payload: bytes) -> HubToolDefinition | list[str]:
    if not _NAME.fullmatch(name):
        return [f"name: {name[:70]!r} is no tool name; a letter, then up to 63 letters, digits, _ and -"]
    if len(payload) > MOST_BYTES:
        return [f"the definition has {len(payload)} bytes; at most {MOST_BYTES} are taken"]
    try:
        document = msgspec.json.decode(payload)
    except NOT_JSON as error:
        return [f"not JSON: {error}"]
    try:
        found = decode_section(document, HubToolDefinition)
    except ConfigError as error:
        return error.problems
    except TypeError:
        return [f"{key}: missing" for key in ("description", "command_topic") if key not in document]
    return _mistakes(found) or found


def _mistakes(found: HubToolDefinition) -> list[str]:
    """What no single field shows."""
    mistakes = schema_faults(found.parameters)
    for field, topic in (("command_topic", found.command_topic), ("state_topic", found.state_topic)):
        if topic is not None and (fault := topic_fault(topic)):
            mistakes.append(f"{field}: the topic {fault}")
    if found.confirm_when is not None and not found.confirm_when.complete:
        mistakes.append("confirm_when: give exactly one of equals, contains and in")
    if (found.confirm_when is None) != (found.state_topic is None):
        mistakes.append("confirm_when and state_topic belong together")
    if found.respond and found.state_topic is not None:
        mistakes.append("respond: the answer is the result, so there is no state to wait for; leave out state_topic")
    if not templates.compiles(found.payload):
        mistakes.append("payload: the template cannot be used")
    return mistakes


def _word(value: object) -> str:
    return str(value).casefold()
