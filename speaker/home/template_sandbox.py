"""Jinja for templates of strangers: what they may say is small, and so is what they can make us do.

Jinja's own sandbox keeps a template away from Python. It does not keep it from doubling a text two hundred
times or from looping in loops, so here every way in which work or memory could grow is bounded before the
work is done: operators, filters, methods, loops, variables and the output.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import islice
from typing import Any, Final

from jinja2 import Template, TemplateError, Undefined, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_SIZE: Final = 128 * 1024
"""Characters, and members of lists and objects at all depths, that one value may have."""

MAX_VARIABLE: Final = 4_000
"""The same for what a template keeps in a variable, from which bigger things are made."""

MAX_LOOPS: Final = 200
"""Members of a list that a loop looks at."""

MAX_NUMBER: Final = 1e18
"""Largest product of two numbers."""

_FORBIDDEN: Final[tuple[type[nodes.Node], ...]] = (
    nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock, nodes.With, nodes.Block, nodes.Extends,
    nodes.Include, nodes.Import, nodes.FromImport, nodes.ScopedEvalContextModifier,
)  # fmt: skip
"""What no device needs, and what repeats itself or collects text unseen."""

_METHOD_NAMES: Final = """
capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric isspace isupper
join lower lstrip partition removeprefix removesuffix replace rfind rindex rpartition rsplit rstrip split
splitlines startswith strip swapcase title upper
"""
_METHODS: Final = frozenset(_METHOD_NAMES.split())
"""Methods of texts; those of numbers are all left out."""

_REMOVED: Final = (
    "batch", "center", "forceescape", "groupby", "indent", "pprint", "random", "slice", "truncate", "urlize",
    "wordwrap", "xmlattr",
)  # fmt: skip
"""Filters that pad, repeat or print: nothing that a device's value needs."""

_WIDE = re.compile(r"%[^a-zA-Z%]*(\*|[1-9]\d)")


def size(value: object, limit: int = MAX_SIZE) -> int:
    """Characters and members of ``value`` at all depths. Raises ValueError beyond ``limit``.

    What occurs twice counts twice, since printing and comparing would go through it twice.
    """
    total, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        total += len(one) if isinstance(one, str | bytes) else 1
        if isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        if total + len(waiting) > limit:
            raise ValueError("this is too much for a template")
    return total


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment without global names in which everything that grows is measured first."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self) -> None:
        super().__init__(autoescape=False, finalize=_finalized)
        self.globals.clear()
        self.globals |= {"float": self.filters["float"], "int": self.filters["int"]}
        for name in _REMOVED:
            del self.filters[name]
        self.filters |= _FILTERS
        self.filters = {name: _measured(filter_) for name, filter_ in self.filters.items()}

    def compiled(self, source: str) -> Template:
        """The template of ``source``. Raises TemplateError, or what the parser raises, when it is none for us."""
        return self.from_string(_Bounds().visit(self.parse(source)))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Arithmetic with numbers of moderate size; "+" joins texts and lists of moderate length."""
        if isinstance(left, int | float) and isinstance(right, int | float):
            if operator == "**" or (operator == "*" and abs(left) * abs(right) > MAX_NUMBER):
                raise ValueError("this number is too big")
        elif operator != "+":
            raise TypeError(f"{operator} is for numbers here")
        else:
            size([left, right])
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401
        """A few methods of texts, none of numbers, and what the sandbox itself allows."""
        if isinstance(obj, int | float) or (isinstance(obj, str) and attr not in _METHODS):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Methods that make long texts of short ones are measured before."""
        size([list(args), kwargs])
        if obj.__name__ == "replace" and isinstance(obj.__self__, str):
            return _replaced(obj.__self__, *args)
        if obj.__name__ == "join" and isinstance(obj.__self__, str):
            return _joined(args[0], obj.__self__)
        return super().call(context, obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ANN401
        """No text formats others; ``is_safe_attribute`` then refuses the method itself."""


class _Bounds(NodeTransformer):
    """Refuses what is not allowed and puts a measure around loops, variables and joined texts."""

    def __init__(self) -> None:
        self._in_loop = False

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: ANN401
        if isinstance(node, _FORBIDDEN):
            raise TemplateError(f"{type(node).__name__} is not for templates of devices")
        visited: nodes.Node = super().generic_visit(node, *args, **kwargs)
        return visited

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's name
        if self._in_loop or node.recursive:
            raise TemplateError("a loop in a loop is not for templates of devices")
        self._in_loop = True
        self.generic_visit(node)
        self._in_loop = False
        node.iter = _filtered(node.iter, "few")
        return node

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.node = _filtered(node.node, "small")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "joined")


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    if not isinstance(node, nodes.Expr):
        raise TemplateError("only a value can be measured")
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _finalized(value: object) -> object:
    if not isinstance(value, str | int | float | Undefined):
        size(value)
    return value


def _measured(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose input is measured before, and whose output after."""

    @wraps(function)  # Jinja marks filters that want its context
    def measured(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        size([arg for arg in args if isinstance(arg, str | list | tuple | Mapping)])
        size(list(kwargs.values()))
        result = function(*args, **kwargs)
        size(result)
        return result

    return measured


def _replaced(text: str, old: str, new: str, count: int = -1) -> str:
    size(str(text))
    if len(text) + (text.count(old) if old else len(text) + 1) * len(new) > MAX_SIZE:
        raise ValueError("this text gets too long")
    return str(text).replace(str(old), str(new), count)


def _joined(items: Iterable[object], between: str = "") -> str:
    parts = [str(_finalized(item)) for item in islice(items, MAX_SIZE)]
    if len(parts) * (len(between) + 1) + sum(map(len, parts)) > MAX_SIZE:
        raise ValueError("this text gets too long")
    return between.join(parts)


def _format(pattern: str, *values: object) -> str:
    """Texts like "#%02x": one digit of width is enough for devices, and cannot fill the memory."""
    if _WIDE.search(pattern):
        raise ValueError("a width of one digit is enough")
    return pattern % values


def _rounded(value: float | str, precision: int = 0, method: str = "common") -> float:
    """As Jinja's, for as many digits as a number has."""
    if not 0 <= precision <= 15 or method not in {"common", "ceil", "floor"}:
        raise ValueError("a number does not have so many digits")
    scale = float(10**precision)
    scaled = float(value) * scale
    if method == "common":
        return float(round(float(value), precision))
    whole = int(scaled // 1)
    return (whole if method == "floor" or whole == scaled else whole + 1) / scale


def _is_defined(value: object) -> object:
    if isinstance(value, Undefined):
        raise ValueError("the message does not have this field")  # noqa: TRY004
    return value


def _small(value: object) -> object:
    if not isinstance(value, Undefined):
        size(value, MAX_VARIABLE)
    return value


def _as_json(value: object) -> str:
    return json.dumps(value)


_FILTERS: Final[dict[str, Callable[..., object]]] = {
    "bool": lambda value: str(value).lower() in {"true", "on", "yes", "1"},
    "few": lambda items: list(islice(items, MAX_LOOPS)),
    "format": _format,
    "from_json": json.loads,
    "is_defined": _is_defined,
    "join": _joined,
    "joined": _joined,
    "multiply": lambda value, amount: float(value) * float(amount),
    "replace": _replaced,
    "round": _rounded,
    "small": _small,
    "to_json": _as_json,
    "tojson": _as_json,
}
"""Filters of our own: those that devices use beside Jinja's, and bounded ones in place of Jinja's."""
