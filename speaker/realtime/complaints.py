"""What a service complains of: nothing that matters, a request that has to wait, or a response that will not come.

Services give their errors different codes, put them into other fields, or give none. So what an error is about is
told by the request that it answers, if it names one, then by code or type, and then by its words.
"""

import re
from enum import Enum
from typing import Final

from speaker.errors import SessionError
from speaker.realtime.error_mapping import ServicePlace, reported
from speaker.realtime.protocol.objects import Problem, Response

HARMLESS: Final = frozenset({
    "response_cancel_not_active", "item_truncate_invalid_item_id", "item_delete_invalid_item_id",
    "item_retrieve_invalid_item_id", "input_audio_buffer_commit_empty", "unsupported_content_type",
})  # fmt: skip
"""Errors that mean no more than that two messages crossed on the way, or that something cannot be undone."""

_HARMLESS_WORDS: Final = re.compile(
    r"no active response|already shorter than|can be truncated|(truncat|delet|retriev|cancel)\w* (item|event)"
    r"|'?(conversation\.item\.(truncate|delete)|response\.cancel|input_audio_buffer\.clear)'?|buffer too small",
    re.IGNORECASE,
)
_HARMLESS_PARAMS: Final = frozenset({"audio_end_ms", "content_index"})

WAITING: Final = frozenset({"conversation_already_has_active_response", "function_call_output_pending"})
"""Errors that mean: not now, since something else is under way."""

_WAITING_WORDS: Final = re.compile(
    r"already has an active response|another response is in progress|outputs are pending", re.IGNORECASE
)

RATE_LIMITED: Final = frozenset({"rate_limit_exceeded", "rate_limit_error", "inference_rate_limit_exceeded"})

_SPAN: Final = r"(\d+(?:\.\d+)?)\s*(ms|milli|h|m|s)[a-z]*"
_AGAIN_IN: Final = re.compile(rf"(?:try again|retry) (?:in|after) ((?:{_SPAN}\s*)+)", re.IGNORECASE)
_SPANS: Final = re.compile(_SPAN, re.IGNORECASE)
_SECONDS: Final = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Complaint(Enum):
    """What an error event is about."""

    HARMLESS = "nothing that matters"
    WAIT = "a response cannot be had now, since something else is under way"
    OTHER = "anything else, a response that will not come perhaps"


def complaint(problem: Problem) -> Complaint:
    """What an error is about, by its code, its type and its words."""
    names = {problem.code, problem.type}
    if names & WAITING or _WAITING_WORDS.search(problem.message):
        return Complaint.WAIT
    harmless = problem.param in _HARMLESS_PARAMS or _HARMLESS_WORDS.search(problem.message)
    return Complaint.HARMLESS if names & HARMLESS or harmless else Complaint.OTHER


def retry_after_s(problem: Problem) -> float | None:
    """When the service says that it may be asked again; None when it is no matter of time, or it names none."""
    if not {problem.code, problem.type} & RATE_LIMITED:
        return None
    told = _AGAIN_IN.search(problem.message)
    return sum(float(count) * _SECONDS[unit.lower()] for count, unit in _SPANS.findall(told[1])) if told else None


def problem_of(response: Response) -> Problem:
    """What a response that failed says of it."""
    why = response.status_details.error if response.status_details else None
    return Problem(message=why.message or "", type=why.type, code=why.code) if why else Problem()


def shortfall(place: ServicePlace, response: Response) -> SessionError | None:
    """Why a response is less than an answer, by the status it ended with; None when it is complete.

    One that was cancelled is complete if we wanted that, or if somebody began to talk.
    """
    reason = (response.status_details.reason if response.status_details else None) or ""
    if response.status != "failed" and reason in {"client_cancelled", "turn_detected"}:
        return None
    match response.status:
        case "failed":
            return reported(place, problem_of(response))
        case "incomplete":
            code = reason if reason in {"content_filter", "max_output_tokens"} else "incomplete"
            text = f"{place.name} ended an answer before it was complete ({reason or 'no reason'})"
            return SessionError(text, code=code)
        case "cancelled":
            return SessionError(f"{place.name} cancelled an answer by itself", code="cancelled")
        case _:
            return None


def nothing_said(place: ServicePlace) -> SessionError:
    """The error for a response that is complete and holds nothing."""
    return SessionError(f"{place.name} answered with nothing", code="empty")
