"""Tools: what the model may call.

    from speaker.tools import Home, tool

This is the public path: a file in ``tools/`` imports this package and nothing else of the speaker.
Imports: errors, audio, config, home, offline, realtime, timers.
Begin with ``api`` for what a tool is, then ``registry`` for how one is run.
"""

from speaker.tools.api import (
    NOUNS,
    Action,
    Annotated,
    Clock,
    Device,
    Home,
    Intercom,
    Kind,
    Lists,
    Literal,
    Meta,
    Outcome,
    Repeat,
    Risk,
    Tool,
    ToolError,
    ToolResult,
    Voice,
    Wish,
    be,
    carry_out,
    chosen,
    tool,
    understood_colour,
)

__all__ = [
    "NOUNS",
    "Action",
    "Annotated",
    "Clock",
    "Device",
    "Home",
    "Intercom",
    "Kind",
    "Lists",
    "Literal",
    "Meta",
    "Outcome",
    "Repeat",
    "Risk",
    "Tool",
    "ToolError",
    "ToolResult",
    "Voice",
    "Wish",
    "be",
    "carry_out",
    "chosen",
    "tool",
    "understood_colour",
]
