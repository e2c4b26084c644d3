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

_BY_CODE: Final = {
    "invalid_api_key": _KEY_REFUSED,
    "authentication_error": _KEY_REFUSED,
    "permission_error": "Sorry, the key for the speech service does not allow this. Please check it.",
    "account_deactivated": "Sorry, the account of the speech service is deactivated.",
    "insufficient_quota": "Sorry, the account of the speech service has no credit left.",
    "credit_balance_exhausted": "Sorry, the account of the speech service has no credit left.",
    "billing_hard_limit_reached": "Sorry, the account of the speech service has reached its limit.",
    "model_not_found": "Sorry, the speech service does not know the model. Please check the settings.",
    "beta_api_shape_disabled": "Sorry, the speech service wants the newer protocol. Please check the settings.",
    "network": UNREACHABLE,
    "timeout": UNREACHABLE,
    "stalled": NO_ANSWER,
    "budget_day": "Sorry, the budget for today is used up, so I don't answer until tomorrow.",
    "budget_month": "Sorry, the budget for this month is used up, so I don't answer until the next.",
    "rate_limit_exceeded": _BUSY,
    "rate_limit_error": _BUSY,
}

BUDGET_TOLD: Final = "budget_told"
"""The code of a refusal for which the reason was said before: a sound is enough."""

HELPED_OUT: Final = "Until then I answer by myself."
"""Follows the reason when the offline server answers in place of a service that refuses."""

EVERY: Final = tuple(dict.fromkeys((ONE_MOMENT, NO_ANSWER, BROKEN, REFUSED, *_BY_CODE.values(), HELPED_OUT)))
"""All of them, to be made before they are needed."""


def apology(error: SessionError | None, *, connected: bool) -> str:
    """What to say when a conversation failed; ``error`` is why its session ended, if it did. May be empty."""
    if error is not None and error.code == BUDGET_TOLD:
        return ""
    if error is not None and error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if error is not None:
        return REFUSED if error.fatal else BROKEN
    return NO_ANSWER if connected else UNREACHABLE


def loudest_percent(volume: int, quiet: QuietHours, at: time) -> int:
    """The volume that counts at a time of day: in quiet hours no more than theirs."""
    begin, end = time.fromisoformat(quiet.from_), time.fromisoformat(quiet.to)
    now = at.replace(second=0, microsecond=0, tzinfo=None)
    within = begin <= now < end if begin <= end else now >= begin or now < end
    return min(volume, quiet.volume) if within else volume
