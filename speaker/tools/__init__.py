"""Tools: what the model may call.

    from speaker.tools import Home, tool

This is the public path: a file in ``tools/`` imports this package and nothing else of the speaker.
Imports: errors, audio, config, home, offline, realtime, timers.
Begin with ``api`` for what a tool is, then ``registry`` for how one is run.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta

from speaker.errors import ToolError
from speaker.home.colours import named_colour as understood_colour
from speaker.home.device_registry import Action, Device, Kind, Outcome, Wish
from speaker.home.naming import NOUNS, be, listing
from speaker.home.risk import Risk
from speaker.timers.timers import Repeat, TimerChange
from speaker.tools.api import Tool, tool
from speaker.tools.context import Clock, Intercom, Lists, Voice
from speaker.tools.device_selection import Home, carry_out, chosen
from speaker.tools.result import ToolResult

__all__ = [
    "NOUNS",
    "Action",
    "Annotated",
    "Any",
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
    "TimerChange",
    "Tool",
    "ToolError",
    "ToolResult",
    "Voice",
    "Wish",
    "be",
    "carry_out",
    "chosen",
    "listing",
    "tool",
    "understood_colour",
]
