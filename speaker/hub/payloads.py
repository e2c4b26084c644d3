"""Payloads of commands: text as the value that it should be, or a sentence that says what was expected."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from speaker.errors import SpeakerError

S = TypeVar("S", bound=Struct)


def number(payload: str, lowest: float, highest: float) -> float:
    """A payload as a number in a range. Raises SpeakerError."""
    try:
        value = float(payload) if "_" not in payload else float("nan")  # Python reads 1_0 as 10, nobody else does
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest:
        raise SpeakerError(f"expected a number from {lowest:g} to {highest:g}, got {payload[:40]!r}")
    return value


def on_or_off(payload: str) -> bool:
    """ON or OFF. Raises SpeakerError."""
    if payload.upper() not in {"ON", "OFF"}:
        raise SpeakerError(f"expected ON or OFF, got {payload[:40]!r}")
    return payload.upper() == "ON"


def one_of(payload: str, words: Sequence[str]) -> str:
    """A payload as one of some words. Raises SpeakerError."""
    if payload not in words:
        raise SpeakerError(f"expected one of {', '.join(words)}, got {payload[:40]!r}")
    return payload


def read_payload(payload: str, kind: type[S]) -> S:
    """A JSON payload as what it should be. Raises SpeakerError with a sentence."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except msgspec.DecodeError as error:
        keys = ", ".join(one.encode_name for one in msgspec.structs.fields(kind))
        raise SpeakerError(f"expected a JSON object with {keys}: {error}") from error
