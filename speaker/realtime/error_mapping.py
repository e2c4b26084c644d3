"""Why a Realtime session or an answer could not be had, as the error that its owner reads."""

from dataclasses import dataclass
from typing import Final

import msgspec

from speaker.errors import NOT_JSON, SessionError, plain
from speaker.realtime.protocol.objects import Problem

_KEY_REFUSED: Final = "refuses the key; check the credential openai_api_key"
NO_CREDIT: Final = "says that the account has no credit left"
_COUNTRY: Final = "does not serve this country or region"
_MODEL: Final = "does not know the model {model}; check session.model"

FATAL_CODES: Final = {
    "beta_api_shape_disabled": "does not speak the beta dialect any more; set session.protocol to ga",
    "invalid_api_key": _KEY_REFUSED,
    "authentication_error": _KEY_REFUSED,
    "permission_error": "does not allow this with the key; check its permissions",
    "unsupported_country_region_territory": _COUNTRY,
    "account_deactivated": "says that the account is deactivated",
    "insufficient_quota": NO_CREDIT,
    "credit_balance_exhausted": NO_CREDIT,
    "billing_hard_limit_reached": "says that the account has reached its spending limit",
    "model_not_found": _MODEL,
    "DeploymentNotFound": _MODEL,
}
"""Error code or type → what it means for the owner, after "the Realtime service at …"."""

REFUSALS: Final = frozenset({3000, 4000})
"""Close codes that mean: not before somebody changes something. Their reason ends in an error code."""

_PASSING: Final = frozenset({408, 425, 429})
"""HTTP answers below 500 that another attempt may not get."""

_BY_STATUS: Final = {401: "invalid_api_key", 403: "permission_error"}
"""What an HTTP answer means that does not say more."""

LONGEST_BODY_BYTES: Final = 16_384
"""How much of an HTTP answer is read: an error is short."""

NOT_YET_VALID, EXPIRED = 9, 10
"""OpenSSL's numbers for certificates that the clock of this machine does not fit (X509_V_ERR_…)."""


@dataclass(frozen=True, slots=True)
class ServicePlace:
    """Who answered, as errors name it: the service, the model that was asked for, and the key that none may show."""

    name: str
    model: str = ""
    key: str | None = None

    def says(self, code: str) -> str:
        """A fatal code as a sentence."""
        return f"{self.name} {FATAL_CODES[code].format(model=self.model or 'that was asked for')}"

    def quoted(self, text: str) -> str:
        """A text of the service, fit to be shown."""
        return plain(text, self.key)


def not_upgraded(place: ServicePlace, status: int, body: bytes = b"") -> SessionError:
    """The error for an HTTP answer that is no upgrade, from its status and what stands in it."""
    problem = _problem_in(body)
    code = next((name for name in (problem.code, problem.type) if name in FATAL_CODES), _BY_STATUS.get(status, ""))
    if code:
        return SessionError(f"{place.says(code)} (HTTP {status}){_said(place, problem)}", code=code, fatal=True)
    if status == 404:
        text = f"{place.name} has no Realtime endpoint there (HTTP 404){_said(place, problem)}; check session.url"
        return SessionError(text, code="404", fatal=True)
    if 200 <= status < 300:
        text = f"{place.name} answers with a web page (HTTP {status}); does the network ask for a login?"
        return SessionError(text, code="web_page")
    fatal = status < 500 and status not in _PASSING
    named = problem.code or problem.type or str(status)
    return SessionError(f"{place.name} answers with HTTP {status}{_said(place, problem)}", code=named, fatal=fatal)


def redirected(place: ServicePlace, status: int, target: str) -> SessionError:
    """The error for an HTTP answer that sends the speaker elsewhere: its key goes nowhere but to the service."""
    text = f"{place.name} sends the speaker on to {plain(target)} (HTTP {status})"
    return SessionError(f"{text}; does the network ask for a login? Else check session.url", code="web_page")


def not_trusted(place: ServicePlace, number: int, message: str) -> SessionError:
    """The error for a certificate that does not hold, from the number and the words of the check."""
    if number == NOT_YET_VALID:
        text = f"the certificate of {place.name} is not valid yet: the clock of this machine is wrong; set it"
        return SessionError(text, code="clock")
    text = f"the certificate of {place.name} is not to be trusted: {place.quoted(message)}"
    if number == EXPIRED:
        return SessionError(f"{text}; is the clock of this machine right?", code="clock")
    return SessionError(f"{text}; does the network ask for a login, or does somebody listen in?", code="certificate")


def reported(place: ServicePlace, problem: Problem) -> SessionError:
    """The error for an error event, or for a response that failed."""
    for name in (problem.code, problem.type):
        if name in FATAL_CODES:
            return SessionError(place.says(name), code=name, fatal=True)
    code = problem.code or problem.type or ""
    return SessionError(f"{place.name} reports: {place.quoted(problem.message) or code or 'no reason'}", code=code)


def closed(place: ServicePlace, code: int, reason: str, last: SessionError | None) -> SessionError:
    """The error for a close by the server. ``last`` is the error event that came just before it, if one did."""
    named = reason.rpartition(".")[2]
    if last is not None and (last.fatal or code in REFUSALS):
        return SessionError(str(last), code=last.code, fatal=True)
    if named in FATAL_CODES:
        return SessionError(place.says(named), code=named, fatal=True)
    if code == 1006:
        return SessionError(f"the connection to {place.name} broke", code="1006")
    text = f"{place.name} closed the session ({f'{code} {place.quoted(reason)}'.strip()})"
    refused = code in REFUSALS
    return SessionError(text, code=named if refused and named else str(code), fatal=refused)


def other_format(place: ServicePlace, told: str) -> SessionError:
    """The error for sound that this speaker does not speak; ``told`` is what the service calls it."""
    text = f"{place.name} wants sound as {place.quoted(told)}, and this speaker speaks 16-bit PCM only"
    return SessionError(text, code="unsupported_format", fatal=True)


def _said(place: ServicePlace, problem: Problem) -> str:
    quote = place.quoted(problem.message)
    return f": {quote.rstrip('.')}" if quote else ""


def _problem_in(body: bytes) -> Problem:
    """What the body of an HTTP answer says, in any of the forms that services use; empty for a web page."""
    text = body[:LONGEST_BODY_BYTES].decode(errors="replace").strip()
    try:
        said = msgspec.json.decode(text)
    except NOT_JSON:
        return Problem(message="" if text.startswith("<") else text)
    if not isinstance(said, dict):
        return Problem(message=str(said or ""))
    inner = said.get("error")
    fields = said | (inner if isinstance(inner, dict) else {"message": inner} if inner else {})
    words = {key: fields[key] for key in ("code", "type") if isinstance(fields.get(key), str)}
    told = next((fields[key] for key in ("message", "detail", "title") if isinstance(fields.get(key), str)), "")
    return Problem(message=told, **words)
