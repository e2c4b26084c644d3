"""The small templates in announcements: how a value is read from a message, how a command is worded.

They come from other devices, so they run in a sandbox that bounds what they can do, and whatever goes wrong
inside one means "no text", never an error.
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Final

import msgspec
from jinja2 import Template, TemplateError

from speaker.home.template_sandbox import Sandbox

MAX_TEMPLATE_CHARACTERS: Final = 4_000
MAX_PAYLOAD_BYTES: Final = 64 * 1024
"""A longer message is no state of a device; it gives no reading."""

# Everything that compiling or running somebody else's template has been seen to raise.
_BROKEN: Final = (
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


_SANDBOX: Final = Sandbox()


@lru_cache(maxsize=2048)
def _compiled(source: str) -> Template | None:
    if len(source) > MAX_TEMPLATE_CHARACTERS:
        return None
    try:
        return _SANDBOX.compiled(source)
    except _BROKEN:
        return None


def _render(source: str, values: dict[str, object]) -> str:
    template = _compiled(source)
    if template is None:
        return ""
    try:
        return _gathered(template.generate(values)).strip()
    except _BROKEN:
        return ""


def _gathered(parts: Iterable[str]) -> str:
    """The output of a template, as long as it is no longer than a message may be."""
    text, length = [], 0
    for part in parts:
        length += len(part)
        if length > MAX_PAYLOAD_BYTES:
            raise ValueError("the text gets too long")
        text.append(part)
    return "".join(text)


def render_payload(template: str, payload: bytes) -> str:
    """The text that ``template`` finds in ``payload``; without a template, the payload itself.

    Empty when there is none: not UTF-8, too long, not JSON where JSON is needed, a broken template.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        return ""
    try:
        value = payload.decode()
    except UnicodeDecodeError:
        return ""
    if not template:
        return value.strip()
    values: dict[str, object] = {"value": value}
    # A plain value is no JSON: a template that asks for a field then finds nothing.
    with suppress(msgspec.DecodeError, RecursionError):
        values["value_json"] = msgspec.json.decode(payload)
    return _render(template, values)


def write(template: str, value: float | str, **named: float | str) -> str:
    """The command payload for ``value``; without a template, the value itself. Empty when broken.

    ``named`` is what the template may use beside it.
    """
    plain = f"{value:g}" if isinstance(value, float) else str(value)
    return _render(template, {"value": value, **named}) if template else plain


def compiles(template: str) -> bool:
    """Whether a template can be used at all."""
    return _compiled(template) is not None


def fill_template(template: str, values: dict[str, object]) -> str:
    """The text that ``template`` makes of named values; empty when broken."""
    return _render(template, values)
