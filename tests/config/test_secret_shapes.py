"""What looks like a secret is hidden; what is none stays; and no text takes long."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.secret_shapes import HIDDEN, hide_secrets, looks_like_key, names_secret, secrets_in_address


@pytest.mark.parametrize(
    "text",
    [
        "the key sk-proj-abcdefghijkl is refused", "Authorization: Bearer sk_live_0123456789", "Bearer abc.def",
        "mqtt_password: hunter22", 'password="hunter22"', "OPENAI_API_KEY=hunter22", "token: hunter22",
        "mqtt://user:hunter22@broker:1883/x", "ek_0123456789abcdef", "mqtt://us@er:hun@ter/22hunter22@broker/x",
        "wss://h/v1?model=m&api-key=hunter22", "the password is hunter22", "password hunter22", "passwort 'hunter22'",
        "export SECRET_KEY_BASE=hunter22", '{"password": "a\\"hunter22"}', "psk: correct hunter22 battery",
        'wifi: psk="hunter22"', "PASSWORD hunter22", "proxy-authorization: Digest hunter22", "Cookie: a=hunter22",
        "Basic a2l0Y2hlbjpodW50ZXIyMg== 0123456789",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_removed(text: str) -> None:
    shown = hide_secrets(text)
    assert HIDDEN in shown
    for secret in ("hunter22", "abcdefghijkl", "sk_live", "ek_0123456789", "abc.def", "a2l0Y2hlbjpodW50ZXIyMg"):
        assert secret not in shown


@pytest.mark.parametrize(
    "text",
    [
        "monkey: banana", "model: gpt-realtime-2.1-mini", "tokens 1500", "password: null", "max_output_tokens: 600",
        "set the credential mqtt_password; then restart", "the password is wrong",
        "mqtt.key_file: /etc/speaker/key.pem",
        "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1-mini", "the basic functions", "12:30:45 speaker ready",
        "/home/pi/Projects/Smart-Speaker-2/venv/lib/python3.11/site-packages/speaker/conversation/machine.py",
        "mqtt.password: secrets do not stand in this file; remove it",
        "/etc/speaker/credentials/mqtt_password: everybody on this machine can read it; run `chmod 600 x`",
        "speaker/kitchen/command/result", "aa:bb:cc:dd:ee:ff",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert hide_secrets(text) == text


@given(st.text(min_size=6, alphabet=st.characters(codec="ascii", categories=["L", "N"])), st.text(), st.text())
def test_known_secrets_are_removed_wherever_they_stand(secret: str, before: str, after: str) -> None:
    assert secret not in hide_secrets(f"{before}{secret}{after}", [secret, None]).replace(HIDDEN, "")


@given(st.text(min_size=4, alphabet=st.characters(codec="utf-8", exclude_characters="[]")))
def test_known_secrets_are_removed_however_they_are_written(secret: str) -> None:
    for form in (quote(secret, safe=""), json.dumps(secret)[1:-1], base64.b64encode(secret.encode()).decode()):
        assert form not in hide_secrets(f"<{form}>", [secret]).replace(HIDDEN, "")


@pytest.mark.parametrize(
    "part",
    ["[", "//", "//a", "a", "password ", "-----BEGIN PRIVATE KEY-----", "aA1", "[aA1", "key", "eyJ", "?a=", '"', "1",
     "/aA1", "secret: '", "\\", "basic "],
)  # fmt: skip
def test_no_text_takes_long(part: str) -> None:
    """Backtracking over a text like these would take minutes; the test's time limit tells."""
    assert len(hide_secrets(part * 30_000)) <= 2 * len(part) * 30_000


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("password", True), ("mqtt_password", True), ("openai_api_key", True), ("api-key", True), ("apikey", True),
        ("token", True), ("wifi_psk", True), ("client_secret", True), ("pasword", True), ("passwrod", True),
        ("OpenAI_API_key", True), ("mqtt_pasword", True), ("pass", True), ("passwd", True),
        ("max_output_tokens", False), ("short_tokens", False), ("key_file", False), ("monkey", False), ("keys", False),
        ("compass", False), ("author", False),
    ],
)  # fmt: skip
def test_names_of_secrets(key: str, secret: bool) -> None:
    assert names_secret(key) == secret


@pytest.mark.parametrize(
    "text",
    ["gpt-realtime-2.1-mini", "sk", "home/sk-kitchen1/set", "pk-stairs-lamp", "sk_livingroom_ceiling",
     "task-force one", "disk-abcdefghij", "0x00158d0001234567", "zigbee2mqtt/Hall lamp",
     "d41d8cd98f00b204e9800998ecf8427e", "Use the tools; say yes or no."],
)  # fmt: skip
def test_texts_of_a_house_are_no_keys(text: str) -> None:
    assert not looks_like_key(text)


@pytest.mark.parametrize(
    ("address", "secrets"),
    [
        ("wss://me:hunter22@host/v1", ["hunter22"]),
        ("wss://hunter22@host/v1", ["hunter22"]),
        ("wss://host/v1?model=m&api-key=hunter22", ["hunter22"]),
        ("wss://host/v1?access_token=hunter22&x=y", ["hunter22"]),
        ("wss://host/openai/realtime?api-version=2026-01-01&deployment=mini", []),
        ("ws://127.0.0.1:8765/v1/realtime", []),
        ("wss://host/@me", []),
    ],
)
def test_secrets_in_addresses(address: str, secrets: list[str]) -> None:
    assert secrets_in_address(address) == secrets
