"""Addresses of sounds: what is shown of them holds no secret, and what is asked is what was written."""

import pytest

from speaker.errors import SpeakerError, plain
from speaker.speech.media_address import read_media_address

UNSHOWN = "hidden"


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hidden@hub/a.wav", "http://me:hid@hidden@hub/a.wav", "http://hub/a.wav?token=hidden",
        "https://hidden@hub:8123/a.wav#hidden", "http://me:hidden@[::1]:80/a.wav", "HTTP://me:hidden@HUB/a.wav",
    ],
)  # fmt: skip
def test_what_is_shown_holds_no_secret(url: str) -> None:
    shown = read_media_address(url).shown
    assert UNSHOWN not in shown
    assert shown.endswith("/a.wav")
    assert UNSHOWN not in plain(f"it is not at {url} any more")


@pytest.mark.parametrize(
    "url", ["http://me:hidden@hub:x/a", "http://me:hidden@hub:99999/", "ftp://me:hidden@hub/", "http://me:hid den@hub/"]
)
def test_not_even_of_what_is_no_address(url: str) -> None:
    with pytest.raises(SpeakerError) as caught:
        read_media_address(url)
    assert UNSHOWN not in str(caught.value)


def test_what_is_asked_is_what_was_written() -> None:
    address = read_media_address("https://user:p%40ss@Hub.local:8123/a%20b/ü.mp3?x=1&y=%2F#end")
    assert (address.scheme, address.host, address.port) == ("https", "hub.local", 8123)
    assert address.target == "/a%20b/%C3%BC.mp3?x=1&y=%2F"
    assert address.authorization == "Basic dXNlcjpwQHNz"


def test_password_goes_along_on_the_same_server_only() -> None:
    first = read_media_address("http://me:word@hub/a")
    assert first.moved("/b", ["*"]).authorization == first.authorization
    for there in ("http://other/b", "https://hub/b", "http://hub:8080/b", "//other/b"):
        assert first.moved(there, ["*"]).authorization is None
