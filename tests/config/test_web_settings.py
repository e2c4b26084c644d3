"""The section ``web``: who may open the page, and under which address others do."""

from typing import Any

import pytest

from speaker.config.loading import load_settings
from speaker.config.web_settings import SHORTEST_TOKEN, WebSettings, is_own, token_fault
from speaker.errors import ConfigError

LONG = "t" * SHORTEST_TOKEN

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens on it here


def web(**keys: Any) -> WebSettings:
    return load_settings({"web": {"enabled": True, **keys}}, "kitchen").web


def test_it_is_off_and_for_this_machine_alone() -> None:
    settings = load_settings({}, "kitchen").web
    assert (settings.enabled, settings.host, settings.port) == (False, "127.0.0.1", 8767)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LocalHost"])
def test_this_machine_needs_no_token(host: str) -> None:
    assert is_own(host)
    assert token_fault(web(host=host), None) is None


@pytest.mark.parametrize("host", [EVERY_ADDRESS, "::", "192.168.1.7", "speaker.local", "127.0.0.1.example"])
def test_any_other_host_needs_one(host: str) -> None:
    fault = token_fault(web(host=host), None)
    assert fault is not None
    assert "sudo speaker secret set web_token" in fault
    assert token_fault(web(host=host), LONG) is None
    assert token_fault(web(host=host, enabled=False), None) is None


def test_a_short_token_is_refused_everywhere_and_never_shown() -> None:
    for host in ("127.0.0.1", EVERY_ADDRESS):
        fault = token_fault(web(host=host), "hunter22")
        assert fault is not None
        assert f"8 characters and needs at least {SHORTEST_TOKEN}" in fault
        assert "hunter22" not in fault


@pytest.mark.parametrize(
    ("keys", "address"),
    [
        ({}, None),
        ({"host": EVERY_ADDRESS}, None),
        ({"host": "192.168.1.7"}, "http://192.168.1.7:8767"),
        ({"host": "speaker.local", "port": 80}, "http://speaker.local:80"),
        ({"host": "fd00::7"}, "http://[fd00::7]:8767"),
        ({"url": "https://home.example/speaker/"}, "https://home.example/speaker/"),
        ({"url": "https://home.example/speaker/", "enabled": False}, None),
        ({"host": "192.168.1.7", "enabled": False}, None),
    ],
)
def test_the_address_is_told_where_others_get_in(keys: dict[str, Any], address: str | None) -> None:
    assert web(**keys).address == address


@pytest.mark.parametrize(
    "frame", ["*", "http://hub.local/ *", "https://a.example; script-src *", "hub.local", "'self'"]
)
def test_a_frame_is_one_origin_and_nothing_that_changes_the_policy(frame: str) -> None:
    with pytest.raises(ConfigError, match=r"web\.frames\[0\]"):
        web(frames=[frame])


def test_a_token_in_the_file_is_sent_to_its_place() -> None:
    with pytest.raises(ConfigError, match="credentials/web_token") as refused:
        web(token="hunter22hunter22")  # noqa: S106 - it opens nothing
    assert "hunter22" not in str(refused.value)
