"""A command in a shell finds what the service has, says when only root may see it, and leaves nothing behind."""

import os
import stat
from pathlib import Path

import pytest

from speaker.cli.secret import keep_secret
from speaker.daemon import systemd
from speaker.daemon.checking import check_settings
from speaker.daemon.loading import Surroundings
from speaker.daemon.systemd import HiddenSecretError, read_secret, state_place
from speaker.errors import SpeakerError

KEY = "sk-of-the-service"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with the service on it, as far as a command looks; its configuration."""
    for name in ("CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "OPENAI_API_KEY", "MQTT_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    config = tmp_path / "etc" / "config.yaml"
    (tmp_path / "etc" / "credentials").mkdir(parents=True, mode=0o700)
    (tmp_path / "var").mkdir(mode=0o700)
    config.write_text("room: attic\nsession: {endpoint: cloud}\n")
    keep_secret("openai_api_key", KEY, config.parent / "credentials")
    monkeypatch.setattr(systemd, "SERVICE_CONFIG", config)
    monkeypatch.setattr(systemd, "SERVICE_STATE", tmp_path / "var")
    return config


def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a user who may not look into folders of others. Root may, so the question is answered in its place."""
    monkeypatch.setattr(os, "access", lambda *_: False)


def test_the_secrets_and_the_state_of_the_service_are_found(installed: Path, tmp_path: Path) -> None:
    around = Surroundings.seen(installed)
    assert (around.api_key, around.mqtt_password, around.state) == (KEY, None, tmp_path / "var")
    check_settings(installed)
    assert not (tmp_path / "home").exists(), "to look is not to make folders"


def test_what_is_handed_over_counts_before_that(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "mine"))
    around = Surroundings.seen(installed)
    assert (around.api_key, around.state) == ("sk-mine", tmp_path / "mine")
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "handed"))
    assert read_secret("openai_api_key", installed) is None, "what systemd does not hand over, the daemon does not take"


def test_another_configuration_has_nothing_of_the_service(installed: Path, tmp_path: Path) -> None:
    other = tmp_path / "config.yaml"
    assert read_secret("openai_api_key", other) is None
    assert state_place(other) == tmp_path / "home" / ".local/state/speaker"
    assert state_place(None) == tmp_path / "home" / ".local/state/speaker"


def test_who_may_not_look_is_told_what_to_do(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody(monkeypatch)
    with pytest.raises(HiddenSecretError, match="may be read by root only; run this command with sudo"):
        read_secret("openai_api_key", installed)
    with pytest.raises(SpeakerError, match="may be read by root only; run this command with sudo"):
        state_place(installed)
    check_settings(installed)  # a configuration can be checked all the same


def test_a_secret_is_kept_for_nobody_else_to_see(tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    os.umask(0o000)
    try:
        file = keep_secret("mqtt_password", "  correct horse \n", folder)
    finally:
        os.umask(0o022)
    assert file.read_text() == "correct horse"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    keep_secret("mqtt_password", "", folder)
    assert file.read_text() == ""
    assert [one.name for one in folder.iterdir()] == ["mqtt_password"]


@pytest.mark.parametrize("value", ["two\nlines", "a\x00b", "x" * 1_001, "tab\there"])
def test_what_is_no_secret_is_refused_unseen(tmp_path: Path, value: str) -> None:
    with pytest.raises(SpeakerError) as caught:
        keep_secret("openai_api_key", value, tmp_path / "credentials")
    assert value not in str(caught.value)
    assert not (tmp_path / "credentials").exists()
