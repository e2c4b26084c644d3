"""The small templates in announcements: how a value is read from a message, how a command is worded.

They come from other devices, so they run in Jinja's sandbox without any global name, and whatever goes
wrong inside one means "no text", never an error.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

import msgspec
from jinja2 import Template, TemplateError, Undefined
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

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


_PADDING: Final = frozenset({"center", "expandtabs", "format", "format_map", "ljust", "rjust", "zfill"})


class _Sandbox(ImmutableSandboxedEnvironment):
    """Arithmetic stays arithmetic, and texts are not padded: the easy ways to fill the memory are closed."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise TypeError(f"{operator} is for numbers here")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401
        if isinstance(obj, str) and attr in _PADDING:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ANN401
        """No text formats others; ``is_safe_attribute`` then refuses the method itself."""


def _is_defined(value: object) -> object:
    if isinstance(value, Undefined):
        raise ValueError("the message does not have this field")  # noqa: TRY004
    return value


_WIDE: Final = re.compile(r"%[^a-zA-Z%]*(\*|[1-9]\d)")


def _format(pattern: str, *values: object) -> str:
    """Texts like "#%02x": one digit of width is enough for devices, and cannot fill the memory."""
    if _WIDE.search(pattern):
        raise ValueError("a width of one digit is enough")
    return pattern % values


def _environment() -> _Sandbox:
    environment = _Sandbox(autoescape=False)
    environment.globals.clear()
    environment.globals |= {"float": environment.filters["float"], "int": environment.filters["int"]}
    for padding in ("center", "indent", "urlize", "wordwrap"):
        del environment.filters[padding]
    extra: dict[str, Callable[..., object]] = {
        "is_defined": _is_defined,
        "multiply": lambda value, amount: float(value) * float(amount),
        "to_json": json.dumps,
        "from_json": json.loads,
        "format": _format,
        "bool": lambda value: str(value).lower() in {"true", "on", "yes", "1"},
    }
    environment.filters |= extra
    return environment


_ENVIRONMENT: Final = _environment()


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template | None:
    if len(source) > MAX_TEMPLATE_CHARACTERS:
        return None
    try:
        return _ENVIRONMENT.from_string(source)
    except _BROKEN:
        return None


def _render(source: str, values: dict[str, object]) -> str:
    template = _compiled(source)
    if template is None:
        return ""
    try:
        return template.render(values).strip()
    except _BROKEN:
        return ""


def read(template: str, payload: bytes) -> str:
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
