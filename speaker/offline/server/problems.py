"""What an error event tells a client."""

from typing import Final

from speaker.offline.server.input_buffer import LONGEST_HELD_MS
from speaker.realtime.protocol.codec import RefusedError
from speaker.realtime.protocol.objects import Problem

LONGEST_TOLD: Final = 1_000
"""Characters: a refusal may repeat whatever the client sent."""


def refused(refusal: RefusedError, event_id: str | None) -> Problem:
    """Why an event was refused, which the client may have given this id."""
    return Problem(
        type="invalid_request_error",
        code=refusal.code,
        message=_beginning(str(refusal)),
        param=_beginning(refusal.param or "") or None,
        event_id=_beginning(refusal.event_id or event_id or "") or None,
    )


def buffer_full() -> Problem:
    """Sound is dropped because nobody commits it."""
    message = (
        f"The input audio buffer holds {LONGEST_HELD_MS // 1000} seconds at most; its oldest audio is being dropped. "
        "Commit or clear it."
    )
    return Problem(type="invalid_request_error", code="input_audio_buffer_full", message=message)


def _beginning(text: str) -> str:
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}…"
