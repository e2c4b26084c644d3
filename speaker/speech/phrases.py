"""What the speaker says by itself when something fails: a reason and what to do, in one breath."""

from collections.abc import Mapping
from datetime import time
from typing import Final

from speaker.config.settings import QuietHours
from speaker.errors import SessionError
from speaker.language.phrasebook import ENGLISH_PHRASES, FailureWords, Phrasebook

_LOST: Final = frozenset({"1000", "1001", "1005", "1006", "1011", "1012", "1013", "1015"})
"""Codes of a connection that is gone."""

BUDGET_TOLD: Final = "budget_told"
"""The code of a refusal for which the reason was said before: a sound is enough."""


def _by_code(words: FailureWords) -> Mapping[str, str]:
    """What is said of an error, by its code."""
    return {
        "invalid_api_key": words.key_refused,
        "authentication_error": words.key_refused,
        "permission_error": words.key_not_allowed,
        "account_deactivated": words.deactivated,
        "insufficient_quota": words.no_credit,
        "credit_balance_exhausted": words.no_credit,
        "billing_hard_limit_reached": words.account_limit,
        "unsupported_country_region_territory": words.no_country,
        "model_not_found": words.no_model,
        "DeploymentNotFound": words.no_model,
        "unsupported_format": words.no_sound_format,
        "clock": words.wrong_clock,
        "certificate": words.not_safe,
        "web_page": words.web_page,
        "beta_api_shape_disabled": words.old_protocol,
        "network": words.unreachable,
        "timeout": words.unreachable,
        "stalled": words.no_answer,
        "budget_day": words.budget_day,
        "budget_month": words.budget_month,
        "rate_limit_exceeded": words.busy,
        "rate_limit_error": words.busy,
        "inference_rate_limit_exceeded": words.busy,
        "429": words.busy,
        "empty": words.no_content,
        "cancelled": words.broken_off,
        "incomplete": words.broken_off,
        "content_filter": words.withheld,
        "max_output_tokens": words.too_long,
    }


def stock_phrases(book: Phrasebook) -> tuple[str, ...]:
    """All that has to be said when nothing else works, to be made before it is needed."""
    words, own = book.failures, book.own
    first = (own.one_moment, words.no_answer, words.broken, words.troubled, words.refused, own.deaf, own.silent)
    return tuple(dict.fromkeys((*first, *_by_code(words).values(), own.helped_out)))


def apology(error: SessionError | None, *, connected: bool, book: Phrasebook = ENGLISH_PHRASES) -> str:
    """What to say when a conversation failed; ``error`` is why its session ended, if it did. May be empty."""
    words = book.failures
    if error is None:
        return words.no_answer if connected else words.unreachable
    if error.code == BUDGET_TOLD:
        return ""
    if error.fatal:
        return _by_code(words).get(error.code, words.refused)
    return _by_code(words).get(error.code, words.broken if error.code in _LOST else words.troubled)


def loudest_percent(volume: int, quiet: QuietHours, at: time) -> int:
    """The volume that counts at a time of day: in quiet hours no more than theirs."""
    begin, end = time.fromisoformat(quiet.from_), time.fromisoformat(quiet.to)
    now = at.replace(second=0, microsecond=0, tzinfo=None)
    within = begin <= now < end if begin <= end else now >= begin or now < end
    return min(volume, quiet.volume) if within else volume
