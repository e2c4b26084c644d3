"""Long work in steps, so that nobody who shares a worker waits for the whole of it.

Work is a generator: at each ``yield`` somebody else may have the worker, and what it returns is the result. A step
takes a few tenths of a second on a Pi, and never much more than a second.
"""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]


def next_step(steps: Steps[T]) -> tuple[T] | None:
    """Make the next step; the result as a tuple of one once there is one."""
    try:
        next(steps)
    except StopIteration as end:
        return (end.value,)
    return None


def all_steps(steps: Steps[T]) -> T:
    """The result of the work, made at one go."""
    while (result := next_step(steps)) is None:
        pass
    return result[0]
