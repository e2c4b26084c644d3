"""What the owner reads when a session could not be had."""

import pytest

from speaker.errors import SessionError
from speaker.realtime.error_mapping import FATAL_CODES, closed, not_upgraded, reported
from speaker.realtime.protocol.objects import Problem

PLACE = "the Realtime service at api.openai.com"


@pytest.mark.parametrize(
    ("status", "code", "fatal"),
    [
        (401, "invalid_api_key", True),
        (403, "invalid_api_key", True),
        (404, "404", True),
        (400, "400", True),
        (429, "429", False),
        (500, "500", False),
        (503, "503", False),
    ],
)
def test_an_http_answer_says_whether_to_try_again(status: int, code: str, fatal: bool) -> None:
    error = not_upgraded(PLACE, status)
    assert (error.code, error.fatal) == (code, fatal)
    assert str(error).startswith(PLACE)
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize("name", FATAL_CODES)
def test_a_fatal_error_is_known_by_code_type_or_close(name: str) -> None:
    by_code = reported(PLACE, Problem(type="invalid_request_error", code=name, message="x"))
    by_type = reported(PLACE, Problem(type=name, message="x"))
    by_close = closed(PLACE, 4000, f"invalid_request_error.{name}", None)
    for error in (by_code, by_type, by_close):
        assert (error.code, error.fatal, str(error)) == (name, True, f"{PLACE} {FATAL_CODES[name]}")


def test_what_came_before_a_close_counts_only_when_it_matters() -> None:
    harmless = reported(PLACE, Problem(type="invalid_request_error", code="response_cancel_not_active", message="x"))
    assert str(closed(PLACE, 1001, "bye", harmless)) == f"{PLACE} closed the session (1001 bye)"
    assert str(closed(PLACE, 1000, "", harmless)) == f"{PLACE} closed the session (1000)"
    assert closed(PLACE, 1006, "", harmless).code == "1006"
    refused = closed(PLACE, 4000, "", harmless)
    assert (refused.code, refused.fatal) == ("response_cancel_not_active", True)
    quota = SessionError("no money", code="insufficient_quota", fatal=True)
    assert closed(PLACE, 1006, "", quota).code == "insufficient_quota"
