"""The support bundle: what helps is in it, and nothing secret."""

import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.cli.doctor.check import failed, good
from speaker.cli.support_bundle import HIDDEN, gather, pack, redacted


@pytest.mark.parametrize(
    "text",
    [
        "the key sk-proj-abcdefghijkl is refused", "Authorization: Bearer sk_live_0123456789", "Bearer abc.def",
        "mqtt_password: hunter22", 'password="hunter22"', "OPENAI_API_KEY=hunter22", "token: hunter22",
        "mqtt://user:hunter22@broker:1883/x", "ek_0123456789abcdef",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_removed(text: str) -> None:
    shown = redacted(text)
    assert HIDDEN in shown
    for secret in ("hunter22", "abcdefghijkl", "0123456789", "abc.def"):
        assert secret not in shown


@pytest.mark.parametrize("text", ["monkey: banana", "model: gpt-realtime-2.1-mini", "tokens 1500", "password: null"])
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


@given(st.text(min_size=6, alphabet=st.characters(codec="ascii", categories=["L", "N"])), st.text(), st.text())
def test_known_secrets_are_removed_wherever_they_stand(secret: str, before: str, after: str) -> None:
    assert secret not in redacted(f"{before}{secret}{after}", [secret, None]).replace(HIDDEN, "")


async def test_bundle_holds_config_log_and_report(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("mqtt: {username: kitchen}\n# password: hunter22\n")
    checks = [good("disk", "fine"), failed("service", "refuses sk-abcdefgh", "check the key")]
    pack(await gather(config, checks, ["hunter22"]), tmp_path / "bundle.tar.gz")
    assert (tmp_path / "bundle.tar.gz").stat().st_mode & 0o777 == 0o600
    with tarfile.open(tmp_path / "bundle.tar.gz") as archive:
        names = archive.getnames()
        whole = b"".join(file.read() for one in archive if (file := archive.extractfile(one)) is not None).decode()
    assert names == [f"speaker-bundle/{one}" for one in ("about.txt", "config.yaml", "doctor.txt", "journal.txt")]
    assert "username: kitchen" in whole
    assert "refuses [removed]" in whole
    assert "hunter22" not in whole
