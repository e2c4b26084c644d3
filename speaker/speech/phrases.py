"""What the speaker says by itself, without a model: a reason and what to do, in one breath."""

from datetime import time
from typing import Final

from speaker.config.settings import QuietHours
from speaker.errors import SessionError

NO_ANSWER: Final = "Sorry, that took too long. Please try again."
BROKEN: Final = "Sorry, I lost the connection. Please try again."
UNREACHABLE: Final = "Sorry, I can't reach the internet right now."
ONE_MOMENT: Final = "One moment."
_BUSY: Final = "Sorry, the speech service is too busy right now. Please try again in a minute."
REFUSED: Final = "Sorry, the speech service refuses to answer. Please check the settings."
_KEY_REFUSED: Final = "Sorry, the key for the speech service is not accepted. Please check it."
_NO_MODEL: Final = "Sorry, the speech service does not know the model. Please check the settings."
TROUBLED: Final = "Sorry, the speech service had a problem. Please try again."
SILENT: Final = "My microphone gives me nothing but silence, so I can't hear you. Please check it."
DEAF: Final = "My microphone is gone, so I can't hear you. Please check it."
NO_CONTENT: Final = "Sorry, I got no answer to that. Please ask again."
BROKEN_OFF: Final = "Sorry, the answer was broken off. Please ask again."
WITHHELD: Final = "Sorry, the speech service does not want to answer that."
TOO_LONG: Final = "Sorry, the answer got too long, so I have to stop here."

_BY_CODE: Final = {
    "invalid_api_key": _KEY_REFUSED,
    "authentication_error": _KEY_REFUSED,
    "permission_error": "Sorry, the key for the speech service does not allow this. Please check it.",
    "account_deactivated": "Sorry, the account of the speech service is deactivated.",
    "insufficient_quota": "Sorry, the account of the speech service has no credit left.",
    "credit_balance_exhausted": "Sorry, the account of the speech service has no credit left.",
    "billing_hard_limit_reached": "Sorry, the account of the speech service has reached its limit.",
    "unsupported_country_region_territory": "Sorry, the speech service is not available in this country.",
    "model_not_found": _NO_MODEL,
    "DeploymentNotFound": _NO_MODEL,
    "unsupported_format": "Sorry, the speech service uses a kind of sound that I don't speak.",
    "clock": "Sorry, the clock of this device is wrong, so I can't trust the speech service.",
    "certificate": "Sorry, the connection to the speech service is not safe. Is there a login page in the network?",
    "web_page": "Sorry, I reach a web page instead of the speech service. Does the network ask for a login?",
    "beta_api_shape_disabled": "Sorry, the speech service wants the newer protocol. Please check the settings.",
    "network": UNREACHABLE,
    "timeout": UNREACHABLE,
    "stalled": NO_ANSWER,
    "budget_day": "Sorry, the budget for today is used up, so I don't answer until tomorrow.",
    "budget_month": "Sorry, the budget for this month is used up, so I don't answer until the next.",
    "rate_limit_exceeded": _BUSY,
    "rate_limit_error": _BUSY,
    "inference_rate_limit_exceeded": _BUSY,
    "429": _BUSY,
    "empty": NO_CONTENT,
    "cancelled": BROKEN_OFF,
    "incomplete": BROKEN_OFF,
    "content_filter": WITHHELD,
    "max_output_tokens": TOO_LONG,
}

_LOST: Final = frozenset({"1000", "1001", "1005", "1006", "1011", "1012", "1013", "1015"})
"""Codes of a connection that is gone."""

BUDGET_TOLD: Final = "budget_told"
"""The code of a refusal for which the reason was said before: a sound is enough."""

HELPED_OUT: Final = "Until then I answer by myself."
"""Follows the reason when the offline server answers in place of a service that refuses."""

EVERY: Final = tuple(
    dict.fromkeys((ONE_MOMENT, NO_ANSWER, BROKEN, TROUBLED, REFUSED, DEAF, SILENT, *_BY_CODE.values(), HELPED_OUT))
)
"""All of them, to be made before they are needed."""


def apology(error: SessionError | None, *, connected: bool) -> str:
    """What to say when a conversation failed; ``error`` is why its session ended, if it did. May be empty."""
    if error is not None and error.code == BUDGET_TOLD:
        return ""
    if error is not None and error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if error is not None:
        return REFUSED if error.fatal else BROKEN if error.code in _LOST else TROUBLED
    return NO_ANSWER if connected else UNREACHABLE


def loudest_percent(volume: int, quiet: QuietHours, at: time) -> int:
    """The volume that counts at a time of day: in quiet hours no more than theirs."""
    begin, end = time.fromisoformat(quiet.from_), time.fromisoformat(quiet.to)
    now = at.replace(second=0, microsecond=0, tzinfo=None)
    within = begin <= now < end if begin <= end else now >= begin or now < end
    return min(volume, quiet.volume) if within else volume
