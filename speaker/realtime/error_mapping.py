"""Why a Realtime session could not be had or came to an end, as the error that its owner reads."""

from typing import Final

from speaker.errors import SessionError
from speaker.realtime.protocol.objects import Problem

_KEY_REFUSED: Final = "refuses the key; check the credential openai_api_key"
NO_CREDIT: Final = "says that the account has no credit left"

FATAL_CODES: Final = {
    "beta_api_shape_disabled": "does not speak the beta dialect any more; set session.protocol to ga",
    "invalid_api_key": _KEY_REFUSED,
    "authentication_error": _KEY_REFUSED,
    "permission_error": "does not allow this with the key; check its permissions",
    "account_deactivated": "says that the account is deactivated",
    "insufficient_quota": NO_CREDIT,
    "credit_balance_exhausted": NO_CREDIT,
    "billing_hard_limit_reached": "says that the account has reached its spending limit",
    "model_not_found": "does not know the model; check session.model",
}
"""Error code or type → what it means for the owner, after "the Realtime service at …"."""

REFUSALS: Final = frozenset({3000, 4000})
"""Close codes that mean: not before somebody changes something. Their reason ends in an error code."""

_PASSING: Final = frozenset({408, 425, 429})
"""HTTP answers below 500 that another attempt may not get."""


def not_upgraded(place: str, status: int) -> SessionError:
    """The error for an HTTP answer that is no upgrade; ``place`` names the service."""
    if status in {401, 403}:
        return SessionError(f"{place} {_KEY_REFUSED} (HTTP {status})", code="invalid_api_key", fatal=True)
    if status == 404:
        text = f"{place} has no Realtime endpoint there (HTTP 404); check session.url"
        return SessionError(text, code="404", fatal=True)
    fatal = status < 500 and status not in _PASSING
    return SessionError(f"{place} answers with HTTP {status}", code=str(status), fatal=fatal)


def reported(place: str, problem: Problem) -> SessionError:
    """The error for an error event."""
    for name in (problem.code, problem.type):
        if name in FATAL_CODES:
            return SessionError(f"{place} {FATAL_CODES[name]}", code=name, fatal=True)
    return SessionError(f"{place} reports: {problem.message}", code=problem.code or problem.type or "")


def closed(place: str, code: int, reason: str, last: SessionError | None) -> SessionError:
    """The error for a close by the server. ``last`` is the error event that came just before it, if one did."""
    named = reason.rpartition(".")[2]
    if last is not None and (last.fatal or code in REFUSALS):
        return SessionError(str(last), code=last.code, fatal=True)
    if named in FATAL_CODES:
        return SessionError(f"{place} {FATAL_CODES[named]}", code=named, fatal=True)
    if code == 1006:
        return SessionError(f"the connection to {place} broke", code="1006")
    text = f"{place} closed the session ({f'{code} {reason}'.strip()})"
    refused = code in REFUSALS
    return SessionError(text, code=named if refused and named else str(code), fatal=refused)
