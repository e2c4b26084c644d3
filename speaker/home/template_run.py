"""A template while it runs: its names, the names that all templates have, and what it may still do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from jinja2 import Undefined

from speaker.home.template_budget import Budget
from speaker.home.template_filters import FILTERS
from speaker.home.template_numbers import as_bool, as_float, as_int


class Namespace:
    """What ``namespace()`` makes: fields that outlive the loop they are set in."""

    __slots__ = ("fields",)

    def __init__(self, **fields: object) -> None:
        self.fields = fields


class Run:
    """A template while it runs: its names, innermost last, and what it may still do."""

    __slots__ = ("budget", "names")

    def __init__(self, budget: Budget, values: Mapping[str, object]) -> None:
        self.budget = budget
        self.names: list[dict[str, object]] = [dict(values)]

    @contextmanager
    def inner(self, names: dict[str, object]) -> Iterator[None]:
        """Names that hold for the body of a loop."""
        self.names.append(names)
        try:
            yield
        finally:
            self.names.pop()

    def look_up(self, name: str) -> object:
        """What a name stands for; Undefined when for nothing."""
        for names in reversed(self.names):
            if name in names:
                return names[name]
        return GLOBALS.get(name, Undefined(name=name[:40]))

    def measured(self, value: Any) -> Any:  # noqa: ANN401 - whatever a template makes
        """The value, when it is no bigger than the budget."""
        if isinstance(value, str):
            self.budget.text(value)
        elif not isinstance(value, int | float | None | Undefined):
            self.budget.measure(value)
        return value


Expression = Callable[[Run], Any]


def printed(value: object, budget: Budget) -> str:
    """A value as the output has it. Raises TypeError for what is no value."""
    if isinstance(value, str):
        return budget.text(value)
    if callable(value) and not isinstance(value, Undefined):
        raise TypeError("a method is no text")
    if not isinstance(value, int | float | None | Undefined):
        budget.measure(value)
    return str(value)


class _Objects:
    """What ``dict`` is in a template: makes an object of pairs, or of named values."""

    def __call__(self, pairs: Iterable[Any] = (), **named: object) -> dict[Any, Any]:
        return dict(pairs, **named)


def _zipped(*lists: Iterable[Any]) -> list[tuple[Any, ...]]:
    return list(zip(*lists, strict=False))


def objects_method(holder: object, name: str) -> Callable[..., object] | None:
    """``dict.from_keys`` makes an object of pairs; nothing else has a method of that kind."""
    return dict if isinstance(holder, _Objects) and name in {"from_keys", "fromkeys"} else None


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > 10_000:
        raise ValueError("this is too much for a template")
    return list(numbers)


GLOBALS: Final[Mapping[str, object]] = {
    "bool": as_bool,
    "dict": _Objects(),
    "float": as_float,
    "iif": FILTERS["iif"],
    "int": as_int,
    "is_number": FILTERS["is_number"],
    "max": FILTERS["max"],
    "min": FILTERS["min"],
    "average": FILTERS["average"],
    "namespace": Namespace,
    "range": _range,
    "zip": _zipped,
    "pi": 3.141592653589793,
    "e": 2.718281828459045,
}
