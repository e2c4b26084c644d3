"""What a session offers: the bundled tools as they are, and definitions of strange ones."""

from collections.abc import Sequence
from typing import Any, Final

from speaker.tools import registry

TEXT, WHOLE, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}


def definition(name: str, description: str = "", required: str = "", /, **properties: object) -> dict[str, Any]:
    """An entry of ``session.tools``."""
    parameters = {"type": "object", "properties": properties, "required": required.split()}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


def _bundled() -> Sequence[dict[str, Any]]:
    tools, problems = registry.find([registry.bundled()])
    assert not problems
    return [tool.definition() for tool in tools.values()]


BUNDLED_TOOLS: Final = _bundled()
"""Entries of ``session.tools`` for all tools that come with the speaker."""
