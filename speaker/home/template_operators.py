"""Operators of templates: arithmetic and comparisons, bounded where little makes much."""

from collections.abc import Callable
from typing import Any, Final

from jinja2 import nodes

from speaker.home.template_budget import MAX_NUMBER
from speaker.home.template_filters import formatted


def _times(one: Any, other: Any) -> Any:  # noqa: ANN401
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        raise TypeError("* is for numbers here")
    product = one * other
    if abs(product) > MAX_NUMBER:
        raise ValueError("this number is too big")
    return product


def _power(one: Any, other: Any) -> Any:  # noqa: ANN401
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        raise TypeError("** is for numbers here")
    if abs(float(one) ** float(other)) > MAX_NUMBER:
        raise ValueError("this number is too big")
    return one**other


def _rest(one: Any, other: Any) -> Any:  # noqa: ANN401
    return (
        formatted(one, *(other if isinstance(other, list | tuple) else [other]))
        if isinstance(one, str)
        else one % other
    )


ARITHMETIC: Final[dict[type[nodes.BinExpr], Callable[[Any, Any], Any]]] = {
    nodes.Add: lambda one, other: one + other,
    nodes.Sub: lambda one, other: one - other,
    nodes.Mul: _times,
    nodes.Div: lambda one, other: one / other,
    nodes.FloorDiv: lambda one, other: one // other,
    nodes.Mod: _rest,
    nodes.Pow: _power,
}

COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "gt": lambda one, other: one > other,
    "gteq": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lteq": lambda one, other: one <= other,
    "in": lambda one, other: one in other,
    "notin": lambda one, other: one not in other,
}
