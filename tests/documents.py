"""Documents that are generated from the code: config.yaml, and tables and a diagram in the pages.

``python -m tests.documents`` writes them; a test fails when they are stale. A page marks each place with two comments,
``<!-- name: generated -->`` and ``<!-- end of name -->``; ``BLOCKS`` says which of them stand in which page.
"""

import argparse
import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, get_type_hints

import msgspec
import yaml
from msgspec import NODEFAULT, Struct

from speaker.cli.parser import build_parser
from speaker.config import audio_settings, turn_detection, web_settings
from speaker.config import settings as settings_module
from speaker.config.loading import load_settings
from speaker.config.section import Section
from speaker.config.settings import Settings, ToolSettings
from speaker.conversation.state_machine import TABLE
from speaker.conversation.states import POSTURES, WHILE_SPEAKING, State
from speaker.hub.device_triggers import TRIGGERS
from speaker.hub.own_discovery import announcement
from speaker.hub.topics import TOPICS
from speaker.realtime.services import SERVICES
from speaker.tools import registry
from tests.card_rows import cards_table
from tests.faults import faults_table

ROOT: Final = Path(__file__).parent.parent
CONFIG: Final = ROOT / "config.yaml"
README: Final = ROOT / "README.md"
PAGES: Final = (README, *sorted((ROOT / "docs").glob("*.md")))
"""Every page that people read."""

WIDTH: Final = 100

PROTOCOL: Final = frozenset({"ServerVad", "SemanticVad"})
"""Structs of the protocol, whose keys the configuration explains where it allows them."""


@cache
def docs() -> dict[str, dict[str, str]]:
    """Class → field → the text under it, on one line."""
    found: dict[str, dict[str, str]] = {}
    nodes = [
        node
        for module in (turn_detection, audio_settings, web_settings, settings_module)
        for node in ast.parse(inspect.getsource(module)).body
    ]
    for node in nodes:
        if not isinstance(node, ast.ClassDef) or node.name in PROTOCOL:
            continue
        fields = found.setdefault(node.name, {"": " ".join((ast.get_docstring(node) or "").split())})
        for one, after in zip(node.body, [*node.body[1:], None], strict=True):
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                text = (
                    after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
                )
                fields[one.target.id] = " ".join(str(text).split())
    return found


def default_of(one: msgspec.structs.FieldInfo) -> Any:
    """A field's default as plain data."""
    value = one.default_factory() if one.default is NODEFAULT else one.default
    return msgspec.to_builtins(value)


def sections(kind: type[Struct] = Settings, path: str = "") -> Iterator[tuple[type[Struct], str]]:
    """Every section with its path, the root first."""
    yield kind, path
    for one in msgspec.structs.fields(kind):
        inner = get_type_hints(kind)[one.name]
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from sections(inner, f"{path}{one.encode_name}.")


def config_yaml() -> str:
    """config.yaml: every key with its default and its reason."""
    lines = [
        "# Every key with its default. An empty file means the same as this one.",
        "# Secrets never stand here: they are the credentials openai_api_key, mqtt_password and web_token.",
        "",
    ]
    for one in msgspec.structs.fields(Settings):
        inner = get_type_hints(Settings)[one.name]
        if isinstance(inner, type) and issubclass(inner, Section):
            lines += ["", f"# {docs()[inner.__name__]['']}", f"{one.encode_name}:"]
            for key in msgspec.structs.fields(inner):
                lines += _key(inner, key, "  ")
        else:
            lines += _key(Settings, one, "")
    return "\n".join(lines) + "\n"


def _key(kind: type[Struct], one: msgspec.structs.FieldInfo, indent: str) -> Iterator[str]:
    comment = docs()[kind.__name__][one.name]
    for line in textwrap.wrap(comment, WIDTH - len(indent) - 2):
        yield f"{indent}# {line}"
    yield from textwrap.indent(_yaml(one.encode_name, default_of(one)), indent).splitlines()


def _yaml(key: str, value: Any) -> str:
    if isinstance(value, str) and len(value) > WIDTH:
        return f"{key}: >-\n" + textwrap.indent(textwrap.fill(value, WIDTH - 4), "  ")
    if isinstance(value, dict) and value and all(isinstance(one, dict) for one in value.values()):
        rows = "\n".join(f"  {name}: {_flow(row)}" for name, row in value.items())
        return f"{key}:\n{rows}"
    return f"{key}: {_flow(value)}"


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return text.removesuffix("...\n").strip()


def states_table() -> str:
    """What each state declares, and where events lead."""
    rows = ["| state | microphone goes to | session | shown to the hub |", "|---|---|---|---|"]
    for state in State:
        posture = POSTURES[state]
        microphone = posture.microphone.value
        if state is State.SPEAKING:
            microphone = ", ".join(f"{one.value} ({mode})" for mode, one in WHILE_SPEAKING.items())
        rows.append(f"| {state.name} | {microphone} | {'open' if posture.session else 'closed'} | {posture.hub} |")
    rows += ["", "| state | event | next |", "|---|---|---|"]
    rows += [f"| {state.name} | {_words(event.__name__)} | {target.name} |" for (state, event), target in TABLE.items()]
    return "\n".join(rows)


def _words(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r" \1", name).lower()


def config_table() -> str:
    """Every key, its default and what it means."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for kind, path in sections():
        for one in msgspec.structs.fields(kind):
            inner = get_type_hints(kind)[one.name]
            if isinstance(inner, type) and issubclass(inner, Section):
                continue
            default = _flow(default_of(one)).replace("|", "\\|")
            shown = f"`{default}`" if len(default) <= 60 else "see config.yaml"
            rows.append(f"| `{path}{one.encode_name}` | {shown} | {docs()[kind.__name__][one.name]} |")
    return "\n".join(rows)


def topics_table() -> str:
    """Every topic."""
    rows = ["| topic | direction | retained | QoS | payload |", "|---|---|---|---|---|"]
    rows += [f"| `{topic}` | {way} | {kept} | {qos} | {payload} |" for topic, way, kept, qos, payload in TOPICS]
    return "\n".join(rows)


def tools_table() -> str:
    """The bundled tools."""
    tools, _ = registry.find([registry.bundled()])
    belt = registry.ToolRegistry(tools, ToolSettings())
    rows = ["| tool | parameters | risk | what it does |", "|---|---|---|---|"]
    for tool in belt.tools:
        parameters = ", ".join(f"`{name}`" for name in tool.parameters.get("properties", {})) or "-"
        what = " ".join(tool.description.split("\n\n")[0].split())
        rows.append(f"| `{tool.name}` | {parameters} | {belt.risk(tool)} | {what} |")
    return "\n".join(rows)


def states_diagram() -> str:
    """The state machine as a picture: one arrow for all events that lead from one state to another."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, event), target in TABLE.items():
        arrows.setdefault((state, target), []).append(_words(event.__name__))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.ASLEEP.name}"]
    lines += [f"    {state.name} --> {target.name} : {', '.join(names)}" for (state, target), names in arrows.items()]
    return "\n".join([*lines, "```"])


def entities_table() -> str:
    """What Home Assistant shows of a speaker whose id is kitchen."""
    rows = ["| entity | name | group | command |", "|---|---|---|---|"]
    for one in announcement(load_settings({"id": "kitchen"}, "pi"), "1")["cmps"].values():
        if "default_entity_id" not in one:
            continue  # a trigger
        group = {"config": "configuration", "diagnostic": "diagnostic"}.get(one.get("entity_category", ""), "")
        verb = one.get("command_topic", "").rpartition("/")[2]
        payload = one.get("payload_press")
        command = f"`{verb}`{f' with `{payload}`' if payload else ''}" if verb else ""
        rows.append(f"| `{one['default_entity_id']}` | {one['name']} | {group} | {command} |")
    return "\n".join(rows)


def triggers_table() -> str:
    """What Home Assistant offers as the beginning of an automation."""
    rows = ["| Home Assistant shows | type | subtype |", "|---|---|---|"]
    rows += [f'| "{of}" {what} | `{what}` | `{of}` |' for of, what, _ in TRIGGERS.values()]
    return "\n".join(rows)


def commands() -> dict[str, argparse.ArgumentParser]:
    """Name → parser of every command of the command line."""
    (found,) = [one for one in build_parser()._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(found.choices)


def commands_table() -> str:
    """Every command with its arguments and what it is for."""
    rows = ["| command | what it does |", "|---|---|"]
    for name, parser in commands().items():
        shown = " ".join([f"speaker {name}", *(_argument(one) for one in parser._actions if one.dest != "help")])
        rows.append(f"| `{shown}` | {parser.description} |")
    return "\n".join(rows)


def _argument(one: argparse.Action) -> str:
    """An argument as it is written, in brackets when it may be left out."""
    if isinstance(one, argparse._SubParsersAction):
        return "\\|".join(one.choices)
    value = "" if one.nargs == 0 else str(one.metavar or one.dest.upper()).replace("|", "\\|")
    shown = " ".join(filter(None, [*one.option_strings[-1:], value]))
    optional = not one.required if one.option_strings else one.nargs in {"?", "*"}
    return f"[{shown}{' …' if one.nargs == '*' else ''}]" if optional else shown


def services_table() -> str:
    """The profiles of the Realtime services."""
    rows = ["| `session.service` | known by its host | the key goes into | the model goes into | greets with |"]
    rows += ["|---|---|---|---|---|"]
    for one in SERVICES.values():
        hosts = ", ".join(f"`{host}`" for host in one.hosts) or "any other"
        models = " or ".join(f"`?{key}=`" for key in dict.fromkeys(one.model_in.values()))
        greetings = " or ".join(f"`{event}`" for event in sorted(one.greetings, reverse=True))
        key = f"`{one.key_header}: {one.key_prefix}…`"
        rows.append(f"| `{one.name}` | {hosts} | {key} | {models} | {greetings} |")
    return "\n".join(rows)


def example(name: str) -> str:
    """A file of docs/examples as a block of code."""
    language = {".py": "python", ".json": "json"}[Path(name).suffix]
    return f"```{language}\n{(ROOT / 'docs' / 'examples' / name).read_text()}```"


BLOCKS: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "docs/architecture.md": {"diagram": states_diagram, "states": states_table},
    "docs/configuration.md": {"commands": commands_table, "config": config_table},
    "docs/home-assistant.md": {"entities": entities_table, "triggers": triggers_table},
    "docs/mqtt.md": {"topics": topics_table},
    "docs/reliability.md": {"faults": faults_table},
    "docs/sound.md": {"cards": cards_table},
    "docs/services.md": {"services": services_table},
    "docs/tools.md": {
        "tools": tools_table,
        "good_night": partial(example, "good_night.py"),
        "start_vacuum": partial(example, "start_vacuum.json"),
    },
}
"""Page → its generated blocks."""


def refreshed(page: Path) -> str:
    """A page with fresh blocks between its markers. Exits with a sentence when markers are missing or not known."""
    text, name = page.read_text(), page.relative_to(ROOT).as_posix()
    blocks = BLOCKS.get(name, {})
    marked = re.findall(r"^<!-- (\w+): generated -->$", text, re.MULTILINE)
    if sorted(marked) != sorted(blocks):
        raise SystemExit(f"{name}: marks the blocks {sorted(marked)}, and tests/documents.py has {sorted(blocks)}")
    for block, write in blocks.items():
        begin, end = f"<!-- {block}: generated -->\n", f"<!-- end of {block} -->"
        before, _, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not closed:
            raise SystemExit(f"{name}: the block {block!r} has no end: {end}")
        text = f"{before}{begin}{write()}\n{end}{after}"
    return text


if __name__ == "__main__":
    CONFIG.write_text(config_yaml())
    for one in PAGES:
        one.write_text(refreshed(one))
