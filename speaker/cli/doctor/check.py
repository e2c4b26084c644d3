"""One finding of the doctor."""

from dataclasses import dataclass
from typing import Literal

Result = Literal["good", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do about it."""

    name: str
    result: Result
    text: str
    remedy: str = ""


def good(name: str, text: str) -> Check:
    """It works."""
    return Check(name, "good", text)


def failed(name: str, text: str, remedy: str) -> Check:
    """It does not; ``remedy`` says what to do."""
    return Check(name, "failed", text, remedy)


def skipped(name: str, why: str) -> Check:
    """It was not looked at."""
    return Check(name, "skipped", why)
