"""Numbers in templates, strict as Home Assistant's: what is none is an error, so that the old value stays."""

import math
from typing import Any, Final

_NO_DEFAULT: Final = object()


def as_float(value: Any, default: object = _NO_DEFAULT) -> object:  # noqa: ANN401 - whatever a message holds
    """A number. Raises ValueError when it is none and there is no default."""
    try:
        return float(value)
    except (ValueError, TypeError, OverflowError):
        if default is _NO_DEFAULT:
            raise ValueError("this is no number") from None
        return default


def as_int(value: Any, default: object = _NO_DEFAULT, base: int = 10) -> object:  # noqa: ANN401
    """A whole number, of "3.7" as well as of "ff" in another base."""
    try:
        if isinstance(value, str):
            try:
                return int(value, base)
            except ValueError:
                return int(float(value))
        return int(value)
    except (ValueError, TypeError, OverflowError):
        if default is _NO_DEFAULT:
            raise ValueError("this is no number") from None
        return default


def as_bool(value: object, default: object = _NO_DEFAULT) -> object:
    """Yes or no, in the usual words. Raises ValueError for others when there is no default."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    words = {"1": True, "true": True, "yes": True, "on": True, "enable": True}
    words |= {"0": False, "false": False, "no": False, "off": False, "disable": False}
    found = words.get(str(value).strip().lower())
    if found is None:
        if default is _NO_DEFAULT:
            raise ValueError("this is neither yes nor no")
        return default
    return found


def rounded(value: Any, precision: int = 0, method: str = "common", default: object = _NO_DEFAULT) -> object:  # noqa: ANN401
    """A number with fewer digits; without a precision, a whole number."""
    try:
        figure = float(value)
        scale = _scale(precision)
        match method:
            case "ceil":
                figure = math.ceil(figure * scale) / scale
            case "floor":
                figure = math.floor(figure * scale) / scale
            case "half":
                figure = round(figure * 2) / 2
            case _:
                figure = round(figure, precision)
        return int(figure) if precision == 0 else figure
    except (ValueError, TypeError, OverflowError):
        if default is _NO_DEFAULT:
            raise ValueError("this is no number") from None
        return default


def _scale(precision: int) -> float:
    if not -15 <= precision <= 15:
        raise ValueError("a number does not have so many digits")
    return float(10**precision)


def average(*items: Any, default: object = _NO_DEFAULT) -> object:  # noqa: ANN401
    """The mean of some numbers. Raises ValueError when there are none and there is no default."""
    figures = [float(one) for one in (items[0] if len(items) == 1 else items)]
    if not figures:
        if default is _NO_DEFAULT:
            raise ValueError("there is no average of nothing")
        return default
    return sum(figures) / len(figures)


def clamped(value: Any, least: Any, most: Any) -> float:  # noqa: ANN401
    """A number, or the nearest in a range."""
    return max(float(least), min(float(most), float(value)))


def remapped(value: Any, low: Any, high: Any, to_low: Any, to_high: Any) -> float:  # noqa: ANN401
    """A number of one range in another."""
    span = float(high) - float(low)
    return float(to_low) + (float(value) - float(low)) * (float(to_high) - float(to_low)) / span


def logarithm(value: Any, base: Any = math.e) -> float:  # noqa: ANN401
    """A logarithm, the natural one unless a base is given."""
    return math.log(float(value), float(base))


def is_number(value: Any) -> bool:  # noqa: ANN401
    """Whether something is a finite number, or a text of one."""
    try:
        return math.isfinite(float(value))
    except (ValueError, TypeError, OverflowError):
        return False
