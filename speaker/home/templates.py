"""The small templates in announcements: how a value is read from a message, how a command is worded.

They come from other devices, so they run under a budget that bounds what they can do, and whatever goes wrong
inside one means "no text", never an error.
"""

from contextlib import suppress
from typing import Final
from weakref import WeakValueDictionary

import msgspec
from jinja2 import TemplateError

from speaker.errors import SpeakerError
from speaker.home.template_budget import MESSAGE_UNITS, Budget, OverBudgetError
from speaker.home.template_program import MAX_TEMPLATE_CHARACTERS, UNITS_TO_READ, Program

__all__ = ["MAX_TEMPLATE_CHARACTERS", "Incoming", "Template"]

MAX_PAYLOAD_BYTES: Final = 64 * 1024
"""A longer message is no state of a device; it gives no reading."""

# Everything that reading or running somebody else's template has been seen to raise.
_BROKEN: Final = (
    OverBudgetError,
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


class Template:
    """One source, read when it is first needed; devices with the same source share it."""

    __slots__ = ("__weakref__", "_program", "_read", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._program: Program | None = None
        self._read = False

    @property
    def cost(self) -> int:
        """Units of work that the last run took; before the first, what reading it will take."""
        if self._program is not None:
            return self._program.cost
        return 0 if self._read else len(self.source) * UNITS_TO_READ

    def program(self, budget: Budget | None = None) -> Program | None:
        """What runs; None when the source is no template for us, or the budget has nothing left to read it with."""
        if not self._read:
            if budget is not None:
                if budget.left <= 0:
                    return None
                budget.left -= len(self.source) * UNITS_TO_READ
            self._read = True
            with suppress(*_BROKEN):
                self._program = Program(self.source)
        return self._program

    def render(self, values: dict[str, object], whole: Budget | None = None) -> str:
        """The text that comes out, without blanks around it; empty when broken or too expensive."""
        return self.attempt(values, whole) or ""

    def attempt(self, values: dict[str, object], whole: Budget | None = None) -> str | None:
        """The same; None when broken or too expensive."""
        program = self.program(whole)
        if program is None or (whole is not None and whole.left <= 0):
            return None
        try:
            return program.render(values, Budget(whole=whole)).strip()
        except _BROKEN:
            return None


class BrokenTemplateError(SpeakerError):
    """A template that words a command fails."""


_KNOWN: Final[WeakValueDictionary[str, Template]] = WeakValueDictionary()


def template_of(source: str) -> Template:
    """The template of a source. It is kept as long as somebody keeps it."""
    found = _KNOWN.get(source)
    if found is None:
        found = _KNOWN[source] = Template(source)
    return found


class Incoming:
    """One message of a device while it is read: decoded once, each template run once, all under one budget."""

    __slots__ = ("_seen", "_text", "_values", "budget")

    def __init__(self, payload: bytes) -> None:
        self.budget = Budget(MESSAGE_UNITS)
        self._seen: dict[tuple[Template, tuple[tuple[str, object], ...]], str] = {}
        self._values: dict[str, object] | None = None
        self._text: str | None = None
        if len(payload) <= MAX_PAYLOAD_BYTES:
            with suppress(UnicodeDecodeError):
                self._text = payload.decode()

    def text(self, template: Template | None, named: tuple[tuple[str, object], ...] = ()) -> str:
        """What a template finds in the message; without one, the message itself. Empty when there is nothing.

        ``named`` is what the template may use beside the message.
        """
        if self._text is None:
            return ""
        if template is None:
            return self._text.strip()
        key = template, named
        if key not in self._seen:
            self._seen[key] = template.render(self._decoded() | dict(named), self.budget)
        return self._seen[key]

    def _decoded(self) -> dict[str, object]:
        if self._values is None:
            self._values = {"value": self._text}
            # A plain value is no JSON: a template that asks for a field then finds nothing.
            with suppress(msgspec.DecodeError, RecursionError):
                self._values["value_json"] = msgspec.json.decode(self._text or "")
        return self._values


def render_payload(template: str, payload: bytes) -> str:
    """The text that ``template`` finds in ``payload``; without a template, the payload itself.

    Empty when there is none: not UTF-8, too long, not JSON where JSON is needed, a broken template.
    """
    return Incoming(payload).text(template_of(template) if template else None)


def write(template: str, value: float | str, **named: float | str | bool) -> str:
    """The command payload for ``value``, which may be empty; without a template, the value itself.

    ``named`` is what the template may use beside it. Raises BrokenTemplateError.
    """
    if not template:
        return plain_payload(value)
    text = template_of(template).attempt({"value": value, **named})
    if text is None:
        raise BrokenTemplateError("a command template fails")
    return text


def plain_payload(value: float | str) -> str:
    """A value as a payload: numbers with as many decimals as they have, at most six."""
    if isinstance(value, str | int):
        return str(value)
    return str(int(value)) if value == int(value) else f"{value:.6f}".rstrip("0")


def compiles(template: str) -> bool:
    """Whether a template can be used at all."""
    return template_of(template).program() is not None


def fill_template(template: str, values: dict[str, object]) -> str:
    """The text that ``template`` makes of named values; empty when broken."""
    return template_of(template).render(values)
