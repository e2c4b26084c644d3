"""Documents that are generated from the code: config.yaml and the tables in the README.

``python -m tests.documents`` writes them; a test fails when they are stale.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, get_type_hints

import msgspec
import yaml
from msgspec import NODEFAULT, Struct

from speaker.config import settings as settings_module
from speaker.config.settings import Section, Settings, ToolSettings
from speaker.conversation.state_machine import POSTURES, TABLE, WHILE_SPEAKING, State
from speaker.hub.topics import TOPICS
from speaker.tools import registry

ROOT: Final = Path(__file__).parent.parent
CONFIG: Final = ROOT / "config.yaml"
README: Final = ROOT / "README.md"

WIDTH: Final = 100


@cache
def docs() -> dict[str, dict[str, str]]:
    """Class → field → the text under it, on one line."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(settings_module)).body:
        if not isinstance(node, ast.ClassDef):
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
        "# Secrets never stand here: they are the credentials openai_api_key and mqtt_password.",
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


TABLES: Final = {"states": states_table, "config": config_table, "topics": topics_table, "tools": tools_table}


def readme(text: str) -> str:
    """The README with fresh tables between its markers."""
    for name, table in TABLES.items():
        pattern = re.compile(rf"(<!-- {name}: generated -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        found = pattern.findall(text)
        if len(found) != 1:
            raise SystemExit(f"README.md: the markers of the table {name!r} stand there {len(found)} times, not once")
        begin, end = found[0]
        fresh = f"{begin}{table()}\n{end}".replace("\\", r"\\")
        text = pattern.sub(fresh, text)
    return text


if __name__ == "__main__":
    CONFIG.write_text(config_yaml())
    README.write_text(readme(README.read_text()))
