"""What the owner reads when a session could not be had."""

import json
from typing import Any

import pytest

from speaker.errors import SessionError
from speaker.realtime.error_mapping import (
    FATAL_CODES,
    ServicePlace,
    closed,
    not_trusted,
    not_upgraded,
    redirected,
    reported,
)
from speaker.realtime.protocol.objects import Problem

NAME = "the Realtime service at api.openai.com"
PLACE = ServicePlace(NAME, "gpt-realtime-9", "sk-secret-key")


def body(**error: Any) -> bytes:
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("status", "code", "fatal"),
    [
        (401, "invalid_api_key", True),
        (403, "permission_error", True),
        (404, "404", True),
        (400, "400", True),
        (429, "429", False),
        (500, "500", False),
        (503, "503", False),
        (200, "web_page", False),
    ],
)
def test_an_http_answer_says_whether_to_try_again(status: int, code: str, fatal: bool) -> None:
    error = not_upgraded(PLACE, status)
    assert (error.code, error.fatal) == (code, fatal)
    assert str(error).startswith(NAME)
    assert f"HTTP {status}" in str(error)


NO_COUNTRY = {"message": "Not supported", "type": "request_forbidden", "code": "unsupported_country_region_territory"}
NO_MODEL = {"message": "The model does not exist.", "code": "model_not_found"}
NO_QUOTA = {"message": "You exceeded your quota.", "type": "insufficient_quota", "code": None}
TOO_FAST = {"message": "Rate limit reached. Try again in 2s.", "code": "rate_limit_exceeded"}


@pytest.mark.parametrize(
    ("status", "answer", "code", "fatal", "words"),
    [
        (401, body(message="Incorrect API key provided: sk-ab***yz.", code="invalid_api_key"), "invalid_api_key", True,
         "check the credential"),
        (401, body(message="Access denied.", code="401"), "invalid_api_key", True, "Access denied"),
        (403, body(**NO_COUNTRY), "unsupported_country_region_territory", True, "country"),
        (403, b"", "permission_error", True, "check its permissions"),
        (404, body(**NO_MODEL), "model_not_found", True, "gpt-realtime-9"),
        (404, body(code="DeploymentNotFound"), "DeploymentNotFound", True, "gpt-realtime-9"),
        (404, b"", "404", True, "check session.url"),
        (429, body(**NO_QUOTA), "insufficient_quota", True, "no credit"),
        (429, body(**TOO_FAST), "rate_limit_exceeded", False, "Try again in 2s"),
        (400, b'{"code": "bad", "error": "Send the header X."}', "bad", True, "Send the header X"),
        (400, b'{"detail": "model is required"}', "400", True, "model is required"),
        (502, b"<html><h1>Bad gateway</h1></html>", "502", False, "HTTP 502"),
        (503, b"upstream is down", "503", False, "upstream is down"),
        (503, b'["x"]', "503", False, "x"),
        (500, b"\xff\xfe", "500", False, "HTTP 500"),
        (200, b"<html>Log in</html>", "web_page", False, "login"),
    ],
)  # fmt: skip
def test_the_body_of_a_refusal_is_read(status: int, answer: bytes, code: str, fatal: bool, words: str) -> None:
    error = not_upgraded(PLACE, status, answer)
    assert (error.code, error.fatal) == (code, fatal)
    assert words in str(error)
    assert "\n" not in str(error)
    assert "sk-" not in str(error)


def test_a_long_body_makes_a_short_sentence() -> None:
    error = not_upgraded(PLACE, 500, body(message="words " * 100_000))
    assert len(str(error)) < 500


@pytest.mark.parametrize(
    "said",
    [
        "see https://me:hunter2@portal.example/login?api-key=hunter2&next=1#top for more",
        "wss://api.example/v1/realtime?token=hunter2",
        "//me:hunter2@portal.example/x",
        "Authorization: Bearer hunter2hunter2",
        "GET /v1/realtime?model=x&api-key=hunter2 is refused",
        "Incorrect API key provided: sk-hunter2hunter2",
    ],
)
def test_nothing_secret_is_quoted(said: str) -> None:
    for error in (
        not_upgraded(PLACE, 400, body(message=said)),
        not_upgraded(PLACE, 401, said.encode()),
        reported(PLACE, Problem(message=said)),
        closed(PLACE, 1011, said, None),
        redirected(PLACE, 302, said),
    ):
        assert "hunter2" not in str(error)


def test_the_key_itself_is_never_quoted() -> None:
    place = ServicePlace(NAME, key="correct horse")
    assert "horse" not in str(reported(place, Problem(message="who is correct horse?")))


def test_a_redirect_shows_where_it_leads() -> None:
    error = redirected(PLACE, 302, "http://portal.example/login?api-key=x")
    assert error.code == "web_page"
    assert "http://portal.example/login (HTTP 302)" in str(error)
    assert "login" in str(error)


@pytest.mark.parametrize(
    ("number", "code", "words"), [(9, "clock", "set it"), (10, "clock", "clock"), (18, "certificate", "login")]
)
def test_a_certificate_that_does_not_hold_says_why(number: int, code: str, words: str) -> None:
    error = not_trusted(PLACE, number, "something is wrong with it")
    assert (error.code, error.fatal) == (code, False), "it may be right again at the next wake word"
    assert words in str(error)


@pytest.mark.parametrize("name", FATAL_CODES)
def test_a_fatal_error_is_known_by_code_type_or_close(name: str) -> None:
    by_code = reported(PLACE, Problem(type="invalid_request_error", code=name, message="x"))
    by_type = reported(PLACE, Problem(type=name, message="x"))
    by_close = closed(PLACE, 4000, f"invalid_request_error.{name}", None)
    for error in (by_code, by_type, by_close):
        assert (error.code, error.fatal) == (name, True)
        assert str(error) == f"{NAME} {FATAL_CODES[name].format(model='gpt-realtime-9')}"


def test_what_came_before_a_close_counts_only_when_it_matters() -> None:
    harmless = reported(PLACE, Problem(type="invalid_request_error", code="response_cancel_not_active", message="x"))
    assert str(closed(PLACE, 1001, "bye", harmless)) == f"{NAME} closed the session (1001 bye)"
    assert str(closed(PLACE, 1000, "", harmless)) == f"{NAME} closed the session (1000)"
    assert closed(PLACE, 1006, "", harmless).code == "1006"
    refused = closed(PLACE, 4000, "", harmless)
    assert (refused.code, refused.fatal) == ("response_cancel_not_active", True)
    quota = SessionError("no money", code="insufficient_quota", fatal=True)
    assert closed(PLACE, 1006, "", quota).code == "insufficient_quota"
